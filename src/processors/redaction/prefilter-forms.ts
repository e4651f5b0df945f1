import { wireBytes } from '../../wire/wire-type.ts'
import { isAlnum, isDigit, isHex, isTokenByte, matchesExact, matchesFolded } from './detectors/text-bytes.ts'

export function mailbox(bytes: Uint8Array, at: number, end: number): boolean {
  if (at === 0 || at + 3 >= end || bytes[at - 1]! <= 0x20) return false
  let offset = at + 1
  let hasDot = false
  const limit = Math.min(end, at + 255)
  while (offset < limit) {
    const byte = bytes[offset]!
    if (byte === 0x2e) {
      if (
        offset > at + 1 &&
        hasDot === false &&
        offset + 1 < limit &&
        (isAlnum(bytes[offset + 1]!) || bytes[offset + 1]! >= 0x80)
      )
        hasDot = true
    } else if (!isAlnum(byte) && byte !== 0x2d && byte < 0x80) break
    offset++
  }
  if (hasDot) return true
  // A host and its port.
  if (bytes[offset] === 0x3a && offset > at + 1 && isDigit(bytes[offset + 1] ?? 0)) return true
  // The end of a value may have cut the domain.
  if (offset > at + 2 && isAlnum(bytes[at + 1]!) && isAlnum(bytes[at - 1]!) && at > 1 && isAlnum(bytes[at - 2]!))
    return true
  return (
    matchesFolded(bytes, at + 1, end, 'tcp(') ||
    matchesFolded(bytes, at + 1, end, 'unix(') ||
    matchesExact(bytes, at + 1, end, '//') ||
    matchesExact(bytes, at + 1, end, '(')
  )
}

/** Whether the `%` at `at` begins `%3A` or `%3D`, with `%3A%2F` aside: it begins most URLs inside of URLs, which have signs of their own. */
export function isEncodedSign(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== 0x33) return false
  const low = bytes[at + 2]! | 0x20
  return low === 0x64 || (low === 0x61 && !matchesFolded(bytes, at + 3, bytes.length, '%2f'))
}

/** `%253D`, `C%3A%5CUsers`, an address: what leads on whatever stands before. */
export function isEncodedForm(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] === 0x32 && bytes[at + 2] === 0x35) return isHex(bytes[at + 3] ?? 0) && isHex(bytes[at + 4] ?? 0)
  return isEncodedSign(bytes, at) && (matchesFolded(bytes, at + 3, bytes.length, '%5c') || isEncodedChain(bytes, at))
}

/**
 * Where the name ends that may stand before the `%` at `at`, quotes, spaces, digits and whatever else was encoded between; -1
 * where that cannot be told.
 */
export function encodedNameEnd(bytes: Uint8Array, at: number): number {
  let last = at
  const limit = Math.max(0, at - 24)
  while (last > limit) {
    const byte = bytes[last - 1]!
    if (last > 2 && bytes[last - 3] === 0x25 && isHex(byte) && isHex(bytes[last - 2]!)) {
      // A letter of another script.
      if (bytes[last - 2]! > 0x37) return -1
      last -= 3
    } else if (byte === 0x2b || byte === 0x5c || isDigit(byte)) last--
    else break
  }
  return last <= limit || bytes[last - 1]! >= 0x80 ? -1 : last
}

/** Whether the `%3A` at `at` is the first of as many between hex digits as an address has, or of two without any between. */
function isEncodedChain(bytes: Uint8Array, at: number): boolean {
  let to = at
  let colons = 0
  while (bytes[to] === 0x25 && bytes[to + 1] === 0x33 && (bytes[to + 2]! | 0x20) === 0x61 && to - at < 72) {
    to += 3
    if (++colons > 4 || (bytes[to] === 0x25 && isEncodedSign(bytes, to))) return true
    for (let digit = 0; digit < 4 && isHex(bytes[to] ?? 0); digit++) to++
  }
  return false
}

/** `:`, `=` or `>` in an escape of JSON, at its last byte but one: the 3 of `\u003d`. */
export function isEscapedSign(bytes: Uint8Array, at: number): boolean {
  const low = bytes[at + 1]! | 0x20
  return bytes[at - 1] === 0x30 && bytes[at - 4] === 0x5c && (low === 0x61 || low === 0x64 || low === 0x65)
}

/**
 * Whether a name that ends before `at` may itself be a value that another belongs to: `"password","value":`, `'x-api-key', `,
 * the end of a line in YAML or in a form's part.
 */
