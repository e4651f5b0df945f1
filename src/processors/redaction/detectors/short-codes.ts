import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { keyCvv, keyPin } from './key-flags.ts'
import { detectNamedId, passportNumber } from './keyed-values.ts'
import { isAlnum, latin1, matchesFolded } from './text-bytes.ts'

const cvv = detectorId('card_cvv')
const passport = detectorId('passport')
const secret = detectorId('secret')

/** Words that make a code's name out of the word before them. */
const codeWords = [
  ...['code', 'pin', 'number', 'passcode', 'password', 'insurance number', 'insurance no', 'insurance'],
  ...['card number', 'card no', 'card'],
]

/** Where a name that ends at `at` ends with the word behind it: `verification code`, `national insurance number`. */
export function withCode(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== 0x20) return at
  for (const word of codeWords) {
    const to = at + 1 + word.length
    if (matchesFolded(bytes, at + 1, end, word) && (to >= end || !isAlnum(bytes[to]!))) return to
  }
  return at
}

const shortCode =
  /^(?:[ _-](?:code|number|no|is|was|are|here|now|below))*(?:[:#]|\\*"[:,])? {0,2}\\*["'`]?(?:G-)?(\d{3,8}|\d{3}[ -]\d{3})(?![\w.:/-]*\d|[A-Za-z])/i

/** `cvv 737`, `OTP is 493817`, `your verification code is: 203818`, from the end of the word. */
export function detectShortCode(d: Detection, at: number, flags: number): void {
  const match = shortCode.exec(latin1(d.bytes, at, Math.min(d.end, at + 48)))
  if (match === null) return
  const digits = match[1]!.length
  const stop = at + match[0].length
  if ((flags & keyCvv) !== 0 && digits <= 4) d.add(cvv, stop - digits, stop)
  else if ((flags & keyPin) !== 0 && digits >= 4 && !(digits > 6 && matchesFolded(d.bytes, at - 3, at, 'pin')))
    d.add(secret, stop - digits, stop)
}

const loginCode =
  /\b(?:log[- ]?in|sign[- ]?in|authentication|verification|confirmation|activation|registration|(?:your|my)(?: [\w.'-]{1,24}){0,2})[ -]code$/i

/** Whether the word `code` that ends before `at` says what somebody has to type in: `login code`, `your code`. */
export const saysLoginCode = ({ bytes, start }: Detection, at: number): boolean =>
  matchesFolded(bytes, at - 4, at, 'code') && loginCode.test(latin1(bytes, Math.max(start, at - 56), at))

const codeBefore =
  /(?:^|[^\w.:/-])(?:[A-Z]{1,2}-)?(\d{4,8}|\d{3}[ -]\d{3}) (?:is|as) (?:your|the|my)(?: [\w.,'()-]{1,24}){0,4}? $/

/** `493817 is your login code`: before the name that begins at `at`. */
export function detectCodeBefore(d: Detection, at: number): void {
  const from = Math.max(d.start, at - 96)
  const match = codeBefore.exec(latin1(d.bytes, from, at))
  if (match === null) return
  const start = from + match.index + match[0].indexOf(match[1]!)
  d.add(secret, start, start + match[1]!.length)
}

/** A national insurance number with spaces in it. */
const spacedNino = /^[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?![A-Za-z0-9])/

const idBehind =
  /^(?:[ _-](?:number|no|nr|id|card|code|is|was|num)\.?)*(?:[:#=] {0,2}| {1,2})#?\\*["']?(?=[A-Za-z]{1,5} ?\d|\d{6})/

const passportBehind =
  /^(?:[ _-](?:[Nn]umber|[Nn]um|[Nn]o|[Nn]r|[Ii][Dd]|[Ii]s|[Ww]as|es|est|ist)\b\.?)*[:#]? {0,2}\\*["'`]?(?=[A-Z0-9]*\d)([A-Z0-9]{8,10})(?![\w-])/

/** `passport C01X00T47`, `my passport number is M123A4567`: letters among few digits, from the end of the word. */
export function detectPassportBehind(d: Detection, at: number): void {
  const match = passportBehind.exec(latin1(d.bytes, at, Math.min(d.end, at + 48)))
  if (match === null || !passportNumber.test(match[1]!)) return
  const stop = at + match[0].length
  d.add(passport, stop - match[1]!.length, stop)
}

/** `NINO is AB123456C`: a short id with letters behind its own name, from the end of that. */
export function detectIdBehind(d: Detection, at: number): void {
  const match = idBehind.exec(latin1(d.bytes, at, Math.min(d.end, at + 48)))
  if (match === null) return
  const from = at + match[0].length
  let to = from + (spacedNino.exec(latin1(d.bytes, from, Math.min(d.end, from + 16)))?.[0].length ?? 0)
  while (to < d.end && to - from < 16 && isAlnum(d.bytes[to]!)) to++
  detectNamedId(d, from, to)
}
