import { parseUint64, uint64 } from '../../wire/uint64.ts'

const tagAsText = 0
export const tagAsInt = 1
export const tagAsDouble = 2
export const tagAsBool = 3

const minus = 0x2d
const point = 0x2e
const view = new DataView(new ArrayBuffer(8))

/** What `parse_string_tags` makes of a tag. */
class ParsedTag {
  /** The integer, the bits of the double, or 1 for true. */
  low = 0
  high = 0

  /** Integers are a minus sign and digits, doubles also have a point and digits, booleans are `true` and `false`. */
  parse(text: Uint8Array, start: number, end: number): number {
    const length = end - start
    const first = text[start]!
    if (length === 4 && first === 0x74) return this.#bool(text, start, end, 'true', 1)
    if (length === 5 && first === 0x66) return this.#bool(text, start, end, 'false', 0)
    const isNegative = first === minus
    const digitsStart = isNegative ? start + 1 : start
    const digitsEnd = digitsFrom(text, digitsStart, end)
    if (digitsEnd === digitsStart) return tagAsText
    if (digitsEnd === end) return this.#int(text, digitsStart, end, isNegative)
    if (text[digitsEnd] !== point || digitsEnd + 1 === end) return tagAsText
    if (digitsFrom(text, digitsEnd + 1, end) !== end) return tagAsText
    view.setFloat64(0, Number(Buffer.from(text.subarray(start, end)).toString('latin1')))
    this.high = view.getUint32(0)
    this.low = view.getUint32(4)
    return tagAsDouble
  }

  #bool(text: Uint8Array, start: number, end: number, expected: string, value: number): number {
    this.low = value
    return Buffer.from(text.subarray(start, end)).toString('latin1') === expected ? tagAsBool : tagAsText
  }

  /** What 64 bits do not hold stays text. */
  #int(text: Uint8Array, start: number, end: number, isNegative: boolean): number {
    if (!parseUint64(text, start, end)) return tagAsText
    const { low, high } = uint64
    if (isNegative ? high > 0x80000000 || (high === 0x80000000 && low !== 0) : high > 0x7fffffff) return tagAsText
    this.low = isNegative ? -low >>> 0 : low
    this.high = isNegative ? (~high + (low === 0 ? 1 : 0)) >>> 0 : high
    return tagAsInt
  }
}

/** One for all: what it found is used before the next tag. */
export const parsedTag = new ParsedTag()

function digitsFrom(text: Uint8Array, start: number, end: number): number {
  let offset = start
  while (offset < end && text[offset]! >= 0x30 && text[offset]! <= 0x39) offset++
  return offset
}
