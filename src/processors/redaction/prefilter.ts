import { type DetectorSettings, isNameByte } from './detectors/detection.ts'
import { addressClasses, addressClassOf } from './detectors/ip.ts'
import { keyQueryCode, keySecret, nameEndings } from './detectors/key-words.ts'
import { wholeValueFlags } from './detectors/keyed-values.ts'
import { unicodeEscapeLength } from './detectors/percent-text.ts'
import {
  isAlnum,
  isDigit,
  isHex,
  isSpace,
  isTokenByte,
  latin1,
  matchesExact,
  matchesFolded,
} from './detectors/text-bytes.ts'
import { hasVendorPrefix } from './detectors/tokens.ts'
import { schemeLength } from './detectors/urls.ts'
import { NameFlags, namesNationalId } from './name-flags.ts'
import { kindDigits, kindToken } from './scan/scan-layout.ts'

/**
 * A first look at candidates in the bytes of a whole request, before anybody knows which field they stand in. It may let
 * too much through, and never too little: bytes around a field (tags, lengths) can look like text, so each test also
 * holds with the byte before a value, which may be its length, taken away.
 */
export class Prefilter {
  readonly #names: NameFlags
  /** One bit per class of addresses that is masked. */
  readonly #maskedClasses: number

  constructor(settings: DetectorSettings) {
    this.#names = new NameFlags(settings.keys)
    this.#maskedClasses = addressClasses.reduce(
      (bits, name, i) => (settings.addressClasses.has(name) ? bits | (1 << i) : bits),
      0,
    )
  }

  survives(bytes: Uint8Array, at: number, kind: number): boolean {
    const end = bytes.length
    if (kind !== 0) {
      if ((kind & kindDigits) !== 0 && this.#number(bytes, at - 1, end)) return true
      if ((kind & kindToken) !== 0 && token(bytes, at, end)) return true
      if (at >= end) return false
    }
    switch (bytes[at]) {
      case 0x40:
        return mailbox(bytes, at, end)
      case 0x3a:
        return this.#colon(bytes, at, end)
      case 0x3d:
        return bytes[at + 1] === 0x25 || hasEncodedColon(bytes, at + 2, end) || this.#name(bytes, at, end)
      case 0x3e:
        return this.#name(bytes, at, end)
      default:
        return this.#literal(bytes, at, end)
    }
  }

  /** Digits and single separators; addresses of classes that nobody masks, dates and decimal numbers are nothing. */
  #number(bytes: Uint8Array, at: number, end: number): boolean {
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
    if (dots === 3 && others === 0 && to - from <= 16) {
      // Chrome/126.0.0.0
      if (from > 1 && bytes[from - 1] === 0x2f && isLetter(bytes[from - 2]!) && isProduct(bytes, from - 1)) return false
      const masked = this.#maskedClasses
      return (
        (isOctets && (masked & (1 << addressClassOf(network))) !== 0) ||
        (masked & (1 << addressClassOf(shortNetwork))) !== 0
      )
    }
    const before = from > 0 ? bytes[from - 1]! : 0
    // claude-sonnet-4-20250514, image-2024-01-15: a name with a date in it.
    if (before === 0x2d && from > 1 && isLetter(bytes[from - 2]!) && endsInDate(bytes, from, to)) return false
    // 52.520008, 0.57.1: no form of anything, unless a number stands before the point of a sentence.
    // The whole part is short: a long one may be a number, and the point the end of its sentence.
    if (dots > 0 && dots < 3 && others === 0 && to - from - dots < 20 && isShortBeforeDot(bytes, from))
      return before === 0x29 || isDottedPhone(bytes, from) || isDottedPhone(bytes, from + 1)
    // 2024-01-15, also with the first digit being a length.
    return !(isDate(bytes, from, to) || (to - from === 11 && isDate(bytes, from + 1, to)))
  }

  #colon(bytes: Uint8Array, at: number, end: number): boolean {
    const next = at + 1 < end ? bytes[at + 1]! : 0
    const scheme = next === 0x2f || next === 0x5c ? schemeLength(bytes, at, end) : 0
    if (scheme > 0) return hasAt(bytes, at + scheme, end)
    return colonChain(bytes, at, end) || this.#name(bytes, at, end)
  }

  /** A name before a separator whose value is looked at as a whole. */
  #name(bytes: Uint8Array, at: number, end: number): boolean {
    let last = at
    const limit = Math.max(0, at - 12)
    while (last > limit && isBetween(bytes[last - 1]!)) last--
    if (!mayEndName(bytes, last)) return false
    let from = last
    const nameLimit = Math.max(0, last - 64)
    while (from > nameLimit && isNameByte(bytes[from - 1]!)) from--
    if (last - from < 2 || at + 1 >= end) return false
    const before = from > 0 ? bytes[from - 1]! : 0
    if (before === 0x5c && isAlnum(bytes[from]!)) from++
    if (this.#isNameOfInterest(bytes, from, last, before)) return true
    return (before < 0x20 || before >= 0x80) && this.#isNameOfInterest(bytes, from + 1, last, 0)
  }

  #isNameOfInterest(bytes: Uint8Array, from: number, to: number, before: number): boolean {
    const said = this.#names.get(bytes, from, to)
    if ((said & namesNationalId) !== 0) return true
    const flags = said & wholeValueFlags
    if (flags === keyQueryCode)
      return before < 0x20 || before >= 0x80 || before === 0x3f || before === 0x26 || before === 0x23 || isHex(before)
    return flags !== 0
  }

  #literal(bytes: Uint8Array, at: number, end: number): boolean {
    if (at < 3) return bytes[at] === 0x30 && matchesExact(bytes, at - 2, end, '%40')
    const first = bytes[at - 3]!
    const second = bytes[at - 2]!
    const third = bytes[at - 1]!
    const last = bytes[at]!
    if (last === 0x30 && third === 0x34 && second === 0x25) return true
    if (last === 0x34 && third === 0x30)
      return at > 3 && bytes[at - 4] === 0x5c && matchesFolded(bytes, at - 3, end, 'u0040')
    if (last === 0x4e && third === 0x49) return bytes[at - 5] === 0x2d && matchesExact(bytes, at - 4, end, 'BEGIN')
    if (last === 0x7e) return (third | 0x20) === 0x71
    if (first === 0x2f || first === 0x5c) {
      if (last === 0x6d) return matchesExact(bytes, at - 3, end, '/home/')
      return second === 0x55 && matchesExact(bytes, at - 2, end, 'Users')
    }
    const four = (first << 24) | (second << 16) | (third << 8) | last | 0x20202020
    if (!isStem(bytes, at, end, four)) return four === wordArer && bearer(bytes, at + 1, end)
    return this.#isInKey(bytes, at, end) || this.#isInProse(bytes, at, end)
  }

  /** Whether the literal lies in a string whose tag and length stand before it, and that string is a key of interest. */
  #isInKey(bytes: Uint8Array, at: number, end: number): boolean {
    const limit = Math.max(1, at - 512)
    for (let tag = at - 3; tag >= limit; tag--) {
      const byte = bytes[tag - 1]!
      if (byte !== 0x0a) {
        // Keys are printable; what may not be is the length itself.
        if (byte < 0x20 && bytes[tag - 2] !== 0x0a && bytes[tag - 2]! < 0x80) return false
        continue
      }
      const isLong = bytes[tag]! >= 0x80
      const length = isLong ? (bytes[tag]! & 127) | (bytes[tag + 1]! << 7) : bytes[tag]!
      const start = isLong ? tag + 2 : tag + 1
      if (start > at || start + length <= at || start + length > end || length > 512) continue
      if ((this.#names.get(bytes, start, start + length) & wholeValueFlags & ~keyQueryCode) !== 0) return true
    }
    return false
  }

  /** `password is x`, `--token x`, `SECRET 'x'`. */
  #isInProse(bytes: Uint8Array, at: number, end: number): boolean {
    let to = at + 1
    while (to < end && to - at < 64 && isNameByte(bytes[to]!)) to++
    if (to >= end) return false
    const isEncoded = bytes[to] === 0x25 || (bytes[to] === 0x5c && unicodeEscapeLength(bytes, to, end) > 0)
    if (!isEncoded && !isSpace(bytes[to]!)) return false
    let from = at - 3
    const limit = Math.max(0, at - 60)
    while (from > limit && isNameByte(bytes[from - 1]!)) from--
    let behind = to
    while (behind < end && behind - to < 24 && isSpace(bytes[behind]!)) behind++
    const isOption = bytes[from] === 0x2d
    if (!isOption && !isEncoded && !hasDigitSoon(bytes, behind, end)) return false
    return ((this.#names.get(bytes, from, to) | this.#names.get(bytes, from + 1, to)) & keySecret) !== 0
  }
}

const kindDigit = 1
const kindSeparator = 2
/** Bytes by what they are to a run of digits. */
const kinds = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x30 && byte <= 0x39 ? kindDigit : ' -./+%'.includes(String.fromCharCode(byte)) ? kindSeparator : 0,
)
const isBetween = (byte: number) =>
  byte === 0x22 || byte === 0x27 || byte === 0x5c || byte === 0x60 || byte === 0x20 || byte === 0x5d || isDigit(byte)

