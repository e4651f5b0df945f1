import { detectorId } from './catalog.ts'
import { isCredential } from './credentials.ts'
import type { Detection } from './detection.ts'
import * as key from './key-flags.ts'
import { detectKeyedValue } from './keyed-values.ts'
import { isPlaceholder } from './randomness.ts'
import { latin1, matchesExact, matchesFolded } from './text-bytes.ts'
import { ValueRange } from './value-range.ts'

const authorization = detectorId('authorization')
const secret = detectorId('secret')
const range = new ValueRange()
const form = { isCertain: false, isProse: false, isParameter: false, isQuoted: false }

const credentialCall = /^\(\s*\\*["'][^"'\\]{1,96}\\*["']\s*,\s*\\*["']((?:(?!\\*["'])[^\r\n]){4,128})\\*["']/

/** Credentials of certificates and of clients have other second arguments. */
const passwordClass = /(?:network|password|basic|login|plain)credentials?$/i

/** `new NetworkCredential("bob", "...")`, from the bracket. */
export function detectCredentialCall(d: Detection, at: number): void {
  const { bytes, start, end } = d
  // SET PASSWORD FOR bob = PASSWORD('x')
  if (matchesExact(bytes, at - 8, at, 'PASSWORD')) {
    const value = passwordFunction.exec(latin1(bytes, at, Math.min(end, at + 160)))
    if (value !== null && looksTyped(value[1]!)) {
      const first = at + value[0].indexOf(value[1]!)
      d.add(secret, first, first + value[1]!.length)
    }
    return
  }
  if (!passwordClass.test(latin1(bytes, Math.max(start, at - 32), at))) return
  const match = credentialCall.exec(latin1(bytes, at, Math.min(end, at + 256)))
  if (match === null || isPlaceholder(match[1]!)) return
  const from = at + match[0].lastIndexOf(match[1]!)
  d.add(secret, from, from + match[1]!.length)
}

const usedBefore =
  /(?:^|[\s"'`])(?:use|using|set|with|enter|try|type)\s+\\*["'`]?([^\s"'`\\]{6,64})\\*["'`]?\s+(?:as|for)\s+(?:the|my|your|a|its|our)\s+(?:pass(?:word|wd|phrase|code)|pwd)$/i

/** `use x as the password`, from the end of that at `at`. */
export function detectUsedBefore(d: Detection, at: number): void {
  if (
    !matchesFolded(d.bytes, at - 4, at, 'word') &&
    !/(?:pwd|passwd|phrase)$/i.test(latin1(d.bytes, Math.max(d.start, at - 6), at))
  )
    return
  const from = Math.max(d.start, at - 120)
  const match = usedBefore.exec(latin1(d.bytes, from, at))
  if (match === null || !looksTyped(match[1]!) || isPlaceholder(match[1]!)) return
  const first = from + match.index + match[0].indexOf(match[1]!)
  d.add(secret, first, first + match[1]!.length)
}

const passwordFunction = /^\(\s*\\*['"]([^'"\\]{4,128})\\*['"]\s*\)/

/** `login bob password x`, as in a file of logins. */
export const isBehindLogin = ({ bytes, start }: Detection, at: number) =>
  /\blogin\s+\S{1,64}\s+$/.test(latin1(bytes, Math.max(start, at - 96), at))

/** `;User ID=sa;Password=secret;`: in a connection string every word is a password. */
export const isInConnection = ({ bytes, start }: Detection, nameStart: number) =>
  /(?:^|[;"'\s])(?:user(?: ?id| ?name)?|uid)\s*=[^;=]{1,64};(?:[^;=]{1,32}=[^;]{0,64};){0,2}\s*$/i.test(
    latin1(bytes, Math.max(start, nameStart - 240), nameStart),
  )

const authCommand =
  /^"? {1,2}(?:(?:(LOGIN|PLAIN|CRAM-MD5|XOAUTH2|OAUTHBEARER|NTLM|SCRAM-SHA-\d{1,3}) +)|(?:"?[\w.@-]{1,64}"? +))?\\*(["']?)([^\s"'\\]{4,512})\\*\2\s*(?:$|[\r\n;|"')]|\\[rn])/

/** `AUTH password` and `AUTH user password` of Redis, `AUTH PLAIN dXNlcg...` of mail servers, from the end of the word. */
export function detectAuthCommand(d: Detection, at: number): void {
  const match = authCommand.exec(latin1(d.bytes, at, Math.min(d.end, at + 640)))
  if (match === null) return
  const value = match[3]!
  const isTaken = match[1] !== undefined ? isCredential('basic', value) || value.length >= 12 : looksTyped(value)
  if (!isTaken) return
  const from = at + match[0].lastIndexOf(value)
  d.add(authorization, from, from + value.length)
}

const userStatement = /\b(?:user|grant|role|password)\b/i
const identified = /^\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?(?=\\*['"])/i

const identifiedBare = /^\s+by\s+([^\s"'`;\\()]{6,64})(?=[\s"'`;\\)]|$)/i

/** `ALTER USER bob IDENTIFIED BY s3cr3t;`: Oracle's passwords need no quotes. */
function detectBarePassword(d: Detection, at: number): void {
  const { bytes, start, end } = d
  const value = identifiedBare.exec(latin1(bytes, at, Math.min(end, at + 96)))
  if (bytes[at - 1] !== 0x44 || value === null || !looksTyped(value[1]!) || isPlaceholder(value[1]!)) return
  if (!/\buser\b/i.test(latin1(bytes, Math.max(start, at - 160), at))) return
  const stop = at + value[0].length
  d.add(secret, stop - value[1]!.length, stop)
}

/** `IDENTIFIED BY 'x'` of SQL, from the word's end at `at`. */
export function detectIdentifiedBy(d: Detection, at: number): void {
  const { bytes, start, end } = d
  const match = identified.exec(latin1(bytes, at, Math.min(end, at + 80)))
  if (match === null) {
    detectBarePassword(d, at)
    return
  }
  // `(identified by "requestName")` is no SQL.
  const isLoud = bytes[at - 1] === 0x44
  if (!isLoud && !userStatement.test(latin1(bytes, Math.max(start, at - 160), at))) return
  range.read(bytes, at + match[0].length, end)
  if (range.end <= range.start) return
  form.isCertain = false
  form.isProse = false
  form.isParameter = false
  form.isQuoted = range.isQuoted
  detectKeyedValue(d, key.keySecret, 'password', range.start, range.end, form)
}

/** What people type as a password, in a sentence: letters with digits or signs in them. */
export function looksTyped(text: string): boolean {
  return (
    text.length >= 6 &&
    /[A-Za-z]/.test(text) &&
    /\d/.test(text) &&
    !/^[\d.,:%/-]+[a-z]{0,2}$/i.test(text) &&
    !/^v?\d+(\.\d+)+/.test(text)
  )
}
