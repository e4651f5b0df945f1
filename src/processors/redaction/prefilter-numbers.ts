import { addressClassOf } from './detectors/ip.ts'
import { isDigit, isTokenByte, matchesExact, matchesFolded } from './detectors/text-bytes.ts'
import { isInUuid } from './detectors/uuid.ts'
import { mayBeLength } from './prefilter-forms.ts'
import { isLetter } from './prefilter-names.ts'

/**
 * Whether the run of digits and single separators at `at` has to be looked at, as the first look has it: addresses of classes
 * that nobody masks, dates, decimal numbers and what is within an id are nothing. `maskedClasses` has a bit per class of addresses.
 */
export function mayBeNumber(bytes: Uint8Array, at: number, end: number, maskedClasses: number): boolean {
  let from = at
  // A candidate is the seventh place of its run.
  while (from > 0 && (kinds[bytes[from - 1]!]! & kindDigit) !== 0) from--
  while (from > 1 && kinds[bytes[from - 1]!] === kindSeparator && kinds[bytes[from - 2]!] === kindDigit) {
    from -= 2
    while (from > 0 && kinds[bytes[from - 1]!] === kindDigit) from--
  }
  let to = from
  let dots = 0
  let others = 0
  let octet = 0
  let network = 0
  // The same without the first digit, which may be a length.
  let shortOctet = 0
  let shortNetwork = 0
  let isOctets = true
  const limit = Math.min(end, from + 40)
  while (to < limit) {
    const byte = bytes[to]!
    const kind = kinds[byte]!
    if (kind === kindDigit) {
      octet = octet * 10 + byte - 0x30
      if (to > from) shortOctet = shortOctet * 10 + byte - 0x30
    } else if (kind === kindSeparator && to + 1 < end && kinds[bytes[to + 1]!] === kindDigit) {
      if (byte === 0x2e) {
        if (++dots <= 3) {
          if (octet > 255) isOctets = false
          network = (network << 8) | (octet & 255)
          shortNetwork = (shortNetwork << 8) | (shortOctet & 255)
        }
      } else others++
      octet = 0
      shortOctet = 0
    } else break
    to++
  }
  const before = from > 0 ? bytes[from - 1]! : 0
  if (dots === 3 && others === 0 && to - from <= 16) {
    // Chrome/126.0.0.0
    if (from > 1 && bytes[from - 1] === 0x2f && isLetter(bytes[from - 2]!) && isProduct(bytes, from - 1)) return false
    // +1.415.555.2671 is a phone number.
    if (before === 0x2b && !isOctets) return true
    // So is 532.123.45.67, beside a word for it.
    if (!isOctets && (isInParts(bytes, from, 3, 3, 2) || isInParts(bytes, from + 1, 3, 3, 2))) return true
    return (
      (isOctets && (maskedClasses & (1 << addressClassOf(network))) !== 0) ||
      (mayBeLength(bytes, from) && (maskedClasses & (1 << addressClassOf(shortNetwork))) !== 0)
    )
  }
  if (dots === 0 && ((others === 0 && isInDigest(bytes, from, to, end)) || isInUuid(bytes, from, 0, end))) return false
  if (dots === 0 && others === 0 && isWithinHex(bytes, from, to)) return false
  // GET / HTTP/1.1" 200 5123
  if (before === 0x20 && bytes[from - 2] === 0x22 && to - from < 16 && isHttpVersion(bytes, from - 2)) return false
  // ip-10-0-12-14: the name of a host.
  if (before === 0x2d && others === 3 && to - from < 16 && matchesFolded(bytes, from - 3, end, 'ip-')) return false
  // claude-sonnet-4-20250514, image-2024-01-15: a name with a date in it.
  if (before === 0x2d && from > 1 && isLetter(bytes[from - 2]!) && endsInDate(bytes, from, to)) return false
  // 52.520008, 0.57.1: no form of anything, unless a number stands before the point of a sentence.
  // The whole part is short: a long one may be a number, and the point the end of its sentence.
  if (dots > 0 && dots < 3 && others === 0 && to - from - dots < 20 && isShortBeforeDot(bytes, from))
    return (
      before === 0x29 ||
      // (415)%20355.8780
      before === 0x25 ||
      // %20415.555.2671, +40740.123.456
      before === 0x25 ||
      before === 0x2b ||
      isBehindArea(bytes, from) ||
      isDotted(bytes, from) ||
      isDotted(bytes, from + 1) ||
      isInParts(bytes, from, 2, 4, 4) ||
      isInParts(bytes, from + 1, 2, 4, 4) ||
      isInThrees(bytes, from, to)
    )
  // 2024-01-15, also with the first digit being a length.
  return before === 0x25 || !(isDate(bytes, from, to) || (to - from === 11 && isDate(bytes, from + 1, to)))
}

