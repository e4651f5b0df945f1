import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import * as key from './key-flags.ts'
import { isNamePart } from './name-parts.ts'
import { dash, digits, dot, isSeparator, run, slash, space } from './number-run.ts'
import { callingCodeLength, hasLengthOfNanp, isInternationalNumber, isNanp } from './phones.ts'
import { beginsWord, endsWord, escapeEndingAt, isAlnum, isDigit, latin1 } from './text-bytes.ts'

const phone = detectorId('phone')

export function isPlus(d: Detection, at: number): boolean {
  const { bytes, start } = d
  if (at <= start) return false
  const before = bytes[at - 1]!
  if (before === 0x2b) return at - 2 < start || !isAlnum(bytes[at - 2]!) || escapeEndingAt(bytes, start, at - 1) > 0
  return (before | 0x20) === 0x62 && at - 3 >= start && bytes[at - 3] === 0x25 && bytes[at - 2] === 0x32
}

/** `x566` behind a phone number. */
export function isExtension(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== 0x78 || at + 1 >= end || !isDigit(bytes[at + 1]!)) return false
  let offset = at + 1
  while (offset < end && isDigit(bytes[offset]!)) offset++
  return offset - at <= 7 && endsWord(bytes, offset, end)
}

/** A number with a plus sign: the calling code tells how many digits belong to it. */
export function takeInternational(d: Detection): boolean {
  const { bytes, start, end } = d
  const first = run.starts[0]!
  let count = 0
  let at = first
  let best = 0
  let isOpen = false
  while (at < end && count < 16) {
    const byte = bytes[at]!
    if (isDigit(byte)) {
      if (count < 15) digits[count] = byte - 0x30
      count++
      const next = at + 1 < end ? bytes[at + 1]! : 0
      if (
        count >= 7 &&
        count <= 15 &&
        !isDigit(next) &&
        !isOpen &&
        (!isAlnumOrLine(next) || isExtension(bytes, at + 1, end))
      ) {
        if (isInternationalNumber(digits, count) || (at - first >= 13 && hasLengthOfNanp(digits, count))) best = at + 1
      }
      at++
      continue
    }
    const skipped = separatorLength(bytes, at, end)
    if (skipped === 0) break
    if (byte === 0x28) isOpen = true
    for (let i = at; i < at + skipped; i++) {
      if (bytes[i] === 0x28) isOpen = true
      if (bytes[i] === 0x29) isOpen = false
    }
    at += skipped
  }
  if (best === 0) return takeTrunkZero(d, first)
  // `time reset +1632668255.7 s`
  if (/^\d{7,}\.\d{1,3}$/.test(latin1(bytes, first, best))) return false
  // 2026-11-28 15:35:56 +0200 CEST m=+39.384575417: the clock of Go
  if (/m=\+$/.test(latin1(bytes, Math.max(start, first - 3), first)) && bytes.subarray(first, best).includes(dot))
    return false
  d.readContext(first)
  if ((d.flags & key.keyPhone) === 0) {
    if (!d.hasName && (d.key.flags & key.keyExempt) !== 0) return false
    // +14155552671 ns: a signed amount.
    const isCompact = best - first === count
    if (isCompact && isAmount(d, first, best)) return false
    // +27123456: as few digits are a whole number in small countries only, whose codes have three.
    if (isCompact && count < 9 && callingCodeLength(digits, count) < 3) return false
  }
  let from = Math.max(start, bytes[first - 1] === 0x2b ? first - 1 : first - 3)
  // (+44) 7911 123456
  if (from > start && bytes[from - 1] === 0x28 && bytes.subarray(first, first + 4).includes(0x29)) from--
  d.add(phone, from, best)
  return true
}

const amountWords =
  /(?<![a-z])(offset|drift|skew|diff|delta|size|sizes|bytes?|latency|duration|elapsed|count|total|amount|balance|price|cost|counter|gauge|coords?|coordinates?|ranges?|rows?|seq|sequence|position|score)[^A-Za-z0-9]*$/i
