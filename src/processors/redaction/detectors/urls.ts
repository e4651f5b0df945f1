import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isPlaceholder, looksRandom } from './randomness.ts'
import { isAlnum, isDigit, latin1, matchesExact } from './text-bytes.ts'

const urlCredentials = detectorId('url_credentials')
const authorityMax = 1024

/** Bytes of `://` from the colon at `at`, with JSON's escaped slashes too; 0 where it is none. */
export function schemeLength(bytes: Uint8Array, at: number, end: number): number {
  if (matchesExact(bytes, at, end, '://')) return 3
  let offset = at + 1
  for (let i = 0; i < 2; i++) {
    let slashes = 0
    while (bytes[offset] === 0x5c && slashes < 8) {
      offset++
      slashes++
    }
    if (offset >= end || slashes === 0 || bytes[offset] !== 0x2f) return 0
    offset++
  }
  return offset - at
}

/** `scheme://user:password@host`: the password goes, the user stays. */
export function detectUrlCredentials(d: Detection, at: number, length: number): void {
  const { bytes, start, end } = d
  if (at <= start || !isAlnum(bytes[at - 1]!)) return
  const authority = at + length
  const isWeb = /(^|[^a-z])(https?|wss?)$/i.test(latin1(bytes, Math.max(start, at - 8), at))
  let lastAt = findLastAt(bytes, authority, end, false)
  if (lastAt < 0 && !isWeb) lastAt = findLastAt(bytes, authority, end, true)
  if (lastAt < 0) {
    if (takesPasswords.test(latin1(bytes, Math.max(start, at - 24), at))) takeCutCredentials(d, authority)
    return
  }
  d.authorityStart = authority
  d.authorityEnd = lastAt
  takeUserInfo(d, authority, lastAt)
  // postgresql://bob:x@host1:123,bob:x@host2:456/db
  for (let from = nextHost(bytes, lastAt, end); from > 0 && !isWeb; from = nextHost(bytes, lastAt, end)) {
    lastAt = findLastAt(bytes, from, end, false)
    if (lastAt < 0) return
    d.authorityEnd = lastAt
    takeUserInfo(d, from, lastAt)
  }
}

/** Where the next host of a list begins, behind the comma that ends the one at `at`; 0 where there is none. */
function nextHost(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + authorityMax)
  for (let offset = at + 1; offset < limit; offset++) {
    const byte = bytes[offset]!
    if (byte === 0x2c) return offset + 1
    if (!isAlnum(byte) && byte !== 0x2e && byte !== 0x2d && byte !== 0x3a && byte !== 0x5f) return 0
  }
  return 0
}

/** The password between `authority` and the `@` that ends it. */
function takeUserInfo(d: Detection, authority: number, lastAt: number): void {
  const { bytes } = d
  if (lastAt === authority) return
  let colon = authority
  while (colon < lastAt && bytes[colon] !== 0x3a) colon++
  if (colon < lastAt - 1) {
    const password = latin1(bytes, colon + 1, lastAt)
    if (!isReference(password)) d.add(urlCredentials, colon + 1, lastAt)
  } else if (colon === lastAt && looksRandom(latin1(bytes, authority, lastAt)) && lastAt - authority >= 16) {
    d.add(urlCredentials, authority, lastAt)
  }
}

/** Schemes of databases and queues; an image's name has others, as `docker-pullable://redis:7.2-alpine`. */
const takesPasswords =
  /(?:^|[^a-z])(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|amqp|kafka|nats|mqtt|ldap|mssql|sqlserver|clickhouse|cockroachdb|oracle|couchdb|couchbase|cassandra|neo4j|bolt|snowflake)(?:\+[a-z\d]{2,16})?s?$/i

/** `postgres://user:passw` at the very end of a value: a limit cut it off before the `@`. A port would be digits. */
function takeCutCredentials(d: Detection, authority: number): void {
  const { bytes, end } = d
  if (end - authority > authorityMax) return
  const text = latin1(bytes, authority, end)
  const password = /^[A-Za-z0-9._%-]*:([^\s:/@?#"'<>()[\]{},]{6,})$/.exec(text)?.[1]
  if (
    password !== undefined &&
    /\d/.test(password) &&
    /[A-Za-z]/.test(password) &&
    !isReference(password) &&
    !isDigest(password)
  )
    d.add(urlCredentials, end - password.length, end)
}

/** Hex as long as digests are: `spark://sha256:5af5…` names content. */
const isDigest = (text: string) => /^[0-9a-f]{32,128}$/.test(text)

/** Stands where a password would: `${DB_PASSWORD}`, `%s`, `{pass}`, `SECRET[db.password]`, `****`. */
export const isReference = (text: string) =>
  /^[*x]+$/i.test(text) ||
  /^\$|^\{\{|^\{\w*\}$|^%\w+%$|^%[sdvq]$|^<.*>$|^\[\w+\]$|^\w+\[[\w.:/-]+\]$/.test(text) ||
  (isPlaceholder(text) && /redacted|\*{3}/i.test(text))

/** The last `@` of the authority: up to a slash, or, for passwords with slashes in them, up to white space or a quote. */
function findLastAt(bytes: Uint8Array, from: number, end: number, overSlashes: boolean): number {
  let found = -1
  let sawColon = false
  const limit = Math.min(end, from + authorityMax)
  for (let offset = from; offset < limit; offset++) {
    const byte = bytes[offset]!
    if (byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x3c || byte === 0x3e) break
    if (byte === 0x5c && !overSlashes) break
    if (byte === 0x3a && offset + 1 < limit && !isDigit(bytes[offset + 1]!)) sawColon = true
    if (byte === 0x40) {
      found = offset
      if (overSlashes) break
      continue
    }
    if (byte === 0x2f || byte === 0x3f || byte === 0x23) {
      if (!overSlashes || !sawColon) break
    }
    // A list of hosts: each has its own credentials, and the next begins a new authority.
    if (byte === 0x2c && found >= 0) break
  }
  return found
}
