import { isDigit, isHex } from './text-bytes.ts'
import { wideSign } from './wide-signs.ts'

const percent = 0x25
const plus = 0x2b
const space = 0x20

const hexValue = (byte: number) => (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57)

const backslash = 0x5c
const ampersand = 0x26
const escapeByte = 0x1b

/** Bytes of the escape of one ASCII character at `at`, such as `\u003d` or `\x3d`, however often it was escaped; 0 where none stands. */
export function unicodeEscapeLength(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to] === backslash && to - at < 8) to++
  if (to > at && to + 3 <= end && bytes[to] === 0x78) {
    const high = bytes[to + 1]!
    return high >= 0x32 && high <= 0x37 && isHex(bytes[to + 2]!) ? to + 3 - at : 0
  }
  if (to === at || to + 5 > end || bytes[to] !== 0x75 || bytes[to + 1] !== 0x30 || bytes[to + 2] !== 0x30) return 0
  const high = bytes[to + 3]!
  return high >= 0x32 && high <= 0x37 && isHex(bytes[to + 4]!) ? to + 5 - at : 0
}

/** A character of HTML or XML by number, ASCII only, as `length << 8 | character`; 0 where none stands. */
export function entityOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + 3 >= end || bytes[at + 1] !== 0x23) return 0
  const isHexForm = (bytes[at + 2]! | 0x20) === 0x78
  let code = 0
  let to = at + (isHexForm ? 3 : 2)
  for (const from = to; to < end && to - from < 6 && isHex(bytes[to]!); to++)
    code = code * (isHexForm ? 16 : 10) + hexValue(bytes[to]!)
  return bytes[to] === 0x3b && code >= 0x20 && code < 0x7f ? ((to + 1 - at) << 8) | code : 0
}

/** Bytes of the percent escape at `at`; 0 where none stands. A `%` that was itself escaped, as in `%2540`, counts with it. */
export function percentEscapeLength(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== percent) return 0
  let digit = at + 1
  while (digit + 3 < end && bytes[digit] === 0x32 && bytes[digit + 1] === 0x35 && isHexPair(bytes, digit + 2))
    digit += 2
  return digit + 1 < end && isHexPair(bytes, digit) ? digit + 2 - at : 0
}

const isHexPair = (bytes: Uint8Array, at: number) => isHex(bytes[at]!) && isHex(bytes[at + 1]!)

/** Bytes of the terminal's colour at `at`, raw or as a program prints it: ESC`[1;31m`, `\u001b[0m`, `\x1b[0m`, `\033[0m`; 0 where none stands. */
export function colourLength(bytes: Uint8Array, at: number, end: number): number {
  let offset = at + 1
  if (bytes[at] === backslash) {
    while (bytes[offset] === backslash && offset - at < 8) offset++
    const isLetter = bytes[offset] === 0x75 || bytes[offset] === 0x78 || bytes[offset] === 0x65
    offset += isLetter ? 1 : 0
    while (offset < end && offset - at < 12 && isHex(bytes[offset]!)) offset++
    const last = bytes[offset - 1]! | 0x20
    if (last !== 0x62 && last !== 0x33 && last !== 0x65) return 0
  } else if (bytes[at] !== escapeByte) return 0
  if (offset >= end || bytes[offset] !== 0x5b) return 0
  const first = ++offset
  while (offset < end && offset - first < 16 && (isDigit(bytes[offset]!) || bytes[offset] === 0x3b)) offset++
  return offset < end && (bytes[offset] === 0x6d || bytes[offset] === 0x4b) ? offset + 1 - at : 0
}

/** Where a terminal's colour that ends before `at` begins; `at` itself where none does. */
export function colourStart(bytes: Uint8Array, start: number, at: number): number {
  if (at - start < 3 || bytes[at - 1] !== 0x6d) return at
  let offset = at - 2
  while (offset > start && at - offset < 18 && bytes[offset] !== 0x5b) offset--
  for (let back = offset - 1; back >= start && offset - back < 12; back--)
    if ((bytes[back] === escapeByte || bytes[back] === backslash) && back + colourLength(bytes, back, at) === at)
      return back
  return at
}

/** Text without its percent signs, escapes of JSON and colours, with the way back from its offsets to those of the original. */
export class PercentText {
  bytes = new Uint8Array(1024)
  length = 0
  /** By offset in `bytes`: where its bytes stood. */
  #starts = new Int32Array(1025)
  #ends = new Int32Array(1025)

  /** Decodes `bytes[start, end)`; false where nothing in it is encoded. */
  decode(bytes: Uint8Array, start: number, end: number): boolean {
    const size = end - start
    if (this.bytes.length < size) {
      this.bytes = new Uint8Array(size * 2)
      this.#starts = new Int32Array(size * 2 + 1)
      this.#ends = new Int32Array(size * 2 + 1)
    }
    const out = this.bytes
    const starts = this.#starts
    const ends = this.#ends
    let escapes = 0
    let spaces = 0
    let pluses = 0
    let length = 0
    for (let offset = start; offset < end; ) {
      const byte = bytes[offset]!
      let size = 1
      let code = byte
      if (byte === percent) {
        const escaped = percentEscapeLength(bytes, offset, end)
        if (escaped > 0) size = escaped
      } else if (byte === backslash || byte === escapeByte) {
        const colour = colourLength(bytes, offset, end)
        if (colour > 0) {
          escapes++
          offset += colour
          continue
        }
        const escaped = byte === backslash ? unicodeEscapeLength(bytes, offset, end) : 0
        if (escaped > 0) size = escaped
      } else if (byte >= 0x80) {
        const wide = wideSign(bytes, offset, end)
        if (wide > 0) {
          escapes++
          if ((wide & 0xff) === 0) {
            offset += wide >>> 8
            continue
          }
          out[length] = wide & 0xff
          starts[length] = offset
          offset += wide >>> 8
          ends[length++] = offset
          continue
        }
      } else if (byte === ampersand) {
        const entity = entityOf(bytes, offset, end)
        if (entity > 0) {
          escapes++
          out[length] = entity & 0xff
          starts[length] = offset
          offset += entity >>> 8
          ends[length++] = offset
          continue
        }
      } else if (byte === space) spaces++
      else if (byte === plus) pluses++
      if (size > 1) {
        code = hexValue(bytes[offset + size - 2]!) * 16 + hexValue(bytes[offset + size - 1]!)
        escapes++
      }
      out[length] = code
      starts[length] = offset
      offset += size
      ends[length++] = offset
    }
    this.length = length
    // In a form, spaces are plus signs.
    if (pluses > 0 && spaces <= 2) {
      for (let i = 0; i < length; i++) if (out[i] === plus && bytes[starts[i]!] === plus) out[i] = space
      return true
    }
    return escapes > 0
  }

  /** Where the decoded byte at `offset` stood. */
  startOf(offset: number): number {
    return this.#starts[offset]!
  }

  /** Where the decoded byte before `offset` ended. */
  endOf(offset: number): number {
    return this.#ends[offset - 1]!
  }
}
