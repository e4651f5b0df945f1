import { wireBytes } from '../../wire/wire-type.ts'
import { azureMarkIn } from './detectors/azure-keys.ts'
import { base64Start } from './detectors/base64-runs.ts'
import { hashStart } from './detectors/password-hashes.ts'
import { isAlnum, isDigit, isHex, isTokenByte, latin1, matchesExact, matchesFolded } from './detectors/text-bytes.ts'
import { hasVendorPrefix } from './detectors/vendor-key-search.ts'
import { mayEndName } from './prefilter-names.ts'

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

/** What ends the search for the `@` of a URL, or is it. */
export const endsAuthority = (byte: number): boolean =>
  byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x3c || byte === 0x3e || byte === 0x40

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

/** Where a key with dots, or in base64, may begin whose end is at hand. */
function prefixStart(bytes: Uint8Array, from: number): number {
  const before = from > 0 ? bytes[from - 1]! : 0
  return before === 0x2e ? Math.max(0, from - 24) : base64Start(bytes, 0, from)
}

/** A run of token bytes that a detector may take: a known prefix, a JWT, an account number, or a telling word before it. */
export function token(bytes: Uint8Array, at: number, end: number): boolean {
  let from = at
  while (from > 0 && at - from < 64 && isTokenByte(bytes[from - 1]!)) from--
  let to = at
  while (to < end && to - from < 4096 && isTokenByte(bytes[to]!)) to++
  let digits = 0
  let turns = 0
  let uppers = 0
  let dashes = 0
  for (let offset = from; offset < to; offset++) {
    const byte = bytes[offset]!
    if (isDigit(byte)) digits++
    else if (byte === 0x2d) dashes++
    else if (byte >= 0x41 && byte <= 0x5a) {
      uppers++
      if (offset > from && bytes[offset - 1]! >= 0x61) turns++
      if (byte === 0x4c && matchesExact(bytes, offset - 3, end, 'NRAL')) return true
    } else if (byte === 0x65 && bytes[offset + 1] === 0x79 && bytes[offset + 2] === 0x4a) return true
  }
  if (hasVendorPrefix(bytes, prefixStart(bytes, from), from, to)) return true
  if (uppers > 1 && azureMarkIn(bytes, from, to, end) >= 0) return true
  // Pairs of hex with dashes between them: a hardware address.
  if (dashes >= 5 && to - from <= 26) return true
  if (digits === 0 && turns < 3 && !(bytes[to] === 0x2e && uppers > 2)) return false
  // IBAN and lettered ids: capitals and digits only; a hardware address: pairs of hex.
  if (uppers >= 2 && digits >= 4 && hasAccountStart(bytes, from, to)) return true
  // The length of a value is no sign before it: 36 is a dollar sign, 32 a space.
  const before = from > 0 && !isAttributeLength(bytes, from - 1) ? bytes[from - 1]! : 0
  const behind = to < end ? bytes[to]! : 0
  if (before === 0x25 || behind === 0x25) return true
  if (before !== 0 && hashStart(bytes, 0, from) >= 0) return true
  if (behind === 0x7e || before === 0x7e) return true
  if (endsInDatacentre(bytes, to)) return true
  if (behind === 0x2e && to - from >= 24 && to - from <= 30) return true
  if (bytes[to - 1] === 0x6b && matchesExact(bytes, to - 4, end, '_mmk')) return true
  if (before === 0x3a || before === 0x2f) return hasHookOrBot(bytes, from, before)
  if (behind === 0x2e && isTokenByte(bytes[to + 1]!) && digits > 0) return turns > 1
  // `key\nZXC2JK3HV4TY5UIO6PLK`: the letter of an escape is one of the token, and no name.
  return (before === 0x20 || before === 0x2b || before === 0x5c) && mayEndName(bytes, wordEnd(bytes, from))
}

/**
 * Whether the byte at `at` is the length of an attribute's or a body's text: the tags and the length around it stand before it,
 * as in no text.
 */
const isAttributeLength = (bytes: Uint8Array, at: number) =>
  at > 2 &&
  bytes[at - 1] === 0x0a &&
  bytes[at - 2] === bytes[at]! + 2 &&
  (bytes[at - 3] === 0x12 || bytes[at - 3] === 0x2a)

/** Mailchimp's keys end in `-us1` or `-us12`, and a length may stand behind the value. */
function endsInDatacentre(bytes: Uint8Array, to: number): boolean {
  for (let at = to - 6; at <= to - 4; at++)
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x73) return true
  return false
}

function wordEnd(bytes: Uint8Array, from: number): number {
  let end = from
  while (end > 0 && from - end < 12 && !isAlnum(bytes[end - 1]!)) end--
  // Over "is", "was" and the like to the word before.
  if (end > 2 && bytes[end - 1] === 0x73 && (bytes[end - 2] === 0x69 || bytes[end - 2] === 0x61)) {
    while (end > 0 && from - end < 16 && bytes[end - 1] !== 0x20) end--
    while (end > 0 && from - end < 20 && bytes[end - 1] === 0x20) end--
  }
  return end
}

function hasAccountStart(bytes: Uint8Array, from: number, to: number): boolean {
  const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a
  for (let offset = from; offset < Math.min(to - 4, from + 3); offset++) {
    if (
      isUpper(bytes[offset]!) &&
      isUpper(bytes[offset + 1]!) &&
      isDigit(bytes[offset + 2]!) &&
      isDigit(bytes[offset + 3]!)
    )
      return true
  }
  return false
}

function hasHookOrBot(bytes: Uint8Array, from: number, before: number): boolean {
  // 123456789:AA…, and not sha256:…
  if (before === 0x3a) return isNumberBefore(bytes, from - 1) || (bytes[from] === 0x41 && bytes[from + 1] === 0x41)
  const text = latin1(bytes, Math.max(0, from - 64), from)
  return text.includes('slack') || text.includes('webhook')
}

function isNumberBefore(bytes: Uint8Array, at: number): boolean {
  for (let offset = at - 4; offset < at; offset++) if (!isDigit(bytes[offset] ?? 0)) return false
  return true
}

export function bearer(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at < end && at - from < 6 && !isTokenByte(bytes[at]!)) at++
  let length = 0
  while (at + length < end && length < 8 && (isTokenByte(bytes[at + length]!) || bytes[at + length] === 0x2e)) length++
  return length >= 8 && at > from
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
