import { isInTable, takeCard } from './card-numbers.ts'
import { isNamedCard } from './cards.ts'
import { detectorId } from './catalog.ts'
import { luhn } from './checksums.ts'
import type { Detection } from './detection.ts'
import { isAba, isItin, isSsn } from './ids-us.ts'
import { classifyIpv4 } from './ip.ts'
import * as key from './key-flags.ts'
import { detectLetteredAround } from './lettered-ids.ts'
import { isNamePart } from './name-parts.ts'
import { nationalIds } from './national-ids.ts'
import { dash, digits, dot, groupsMax, isBridge, isSeparator, plus, run, slash, space } from './number-run.ts'
import { isExtension, isPlus, takeInternational, takePhone } from './phone-numbers.ts'
import { afterEscape, beginsWord, endsWord, isAlnum, isDigit, isTokenByte, latin1 } from './text-bytes.ts'
import { isInUuid } from './uuid.ts'

const ids = {
  card: detectorId('card'),
  ssn: detectorId('us_ssn'),
  itin: detectorId('us_itin'),
  aba: detectorId('us_aba'),
  ipv4: detectorId('ipv4'),
  imei: detectorId('imei'),
  iccid: detectorId('iccid'),
  sortCode: detectorId('uk_sort_code'),
  bank: detectorId('bank_account'),
  passport: detectorId('passport'),
  licence: detectorId('driving_licence'),
}
/** Every id with a shape of its own has as many groups. */
const shapeGroupsMin = Math.min(...nationalIds.map(({ shape }) => shape?.groups.length ?? Number.POSITIVE_INFINITY))
const nationalDetectors = nationalIds.map(({ name }) => detectorId(name))
const nationalBits = nationalIds.map(({ name }) => 1 << key.nationalIdNames.indexOf(name))

/** Looks at the run of digits that covers or ends just before `at`. */
export function detectNumber(d: Detection, at: number): void {
  const { bytes, start, end } = d
  let from = Math.min(at, end - 1)
  if (!isDigit(bytes[from]!)) from--
  while (from > start && continuesBack(bytes, from, start)) from--
  while (from < end && !isDigit(bytes[from]!)) from++
  if (isInUuid(bytes, from, start, end)) return
  // 3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5 of MySQL
  if (from - 37 >= start && bytes[from - 1] === 0x3a && isInUuid(bytes, from - 2, start, from - 1)) return
  const before = d.findings.count
  const code = callingCodeStart(bytes, start, from)
  if (code !== from) {
    readRuns(d, code)
    if (d.findings.count > before) return
  }
  const real = afterEscape(bytes, start, from, end)
  readRuns(d, real)
  // `%41` may be an escape, or the sign of a LIKE before a number.
  if (real !== from && d.findings.count === before && bytes[from - 1] === 0x25) readRuns(d, from)
}

const codeLookBack = 20

/** Where the calling code before the digits at `at` begins, in `+49 (0)89 / 12`, `+7 (912) 345`, `(+44) 79`; `at` itself where none stands there. */
function callingCodeStart(bytes: Uint8Array, start: number, at: number): number {
  const limit = Math.max(start, at - codeLookBack)
  for (let from = at; from > limit; from--) {
    const before = bytes[from - 1]!
    if (before === plus) return from < at && isDigit(bytes[from]!) ? from : at
    if (!isDigit(before) && !isSeparator(before) && before !== 0x28 && before !== 0x29) return at
  }
  return at
}

const continuesBack = (bytes: Uint8Array, from: number, start: number) =>
  isDigit(bytes[from - 1]!) || (from - 2 >= start && isBridge(bytes[from - 1]!) && isDigit(bytes[from - 2]!))

function readRuns(d: Detection, first: number): void {
  const { bytes, end } = d
  let from = first
  if (from < end && !isDigit(bytes[from]!)) from++
  while (from < end && isDigit(bytes[from]!)) {
    const next = run.read(d, from)
    const isCut = run.count === groupsMax
    inspect(d)
    if (next >= end) return
    // A very long run goes on a few groups back, so that nothing is lost at the seam; an escape ends a number.
    if (isCut) from = Math.max(run.starts[groupsMax - 8]!, from + 1)
    else if (bytes[next] === 0x25 && next + 3 < end && isDigit(bytes[next + 1]!)) from = next + 3
    else return
  }
}