function isDate(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 10) return false
  const century = bytes[from] === 0x32 && bytes[from + 1] === 0x30
  return century && bytes[from + 4] === bytes[from + 7] && !isDigit(bytes[from + 4]!) && !isDigit(bytes[to]!)
}

/** Whether the word before the slash stands alone, as in user agents, and not in a path. */
function isProduct(bytes: Uint8Array, at: number): boolean {
  let offset = at
  while (offset > 0 && isTokenByte(bytes[offset - 1]!)) offset--
  return offset > 0 && bytes[offset - 1] !== 0x2f
}

/** 415.555.2671: in a name for it, a phone number of North America. */
const isDottedPhone = (bytes: Uint8Array, from: number) =>
  bytes[from]! >= 0x32 && bytes[from + 3] === 0x2e && bytes[from + 7] === 0x2e && isDigit(bytes[from + 11] ?? 0)

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

function mailbox(bytes: Uint8Array, at: number, end: number): boolean {
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
  return (
    matchesFolded(bytes, at + 1, end, 'tcp(') ||
    matchesFolded(bytes, at + 1, end, 'unix(') ||
    matchesExact(bytes, at + 1, end, '//') ||
    matchesExact(bytes, at + 1, end, '(')
  )
}

/** Another encoded colon within five bytes, as in an address, or an encoded `//`. */
function hasEncodedColon(bytes: Uint8Array, from: number, end: number): boolean {
  for (let offset = from; offset < Math.min(end - 2, from + 5); offset++) {
    if (
      bytes[offset] === 0x25 &&
      (bytes[offset + 1] === 0x33 || (bytes[offset + 1] === 0x32 && (bytes[offset + 2]! | 0x20) === 0x66))
    )
      return true
  }
  return false
}

