import { isAlnum, isDigit, isHex } from './text-bytes.ts'

/**
 * Whether the digits at `at` stand in a UUID of `bytes[start, end)` with letters in it: no number begins there. One that
 * goes on into other digits, behind a sign or not, is none.
 */
export function isInUuid(bytes: Uint8Array, at: number, start: number, end: number): boolean {
  let first = at
  while (first > start && at - first < 36 && (isHex(bytes[first - 1]!) || bytes[first - 1] === 0x2d)) first--
  return isUuidAt(bytes, first, start, end) && at < first + 36
}

function isUuidAt(bytes: Uint8Array, from: number, start: number, end: number): boolean {
  if (from + 36 > end) return false
  let hasLetter = false
  for (let i = 0; i < 36; i++) {
    const byte = bytes[from + i]!
    const isDash = i === 8 || i === 13 || i === 18 || i === 23
    if (isDash ? byte !== 0x2d : !isHex(byte)) return false
    if (byte > 0x39) hasLetter = true
  }
  return hasLetter && !isNearDigit(bytes, from - 1, -1, start, end) && !isNearDigit(bytes, from + 36, 1, start, end)
}

/** Whether a digit stands at `at`, or the next one that way behind a sign. */
function isNearDigit(bytes: Uint8Array, at: number, step: number, start: number, end: number): boolean {
  if (at < start || at >= end) return false
  if (isAlnum(bytes[at]!)) return isDigit(bytes[at]!)
  const next = at + step
  return next >= start && next < end && isDigit(bytes[next]!)
}