function inspect(d: Detection): void {
  const { bytes, start, end } = d
  const first = run.starts[0]!
  const before = first > start ? bytes[first - 1]! : 0
  const isGlued =
    before !== 0 &&
    // blk_-5195120009388265: a signed number in a name
    (!beginsWord(bytes, start, first) || (before === dash && first - 2 >= start && bytes[first - 2] === 0x5f))
  if (isPlus(d, first) && !isGlued) {
    if (takeInternational(d)) return
  }
  const runEnd = run.endOf(run.count - 1)
  if (isLetterNear(bytes, first - 1, start, end) || isLetterNear(bytes, runEnd, start, end))
    detectLetteredAround(d, first, runEnd)
  if (isGlued && run.count === 1) takeLetteredDocument(d, first, runEnd)
  for (let g = 0; g < run.count; g++) {
    const isFirst = g === 0
    if (isFirst && isGlued) continue
    const gluedBehind = !endsWord(bytes, runEnd, end) && !isExtension(bytes, runEnd, end)
    const taken = takeAt(d, g, gluedBehind)
    if (taken > 0) g += taken - 1
  }
}

/** A passport's or a licence's number with a letter or two before its digits, beside a word for it. */
function takeLetteredDocument(d: Detection, first: number, end: number): void {
  const { bytes, start } = d
  let from = first
  while (from > start && first - from < 3 && bytes[from - 1]! >= 0x41 && bytes[from - 1]! <= 0x5a) from--
  const isWord = from < first && (from === start || !isAlnum(bytes[from - 1]!)) && endsWord(bytes, end, d.end)
  if (!isWord || first - from > 2 || end - first < 6 || end - first > 14) return
  d.readContext(from)
  if ((d.flags & key.keyPassport) !== 0 && end - first <= 9) d.add(ids.passport, from, end)
  else if ((d.flags & key.keyLicence) !== 0) d.add(ids.licence, from, end)
}

/** A capital letter at `at`, or behind one space or dash there. */
function isLetterNear(bytes: Uint8Array, at: number, start: number, end: number): boolean {
  const isUpper = (offset: number) =>
    offset >= start && offset < end && bytes[offset]! >= 0x41 && bytes[offset]! <= 0x5a
  return isUpper(at) || isUpper(at - 1) || isUpper(at + 1)
}

/** Tries everything that may begin at group `g`; returns how many groups it took. */
function takeAt(d: Detection, g: number, gluedBehind: boolean): number {
  const isFree = (count: number) => !(gluedBehind && g + count === run.count)
  const length = run.lengths[g]!
  if (length <= 3 && run.count - g >= 4 && run.separators[g + 1] === dot && isFree(4)) {
    const taken = takeIpv4(d, g)
    if (taken > 0) return taken
  }
  const card = takeCard(d, g, isFree)
  if (card > 0) return card
  if (length === 3 && isFree(3) && run.hasLengths(g, [3, 2, 4])) {
    const taken = takeSsn(d, g)
    if (taken > 0) return taken
  }
  const national = takeNationalId(d, g, isFree)
  if (national > 0) return national
  return takePhone(d, g, isFree)
}

function takeSsn(d: Detection, g: number): number {
  const separator = run.separatorOf(g, 3)
  if (separator === 0 || separator === slash || run.isChained(g, 3)) return 0
  run.collect(g, 3)
  const isArea = isSsn(digits)
  if (!isArea && !isItin(digits)) return 0
  if (separator !== dash && !d.settings.isStrict) {
    d.readContext(run.starts[g]!)
    if ((d.flags & key.keySsn) === 0) return 0
  }
  d.add(isArea ? ids.ssn : ids.itin, run.starts[g]!, run.endOf(g + 2))
  return 3
}

