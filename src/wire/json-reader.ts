import { isUtf8 } from 'node:buffer'
import { JsonError } from './json-error.ts'
import { unescapedText, writeUnescaped } from './json-escapes.ts'
import { JsonNumber, outOfRange } from './json-number.ts'
import { fnvOffset, fnvPrime, hashKey } from './key-hash.ts'
import { uint64 } from './uint64.ts'
import type { WireWriter } from './wire-writer.ts'

export interface JsonLimits {
  /** Objects and arrays that may be open at once. */
  readonly depthMax: number
  /** Array elements that may be read in one document. */
  readonly elementsMax: number
}

/** What an OTLP document of 64 nested values needs: every `AnyValue` level is two objects and one array. */
export const jsonLimits: JsonLimits = { depthMax: 256, elementsMax: 1_000_000 }

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const minus = 0x2d
const zero = 0x30
const nine = 0x39

const emptyBytes = new Uint8Array(0)
const textDecoder = new TextDecoder()
/** 1 for bytes that stand for themselves in a string; the byte past the end of the text is none of them. */
const plainBytes = new Uint8Array(256).fill(1, 0x20)
plainBytes[quote] = 0
plainBytes[backslash] = 0

/**
 * Reads JSON straight from UTF-8 bytes, one token at a time, without making strings or objects. The caller drives it:
 * `enterObject`, then `nextKey(isFirst)` until false, and for each key one value call or `skipValue`. Everything that
 * `JSON.parse` refuses is refused; 64-bit integers keep every digit.
 */
export class JsonReader {
  bytes: Uint8Array = emptyBytes
  /** Offset of the next byte to read. */
  offset = 0
  end = 0
  /** The last key: a range of `keyBytes`, which is the document unless the key has escapes. */
  keyBytes: Uint8Array = emptyBytes
  keyStart = 0
  keyEnd = 0
  /** `hashKey` of the last key. */
  keyHash = 0
  /** The last string between its quotes. */
  stringStart = 0
  stringEnd = 0
  stringHasEscapes = false
  /** Array elements read so far. */
  elementCount = 0
  #depth = 0
  #limits: JsonLimits = jsonLimits
  readonly #number = new JsonNumber()
  /** Where the last integer began, for its error. */
  #valueStart = 0

  /** Begins a document. Throws where the bytes are not UTF-8. */
  reset(bytes: Uint8Array, limits: JsonLimits = jsonLimits): this {
    if (!isUtf8(bytes)) throw new JsonError('text is not UTF-8', 0)
    this.bytes = bytes
    this.offset = 0
    this.end = bytes.length
    this.#depth = 0
    this.#limits = limits
    this.elementCount = 0
    return this
  }

  /** Lets go of the document's memory. */
  clear(): void {
    this.bytes = emptyBytes
    this.keyBytes = emptyBytes
    this.offset = 0
    this.end = 0
  }

  error(message: string, offset: number = this.offset): JsonError {
    return new JsonError(message, offset)
  }

  /** The next byte after white space, which is left unread. Throws at the end of the text. */
  peek(): number {
    const byte = this.bytes[this.offset]!
    return byte > 0x20 ? byte : this.#skipSpace()
  }

