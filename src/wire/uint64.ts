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

/** Sets `uint64` to `value * factor + addend`, modulo 2^64. Factor and addend are whole and below 2^31. */
export function multiplyUint64(low: number, high: number, factor: number, addend: number): void {
  if (factor < twoTo20 && addend === 0) {
    // Both products stay below 2^53.
    const product = low * factor
    const carry = Math.floor(product / twoTo32)
    uint64.low = product - carry * twoTo32
    uint64.high = (high * factor + carry) % twoTo32
    return
  }
  // Limbs of 16 bits: no product passes 2^48.
  let part = (low & 0xffff) * factor + addend
  let carry = Math.floor(part / 0x10000)
  const first = part - carry * 0x10000
  part = (low >>> 16) * factor + carry
  carry = Math.floor(part / 0x10000)
  uint64.low = (part - carry * 0x10000) * 0x10000 + first
  part = (high & 0xffff) * factor + carry
  carry = Math.floor(part / 0x10000)
  const third = part - carry * 0x10000
  part = (high >>> 16) * factor + carry
  uint64.high = (part % 0x10000) * 0x10000 + third
}

/** Adds to `uint64`, modulo 2^64. */
export function addUint64(low: number, high: number): void {
  const sum = uint64.low + (low >>> 0)
  uint64.low = sum >>> 0
  uint64.high = (uint64.high + (high >>> 0) + (sum >= twoTo32 ? 1 : 0)) >>> 0
}

/** Reads the protobuf varint in `bytes[start, end)`, whose bounds were checked, into `uint64`. */
export function readVarint(bytes: Uint8Array, start: number, end: number): void {
  let low = 0
  let high = 0
  let shift = 0
  for (let offset = start; offset < end; offset++, shift += 7) {
    const part = bytes[offset]! & 127
    if (shift < 28) low |= part << shift
    else if (shift === 28) {
      low |= part << 28
      high |= part >>> 4
    } else high |= part << (shift - 32)
  }
  uint64.low = low >>> 0
  uint64.high = high >>> 0
}

/** Four bytes, least significant first, as an unsigned number. */
export function readWord(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0
}
