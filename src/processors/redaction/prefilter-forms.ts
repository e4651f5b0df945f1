import { wireBytes } from '../../wire/wire-type.ts'
import { hashStart } from './detectors/password-hashes.ts'
import { isAlnum, isDigit, isHex, isTokenByte, latin1, matchesExact, matchesFolded } from './detectors/text-bytes.ts'
import { azureMarkIn, base64Start, hasVendorPrefix } from './detectors/tokens.ts'
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

/**
 * `%3A` or `%3D` that may stand in an address or behind a name, or a sign that was encoded twice. `%3A%2F` begins most
 * URLs inside of URLs; what may be in those has signs of its own.
 */
export function isEncodedSign(bytes: Uint8Array, at: number): boolean {
  const high = bytes[at + 1]
  const low = bytes[at + 2]! | 0x20
  if (high === 0x33) return low === 0x64 || (low === 0x61 && !(bytes[at + 3] === 0x25 && bytes[at + 4] === 0x32))
  return high === 0x32 && low === 0x35 && isHex(bytes[at + 3] ?? 0) && isHex(bytes[at + 4] ?? 0)
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
  if (from > 0 && bytes[from - 1] === 0x3a) return false
  let to = at
  let colons = 0
  let digits = 0
  let pairs = true
  let group = at - from
  while (to < end && to - from < 60) {
    const byte = bytes[to]!
    if (byte === 0x3a) {
      colons++
      if (colons > 1 && group !== 2) pairs = false
      group = 0
    } else if (isHex(byte)) {
      group++
      if (isDigit(byte)) digits++
    } else break
    to++
  }
  if (colons < 2) return false
  for (let offset = from; offset < at; offset++) if (isDigit(bytes[offset]!)) digits++
  // 12:34:56 is a time.
  return !(colons === 2 && pairs && group >= 2) && (digits > 0 || colons > 3)
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
  if (hasVendorPrefix(bytes, prefixStart(bytes, from), to)) return true
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
  return (before === 0x20 || before === 0x2b) && mayEndName(bytes, wordEnd(bytes, from))
}

/** Whether the byte at `at` is the length of an attribute's text: the tags and the length around it stand before it, as in no text. */
const isAttributeLength = (bytes: Uint8Array, at: number) =>
  at > 2 && bytes[at - 1] === 0x0a && bytes[at - 2] === bytes[at]! + 2 && bytes[at - 3] === 0x12

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
  if (before === 0x3a) return isDigit(bytes[from - 2]!) || bytes[from] === 0x41
  const text = latin1(bytes, Math.max(0, from - 64), from)
  return text.includes('slack') || text.includes('webhook')
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
  for (let key = Math.max(to, from + 3); key < to + 3; key++)
    if (isAttributeHeader(bytes, key)) return key - 2 - from < accessBytesMin
  return false
}

/** Whether at `at` the key of an attribute begins, whose tag and length stand before it: all its lengths agree, as in no text. */
function isAttributeHeader(bytes: Uint8Array, at: number): boolean {
  const value = at + 2 + (bytes[at + 1] ?? 0)
  const length = bytes[at - 1]!
  return (
    bytes[at] === 0x0a &&
    bytes[value] === 0x12 &&
    (bytes[at - 2]! & 7) === wireBytes &&
    bytes[value + 1] === length - (value - at) - 2 &&
    length < 128
  )
}
