interface TextSlices {
  utf8Slice(start: number, end: number): string
}

const slices = Buffer.prototype as unknown as TextSlices

/** UTF-8 as text; broken sequences become U+FFFD. The fastest way that Node has, and it takes any `Uint8Array`. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  return start >= end ? '' : slices.utf8Slice.call(bytes, start, end)
}