const amountUnits =
  /^ ?(ns|us|µs|ms|s|sec|m(?:illi|icro)?sec(?:ond)?s?|nanosec(?:ond)?s?|seconds|bytes?|[kmgt]i?b|rows|items|lines|pages|remaining|people|users|times|calls|records|requests|events|followers|customers|km|kr|eur|usd|gbp|sek|nok|dkk|chf|jpy|inr|vnd|rub|pln|czk|huf)\b/i

/** Whether the number in `bytes[from, to)` is one that was measured: its name or its unit says so, and nothing says phone. */
function isAmount(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  if ((d.key.flags & key.keyPhone) !== 0) return false
  const before = latin1(bytes, Math.max(start, from - 24), from)
  return amountWords.test(before) || amountUnits.test(latin1(bytes, to, Math.min(end, to + 12)))
}

/** `+44 (0)20 7946 0958`: the zero in parentheses is not dialled. */
function takeTrunkZero(d: Detection, first: number): boolean {
  const { bytes, start, end } = d
  let count = 0
  let at = first
  let best = 0
  while (at < end && count < 16) {
    if (bytes[at] === 0x28 && bytes[at + 1] === 0x30 && bytes[at + 2] === 0x29) at += 3
    else if (isDigit(bytes[at]!)) {
      if (count < 15) digits[count] = bytes[at]! - 0x30
      count++
      at++
      const next = at < end ? bytes[at]! : 0
      if (count >= 7 && count <= 15 && !isAlnum(next) && isInternationalNumber(digits, count)) best = at
    } else {
      const skipped = separatorLength(bytes, at, end)
      if (skipped === 0) break
      at += bytes[at] === 0x20 && bytes[at + 1] === 0x28 ? 1 : skipped
    }
  }
  if (best === 0) return false
  d.add(phone, Math.max(start, first - (bytes[first - 1] === 0x2b ? 1 : 3)), best)
  return true
}