function takeIpv4(d: Detection, g: number): number {
  const { bytes } = d
  for (let i = g; i < g + 4; i++) {
    const length = run.lengths[i]!
    if (length > 3 || (i > g && run.separators[i] !== dot)) return 0
    if (length > 1 && bytes[run.starts[i]!] === 0x30) return 0
  }
  if (g > 0 && run.separators[g] !== space && run.separators[g] !== slash) return 0
  // M12.4.38.3.64.64: the path of a picture; `...8.8.8.8` is a sentence.
  const first = run.starts[g]!
  if (g === 0 && first - 1 > d.start && bytes[first - 1] === dot && bytes[first - 2] !== dot) return 0
  const behind = g + 4 < run.count ? run.separators[g + 4]! : 0
  if (behind === dot || behind === dash) return 0
  run.collect(g, 4)
  const from = run.starts[g]!
  let at = 0
  const octets = [0, 0, 0, 0]
  for (let i = 0; i < 4; i++) for (let k = 0; k < run.lengths[g + i]!; k++) octets[i] = octets[i]! * 10 + digits[at++]!
  if (octets.some(octet => octet > 255)) return 0
  const addressClass = classifyIpv4(octets)
  if (!d.settings.addressClasses.has(addressClass)) return 4
  if (looksLikeVersion(d, from, octets)) return 4
  // A network (10.0.0.0/8) is no one's address.
  if (behind === slash && run.lengths[g + 4]! <= 2 && octets[3] === 0) return 4
  d.add(ids.ipv4, from, run.endOf(g + 3))
  return 4
}

/** Whether the word before the slash at `at` has one before it, too: a path, not a product. */
function isInPath(bytes: Uint8Array, start: number, at: number): boolean {
  let offset = at
  while (offset > start && isTokenByte(bytes[offset - 1]!)) offset--
  return offset > start && bytes[offset - 1] === slash
}

const agentMax = 320
/** From `Mozilla/5.0` on: inside of its parentheses, or right behind a sign or a word of its own, stand versions. */
const agent = /Mozilla\/\d\.\d(?: [^"'\n]*)?(?:\([^)"\n]*|[\w.-]\/)$/

/** Whether the number at `at` is a part of a browser's name for itself: `Mozilla/5.0 (Linux; HTC Tattoo 1.52.161.1 Build/Donut`. */
function isInAgent(bytes: Uint8Array, start: number, at: number): boolean {
  const text = latin1(bytes, Math.max(start, at - agentMax), at)
  return agent.test(text) && !/:\/\/$/.test(text)
}

const upgrade =
  /(upgrad|downgrad|version|driver|firmware|release|updat|bump|migrat|patch|roll)\w{0,4}\s([^.;\n]{0,24}\s)?(from|to)\s+v?([\d.]+\s+(to|->)\s+)?$/i

const versionBefore = /(?:version[:=]? ?v?|\b(?:section|chapter|clause|figure|appendix|annex|step|§) ?)$/i

/** 14.3.127.18-node.10 */
const prerelease = /^-(?:alpha|beta|rc|snapshot|node|generic|release|final|build|pre|dev|canary|nightly|ga\b|sp\d)/i

function looksLikeVersion(d: Detection, from: number, octets: readonly number[]): boolean {
  const { bytes, start } = d
  const before = from > start ? bytes[from - 1]! : 0
  // Chrome/120.0.0.0, v1.2.3.4, lib-1.2.3.4, foo@1.2.3.4
  if (before === slash && from - 2 >= start && isAlnum(bytes[from - 2]!) && !isInPath(bytes, start, from - 1))
    return true
  if (before === dash || before === 0x76 || before === 0x56) return true
  // ~1.2.3.4, not ~~1.2.3.4~~
  if (before === 0x7e && bytes[run.endOf(run.count - 1)] !== 0x7e) return true
  if (versionBefore.test(latin1(bytes, Math.max(start, from - 12), from))) return true
  d.readContext(from)
  if ((d.flags & (key.keyServerAddress | key.keyVersion)) !== 0 && (d.flags & key.keyClientAddress) === 0) return true
  if (upgrade.test(latin1(bytes, Math.max(start, from - 64), from))) return true
  if ((d.key.flags & (key.keyVersion | key.keyServerAddress)) !== 0) return true
  if ((d.flags & key.keyClientAddress) !== 0) return false
  // 1.2.3.4, 2.5.4.3 and 120.0.0.0 without any word beside them are more often versions and OIDs.
  if (octets[1] === 0 && octets[2] === 0 && octets[0]! > 1) return true
  // 2.5.4.42 and 2.5.29.17, the attributes and extensions of certificates.
  if (octets[0] === 2 && octets[1] === 5 && (octets[2] === 4 || octets[2] === 29)) return true
  const behind = run.endOf(run.count - 1)
  if (prerelease.test(latin1(bytes, behind, Math.min(d.end, behind + 12)))) return true
  if (isInAgent(bytes, start, from)) return true
  const small = octets.every(octet => octet < 20)
  return small && !d.settings.isStrict
}

