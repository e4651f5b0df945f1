import { JsonError } from './json-error.ts'
import { parseUint64, uint64 } from './uint64.ts'

const minus = 0x2d
const zero = 0x30
const nine = 0x39

const textDecoder = new TextDecoder()
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
/** Most characters of one number that is not a plain run of digits. */
const numberCharactersMax = 4_096

/** A number of a JSON text, read where it stands: each digit counts, and what JSON does not allow is refused. */
export class JsonNumber {
  /** Where the number that was scanned last ends, */
  end = 0
  /** and where the digits before its point, and those behind it, do. */
  #digitsEnd = 0
  #fractionEnd = 0

  /** Finds the end of the number at `start` and the ends of its parts. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    let offset = start
    if (offset < end && bytes[offset] === minus) offset++
    const whole = offset
    offset = digits(bytes, offset, end)
    if (offset === whole) throw new JsonError('a value was expected', start)
    if (bytes[whole] === zero && offset > whole + 1) throw new JsonError('a number has a leading zero', start)
    this.#digitsEnd = offset
    this.#fractionEnd = offset
    if (offset < end && bytes[offset] === 0x2e) {
      this.#fractionEnd = digits(bytes, offset + 1, end)
      if (this.#fractionEnd === offset + 1) throw new JsonError('a number ends in its point', start)
      offset = this.#fractionEnd
    }
    if (offset < end && (bytes[offset]! | 0x20) === 0x65) {
      offset++
      if (offset < end && (bytes[offset] === 0x2b || bytes[offset] === minus)) offset++
      const exponent = digits(bytes, offset, end)
      if (exponent === offset) throw new JsonError('a number has no exponent', start)
      offset = exponent
    }
    this.end = offset
  }

  /**
   * Reads the magnitude of the integer that was scanned at `start` into `uint64`; true where it has a minus sign. Errors name
   * `start`.
   */
  integer(bytes: Uint8Array, start: number): boolean {
    const isNegative = bytes[start] === minus
    const digitsStart = isNegative ? start + 1 : start
    if (this.end === this.#digitsEnd) {
      if (!parseUint64(bytes, digitsStart, this.#digitsEnd)) throw outOfRange(start)
    } else this.#scientificInteger(bytes, digitsStart, start)
    return isNegative
  }

  /** Scans the number at `start` and returns it as the nearest double. */
  double(bytes: Uint8Array, start: number, end: number): number {
    this.scan(bytes, start, end)
    const isNegative = bytes[start] === minus
    const digitsStart = isNegative ? start + 1 : start
    // A mantissa below 2^53 over a power of ten that a double holds exactly: one division, rounded once.
    if (this.end === this.#fractionEnd && this.end - digitsStart <= 16) {
      let mantissa = 0
      for (let offset = digitsStart; offset < this.#digitsEnd; offset++)
        mantissa = mantissa * 10 + bytes[offset]! - zero
      let places = 0
      for (let offset = this.#digitsEnd + 1; offset < this.#fractionEnd; offset++) {
        mantissa = mantissa * 10 + bytes[offset]! - zero
        places++
      }
      if (mantissa <= Number.MAX_SAFE_INTEGER) {
        const value = mantissa / powersOfTen[places]!
        return isNegative ? -value : value
      }
    }
    const value = Number(textDecoder.decode(bytes.subarray(start, this.end)))
    if (!Number.isFinite(value)) throw new JsonError('a number out of range', start)
    return value
  }

  /** An integer written with a fraction or an exponent, such as 1.5e3. */
  #scientificInteger(bytes: Uint8Array, start: number, valueStart: number): void {
    if (this.end - start > numberCharactersMax) throw outOfRange(valueStart)
    const text = textDecoder.decode(bytes.subarray(start, this.end))
    const [mantissa = '', exponentText = '0'] = text.toLowerCase().split('e')
    const [whole = '', fraction = ''] = mantissa.split('.')
    const digits = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '')
    const dropped = (whole + fraction).length - (whole + fraction).replace(/0+$/, '').length
    const scale = Number(exponentText) - fraction.length + dropped
    if (digits === '') {
      uint64.low = 0
      uint64.high = 0
      return
    }
    if (scale < 0) throw new JsonError('an integer was expected', valueStart)
    if (scale + digits.length > 20) throw outOfRange(valueStart)
    const plain = Buffer.from(digits + '0'.repeat(scale))
    if (!parseUint64(plain, 0, plain.length)) throw outOfRange(valueStart)
  }
}

export const outOfRange = (offset: number): JsonError => new JsonError('a number out of range', offset)

/** Where the run of decimal digits at `offset` ends. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let offset = start
  while (offset < end && bytes[offset]! >= zero && bytes[offset]! <= nine) offset++
  return offset
}
