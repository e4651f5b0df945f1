import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isPlaceholder } from './randomness.ts'
import { latin1 } from './text-bytes.ts'

const cookie = detectorId('cookie')
const secret = detectorId('secret')
const lineLookBack = 320
const lineBytesMax = 4096

/** A tab, or the escape of one. */
const tab = String.raw`(?:\t|\\+t)`
const field = String.raw`[^\t\\\s]`
/** Domain, whether its subdomains count, path, whether it is for HTTPS only, expiry, name and value. */
const cookieLine = new RegExp(
  `(?:^|\\s)(?:#HttpOnly_)?\\.?[\\w.-]{1,253}${tab}(?:TRUE|FALSE)${tab}/${field}*${tab}(?:TRUE|FALSE)${tab}\\d{1,12}${tab}${field}+${tab}(${field}+)$`,
)
/** Host, port, database, user and password. */
const passLine = /(?:^|["'\s])[\w.*-]{1,96}:5432:[\w.*-]{1,64}:[\w.*@-]{1,64}:((?:\\:|[^\s"'\\:,]){4,128})$/

/** A line of a browser's or curl's jar of cookies, around the flag whose third letter stands at `at`. */
export const detectCookieLine = (d: Detection, at: number): void => takeEndOfLine(d, at, cookieLine, cookie)

/** A line of PostgreSQL's file of passwords, around its usual port, which ends at `at`. */
export const detectPassLine = (d: Detection, at: number): void => takeEndOfLine(d, at, passLine, secret)

function takeEndOfLine(d: Detection, at: number, form: RegExp, detector: number): void {
  const { bytes, start, end } = d
  let from = at
  while (from > start && at - from < lineLookBack && !endsLine(bytes, from - 1) && !isEscapeOfLine(bytes, from - 2))
    from--
  let to = at
  while (to < end && to - at < lineBytesMax && !endsLine(bytes, to) && !isEscapeOfLine(bytes, to)) to++
  d.spend(to - from)
  const value = form.exec(latin1(bytes, from, to))?.[1]
  if (value === undefined) return
  if (!isPlaceholder(value)) d.add(detector, to - value.length, to)
  d.doneUntil = Math.max(d.doneUntil, to)
}

const endsLine = (bytes: Uint8Array, at: number) =>
  bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x22 || bytes[at] === 0x27
/** `\n` and `\r`, the backslash at `at`. */
const isEscapeOfLine = (bytes: Uint8Array, at: number) =>
  bytes[at] === 0x5c && (bytes[at + 1] === 0x6e || bytes[at + 1] === 0x72 || bytes[at + 1] === 0x22)
