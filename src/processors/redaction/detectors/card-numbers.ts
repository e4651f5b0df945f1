import { isCardNumber } from './cards.ts'
import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import * as key from './key-flags.ts'
import { dash, digits, run, slash, space } from './number-run.ts'
import { distinctCount } from './randomness.ts'
import { isAlnum, isDigit, isHex, latin1 } from './text-bytes.ts'

const ids = { card: detectorId('card'), cvv: detectorId('card_cvv'), expiry: detectorId('card_expiry') }

const cardShapes = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
  [4, 4, 4, 2],
] as const

/** A card that begins at group `g`, with what people write behind it; returns how many groups it took. */
export function takeCard(d: Detection, g: number, isFree: (count: number) => boolean): number {
  const length = run.lengths[g]!
  if (length >= 14 && length <= 19 && isFree(1) && !run.isChained(g, 1)) {
    const count = run.collect(g, 1)
    if (isCardNumber(digits, count) && hasUsualLength(d, count) && allowsCompact(d, run.starts[g]!)) {
      d.add(ids.card, run.starts[g]!, run.endOf(g))
      takeBesideCard(d, run.endOf(g))
      return 1
    }
  }
  if (length !== 4) return 0
  for (const shape of cardShapes) {
    if (!run.hasLengths(g, shape) || !isFree(shape.length)) continue
    const separator = run.separatorOf(g, shape.length)
    if (separator === 0 || separator === slash || run.isChained(g, shape.length)) continue
    if (!isCardNumber(digits, run.collect(g, shape.length)) || isInTable(d, g, shape.length)) continue
    d.add(ids.card, run.starts[g]!, run.endOf(g + shape.length - 1))
    takeBesideCard(d, run.endOf(g + shape.length - 1))
    return shape.length
  }
  return 0
}