const isLowerHex = (byte: number) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)

/**
 * Whether digits stand within 32 hex digits or more, a letter on either side: no number begins or ends there. Of what stands
 * before one byte may be a length, of what stands behind two may be a tag and a length.
 */
function isInDigest(bytes: Uint8Array, from: number, to: number, end: number): boolean {
  let first = from
  while (first > 0 && from - first < 128 && isLowerHex(bytes[first - 1]!)) first--
  if (from - first < 2) return false
  let last = to
  while (last < end && last - to < 128 && isLowerHex(bytes[last]!)) last++
  return last - to > 2 && last - first >= 32
}

/** Whether four hex digits and more stand right before digits, or behind them: letters, of which none ends a number or an id. */
function isWithinHex(bytes: Uint8Array, from: number, to: number): boolean {
  let count = 0
  while (count < 4 && isLowerHex(bytes[to + count] ?? 0)) count++
  if (count === 4) return bytes[from - 1] !== 0x2b && !isUpper(bytes[from - 1]) && !isUpper(bytes[from - 2])
  count = 0
  while (count < 4 && isLowerHex(bytes[from - 1 - count] ?? 0)) count++
  // \u00e91234567
  return count === 4 && !(bytes[from - 5] === 0x75 && bytes[from - 6] === 0x5c)
}

const isUpper = (byte: number | undefined) => byte !== undefined && byte >= 0x41 && byte <= 0x5a

/** Whether `HTTP/1.1` or the like ends before `at`. */
function isHttpVersion(bytes: Uint8Array, at: number): boolean {
  let slash = at - 1
  while (at - slash < 5 && bytes[slash] !== 0x2f) slash--
  return matchesExact(bytes, slash - 4, at, 'HTTP/')
}

const kindDigit = 1
const kindSeparator = 2
/** Bytes by what they are to a run of digits. */
const kinds = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x30 && byte <= 0x39 ? kindDigit : ' -./+%'.includes(String.fromCharCode(byte)) ? kindSeparator : 0,
)

function isDate(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 10) return false
  const century = bytes[from] === 0x32 && bytes[from + 1] === 0x30
  return century && bytes[from + 4] === bytes[from + 7] && !isDigit(bytes[from + 4]!) && !isDigit(bytes[to]!)
}

/** Whether the word before the slash stands alone, as in user agents, and not in a path. */
function isProduct(bytes: Uint8Array, at: number): boolean {
  let offset = at
  while (offset > 0 && isTokenByte(bytes[offset - 1]!)) offset--
  return offset === 0 || bytes[offset - 1] !== 0x2f
}

/** 415.555.2671 and 536.22.8713: beside a word for it, a phone number of North America or a social security number. */
const isDotted = (bytes: Uint8Array, from: number) =>
  bytes[from + 3] === 0x2e &&
  ((bytes[from + 7] === 0x2e && isDigit(bytes[from + 11] ?? 0)) ||
    (bytes[from + 6] === 0x2e && isDigit(bytes[from + 10] ?? 0)))

/** Digits in parts of such lengths with points between: 02.7937.3701. */
const isInParts = (bytes: Uint8Array, from: number, a: number, b: number, c: number) =>
  bytes[from + a] === 0x2e && bytes[from + a + 1 + b] === 0x2e && isDigit(bytes[from + a + 1 + b + c] ?? 0)

/** 12.345.678 and 1112.22.333: beside a word for it, an id. */
const isInThrees = (bytes: Uint8Array, from: number, to: number) =>
  to - from >= 9 && bytes[to - 4] === 0x2e && (bytes[to - 8] === 0x2e || bytes[to - 7] === 0x2e)

/** (415) 555.2671 */
const isBehindArea = (bytes: Uint8Array, from: number) =>
  bytes[from - 1] === 0x20 && bytes[from - 2] === 0x29 && bytes[from + 3] === 0x2e

function isShortBeforeDot(bytes: Uint8Array, from: number): boolean {
  for (let offset = from; offset < from + 7; offset++) if (bytes[offset] === 0x2e) return true
  return false
}

/** Ends in eight digits 20YYMMDD, with at most two more before them. */
function endsInDate(bytes: Uint8Array, from: number, to: number): boolean {
  let start = to
  while (start > from && isDigit(bytes[start - 1]!)) start--
  // One digit more may be a tag or a length behind the value.
  if (to - start < 8 || to - start > 10 || start - from > 3) return false
  return bytes[start] === 0x32 && bytes[start + 1] === 0x30 && bytes[start + 4]! <= 0x31 && bytes[start + 6]! <= 0x33
}