function takeNationalId(d: Detection, g: number, isFree: (count: number) => boolean): number {
  const { enabled } = d.settings
  const from = run.starts[g]!
  // One shape with a format of its own, else the digits of one group or of all that hang together.
  for (let i = 0; i < nationalIds.length && run.count - g >= shapeGroupsMin; i++) {
    const { shape, valid } = nationalIds[i]!
    if (shape === undefined || enabled[nationalDetectors[i]!] !== 1) continue
    const { groups, separators } = shape
    if (!run.hasLengths(g, groups) || !isFree(groups.length) || run.isChained(g, groups.length)) continue
    let hasShape = true
    for (let s = 1; s < groups.length; s++) {
      const separator = String.fromCharCode(run.separators[g + s]!)
      const allowed = separators[s - 1]!
      if (!allowed.includes(separator) || (allowed.length > 1 && run.separators[g + s] !== run.separators[g + 1]))
        hasShape = false
    }
    if (!hasShape || !valid(digits, run.collect(g, groups.length)) || isInTable(d, g, groups.length)) continue
    // Four digits and four more with a space between are also parts of account numbers.
    const next = g + groups.length
    if (nationalIds[i]!.name === 'in_aadhaar') {
      if (next < run.count && run.separators[next] === run.separators[g + 1]) continue
      if (g > 0 && run.separators[g] === run.separators[g + 1] && run.lengths[g - 1] === 4) continue
      // One in ten numbers of that shape passes: its name may say that it is another.
      d.readContext(from)
      const isNamed = (d.nationalIds & nationalBits[i]!) !== 0
      if (!isNamed && (d.flags & key.keyExempt) !== 0) continue
      // It is written with spaces; with dashes so are licences, references and parts.
      if (!isNamed && run.separators[g + 1] === dash && !d.settings.isStrict) continue
    }
    d.add(nationalDetectors[i]!, from, run.endOf(g + groups.length - 1))
    return groups.length
  }
  if (g > 0 && run.separators[g] !== space) return 0
  let count = 1
  let total = run.lengths[g]!
  // Groups of a number with separators; a compact number stands alone. 35-209900-176148-1 has its check digit behind it.
  while (
    g + count < run.count &&
    total + run.lengths[g + count]! <= 20 &&
    (total < 13 || (count > 1 && run.lengths[g + count]! <= 2 && run.separators[g + count] === dash))
  )
    total += run.lengths[g + count++]!
  for (; count > 0; total -= run.lengths[g + --count]!) {
    if (total < 6 || !isFree(count)) continue
    if (takeByContext(d, g, count)) return count
  }
  return 0
}