function hasAt(bytes: Uint8Array, from: number, end: number): boolean {
  const limit = Math.min(end, from + 1024)
  for (let offset = from; offset < limit; offset++) {
    const byte = bytes[offset]!
    if (byte === 0x40) return true
    if (byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x3c || byte === 0x3e) return false
  }
  return false
}

function colonChain(bytes: Uint8Array, at: number, end: number): boolean {
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

/** A run of token bytes that a detector may take: a known prefix, a JWT, an account number, or a telling word before it. */
function token(bytes: Uint8Array, at: number, end: number): boolean {
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
    } else if (byte === 0x65 && bytes[offset + 1] === 0x79 && bytes[offset + 2] === 0x4a) return true
  }
  if (hasVendorPrefix(bytes, from > 0 && bytes[from - 1] === 0x2e ? Math.max(0, from - 24) : from, to)) return true
  // Pairs of hex with dashes between them: a hardware address.
  if (dashes >= 5 && to - from <= 26) return true
  if (digits === 0 && turns < 3) return false
  // IBAN and lettered ids: capitals and digits only; a hardware address: pairs of hex.
  if (uppers >= 2 && digits >= 4 && hasAccountStart(bytes, from, to)) return true
  const before = from > 0 ? bytes[from - 1]! : 0
  const behind = to < end ? bytes[to]! : 0
  if (before === 0x25 || behind === 0x25) return true
  if (behind === 0x7e || before === 0x7e) return true
  if (endsInDatacentre(bytes, to)) return true
  if (behind === 0x2e && to - from >= 24 && to - from <= 30 && digits > 0) return true
  if (before === 0x3a || before === 0x2f) return hasHookOrBot(bytes, from, before)
  if (behind === 0x2e && isTokenByte(bytes[to + 1]!) && digits > 0) return turns > 1
  return (before === 0x20 || before === 0x2b) && mayEndName(bytes, wordEnd(bytes, from))
}

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

function bearer(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at < end && at - from < 6 && !isTokenByte(bytes[at]!)) at++
  let length = 0
  while (at + length < end && length < 8 && isTokenByte(bytes[at + length]!)) length++
  return length >= 8 && at > from
}

