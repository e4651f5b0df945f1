import { blobBytesMin } from './detectors/base64-runs.ts'
import { type DetectorSettings, isNameByte } from './detectors/detection.ts'
import { endsInForeignSecret } from './detectors/foreign-words.ts'
import { addressClasses } from './detectors/ip.ts'
import { keyBirth, keyCvv, keyMac, keyPassport, keyPin, keyQueryCode, keySecret } from './detectors/key-flags.ts'
import { wholeValueFlags } from './detectors/keyed-values.ts'
import { pairFlags } from './detectors/name-value-pairs.ts'
import { colourStart } from './detectors/percent-text.ts'
import { withCode } from './detectors/short-codes.ts'
import {
  afterEscape,
  isAlnum,
  isBase64,
  isDigit,
  isHex,
  isSpace,
  isTokenByte,
  matchesExact,
  matchesFolded,
} from './detectors/text-bytes.ts'
import { schemeLength } from './detectors/urls.ts'
import { NameFlags, namesNationalId } from './name-flags.ts'
import {
  colonChain,
  encodedNameEnd,
  hasDigitSoon,
  isEncodedForm,
  isEncodedSign,
  isEscapedSign,
  isPairSign,
  isShortParameter,
  mailbox,
  mayBeLength,
} from './prefilter-forms.ts'
import { mayBeKey, mayLieInKey } from './prefilter-keys.ts'
import {
  behindPurpose,
  hasCodeBefore,
  hasOptionSoon,
  isBehindLogin,
  isBehindUse,
  isCommandOfRedis,
  isHyphenated,
  isLoginCode,
  isSpelt,
} from './prefilter-literals.ts'
import {
  between,
  endsLiteral,
  endsShortWord,
  isLetter,
  isStem,
  isTypeName,
  isWholeMessage,
  mayEndName,
  wordArer,
  wordCli,
  wordCurl,
  wordFied,
  wordHpas,
  wordKty,
  wordMysq,
  wordNemo,
  wordNi,
  wordNsur,
  wordOgin,
  wordPhra,
} from './prefilter-names.ts'
import { mayBeNumber } from './prefilter-numbers.ts'
import { isTail, mayStandBeforeTail, wordStart } from './prefilter-phrases.ts'
import { bearer, hasDigitOrCapitals, isOpening, token } from './prefilter-tokens.ts'
import { endsAuthority, isCut, isOfWeb } from './prefilter-urls.ts'
import type { CandidateScanner } from './scan/candidates.ts'
import { kindDigits, kindToken } from './scan/scan-layout.ts'

/**
 * A first look at candidates in the bytes of a whole request, before anybody knows which field they stand in. It may let
 * too much through, and never too little: bytes around a field (tags, lengths) can look like text, so each test also
 * holds with the byte before a value, which may be its length, taken away.
 */
export class Prefilter {
  readonly #scanner: CandidateScanner | undefined
  readonly #names: NameFlags
  /** One bit per class of addresses that is masked. */
  readonly #maskedClasses: number
  #bytes: Uint8Array | undefined
  /** Stretches that were searched in vain and would be again for the next candidate: nothing in [from, end) ends an authority, */
  #authorityFrom = 0
  #authorityEnd = 0
  /** or is no printable character. */
  #printableFrom = 0
  #printableEnd = 0
  /** or is base64. */
  #blobFrom = 0
  #blobEnd = -1

