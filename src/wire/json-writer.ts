import { isUtf8 } from 'node:buffer'
import { writeUint64Digits } from './uint64.ts'

const quote = 0x22
const backslash = 0x5c
const hexDigits = Buffer.from('0123456789abcdef')
const base64Digits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder()

/** What follows the backslash for a control character that has a short escape; 0 for `\u00XX`. */
const shortEscapes = new Uint8Array(0x20)
shortEscapes[0x08] = 0x62
shortEscapes[0x09] = 0x74
shortEscapes[0x0a] = 0x6e
shortEscapes[0x0c] = 0x66
shortEscapes[0x0d] = 0x72

/** Appends JSON to one growing buffer of bytes. Commas and brackets are the caller's, but for `comma`. */
export class JsonWriter {
  #bytes: Uint8Array
  length = 0

  constructor(capacityBytes = 4096) {
    this.#bytes = new Uint8Array(capacityBytes)
  }

  get buffer(): Uint8Array {
    return this.#bytes
  }

  reset(): this {
    this.length = 0
    return this
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  ensure(moreBytes: number): void {
    const needed = this.length + moreBytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
  }

  byte(value: number): void {
    this.ensure(1)
    this.#bytes[this.length++] = value
  }

  /** A comma, unless the last byte opened an object or array. */
  comma(): void {
    const last = this.#bytes[this.length - 1]
    if (this.length > 0 && last !== 0x7b && last !== 0x5b) this.byte(0x2c)
  }

  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const length = end - start
    this.ensure(length)
    const target = this.#bytes
    if (length > 32) target.set(bytes.subarray(start, end), this.length)
    else for (let i = 0; i < length; i++) target[this.length + i] = bytes[start + i]!
    this.length += length
  }

  /** JSON text that is known to be ASCII: punctuation, literals, numbers. */
  ascii(text: string): void {
    this.ensure(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.length++] = text.charCodeAt(i)
  }

  /** A JavaScript string as a JSON string. */
  text(text: string): void {
    const bytes = textEncoder.encode(text)
    this.string(bytes, 0, bytes.length)
  }

  /** UTF-8 bytes as a JSON string; what is not UTF-8 becomes U+FFFD. */
  string(bytes: Uint8Array, start: number, end: number): void {
    this.ensure(end - start + 2)
    this.#bytes[this.length++] = quote
    this.stringBody(bytes, start, end)
    this.byte(quote)
  }

  /** The inside of a JSON string, without the quotes. */
  stringBody(bytes: Uint8Array, start: number, end: number): void {
    let runStart = start
    let isAscii = true
    for (let offset = start; offset < end; offset++) {
      const byte = bytes[offset]!
      if (byte >= 0x80) isAscii = false
      else if (byte < 0x20 || byte === quote || byte === backslash) {
        this.#run(bytes, runStart, offset, isAscii)
        this.#escape(byte)
        runStart = offset + 1
      }
    }
    this.#run(bytes, runStart, end, isAscii)
  }

  /** Lower-case hexadecimal in quotes. */
  hex(bytes: Uint8Array, start: number, end: number): void {
    this.ensure((end - start) * 2 + 2)
    const target = this.#bytes
    let at = this.length
    target[at++] = quote
    for (let offset = start; offset < end; offset++) {
      const byte = bytes[offset]!
      target[at++] = hexDigits[byte >>> 4]!
      target[at++] = hexDigits[byte & 15]!
    }
    target[at++] = quote
    this.length = at
  }

  /** Standard base64 with padding, in quotes. */
  base64(bytes: Uint8Array, start: number, end: number): void {
    this.byte(quote)
    this.base64Body(bytes, start, end)
    this.byte(quote)
  }

  base64Body(bytes: Uint8Array, start: number, end: number): void {
    this.ensure(Math.ceil((end - start) / 3) * 4)
    const target = this.#bytes
    let at = this.length
    for (let offset = start; offset < end; offset += 3) {
      const rest = end - offset
      const bits =
        (bytes[offset]! << 16) | (rest > 1 ? bytes[offset + 1]! << 8 : 0) | (rest > 2 ? bytes[offset + 2]! : 0)
      target[at++] = base64Digits[bits >>> 18]!
      target[at++] = base64Digits[(bits >>> 12) & 63]!
      target[at++] = rest > 1 ? base64Digits[(bits >>> 6) & 63]! : 0x3d
      target[at++] = rest > 2 ? base64Digits[bits & 63]! : 0x3d
    }
    this.length = at
  }

  /** The decimal digits of an unsigned 64-bit value, without quotes. */
  uint64(low: number, high: number): void {
    this.ensure(20)
    this.length = writeUint64Digits(this.#bytes, this.length, low >>> 0, high >>> 0)
  }

  /** The decimal digits of a signed 64-bit value in two's complement, without quotes. */
  int64(low: number, high: number): void {
    if (high >>> 31 === 0) {
      this.uint64(low, high)
      return
    }
    this.byte(0x2d)
    this.uint64(-low >>> 0, (~high + (low === 0 ? 1 : 0)) >>> 0)
  }

  /** A number, or the strings that protobuf's JSON has for what JSON cannot write. */
  double(value: number): void {
    if (Number.isFinite(value)) this.ascii(Object.is(value, -0) ? '-0' : String(value))
    else this.ascii(`"${value}"`)
  }

  /** Copies bytes that need no escape; where they are not UTF-8, what `TextDecoder` makes of them. */
  #run(bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (isAscii || isUtf8(bytes.subarray(start, end))) this.raw(bytes, start, end)
    else this.raw(textEncoder.encode(textDecoder.decode(bytes.subarray(start, end))))
  }

  #escape(byte: number): void {
    this.byte(backslash)
    if (byte >= 0x20) this.byte(byte)
    else if (shortEscapes[byte] !== 0) this.byte(shortEscapes[byte]!)
    else {
      this.ascii('u00')
      this.byte(hexDigits[byte >>> 4]!)
      this.byte(hexDigits[byte & 15]!)
    }
  }
}