/** Four letters, case folded, as one number. */
const packed = (text: string) => Buffer.from(text).readInt32BE(0)
const wordAssw = packed('assw')
const wordAssp = packed('assp')
const wordAssc = packed('assc')
const wordOken = packed('oken')
const wordAuth = packed('auth')
const wordBirt = packed('birt')
const wordName = packed('name')
const wordStre = packed('stre')
const wordPike = packed('pike')
const wordEcre = packed('ecre')
const wordRede = packed('rede')
const wordOkie = packed('okie')
const wordDuse = packed('duse')
const wordArer = packed('arer')
/** The last three letters of shorter words. */
const threeMask = 0x00ffffff
const wordPwd = packed('\0pwd')
const wordOtp = packed('\0otp')
const wordCvc = packed('\0cvc')
const wordCvv = packed('\0cvv')
const wordDob = packed('\0dob')
const wordKey = packed('\0key')
const wordApi = packed('\0api')

/** The exact comparison behind the fingerprint, with what tells frequent harmless words from the ones meant. */
function isStem(bytes: Uint8Array, at: number, end: number, four: number): boolean {
  const next = at + 1 < end ? bytes[at + 1]! : 0
  switch (four) {
    case wordAssw:
    case wordAssp:
    case wordAssc:
    case wordAuth:
    case wordEcre:
    case wordBirt:
    case wordRede:
    case wordOkie:
    case wordDuse:
      return true
    case wordOken:
      return (next | 0x20) !== 0x73
    case wordName:
      return !isLetter(next) && isPersonBefore(bytes, at - 3)
    case wordStre:
      return (next | 0x20) === 0x65
    case wordPike:
      return (next | 0x20) === 0x79
    default:
  }
  switch (four & threeMask) {
    case wordKey:
      return !isLetter(next)
    case wordPwd:
    case wordOtp:
    case wordCvc:
    case wordCvv:
    case wordDob:
      return true
    default:
      return ((four >> 8) & threeMask) === wordApi
  }
}

const isLetter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a

/** Three letters that the word before `name` may end in, where it means a person: full, first, last, user. */
const personEndings = /* @__PURE__ */ (() => {
  const table = new Uint8Array(32768)
  const words =
    'ull rst ast ily ven dle lay ser mer lde ent son yee act est hor sur den gal eal ick ner yer ler ber ard'
  for (const word of words.split(' '))
    table[lettersIndex(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2))] = 1
  return table
})()

function lettersIndex(a: number, b: number, c: number): number {
  return ((isLetter(a) ? a & 31 : 0) << 10) | ((isLetter(b) ? b & 31 : 0) << 5) | (c & 31)
}

function isPersonBefore(bytes: Uint8Array, from: number): boolean {
  let at = from
  if (at > 0 && !isLetter(bytes[at - 1]!)) at--
  if (at < 4) return false
  const c = bytes[at - 1]!
  if (personEndings[lettersIndex(bytes[at - 3]!, bytes[at - 2]!, c)] === 1) return true
  return (c | 0x20) === 0x72 && personEndings[lettersIndex(bytes[at - 4]!, bytes[at - 3]!, bytes[at - 2]!)] === 1
}

function hasDigitSoon(bytes: Uint8Array, from: number, end: number): boolean {
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

/** By the last three letters, five bits each: 1 a name may end so, 2 only with more before it. */
const endings = /* @__PURE__ */ (() => {
  const table = new Uint8Array(32768)
  const code = (character: string | undefined) =>
    character !== undefined && /[a-z]/.test(character) ? character.charCodeAt(0) & 31 : 0
  for (const entry of nameEndings()) {
    const word = entry.replace(/^\+/, '').replace(/\d+$/, '')
    const index = (code(word.at(-3)) << 10) | (code(word.at(-2)) << 5) | code(word.at(-1))
    if (word.length < 3) {
      for (let any = 0; any < 32; any++) table[(any << 10) | (index & 1023)]! |= 1
    } else table[index]! |= entry.startsWith('+') ? 2 : 1
  }
  return table
})()

/** Whether what ends before `at` may be the end of a name that means something. */
function mayEndName(bytes: Uint8Array, at: number): boolean {
  if (at < 2) return false
  const a = at > 2 ? bytes[at - 3]! : 0
  const b = bytes[at - 2]!
  const c = bytes[at - 1]!
  if (!isLetter(c)) return false
  const entry = endings[lettersIndex(a, b, c)]!
  if (entry === 0) return false
  if (entry === 2) {
    let from = at
    while (from > 0 && at - from < 10 && isLetter(bytes[from - 1]!) && isLetter(bytes[at - 1]!)) from--
    return from > 0 && (isNameByte(bytes[from - 1]!) || at - from > 9)
  }
  return true
}