const expiryDate = /^(?:[^\d\n]{1,16})((?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?\d\d)(?![\d/-])/
const securityCode = /^(?:[^\n]{0,40}?)\b(?:cvv2?|cvc2?|csc|security code|code)\W{1,3}(?:is )?(\d{3,4})(?![\w/])/i

const namedExpiry =
  /\b(?:exp|expiry|expires|expiring|expiration(?: date)?|(?:valid|good) (?:thru|through|until))\W{1,3}(?:(?:in|on|is|by)\W)?((?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?\d\d)(?![\d/-])/i

/** The date and the code that people write behind a card's number. */
function takeBesideCard(d: Detection, at: number): void {
  const text = latin1(d.bytes, at, Math.min(d.end, at + 72))
  for (const [pattern, detector] of [
    [expiryDate, ids.expiry],
    [securityCode, ids.cvv],
  ] as const) {
    const match = pattern.exec(text)
    if (match !== null) d.add(detector, at + match[0].length - match[1]!.length, at + match[0].length)
  }
  const named = namedExpiry.exec(text)
  if (named !== null) {
    const end = at + named.index + named[0].length
    d.add(ids.expiry, end - named[1]!.length, end)
  }
}

/** Whether four-digit groups go on before and behind: a dump of numbers, in which any sixteen may pass for a card. */
export function isInTable(d: Detection, first: number, count: number): boolean {
  if (isInDump(d)) return true
  let others = 0
  for (let g = first - 1; g >= 0 && run.lengths[g]! <= 5; g--) others++
  // The month, the year and the code of a card may stand behind it; of more groups of four these are the middle.
  const isMiddle = first > 0 && run.lengths[first - 1] === 4
  const isExpiry = !isMiddle && count > 3 && first + count < run.count && run.isMonth(first + count)
  for (let g = first + count; !isExpiry && g < run.count && run.lengths[g]! <= 5; g++) others++
  return others >= 2 && !(others % 4 === 0 && hasCardBeside(d, first))
}

/** Whether groups of four hex digits stand before or behind the whole run, or hold its first or last digits. */
function isInDump(d: Detection): boolean {
  const { bytes, start, end } = d
  const first = run.starts[0]!
  const last = run.endOf(run.count - 1)
  if (first > start && isAlnum(bytes[first - 1]!)) return isHexGroup(d, run.endOf(0), -1)
  if (last < end && isAlnum(bytes[last]!)) return isHexGroup(d, run.starts[run.count - 1]! - 1, 1)
  return isHexGroup(d, first - 1, -1) || isHexGroup(d, last, 1)
}

/** Whether four hex digits, some of them letters, stand behind the space at `at`, as in the dump of a memory. */
function isHexGroup(d: Detection, at: number, step: 1 | -1): boolean {
  const { bytes, start, end } = d
  if (at < start || at >= end || bytes[at] !== space) return false
  let letters = 0
  for (let i = 1; i <= 4; i++) {
    const offset = at + i * step
    if (offset < start || offset >= end || !isHex(bytes[offset]!)) return false
    if (!isDigit(bytes[offset]!)) letters++
  }
  const next = at + 5 * step
  return letters > 0 && letters < 4 && (next < start || next >= end || !isAlnum(bytes[next]!))
}

const distinctFew = 6

/**
 * Several cards in a row: the four groups before or behind these are one as well, and the same, made up, or beside a word for
 * cards. One in fifteen hundred tables of eight groups would pass for two.
 */
function hasCardBeside(d: Detection, first: number): boolean {
  for (const g of [first - 4, first + 4]) {
    if (g < 0 || !run.hasLengths(g, [4, 4, 4, 4]) || !isCardNumber(digits, run.collect(g, 4))) continue
    const own = latin1(d.bytes, run.starts[first]!, run.endOf(first + 3)).replace(/\D/g, '')
    const other = latin1(d.bytes, run.starts[g]!, run.endOf(g + 3)).replace(/\D/g, '')
    // Made-up cards have few digits, many times.
    if (own === other || distinctCount(own) < distinctFew || distinctCount(other) < distinctFew) return true
    d.readContext(run.starts[0]!)
    if ((d.flags & key.keyCard) !== 0) return true
  }
  return false
}

/**
 * Cards of 17 to 19 digits are rare, and ids of 64 bits have 19: one in ninety of those would pass for one. They count
 * only where the name of the value says card.
 */
function hasUsualLength(d: Detection, count: number): boolean {
  if (count <= 16) return true
  d.readContext(run.starts[0]!)
  return (d.flags & key.keyCard) !== 0
}

const traceBefore = /(?:^|[^0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{32}(?:[^0-9a-z]{1,2}|%2[fF])$/
const spanBefore = /(?:^|[^0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{16}:$/
const traceBehind = /^[0-9]{16}[^0-9a-z]{1,2}(?=[0-9]*[a-f])[0-9a-f]{32}(?![0-9a-z])/

/** Whether sixteen digits at `at` are the id of a span beside that of its trace: `[shop,01b4…2b97,5209613696652922,true]`. */
function isBesideTrace({ bytes, start, end }: Detection, at: number): boolean {
  return (
    traceBefore.test(latin1(bytes, Math.max(start, at - 35), at)) ||
    spanBefore.test(latin1(bytes, Math.max(start, at - 18), at)) ||
    traceBehind.test(latin1(bytes, at, Math.min(end, at + 51)))
  )
}

/** Values of a list before the one that its text ends before: `[17, "18", `, `=17,18,`. */
const listBefore = /[[({=:](?:\s{0,2}\\*["']?[\w-]{1,64}\\*["']?\s?,){1,32}\s{0,2}\\*["']?-?$/
const listBytesMax = 512

/** Whether what a list is called says that ids are in it. */
function isInListOfIds(d: Detection, at: number): boolean {
  const { bytes, start } = d
  let comma = at
  while (comma > start && at - comma < 5 && bytes[comma - 1] !== 0x2c) comma--
  if (bytes[comma - 1] !== 0x2c || comma <= start) return false
  const from = Math.max(start, at - listBytesMax)
  const list = listBefore.exec(latin1(bytes, from, at))
  if (list === null) return false
  d.readContext(from + list.index + 1)
  return (d.flags & key.keyExempt) !== 0
}

/** Whether what stands before lets bare digits be anything personal: `card_id` does not, nor does a name as in `job-4111…`. */
function allowsCompact(d: Detection, at: number): boolean {
  const { bytes, start } = d
  d.readContext(at)
  let to = at
  while (to < d.end && isDigit(bytes[to]!)) to++
  // job-4382526470304273, 4382526470304273-FRA
  const isInName =
    (at - 2 >= start && bytes[at - 1] === dash && isAlnum(bytes[at - 2]!)) ||
    (to + 1 < d.end && bytes[to] === dash && isAlnum(bytes[to + 1]!))
  // (01)36037082276585(21)7: the parts of a barcode.
  const isPart =
    at - 4 >= start && bytes[at - 1] === 0x29 && /\(\d{2,4}\)$/.test(latin1(bytes, Math.max(start, at - 6), at))
  return (
    (d.flags & key.keyExempt) === 0 &&
    (!(isInName || isPart) || (d.flags & key.keyCard) !== 0) &&
    !isBesideTrace(d, at) &&
    !isInListOfIds(d, at)
  )
}