  /** Checks that only white space follows the document. */
  finish(): void {
    const { bytes, end } = this
    for (let { offset } = this; offset < end; offset++) {
      const byte = bytes[offset]!
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        throw this.error('unexpected text after the value', offset)
      }
    }
  }

  enterObject(): void {
    if (this.peek() !== openBrace) throw this.error('an object was expected')
    this.#enter()
  }

  enterArray(): void {
    if (this.peek() !== openBracket) throw this.error('an array was expected')
    this.#enter()
  }

  /** Reads the next key and its colon; false after the closing brace. */
  nextKey(isFirst: boolean): boolean {
    let byte = this.peek()
    if (byte === closeBrace) {
      this.offset++
      this.#depth--
      return false
    }
    if (!isFirst) {
      if (byte !== comma) throw this.error('a comma or } was expected')
      this.offset++
      byte = this.peek()
    }
    if (byte !== quote) throw this.error('a key in quotes was expected')
    this.#key()
    if (this.peek() !== colon) throw this.error('a colon was expected')
    this.offset++
    return true
  }

  /**
   * Reads the next key and its colon if they are exactly `quoted`, such as `"name":`, and says so; otherwise reads
   * nothing. Senders write their keys in one order, so a guess saves the hash and the look-up.
   */
  tryKey(isFirst: boolean, quoted: Uint8Array): boolean {
    const { bytes } = this
    let { offset } = this
    if (!isFirst) {
      if (bytes[offset] !== comma) return false
      offset++
    }
    if (offset + quoted.length > this.end) return false
    for (let i = 0; i < quoted.length; i++) if (bytes[offset + i] !== quoted[i]) return false
    this.offset = offset + quoted.length
    return true
  }

  /** Moves to the next element; false after the closing bracket. */
  nextElement(isFirst: boolean): boolean {
    const byte = this.peek()
    if (byte === closeBracket) {
      this.offset++
      this.#depth--
      return false
    }
    if (!isFirst) {
      if (byte !== comma) throw this.error('a comma or ] was expected')
      this.offset++
    }
    if (++this.elementCount > this.#limits.elementsMax) {
      throw new JsonError(`more than ${this.#limits.elementsMax} array elements`, this.offset, 'budget')
    }
    return true
  }

  /** Reads `null` where it stands next. */
  tryNull(): boolean {
    if (this.peek() !== 0x6e) return false
    this.#literal('null')
    return true
  }

  boolean(): boolean {
    const byte = this.peek()
    if (byte === 0x74) {
      this.#literal('true')
      return true
    }
    if (byte !== 0x66) throw this.error('true or false was expected')
    this.#literal('false')
    return false
  }

  /** Reads a string and sets `stringStart`, `stringEnd` and `stringHasEscapes`; escapes are checked, not resolved. */
  string(): void {
    if (this.peek() !== quote) throw this.error('a string was expected')
    const { bytes, end } = this
    let offset = this.offset + 1
    this.stringStart = offset
    this.stringHasEscapes = false
    while (offset < end) {
      while (plainBytes[bytes[offset]!] === 1) offset++
      if (offset >= end) break
      const byte = bytes[offset]!
      if (byte === quote) {
        this.stringEnd = offset
        this.offset = offset + 1
        return
      }
      if (byte === backslash) {
        this.stringHasEscapes = true
        offset = this.#checkEscape(offset)
      } else throw this.error('a control character in a string', offset)
    }
    throw this.error('text ends inside a string', end)
  }

  /** Appends the last string to `writer` as UTF-8, escapes resolved; a lone surrogate becomes U+FFFD. */
  copyString(writer: WireWriter): void {
    if (!this.stringHasEscapes) writer.raw(this.bytes, this.stringStart, this.stringEnd)
    else writeUnescaped(this.bytes, this.stringStart, this.stringEnd, writer)
  }

  /** The last string as text. */
  text(): string {
    const { bytes, stringStart, stringEnd } = this
    if (this.stringHasEscapes) return unescapedText(bytes, stringStart, stringEnd)
    return textDecoder.decode(bytes.subarray(stringStart, stringEnd))
  }

  /** Reads an unsigned 64-bit integer, a number or a string of one, into `uint64`. */
  uint64(): void {
    if (this.#integer()) {
      if (uint64.low !== 0 || uint64.high !== 0) throw this.error('a number below zero', this.#valueStart)
    }
  }

  /** Reads a signed 64-bit integer, a number or a string of one, as two's complement into `uint64`. */
  int64(): void {
    const isNegative = this.#integer()
    const { low, high } = uint64
    if (isNegative) {
      if (high > 0x80000000 || (high === 0x80000000 && low !== 0)) throw outOfRange(this.#valueStart)
      uint64.low = -low >>> 0
      uint64.high = (~high + (low === 0 ? 1 : 0)) >>> 0
    } else if (high > 0x7fffffff) throw outOfRange(this.#valueStart)
  }

  /** Reads an integer, a number or a string of one, within the bounds. */
  integer(min: number, max: number): number {
    const isNegative = this.#integer()
    const magnitude = uint64.high * 0x100000000 + uint64.low
    const value = isNegative ? 0 - magnitude : magnitude
    if (value < min || value > max) throw outOfRange(this.#valueStart)
    return value
  }

  /** Reads a double: a number, a string of one, `"NaN"`, `"Infinity"` or `"-Infinity"`. */
  double(): number {
    const byte = this.peek()
    if (byte !== quote) {
      const start = this.offset
      const value = this.#number.double(this.bytes, start, this.end)
      this.offset = this.#number.end
      return value
    }
    this.string()
    const { stringStart, stringEnd } = this
    // Of the names that a double may have, each has a letter where a number has a digit.
    const digit = this.bytes[stringStart] === minus ? stringStart + 1 : stringStart
    if (digit < stringEnd && this.bytes[digit]! <= nine) {
      const value = this.#number.double(this.bytes, stringStart, stringEnd)
      if (this.#number.end === stringEnd) return value
    }
    const text = this.text()
    if (text === 'NaN') return Number.NaN
    if (text === 'Infinity') return Number.POSITIVE_INFINITY
    if (text === '-Infinity') return Number.NEGATIVE_INFINITY
    throw this.error('a number was expected', stringStart)
  }

  /** Reads over one value of any kind, checking it fully. */
  skipValue(): void {
    // The depth limit bounds the recursion.
    switch (this.peek()) {
      case openBrace:
        this.enterObject()
        for (let isFirst = true; this.nextKey(isFirst); isFirst = false) this.skipValue()
        return
      case openBracket:
        this.enterArray()
        for (let isFirst = true; this.nextElement(isFirst); isFirst = false) this.skipValue()
        return
      case quote:
        this.string()
        return
      case 0x74:
      case 0x66:
        this.boolean()
        return
      case 0x6e:
        this.#literal('null')
        return
      default:
        this.#number.scan(this.bytes, this.offset, this.end)
        this.offset = this.#number.end
    }
  }

  #skipSpace(): number {
    const { bytes, end } = this
    for (let { offset } = this; offset < end; offset++) {
      const byte = bytes[offset]!
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.offset = offset
        return byte
      }
    }
    this.offset = end
    throw this.error('text ends too early')
  }

  #enter(): void {
    this.offset++
    if (++this.#depth > this.#limits.depthMax) {
      throw new JsonError(`more than ${this.#limits.depthMax} values nest`, this.offset - 1, 'budget')
    }
  }

  #literal(text: string): void {
    const { bytes, offset } = this
    for (let i = 1; i < text.length; i++) {
      if (bytes[offset + i] !== text.charCodeAt(i)) throw this.error(`${text} was expected`, offset)
    }
    this.offset = offset + text.length
  }

  /** Reads a key at its opening quote, hashing on the way. */
  #key(): void {
    const { bytes, end } = this
    const start = this.offset + 1
    let offset = start
    let hash = fnvOffset
    while (offset < end) {
      const byte = bytes[offset]!
      if (byte === quote) {
        this.keyBytes = bytes
        this.keyStart = start
        this.keyEnd = offset
        this.keyHash = hash
        this.offset = offset + 1
        return
      }
      if (byte === backslash) {
        this.#escapedKey()
        return
      }
      if (byte < 0x20) throw this.error('a control character in a key', offset)
      hash = Math.imul(hash ^ byte, fnvPrime)
      offset++
    }
    throw this.error('text ends inside a key', end)
  }

  #escapedKey(): void {
    this.string()
    this.keyBytes = Buffer.from(this.text())
    this.keyStart = 0
    this.keyEnd = this.keyBytes.length
    this.keyHash = hashKey(this.keyBytes)
  }

  /** Checks the escape at `offset`; returns where it ends. */
  #checkEscape(offset: number): number {
    switch (this.bytes[offset + 1]) {
      case quote:
      case backslash:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return offset + 2
      case 0x75:
        for (let i = 2; i < 6; i++) {
          if (!isHexDigit(this.bytes[offset + i])) throw this.error('an escape is not valid', offset)
        }
        return offset + 6
      default:
        throw this.error('an escape is not valid', offset)
    }
  }

  /** Reads an integer's magnitude into `uint64`; true where it has a minus sign. */
  #integer(): boolean {
    const isQuoted = this.peek() === quote
    let end = this.end
    if (isQuoted) {
      this.string()
      end = this.stringEnd
    }
    const start = isQuoted ? this.stringStart : this.offset
    this.#valueStart = start
    const number = this.#number
    number.scan(this.bytes, start, end)
    if (!isQuoted) this.offset = number.end
    else if (number.end !== end) throw this.error('an integer was expected', start)
    return number.integer(this.bytes, start)
  }
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | 0x20
  return (byte >= zero && byte <= nine) || (lower >= 0x61 && lower <= 0x66)
}