export function isPairSign(bytes: Uint8Array, at: number): boolean {
  let offset = at
  while (bytes[offset] === 0x5c) offset++
  const quote = bytes[offset]
  if (quote === 0x0a || quote === 0x0d) return true
  if (quote !== 0x22 && quote !== 0x27 && quote !== 0x60) return offset > at && (quote === 0x6e || quote === 0x72)
  do offset++
  while (bytes[offset] === 0x20)
  const next = bytes[offset] ?? 0
  return (
    (next | 0x20) === 0x76 ||
    next === 0x2c ||
    next === 0x7d ||
    next === 0x5c ||
    next === 0x3b ||
    next === 0x0a ||
    next === 0x0d
  )
}

export function colonChain(bytes: Uint8Array, at: number, end: number): boolean {
  let from = at
  while (from > 0 && at - from < 5 && isHex(bytes[from - 1]!)) from--
  // Only the first colon of a chain looks at it; one before the chain may be the length of the value, of 58 bytes.
  if (from > 0 && bytes[from - 1] === 0x3a && !mayBeLength(bytes, from - 1)) return false
  let to = at
  let colons = 0
  let digits = 0
  let isShort = false
  while (to < end && to - from < 60) {
    const byte = bytes[to]!
    if (byte === 0x3a) {
      colons++
      if (bytes[to - 1] === 0x3a && to > at) isShort = true
    } else if (!isHex(byte)) break
    else if (isDigit(byte)) digits++
    to++
  }
  // A hardware address has five, an IPv6 address seven, six before one of IPv4, fewer with `::`. 28/Nov/2026:12:34:56 is a time.
  if (!isShort) return colons > 4
  for (let offset = from; offset < at; offset++) if (isDigit(bytes[offset]!)) digits++
  return digits > 0 || colons > 3
}

export function hasDigitSoon(bytes: Uint8Array, from: number, end: number): boolean {
  let offset = from
  let spaces = 0
  while (offset < end && offset - from < 64 && spaces < 3) {
    const byte = bytes[offset]!
    if (isDigit(byte) || byte === 0x27 || byte === 0x22 || byte === 0x60) return true
    if (byte === 0x20) spaces++
    offset++
  }
  return false
}

/** Fewer characters in a parameter grant no access to anything. */
const accessBytesMin = 8

/** Whether a parameter's value that begins at `from` is as short, as in `code=404&` and `state=open`. */
export function isShortParameter(bytes: Uint8Array, from: number): boolean {
  let to = from
  while (to - from < accessBytesMin + 2 && isTokenByte(bytes[to] ?? 0)) to++
  const length = to - from
  if (bytes[to] === 0x26 || bytes[to] === 0x20) return length > 0 && length < accessBytesMin
  // Behind the end of the text stand the tag and the length of the next attribute, and may look like two characters more.
  for (let key = Math.max(to, from + 3); key < to + 4; key++) {
    const header = attributeHeaderLength(bytes, key)
    if (header > 0) return key - header - from < accessBytesMin
  }
  return false
}

/**
 * Bytes of the tag and the length before `at`, where the key of an attribute begins there: all its lengths agree, as in no text.
 * 0 where none does.
 */
function attributeHeaderLength(bytes: Uint8Array, at: number): number {
  const value = at + 2 + (bytes[at + 1] ?? 0)
  if (bytes[at] !== 0x0a || bytes[value] !== 0x12 || bytes[at - 1]! >= 128) return 0
  const isLong = bytes[at - 2]! >= 128
  const length = isLong ? (bytes[at - 2]! & 127) | (bytes[at - 1]! << 7) : bytes[at - 1]!
  const valueLength = bytes[value + 1]! < 128 ? bytes[value + 1]! : (bytes[value + 1]! & 127) | (bytes[value + 2]! << 7)
  const header = isLong ? 3 : 2
  const isWhole = valueLength === length - (value - at) - (valueLength < 128 ? 2 : 3)
  return isWhole && (bytes[at - header]! & 7) === wireBytes ? header : 0
}

/** Whether a first byte of text may be its length: the end of a tag stands before it, or of a longer length. */
export const mayBeLength = (bytes: Uint8Array, at: number) =>
  (at > 0 && ((bytes[at - 1]! & 7) === wireBytes || bytes[at - 1]! >= 0x80)) || (at > 1 && bytes[at - 2]! >= 0x80)
