/** Whether `bytes[start, end)` are all 0: an id of zeros is no id. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
