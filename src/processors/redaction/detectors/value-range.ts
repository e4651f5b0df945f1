import { isAlnum, isSpace, latin1 } from './text-bytes.ts'

const valueBytesMax = 8192
/** A value without quotes is no longer than this: most of what is, is no value. */
const bareBytesMax = 1024

/** A value, and the stretch of it in which nothing was found last that ends a line. */
interface Lines {
  readonly bytes: Uint8Array
  readonly end: number
  lineStart: number
  lineEnd: number
}

/** The value behind a separator: where it begins and ends, and how it was quoted. Used again for each value. */
export class ValueRange {
  start = 0
  end = 0
  isQuoted = false
  /** One space at least stood between the separator and the value. */
  isSpaced = false
  /** It is the first string of a list, or one behind that. */
  isInList = false

  /** Reads the value that begins behind `at`, for a name and value in any text. */
  read(bytes: Uint8Array, at: number, end: number): void {
    let offset = at
    while (offset < end && offset - at < 32 && isSpace(bytes[offset]!)) offset++
    offset = behindMark(bytes, offset, end, offset > at)
    this.isSpaced = offset > at
    this.isQuoted = false
    this.isInList = false
    // HTTP libraries log headers as lists.
    if (bytes[offset] === 0x5b) {
      let first = offset + 1
      while (first < end && first - offset < 32 && isSpace(bytes[first]!)) first++
      if (first < end && (bytes[first] === 0x22 || bytes[first] === 0x5c || bytes[first] === 0x27)) {
        this.isInList = true
        offset = first
      }
    }
    offset = behindWrapper(bytes, offset, end)
    let slashes = 0
    while (offset + slashes < end && bytes[offset + slashes] === 0x5c) slashes++
    const quote = offset + slashes < end ? bytes[offset + slashes]! : 0
    if (quote === 0x22 || quote === 0x27 || quote === 0x60) {
      this.isQuoted = true
      this.start = offset + slashes + 1
      this.end = closingQuote(bytes, this.start, end, quote, slashes)
      return
    }
    this.start = offset
    this.end = bareEnd(bytes, offset, end)
  }

  /** Goes on to the next string of the list; false where none follows. */
  readNext(bytes: Uint8Array, end: number): boolean {
    if (!this.isInList || !this.isQuoted) return false
    let offset = this.end
    while (offset < end && bytes[offset] === 0x5c) offset++
    offset++
    if (bytes[offset] !== 0x2c) return false
    offset++
    while (offset < end && isSpace(bytes[offset]!)) offset++
    const first = offset
    while (offset < end && bytes[offset] === 0x5c) offset++
    const quote = bytes[offset]
    if (offset >= end || (quote !== 0x22 && quote !== 0x27)) return false
    this.start = offset + 1
    this.end = closingQuote(bytes, this.start, end, quote, offset - first)
    return true
  }

  /** Passwords hold signs that otherwise end a value: goes on over those that more of it follows directly. */
  extendOverSigns(bytes: Uint8Array, end: number): void {
    if (this.isQuoted) return
    let offset = this.end
    if (offset === this.start && this.isSpaced && bytes[offset] === 0x26 && isAlnum(bytes[offset + 1] ?? 0))
      offset = bareEnd(bytes, offset + 1, end)
    while (offset + 1 < end && offset - this.start < 128) {
      const byte = bytes[offset]!
      // ) ] } always, | , ; & behind `name: ` where they do not part this from another name.
      const isCloser = byte === 0x29 || byte === 0x5d || byte === 0x7d
      const isComma = this.isSpaced && (byte === 0x7c || byte === 0x2c || byte === 0x3b || byte === 0x26)
      if (!isCloser && !isComma) break
      const next = bytes[offset + 1]!
      if (!isAlnum(next) && !(isCloser && typedSigns.includes(next))) break
      if (isComma && /^[\w.-]+ ?[:=]/.test(latin1(bytes, offset + 1, Math.min(end, offset + 48)))) break
      offset = bareEnd(bytes, offset + 1, end)
    }
    this.end = offset
  }

  /** Up to the next parameter of a form: its spaces were encoded, and are read decoded. */
  extendToParameter(bytes: Uint8Array, end: number): void {
    let offset = this.end
    while (offset < end && offset - this.start < 200 && bytes[offset]! >= 0x20) {
      const byte = bytes[offset]!
      if (byte === 0x26 || byte === 0x22 || byte === 0x27 || byte === 0x5c || byte === 0x3c) break
      if (byte === 0x20 && /^ (HTTP\/|\d{3} |[\w-]+[=:])/.test(latin1(bytes, offset, Math.min(end, offset + 24)))) break
      offset++
    }
    this.end = offset
  }

  /** Up to the next tag, where it closes: spaces and signs in an element of XML belong to its text. */
  extendToElement(bytes: Uint8Array, end: number): void {
    const close = bytes.subarray(this.end, Math.min(end, this.end + 200)).indexOf(0x3c)
    if (close < 1 || bytes[this.end + close + 1] !== 0x2f) return
    const stop = this.end + close
    if (bytes[this.end] !== 0x20)
      for (let at = this.end; at < stop; at++) if (bytes[at]! <= 0x20 || bytes[at] === 0x5c) return
    this.end = stop
  }

