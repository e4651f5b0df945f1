import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { certainId, nationalIdNames } from './key-flags.ts'
import { letteredIds } from './national-ids.ts'
import { beginsWord, isAlnum, latin1 } from './text-bytes.ts'

const detectors = letteredIds.map(({ name }) => detectorId(name))
const bits = letteredIds.map(({ name }) => 1 << nationalIdNames.indexOf(name))
const nino = detectorId('uk_nino')

/** National ids with letters in `bytes[from, to)`, spaces around and inside allowed for. */
export function detectLetteredId(d: Detection, from: number, to: number): boolean {
  let isWanted = false
  for (const detector of detectors) if (d.settings.enabled[detector] === 1) isWanted = true
  if (!isWanted || to - from > 24) return false
  return takeLetteredId(d, from, to, latin1(d.bytes, from, to))
}

function takeLetteredId(d: Detection, from: number, to: number, text: string): boolean {
  const compact = text.replace(/[ .]/g, '').toUpperCase()
  if (compact.length < 8 || compact.length > 18) return false
  const isSpaced = /^[A-Z]{2} \d{2} \d{2} \d{2} [A-D]$/.test(text)
  let hasContext = false
  for (let i = 0; i < letteredIds.length; i++) {
    const { pattern, loose, alone, valid } = letteredIds[i]!
    if (d.settings.enabled[detectors[i]!] !== 1) continue
    const bare = letteredIds[i]!.name === 'fi_hetu' ? compact : compact.replace(/-/g, '')
    const isWhole = pattern.test(bare) && valid(bare)
    if (!isWhole && !(loose?.test(bare) ?? false)) continue
    if (!hasContext) {
      d.readContext(from)
      hasContext = true
    }
    const isNamed = (d.nationalIds & bits[i]!) !== 0
    if (!isWhole && !(isNamed && (d.nationalIds & certainId) !== 0)) continue
    if (!isNamed && !alone && !(detectors[i] === nino && isSpaced) && !d.settings.isStrict) continue
    if (!isNamed && text !== text.toUpperCase()) continue
    d.add(detectors[i]!, from, to)
    return true
  }
  return false
}

/** The same around a run of digits: `QQ 12 34 56 C`, `12345678Z`, `131052-308T`. */
export function detectLetteredAround(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  let first = from
  while (first > start && from - first < 3 && isAlnum(bytes[first - 1]!)) first--
  if (first === from && first - 2 >= start && bytes[first - 1] === 0x20) {
    let letters = first - 1
    while (letters > start && first - letters < 4 && isUpperByte(bytes[letters - 1]!)) letters--
    if (first - 1 - letters === 2) first = letters
  }
  let last = to
  while (last < end && last - to < 3 && isAlnum(bytes[last]!)) last++
  if (
    last === to &&
    last + 1 < end &&
    bytes[last] === 0x20 &&
    isUpperByte(bytes[last + 1]!) &&
    (last + 2 >= end || !isAlnum(bytes[last + 2]!))
  ) {
    last += 2
  }
  if (last === to && last + 1 < end && bytes[last] === 0x2d && isUpperByte(bytes[last + 1]!)) last += 2
  if ((first === from && last === to && to - from !== 18) || last - first > 18) return false
  if (!beginsWord(bytes, start, first) || (last < end && isAlnum(bytes[last]!))) return false
  return takeLetteredId(d, first, last, latin1(bytes, first, last))
}

const isUpperByte = (byte: number) => byte >= 0x41 && byte <= 0x5a
