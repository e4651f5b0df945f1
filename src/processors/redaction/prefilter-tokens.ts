import { azureMarkIn } from './detectors/azure-keys.ts'
import { base64Start } from './detectors/base64-runs.ts'
import { hashStart } from './detectors/password-hashes.ts'
import { isAlnum, isDigit, isTokenByte, latin1, matchesExact } from './detectors/text-bytes.ts'
import { hasVendorPrefix } from './detectors/vendor-key-search.ts'
import { mayEndName } from './prefilter-names.ts'

/** Whether the token at `from` has a digit or two capitals in it, as what is random has. */
export function hasDigitOrCapitals(bytes: Uint8Array, from: number): boolean {
  let capitals = 0
  for (let at = from; at < bytes.length && at - from < 4096 && isTokenByte(bytes[at]!); at++) {
    const byte = bytes[at]!
    if (isDigit(byte) || (byte >= 0x41 && byte <= 0x5a && ++capitals > 1)) return true
  }
  return false
}

/** Quotes, brackets and a tab. */
export const isOpening = (byte: number) =>
  byte === 0x22 ||
  byte === 0x27 ||
  byte === 0x60 ||
  byte === 0x28 ||
  byte === 0x5b ||
  byte === 0x7b ||
  byte === 0x3c ||
  byte === 0x09

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
  if (bytes[to - 9] === 0x2d && bytes[to - 18] === 0x2d) return true
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
  return text.includes('slack') || text.includes('webhook') || /reset|magic/i.test(text)
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
