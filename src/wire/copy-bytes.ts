/**
 * A copy of a part of `bytes`. What a socket gives is a Buffer, and a Buffer's own `slice` copies nothing: it is a view that
 * changes when the memory is used again.
 */
export function copyBytes(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}

const { copy } = Buffer.prototype as unknown as {
  copy(this: Uint8Array, target: Uint8Array, targetStart: number, start: number, end: number): number
}

/** Copies `source[start, end)` to `target[targetStart]`, without the two objects that `set(subarray)` takes. */
export function copyRange(
  source: Uint8Array,
  target: Uint8Array,
  targetStart: number,
  start: number,
  end: number,
): void {
  copy.call(source, target, targetStart, start, end)
}