/** Whether a whole value is written as phone numbers are; for values whose name says that they are one. */
export function isPhoneText(text: string): boolean {
  if (!/^\+?\(?\d[\d ()./-]{4,22}\d(?:,? ?(?:x|ext\.?|#) ?\d{1,6})?$/i.test(text.trim())) return false
  const count = text.replace(/(?:x|ext|#).*$/i, '').replace(/\D/g, '').length
  const isThreeByThree = /^\d{3}(?:\.\d{3}){2}$/.test(text)
  if (
    !isThreeByThree &&
    /^\d{4}-\d\d-\d\d|^\d+\.\d+$|^\d{1,4}(?:\.\d{1,3}){2,3}$|^\d+(?:\.\d+){5,}$|^(?:19|20)\d\d-\d{3,4}$/.test(text)
  )
    return false
  if (/^1[4-8]\d{8}(?:\d{3})?$/.test(text.trim())) return false
  return count <= 15 && count >= (/[ ()+-]/.test(text) ? 6 : 7)
}

const isAlnumOrLine = (byte: number) => isAlnum(byte) || byte === 0x5f

/** Bytes of what may stand between two groups of a phone number: `-`, ` `, `.`, `/`, ` (`, `) `, `)-`, `%20`, NBSP. */
function separatorLength(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at]!
  const next = at + 1 < end ? bytes[at + 1]! : 0
  const third = at + 2 < end ? bytes[at + 2]! : 0
  if (isSeparator(byte) && isDigit(next)) return 1
  if (byte === space && next === slash && third === space && isDigit(bytes[at + 3] ?? 0)) return 3
  if ((byte === 0x28 || byte === 0x29) && isDigit(next)) return 1
  if ((byte === space || byte === dash) && next === 0x28 && isDigit(third)) return 2
  if (byte === 0x29 && (next === space || next === dash || next === dot) && isDigit(third)) return 2
  if (byte === 0xc2 && next === 0xa0) return 2
  if (byte === 0x25 && next === 0x32 && (third === 0x30 || (third | 0x20) === 0x64)) return 3
  if (byte === 0xe2 && next === 0x80 && third >= 0x90 && third <= 0x94) return 3
  return 0
}

/** National numbers: `(415) 555-2671` alone, the others beside a word for it. */
export function takePhone(d: Detection, g: number, isFree: (count: number) => boolean): number {
  const { bytes, start } = d
  const from = run.starts[g]!
  if (run.lengths[g] === 3 && run.hasLengths(g, [3, 4]) && isFree(2) && !run.isChained(g, 2)) {
    let open = from - 1
    if (open >= start && (bytes[open] === space || bytes[open] === dash)) open--
    if (open >= start + 4 && bytes[open] === 0x29 && bytes[open - 4] === 0x28) {
      for (let i = 0; i < 3; i++) digits[i] = bytes[open - 3 + i]! - 0x30
      for (let i = 0; i < 3; i++) digits[3 + i] = bytes[from + i]! - 0x30
      if (digits.subarray(0, 6).every(digit => digit <= 9) && isNanp(digits, 0)) {
        if (isAmount(d, open - 4, run.endOf(g + 1))) return 0
        let begin = open - 4
        begin = withCallingCode(bytes, start, begin)
        d.add(phone, begin, run.endOf(g + 1))
        return 2
      }
    }
  }
  // The other forms: all groups that hang together, seven to fifteen digits, where a word says phone.
  if (g > 0 && run.separators[g] !== space) return 0
  let count = 0
  let total = 0
  while (g + count < run.count && total + run.lengths[g + count]! <= 15) total += run.lengths[g + count++]!
  const area =
    total < 7 && from - 4 > start && bytes[from - 1] === space && bytes[from - 2] === 0x29 ? areaDigits(d, from - 2) : 0
  if (total + area < 7 || !isFree(count)) return 0
  // /phones/742253888, UCMobile/15.0.7.1383
  const isDotted = count > 1 && run.separators[g + 1] === dot
  if ((count === 1 || isDotted) && from - 1 > start && bytes[from - 1] === slash && isAlnum(bytes[from - 2]!)) return 0
  let begin = from
  if (begin - 1 > start && bytes[begin - 1] === space && bytes[begin - 2] === 0x29)
    begin = parenthesisBefore(d, begin - 2)
  else if (begin > start && bytes[begin - 1] === 0x29) begin = parenthesisBefore(d, begin - 1)
  else if (begin - 1 > start && bytes[begin - 1] === dash && bytes[begin - 2] === 0x29)
    begin = parenthesisBefore(d, begin - 2)
  if (begin < 0) begin = from
  // 8 (912) 345-67-89
  if (begin < from && begin - 2 > start && bytes[begin - 1] === space && isDigit(bytes[begin - 2]!)) {
    let code = begin - 1
    while (code > start && isDigit(bytes[code - 1]!)) code--
    if (begin - code <= 4 && beginsWord(bytes, start, code)) begin = code
  }
  d.readContext(begin)
  if ((d.flags & key.keyPhone) === 0) {
    const isDashed =
      run.hasLengths(g, [3, 3, 4]) && isFree(3) && run.separatorOf(g, 3) !== 0 && run.separators[g + 1] !== slash
    const isLabelled = isBeforeLabel(d, run.endOf(g + count - 1)) && count > 1 && total > 7 && !run.isVersion(g, count)
    if (!isLabelled) {
      if (!isDashed || run.isChained(g, 3)) return 0
      if (!d.settings.isStrict && !(run.separators[g + 1] === dash && isInSentence(d, begin))) return 0
      run.collect(g, 3)
      if (!isNanp(digits, 0)) return 0
      count = 3
    } else if (run.isDate(g) || run.isPrice(g)) return 0
  } else {
    if ((d.flags & key.keyExempt) !== 0 || run.isDate(g) || run.isPrice(g)) return 0
    if (isNamePart(d, begin, run.endOf(g + count - 1))) return 0
    // 542.677.924: as a number of Spain is written, where its own name says so.
    const isThreeByThree =
      count === 3 && run.hasLengths(g, [3, 3, 3]) && (d.hasName || (d.key.flags & key.keyPhone) !== 0)
    if (!isThreeByThree && run.isVersion(g, count)) return 0
    if (count === 1 && total < 10 && (d.flags & key.keyPhoneFar) !== 0) return 0
    if (isMeasured(d, g, count, total)) return 0
    if (isAmount(d, begin, run.endOf(g + count - 1))) return 0
    if (count === 1 && total < 9 && isCellOfSomething(d, begin)) return 0
    if (count === 1 && total < (d.hasName ? 10 : 9) && isBehindVerb(d, begin)) return 0
    if (run.hasLengths(g, [3, 3, 4]) && isFree(3)) count = 3
    if (count < run.count - g && run.separators[g + count] !== space) return 0
  }
  d.add(phone, begin, run.endOf(g + count - 1))
  return count
}

/**
 * No number of a telephone: seconds or milliseconds since 1970, a single decimal number, one behind a sign of money, or
 * one that a name such as `mInCall` counts.
 */
function isMeasured(d: Detection, g: number, count: number, total: number): boolean {
  const { bytes, start } = d
  const from = run.starts[g]!
  const first = bytes[from]! * 10 + bytes[from + 1]! - 0x30 * 11
  if (count === 1 && (total === 10 || total === 13) && first >= 14 && first <= 18) return true
  if (count === 2 && run.separators[g + 1] === dot) return true
  const before = from > start ? bytes[from - 1]! : 0
  if (before === 0x24 || (before === 0xac && bytes[from - 2] === 0x82)) return true
  return /[a-z_](?:Calls?|Called|Caller|Text|Contacts?|Reach|Ring|Dial)\s*[=:]\s*["']?$/.test(
    latin1(bytes, Math.max(start, from - 24), from),
  )
}

/** `reach 3844120 people`, `call 8412345`: as short as that, a number is one of a telephone only where a noun says so. */
const isBehindVerb = ({ bytes, start }: Detection, at: number) =>
  /\b(?:calls?|called|caller|reach|ring|text|dial|contacts?)(?: (?:me|us|at|on))*[ :="'#([>-]*$/i.test(
    latin1(bytes, Math.max(start, at - 20), at),
  )

/** `cell=1003433`: as short as that, the cell is one of a table as often, and the mobile an app; `my mobile` is neither. */
const isCellOfSomething = ({ bytes, start }: Detection, at: number) =>
  /(?<!\b(?:my|your|his|her|their) )(?:cell|gsm|handy|mobile?|movil)[ :="'#([>-]*$/i.test(
    latin1(bytes, Math.max(start, at - 22), at),
  )

/** `They do not answer at 780-999-2181`: a preposition or the like before what is written as numbers of America are. */
const isInSentence = ({ bytes, start }: Detection, at: number) =>
  /[a-z] (?:at|to|on|registered) $|\b(?:answering|messages?|reached?|registered) (?:at|to|on|from) $/.test(
    latin1(bytes, Math.max(start, at - 28), at),
  )

/** `07700 063 966-Fax`, `416 60 039 office`: what it is stands behind the number. */
const isBeforeLabel = ({ bytes, end }: Detection, at: number) =>
  /^(?:[ -]|, )\(?(?:fax|office|mobile|cell ?phone|phone)\)?(?=[,;\\\r\n]|$)/i.test(
    latin1(bytes, at, Math.min(end, at + 16)),
  )

/** Digits in the parenthesis that closes at `at`, as in `(99) 645-791`; 0 where none opens it. */
function areaDigits(d: Detection, at: number): number {
  const open = parenthesisBefore(d, at)
  return open < 0 ? 0 : latin1(d.bytes, open, at).replace(/\D/g, '').length
}

/** Where the parenthesis with an area code opens that closes at `at`; -1 where there is none. */
function parenthesisBefore({ bytes, start }: Detection, at: number): number {
  let open = at - 1
  while (open >= start && at - open <= 7 && (isDigit(bytes[open]!) || bytes[open] === dash || bytes[open] === space))
    open--
  return open >= start && bytes[open] === 0x28 && at - open > 1 ? open : -1
}

/** `1 (415)`, `+1-(415)`: takes a calling code of North America before the parenthesis along. */
function withCallingCode(bytes: Uint8Array, start: number, begin: number): number {
  let at = begin
  if (at - 1 > start && (bytes[at - 1] === space || bytes[at - 1] === dash)) at--
  if (at <= start || bytes[at - 1] !== 0x31) return begin
  at--
  if (at > start && isAlnum(bytes[at - 1]!)) return begin
  return at > start && bytes[at - 1] === 0x2b ? at - 1 : at
}