/** Numbers that only a word beside them tells from any other. */
function takeByContext(d: Detection, g: number, count: number): boolean {
  const from = run.starts[g]!
  const end = run.endOf(g + count - 1)
  if (run.isChained(g, count) || run.isPrice(g) || run.isDate(g)) return false
  // 291.9277
  if (count === 2 && run.separators[g + 1] === dot) return false
  if (isNamePart(d, from, end)) return false
  if (count === 1 && from - 1 > d.start && d.bytes[from - 1] === slash && isAlnum(d.bytes[from - 2]!)) return false
  d.readContext(from)
  const { nationalIds: wanted } = d
  // 12.345.678 is a version, unless a word says that it is an id.
  if (wanted === 0 && run.isVersion(g, count)) return false
  if (wanted === 0 && (d.flags & contextual) === 0) return takeBankAccount(d, from, end, count)
  // `steuer-id`: the id is what is personal.
  const isExempt = (d.flags & key.keyExempt) !== 0
  const flags = isExempt ? d.flags & key.keySsn : d.flags
  if (wanted === 0 && flags === 0) return false
  const total = run.collect(g, count)
  if (total < 0) return false
  if (total === 9 && (flags & key.keySsn) !== 0 && (isSsn(digits) || isItin(digits)))
    return addTrue(d, isSsn(digits) ? ids.ssn : ids.itin, from, end)
  const isRouting = count === 1 || (run.lengths[g] === 4 && run.separators[g + 1] !== space)
  if (total === 9 && isRouting && (flags & key.keyAba) !== 0 && isAba(digits)) return addTrue(d, ids.aba, from, end)
  if (total === 6 && (flags & key.keySortCode) !== 0) return addTrue(d, ids.sortCode, from, end)
  if (total >= 14 && total <= 16 && (flags & key.keyImei) !== 0 && (total !== 15 || luhn(digits, 15)))
    return addTrue(d, ids.imei, from, end)
  if (total >= 18 && total <= 20 && (flags & key.keyIccid) !== 0 && digits[0] === 8 && digits[1] === 9)
    return addTrue(d, ids.iccid, from, end)
  if (
    total >= 12 &&
    (count === 1 || isCardGrouping(g, count)) &&
    (flags & key.keyCard) !== 0 &&
    isNamedCard(digits, total) &&
    (total > 13 || isRightBehindCard(d, from))
  )
    return addTrue(d, ids.card, from, end)
  if (total >= 6 && total <= 17 && (flags & key.keyBank) !== 0) return addTrue(d, ids.bank, from, end)
  if (total >= 7 && total <= 9 && (flags & key.keyPassport) !== 0) return addTrue(d, ids.passport, from, end)
  if (total >= 7 && total <= 12 && count === 1 && (flags & key.keyLicence) !== 0)
    return addTrue(d, ids.licence, from, end)
  for (let i = 0; i < nationalIds.length; i++) {
    const { lengths, valid } = nationalIds[i]!
    if ((wanted & nationalBits[i]!) === 0 || d.settings.enabled[nationalDetectors[i]!] !== 1) continue
    const isTaken = lengths.includes(total) && ((wanted & key.certainId) !== 0 || valid(digits, total))
    if (isTaken) return addTrue(d, nationalDetectors[i]!, from, end)
  }
  return false
}

const cardRightBefore =
  /(?:card|cc|visa|maestro|pan)s?(?:[^A-Za-z0-9]{0,3}(?:number|num|no|nr)\.?)?[^A-Za-z0-9]*(?:(?:is|was)[^A-Za-z0-9]+)?$/i

/** Whether the word right before says card: twelve or thirteen digits are seldom one. */
const isRightBehindCard = (d: Detection, at: number) =>
  (d.key.flags & key.keyCard) !== 0 || cardRightBefore.test(latin1(d.bytes, Math.max(d.start, at - 32), at))

/** Groups as cards have them: the first of four, none longer than six. */
function isCardGrouping(g: number, count: number): boolean {
  if (run.lengths[g] !== 4) return false
  for (let i = g + 1; i < g + count; i++) if (run.lengths[i]! > 6) return false
  return true
}

const accountBefore = /\b(?:account|acct)\.?:? (?:is )?$/i
const bankWords =
  /\b(?:banks?|banking|routing (?:number|no)|checking|savings|deposit(?:ed)?|wire transfer|payee|beneficiary|aba|sort[ -]code|direct debit)\b/i
const bankReach = 64

/** `account 12345678` beside a word of banking; without one it is the account of a service. */
function takeBankAccount(d: Detection, from: number, to: number, count: number): boolean {
  const { bytes, start, end } = d
  const length = to - from
  if (count !== 1 || length < 8 || length > 11 || from - 5 < start || bytes[from - 1] !== space) return false
  const before = latin1(bytes, Math.max(start, from - bankReach), from)
  if (!accountBefore.test(before)) return false
  const isBank = bankWords.test(before) || bankWords.test(latin1(bytes, to, Math.min(end, to + bankReach)))
  return isBank && addTrue(d, ids.bank, from, to)
}

/** Names that tell a number from any other. */
export const contextual =
  key.keySsn |
  key.keyAba |
  key.keySortCode |
  key.keyImei |
  key.keyIccid |
  key.keyCard |
  key.keyBank |
  key.keyPassport |
  key.keyLicence

function addTrue(d: Detection, detector: number, start: number, end: number): true {
  d.add(detector, start, end)
  return true
}