  /** `scanner` is told the names that mean nothing. */
  constructor(settings: DetectorSettings, scanner?: CandidateScanner) {
    this.#scanner = scanner
    this.#names = new NameFlags(settings.keys)
    this.#maskedClasses = addressClasses.reduce(
      (bits, name, i) => (settings.addressClasses.has(name) ? bits | (1 << i) : bits),
      0,
    )
  }

  /** Forgets what was before. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#authorityFrom = 0
    this.#authorityEnd = 0
    this.#printableFrom = 0
    this.#printableEnd = 0
    this.#blobFrom = 0
    this.#blobEnd = -1
  }

  /** Whether the detectors have to look there. Bytes that change meanwhile need another `begin`. */
  survives(bytes: Uint8Array, at: number, kind: number): boolean {
    if (bytes !== this.#bytes) this.begin(bytes)
    const end = bytes.length
    if (kind !== 0) {
      if ((kind & kindDigits) !== 0 && mayBeNumber(bytes, at - 1, end, this.#maskedClasses)) return true
      if ((kind & kindToken) !== 0 && this.#token(bytes, at, end)) return true
      if (at >= end) return false
    }
    switch (bytes[at]) {
      case 0x25:
        return isEncodedForm(bytes, at) || (isEncodedSign(bytes, at) && this.#encodedName(bytes, at, end))
      case 0x40:
        return mailbox(bytes, at, end)
      case 0x3a:
        return this.#colon(bytes, at, end)
      case 0x3d:
        return bytes[at + 1] === 0x25 || this.#name(bytes, at, end)
      case 0x3e:
        return this.#name(bytes, at, end)
      default:
        return at > 1 && endsLiteral(bytes, at) && this.#literal(bytes, at, end)
    }
  }

  #token(bytes: Uint8Array, at: number, end: number): boolean {
    let from = at
    while (from > 0 && at - from < 64 && isTokenByte(bytes[from - 1]!)) from--
    if (this.#isInBlob(bytes, from)) return false
    if (token(bytes, at, end)) return true
    return (
      from > 0 && isOpening(bytes[from - 1]!) && hasDigitOrCapitals(bytes, from) && this.#isSecretBefore(bytes, from)
    )
  }

  /** Whether the run that begins at `from` is deep inside of base64, where the detectors do not look either. */
  #isInBlob(bytes: Uint8Array, from: number): boolean {
    if (from < 1 || (bytes[from - 1] !== 0x2f && bytes[from - 1] !== 0x2b)) return false
    // One byte may be the length.
    const limit = Math.max(0, from - blobBytesMin - 1)
    let first = from
    while (first > limit && isBase64(bytes[first - 1]!)) {
      first--
      if (first >= this.#blobFrom && first <= this.#blobEnd) first = this.#blobFrom
    }
    this.#blobFrom = first
    this.#blobEnd = from
    return first <= limit && limit > 0
  }

  #colon(bytes: Uint8Array, at: number, end: number): boolean {
    const next = at + 1 < end ? bytes[at + 1]! : 0
    const scheme = next === 0x2f || next === 0x5c ? schemeLength(bytes, at, end) : 0
    if (scheme > 0) return this.#hasAt(bytes, at + scheme, end) || (!isOfWeb(bytes, at) && isCut(bytes, at + scheme))
    return colonChain(bytes, at, end) || this.#name(bytes, at, end)
  }

  /** Whether an `@` follows in what may be a URL's authority. */
  #hasAt(bytes: Uint8Array, from: number, end: number): boolean {
    const limit = Math.min(end, from + 1024)
    let offset = from >= this.#authorityFrom && from < this.#authorityEnd ? this.#authorityEnd : from
    while (offset < limit && !endsAuthority(bytes[offset]!)) offset++
    this.#authorityFrom = from
    this.#authorityEnd = offset
    return offset < limit && bytes[offset] === 0x40
  }

  /** A name before `%3A` or `%3D`. */
  #encodedName(bytes: Uint8Array, at: number, end: number): boolean {
    const last = encodedNameEnd(bytes, at)
    if (last < 0) return true
    if (!mayEndName(bytes, last)) return false
    let from = last
    const limit = Math.max(0, last - 64)
    while (from > limit && isNameByte(bytes[from - 1]!)) from--
    from = Math.min(last, afterEscape(bytes, 0, from, end))
    return (
      this.#isNameOfInterest(bytes, from, last, 0, at + 2) || this.#isNameOfInterest(bytes, from + 1, last, 0, at + 2)
    )
  }

  /** A name before a separator whose value is looked at as a whole. */
  #name(bytes: Uint8Array, at: number, end: number): boolean {
    let last = at
    const limit = Math.max(0, at - 12)
    while (last > limit && between[bytes[last - 1]!] === 1) last--
    if (bytes[last - 1] === 0x6d) last = colourStart(bytes, 0, last)
    // X-Hub-Signature-256
    if ((bytes[last - 1] === 0x2d || bytes[last - 1] === 0x5f) && isDigit(bytes[last]!)) last--
    if (endsInForeignSecret(bytes, 0, last)) return true
    if (!mayEndName(bytes, last)) return false
    let from = last
    const nameLimit = Math.max(0, last - 64)
    while (from > nameLimit && isNameByte(bytes[from - 1]!)) from--
    if (from > 0 && bytes[from - 1] === 0x5b) from = Math.min(last, afterEscape(bytes, 0, from, end))
    if (last - from < 2 || at + 1 >= end) return false
    const before = from > 0 ? bytes[from - 1]! : 0
    if (this.#isNameOfInterest(bytes, from, last, before, at)) return true
    if (before === 0x20 && this.#isPhraseOfInterest(bytes, from, last)) return true
    if (this.#scanner !== undefined && this.#meansNothing(bytes, from, last)) this.#scanner.ruleOut(bytes, from, last)
    // The letter of an escape; or the backslash is a length, of 92 bytes, and the name begins here.
    if (before === 0x5c && isAlnum(bytes[from]!) && this.#isNameOfInterest(bytes, ++from, last, before, at)) return true
    // `token string = `: the name stands before its type.
    if (isTypeName(bytes, from, last)) {
      const first = wordStart(bytes, from)
      return this.#isNameOfInterest(bytes, first, last, 0, at) || this.#isNameOfInterest(bytes, first + 1, last, 0, at)
    }
    return (before < 0x20 || before >= 0x80) && this.#isNameOfInterest(bytes, from + 1, last, 0, at)
  }

  /** `MAC address: `, `expiry date=`: whether the word in `bytes[from, to)` ends a name of two or three words that means something. */
  #isPhraseOfInterest(bytes: Uint8Array, from: number, to: number): boolean {
    if (!isTail(bytes, from, to)) return false
    const second = wordStart(bytes, from)
    if (second === from || !mayStandBeforeTail(bytes, second, from)) return false
    const first = wordStart(bytes, second)
    for (const start of [second, second + 1, first, first + 1]) {
      const said = this.#names.get(bytes, start, to)
      if ((said & namesNationalId) !== 0 || (said & wholeValueFlags & ~keyQueryCode) !== 0) return true
    }
    return false
  }

  /**
   * Whether that is all that there is to say of the name in `bytes[from, to)`, whatever text stands around it: no escape or colour
   * can be part of it, and it is no name of a type.
   */
  #meansNothing(bytes: Uint8Array, from: number, to: number): boolean {
    const before = from > 0 ? bytes[from - 1]! : 0
    if (before < 0x20 || before >= 0x80 || before === 0x5c || isNameByte(before)) return false
    if (isDigit(bytes[from]!) || !isLetter(bytes[to - 2]!) || isTypeName(bytes, from, to)) return false
    // What stands behind a quote is looked at beside a word for a secret, whose first byte may be a length there.
    const said = this.#names.get(bytes, from, to) | (this.#names.get(bytes, from + 1, to) & keySecret)
    return (said & (wholeValueFlags | namesNationalId)) === 0
  }

  /** Of the name in `bytes[from, to)` before the sign at `at`. */
  #isNameOfInterest(bytes: Uint8Array, from: number, to: number, before: number, at: number): boolean {
    const said = this.#names.get(bytes, from, to)
    if ((said & namesNationalId) !== 0) return true
    const flags = said & wholeValueFlags
    if (flags === keyQueryCode) {
      // `API key: x`: the word before says whose.
      if (to - from === 3 && before === 0x20 && matchesFolded(bytes, from, to, 'key')) {
        const start = wordStart(bytes, from)
        // The first byte may be a length.
        const whole = this.#names.get(bytes, start, to) | this.#names.get(bytes, start + 1, to)
        if ((whole & keySecret) !== 0) return true
      }
      return (
        (before < 0x20 ||
          before >= 0x80 ||
          before === 0x3f ||
          before === 0x26 ||
          before === 0x7e ||
          before === 0x23 ||
          isHex(before) ||
          mayBeLength(bytes, from - 1)) &&
        !isShortParameter(bytes, at + 1)
      )
    }
    return flags !== 0
  }

  /** Whether the word before the token at `from`, or the two before it, say that it is a secret; quotes and brackets stand between. */
  #isSecretBefore(bytes: Uint8Array, from: number): boolean {
    let to = from
    while (to > 0 && from - to < 8 && !isNameByte(bytes[to - 1]!) && bytes[to - 1]! >= 0x20) to--
    const limit = Math.max(0, to - 40)
    let start = to
    for (let words = 0; words < 2 && start > limit; words++) {
      while (start > limit && bytes[start - 1] === 0x20) start--
      while (start > limit && isNameByte(bytes[start - 1]!)) start--
      if (start === to) return false
      if (((this.#names.get(bytes, start, to) | this.#names.get(bytes, start + 1, to)) & keySecret) !== 0) return true
    }
    return false
  }

  #literal(bytes: Uint8Array, at: number, end: number): boolean {
    if (at < 3) return bytes[at] === 0x30 && matchesExact(bytes, at - 2, end, '%40')
    const first = bytes[at - 3]!
    const second = bytes[at - 2]!
    const third = bytes[at - 1]!
    const last = bytes[at]!
    if (last === 0x30 && third === 0x34 && second === 0x78) return first === 0x5c
    if (first === 0x32 && (second | 0x20) === 0x66) return matchesFolded(bytes, at + 1, end, 'me%2f')
    if ((first | 0x20) === 0x66 && second === 0x55) return matchesFolded(bytes, at - 5, end, '%2fusers%2f')
    if (first === 0x2f || first === 0x5c) {
      if (last === 0x6d) return matchesExact(bytes, at - 3, end, '/home/')
      return second === 0x55 && matchesExact(bytes, at - 2, end, 'Users')
    }
    if (last === 0x30 && third === 0x34 && second === 0x25) return true
    if (last === 0x33 && third === 0x30) return at > 3 && isEscapedSign(bytes, at)
    if (last === 0x34 && third === 0x30)
      return at > 3 && bytes[at - 4] === 0x5c && matchesFolded(bytes, at - 3, end, 'u0040')
    if (last === 0x4e && third === 0x49)
      return (bytes[at - 5] === 0x2d || bytes[at - 6] === 0x2d) && matchesExact(bytes, at - 4, end, 'BEGIN')
    if (last === 0x7e) return (third | 0x20) === 0x71
    if (last === 0x24 || last === 0x3b) return true
    if (last === 0x91) return isHyphenated(bytes, at, end)
    if (last === 0x32 && first === 0x35) return bytes[at + 1] === 0x3a
    if (first === 0x09 && last === 0x55) return true
    if (last === 0x35) return at > 3 && bytes[at - 4] === 0x24
    if (last === 0x12) return mayBeKey(bytes, at) && this.#isInKey(bytes, at - 1, end)
    if (last === 0x20 || last === 0x22) return endsShortWord(bytes, at) && this.#isInProse(bytes, at - 1, end)
    if (first === 0x41 && second === 0x55 && third === 0x54 && last === 0x48 && isCommandOfRedis(bytes, at)) return true
    const four = (first << 24) | (second << 16) | (third << 8) | last | 0x20202020
    if (!isStem(bytes, at, end, four)) {
      if (mayLieInKey(bytes, at, four)) return this.#isInKey(bytes, at, end)
      if (four === wordArer) return bearer(bytes, at + 1, end) || this.#isInKey(bytes, at, end)
      if (four === wordCurl) return isSpace(bytes[at + 1] ?? 0)
      if (four === wordCli) return bytes[at + 1] === 0x69
      if (four === wordPhra || four === wordNemo) return isSpelt(bytes, at, end)
      if (four === wordKty) return true
      if (four === wordHpas || four === wordMysq) return hasOptionSoon(bytes, at)
      if (four === wordOgin)
        return isLoginCode(bytes, at, end) || hasOptionSoon(bytes, at) || this.#isInKey(bytes, at, end)
      return four === wordFied && matchesFolded(bytes, at - 9, end, 'identified') && isSpace(bytes[at + 1] ?? 0)
    }
    // `NI number: `, `national insurance number=`: so rare that what stands behind is not told apart here.
    if (four === wordNi || four === wordNsur) return true
    return this.#isInKey(bytes, at, end) || this.#isInProse(bytes, at, end)
  }

  /** Whether the literal lies in a string whose tag and length stand before it, and that string is a key of interest. */
  #isInKey(bytes: Uint8Array, at: number, end: number): boolean {
    const limit = Math.max(1, at - 512)
    let first = at - 3
    while (first >= limit && bytes[first - 1]! >= 0x20) {
      const isKnown = first > this.#printableFrom && first <= this.#printableEnd
      first = isKnown ? this.#printableFrom : first - 1
    }
    this.#printableFrom = first
    this.#printableEnd = at - 3
    // Keys are printable: before the first printable byte, which may be the length, stand at most a length of two bytes and the tag.
    for (let tag = first; tag >= first - 2 && tag >= limit; tag--) {
      if (bytes[tag - 1] !== 0x0a) continue
      const isLong = bytes[tag]! >= 0x80
      const length = isLong ? (bytes[tag]! & 127) | (bytes[tag + 1]! << 7) : bytes[tag]!
      const start = isLong ? tag + 2 : tag + 1
      if (start > at || start + length <= at || start + length > end || length > 512) continue
      if (isWholeMessage(bytes, tag - 1, start + length)) continue
      if ((this.#names.get(bytes, start, start + length) & ((wholeValueFlags & ~keyQueryCode) | namesNationalId)) !== 0)
        return true
    }
    return false
  }

  /** Whether the name around `at` that ends before `to` is one of interest in a list: `(id, password)`. */
  #isColumn(bytes: Uint8Array, at: number, to: number): boolean {
    let from = Math.max(0, at - 3)
    while (from > 0 && at - from < 60 && isNameByte(bytes[from - 1]!)) from--
    const before = from > 0 ? bytes[from - 1]! : 0
    if (before !== 0x20 && before !== 0x28 && before !== 0x2c && before !== 0x60 && before !== 0x22) return false
    return (this.#names.get(bytes, from, to) & (pairFlags | namesNationalId)) !== 0
  }

  /** `use x as the password`, at the end of a sentence or of a text. */
  #isUsedAs(bytes: Uint8Array, at: number, to: number): boolean {
    let from = Math.max(0, at - 3)
    while (from > 0 && at - from < 60 && isNameByte(bytes[from - 1]!)) from--
    return isBehindUse(bytes, from) && (this.#names.get(bytes, from, to) & keySecret) !== 0
  }

  /** `password is x`, `--token x`, `SECRET 'x'`. */
  #isInProse(bytes: Uint8Array, at: number, end: number): boolean {
    let to = at + 1
    while (to < end && to - at < 64 && isNameByte(bytes[to]!)) to++
    if (to >= end) return this.#isUsedAs(bytes, at, to)
    // new NetworkCredential("bob", "...")
    if (bytes[to] === 0x28)
      return matchesFolded(bytes, to - 10, to, 'credential') || matchesExact(bytes, to - 8, to, 'PASSWORD')
    if (isPairSign(bytes, to)) {
      let from = Math.max(0, at - 3)
      while (from > 0 && at - from < 60 && isNameByte(bytes[from - 1]!)) from--
      if (
        ((this.#names.get(bytes, from, to) | this.#names.get(bytes, from + 1, to)) & (pairFlags | namesNationalId)) !==
        0
      )
        return true
    }
    // A column of an INSERT.
    if ((bytes[to] === 0x2c || bytes[to] === 0x29) && this.#isColumn(bytes, at, to)) return true
    const isEncoded = bytes[to] === 0x25 || bytes[to] === 0x1b || bytes[to] === 0x5c
    if (!isEncoded && !isSpace(bytes[to]!)) return this.#isUsedAs(bytes, at, to)
    let from = Math.max(0, at - 3)
    const limit = Math.max(0, at - 60)
    while (from > limit && isNameByte(bytes[from - 1]!)) from--
    if (from > 0 && bytes[from - 1] === 0x5b) from = afterEscape(bytes, 0, from, end)
    to = withCode(bytes, to, end)
    let behind = to
    while (behind < end && behind - to < 24 && isSpace(bytes[behind]!)) behind++
    const isOption = bytes[from] === 0x2d
    if (
      !isOption &&
      !isEncoded &&
      bytes[to] !== 0x0a &&
      !hasDigitSoon(bytes, behindPurpose(bytes, behind, end), end) &&
      !hasCodeBefore(bytes, from) &&
      !isBehindLogin(bytes, from)
    )
      return false
    return (
      ((this.#names.get(bytes, from, to) | this.#names.get(bytes, from + 1, to)) &
        (keySecret | keyBirth | keyCvv | keyPin | keyMac | keyPassport | namesNationalId)) !==
      0
    )
  }
}