  /** Up to white space or a quote: for what people type in sentences and command lines. */
  extendToSpace(bytes: Uint8Array, end: number): void {
    let offset = this.end
    while (
      offset < end &&
      offset - this.start < 256 &&
      bytes[offset]! > 0x20 &&
      bytes[offset] !== 0x22 &&
      bytes[offset] !== 0x27 &&
      bytes[offset] !== 0x5c
    )
      offset++
    while (offset > this.end && /[.,;:!?)\]}]/.test(String.fromCharCode(bytes[offset - 1]!))) offset--
    this.end = offset
  }

  /** The rest of the line, up to a closing quote: for header lines in text. */
  extendToLine(value: Lines): void {
    if (this.isQuoted) return
    const { bytes, end, lineStart, lineEnd } = value
    // Names of headers in one line would each read to its end.
    let offset = this.start >= lineStart && this.start < lineEnd ? lineEnd : this.start
    while (offset < end && offset - this.start < valueBytesMax) {
      const byte = bytes[offset]!
      if (byte === 0x0a || byte === 0x0d || byte === 0x22 || byte === 0x27) break
      if (
        byte === 0x5c &&
        offset + 1 < end &&
        (bytes[offset + 1] === 0x6e ||
          bytes[offset + 1] === 0x72 ||
          bytes[offset + 1] === 0x22 ||
          bytes[offset + 1] === 0x5c ||
          bytes[offset + 1] === 0x27)
      )
        break
      offset++
    }
    value.lineStart = this.start
    value.lineEnd = offset
    this.end = offset
  }
}

/** What languages print around a string: `Some("x")`, `Optional[x]`, `N'x'`, `b'x'`, `string(7) "x"`. */
const wrapper =
  /^(?:(?:\\{1,8}[nrt]|\s)*string\(\d{1,5}\) (?=\\*")|(?:Some|Ok|Just|Optional|String|Text|Str|Secret[A-Za-z]{0,8})\((?=\\*["'])|[NnBbUuRrL@](?=\\*['"])|Optional\[(?=\w*\d))/

const blockMark = /^[|>][-+]?(?:\r?\n|\\{1,8}n)\s*/
const emphasis = /^\*{1,2} {1,2}/

/** Behind what is no part of a value: the sign of a block in YAML and its line's end, the end of emphasis in Markdown. */
function behindMark(bytes: Uint8Array, at: number, end: number, isSpaced: boolean): number {
  const byte = bytes[at]
  if (byte !== 0x2a && !(isSpaced && (byte === 0x7c || byte === 0x3e))) return at
  const text = latin1(bytes, at, Math.min(end, at + 48))
  return at + ((byte === 0x2a ? emphasis : blockMark).exec(text)?.[0].length ?? 0)
}

/** Where the string begins that a wrapper at `at` holds; `at` itself where none stands there. */
function behindWrapper(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at] ?? 0
  if (!isAlnum(byte) && byte !== 0x5c && byte !== 0x40) return at
  return at + (wrapper.exec(latin1(bytes, at, Math.min(end, at + 48)))?.[0].length ?? 0)
}

/** Where the string ends whose quotes have `slashes` backslashes before them. */
function closingQuote(bytes: Uint8Array, from: number, end: number, quote: number, slashes: number): number {
  const limit = Math.min(end, from + valueBytesMax)
  let run = 0
  for (let offset = from; offset < limit; offset++) {
    const byte = bytes[offset]!
    if (byte === 0x5c) {
      run++
      continue
    }
    // One level deeper a quote has more backslashes: that is content.
    if (byte === quote && run <= slashes) return offset - run
    run = 0
  }
  return limit - (limit === end ? run : 0)
}

function bareEnd(bytes: Uint8Array, from: number, end: number): number {
  const limit = Math.min(end, from + bareBytesMax)
  let offset = from
  while (offset < limit) {
    const byte = bytes[offset]!
    if (byte <= 0x20 || stops[byte] === 1) break
    if (byte === 0x25 && offset + 2 < limit && isEncodedStop(bytes[offset + 1]!, bytes[offset + 2]!)) break
    offset++
  }
  // Signs that end a sentence are not part of the value.
  while (offset > from && (bytes[offset - 1] === 0x2e || bytes[offset - 1] === 0x3a)) offset--
  return offset
}

/** Signs that go on with a password behind a closing bracket. */
const typedSigns = Buffer.from('+!@#$%^*_=~?-')

const stops = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256)
  for (const character of '&;,\'"`)]}<>|\\') table[character.charCodeAt(0)] = 1
  return table
})()

/** %20 %22 %26 %2C %3B %0A */
function isEncodedStop(high: number, low: number): boolean {
  const code = String.fromCharCode(high, low).toLowerCase()
  return code === '20' || code === '22' || code === '26' || code === '2c' || code === '3b' || code === '0a'
}
