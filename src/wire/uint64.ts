/**
 * A 64-bit value as two unsigned halves. One shared box takes the results of the readers below: a `bigint` per
 * timestamp costs 100 ns and more, this costs none.
 */
export const uint64 = { low: 0, high: 0 }

const billion = 1_000_000_000
const twoTo20 = 0x100000
const twoTo32 = 0x100000000

/** Reads a run of decimal digits, already checked to be digits, into `uint64`; false where it is 2^64 or more. */
export function parseUint64(bytes: Uint8Array, start: number, end: number): boolean {
  while (end - start > 1 && bytes[start] === 0x30) start++
  const length = end - start
  if (length > 20) return false
  // Runs of nine digits stay within 32 bits.
  const middleStart = length > 18 ? end - 18 : start
  const bottomStart = length > 9 ? end - 9 : start
  const top = smallNumber(bytes, start, middleStart) * billion + smallNumber(bytes, middleStart, bottomStart)
  const bottom = smallNumber(bytes, bottomStart, end)
  // top * 10^9 + bottom, in limbs of 20 bits so that no product passes 2^53.
  const topHigh = Math.floor(top / twoTo20)
  const low = (top - topHigh * twoTo20) * billion + bottom
  const lowCarry = Math.floor(low / twoTo20)
  const rest = topHigh * billion + lowCarry
  const high = Math.floor(rest / 4096)
  if (high >= twoTo32) return false
  uint64.high = high
  uint64.low = (rest - high * 4096) * twoTo20 + (low - lowCarry * twoTo20)
  return true
}

function smallNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let offset = start; offset < end; offset++) value = (Math.imul(value, 10) + bytes[offset]! - 0x30) | 0
  return value
}

/** Writes the unsigned decimal digits of the value at `offset` of `bytes`, 20 at most; returns where they end. */
export function writeUint64Digits(bytes: Uint8Array, offset: number, low: number, high: number): number {
  if (high === 0 && low < billion) return writeDigits(bytes, offset, low, digitCount(low))
  // Long division by 10^9 in limbs of 16 bits.
  let rest = high
  let quotient = Math.floor(rest / billion)
  rest = (rest - quotient * billion) * 0x10000 + (low >>> 16)
  let digit = Math.floor(rest / billion)
  quotient = quotient * 0x10000 + digit
  rest = (rest - digit * billion) * 0x10000 + (low & 0xffff)
  digit = Math.floor(rest / billion)
  quotient = quotient * 0x10000 + digit
  rest -= digit * billion
  const next = writeDigits(bytes, offset, quotient, digitCount(quotient))
  return writeDigits(bytes, next, rest, 9)
}

function writeDigits(bytes: Uint8Array, offset: number, value: number, count: number): number {
  let rest = value
  for (let i = offset + count - 1; i >= offset; i--) {
    const next = Math.floor(rest / 10)
    bytes[i] = 0x30 + (rest - next * 10)
    rest = next
  }
  return offset + count
}

function digitCount(value: number): number {
  let count = 1
  for (let bound = 10; value >= bound; bound *= 10) count++
  return count
}
