import { detectorId } from './catalog.ts'
import { ibanRemainder } from './checksums.ts'
import type { Detection } from './detection.ts'
import { beginsWord, isAlnum, isDigit, latin1 } from './text-bytes.ts'

const iban = detectorId('iban')

/**
 * Country and length, from the registry of ISO 13616 and, of those that use the form without being in it, as their banks
 * publish it.
 */
const lengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 ' +
    'FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
    'LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 ' +
    'SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30 ' +
    'AO25 BF28 BJ28 CF27 CG27 CI28 CM27 CV25 DZ26 GA27 GQ27 GW25 IR26 KM27 MA28 MG27 ML28 MZ25 NE28 SN28 TD27 TG28'
  )
    .split(' ')
    .map(entry => [entry.slice(0, 2), Number(entry.slice(2))]),
)
const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a

/** Looks for an account number that covers `at` or begins there; spaces and dashes between groups are read over. */
export function detectIban(d: Detection, at: number): boolean {
  const { bytes, start, end } = d
  const limit = Math.max(start, at - 44)
  if (bytes[at]! >= 0x61 && detectSmallIban(d, at)) return true
  for (let from = Math.min(at, end - 15); from >= limit; from--) {
    const byte = bytes[from]!
    if (!isUpper(byte)) {
      if (isDigit(byte) || byte === 0x20 || byte === 0x2d) continue
      return false
    }
    if (!isUpper(bytes[from + 1]!)) continue
    // ME 25 5050 …: a space behind the country.
    const digit = bytes[from + 2] === 0x20 ? from + 3 : from + 2
    if (!isDigit(bytes[digit]!) || !isDigit(bytes[digit + 1]!)) continue
    if (!beginsWord(bytes, start, from)) continue
    // The tail of a UUID: dashes before it and in it.
    if (bytes[from + 4] === 0x2d && from - 2 >= start && bytes[from - 1] === 0x2d && isAlnum(bytes[from - 2]!)) continue
    const stop = ibanEnd(bytes, from, end)
    if (stop > at - 1 && stop > 0) {
      d.add(iban, from, stop)
      return true
    }
  }
  return false
}

const small = /^[a-z]{2}\d{2}[a-z0-9]{11,30}(?![a-z0-9])/i
const ibanBefore = /\biban[^a-z0-9]*(?:is|no|number)?[^a-z0-9]*$/i

/** One in small letters, right behind its name: `my iban is gb29nwbk60161331926819`. */
function detectSmallIban(d: Detection, at: number): boolean {
  const { bytes, start, end } = d
  const text = small.exec(latin1(bytes, at, Math.min(end, at + 35)))?.[0]
  if (text === undefined || lengths[text.slice(0, 2).toUpperCase()] !== text.length) return false
  if (!beginsWord(bytes, start, at) || ibanRemainder(text.toUpperCase()) !== 1) return false
  if (!ibanBefore.test(latin1(bytes, Math.max(start, at - 24), at))) return false
  d.add(iban, at, at + text.length)
  return true
}

function ibanEnd(bytes: Uint8Array, from: number, end: number): number {
  const length = lengths[String.fromCharCode(bytes[from]!, bytes[from + 1]!)]
  if (length === undefined) return 0
  let text = ''
  let offset = from
  while (offset < end && text.length < length) {
    const byte = bytes[offset]!
    if (isUpper(byte) || isDigit(byte)) text += String.fromCharCode(byte)
    else if (
      !(
        (byte === 0x20 || byte === 0x2d) &&
        (text.length >= 4 || (text.length === 2 && byte === 0x20)) &&
        offset + 1 < end &&
        isAlnum(bytes[offset + 1]!)
      )
    )
      break
    // Dashes stand between groups of four; a UUID has others.
    else if (byte === 0x2d && text.length % 4 !== 0) return 0
    offset++
  }
  if (text.length < length) return 0
  if (offset < end && (isAlnum(bytes[offset]!) || (bytes[offset] === 0x2d && isAlnum(bytes[offset + 1] ?? 0)))) return 0
  return ibanRemainder(text) === 1 ? offset : 0
}
