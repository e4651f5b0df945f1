import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { keyMessageId } from './key-flags.ts'
import { afterEscape, byteClasses, byteLabel, byteLocal, isAlnum, isHex, latin1, matchesFolded } from './text-bytes.ts'
import { isReference } from './urls.ts'

const email = detectorId('email')
const urlCredentials = detectorId('url_credentials')
const localMax = 64
const domainMax = 253

/** Endings of file names and units that look like a top-level domain: `logo@2x.png`, `getty@tty1.service`. */
const fileEndings = new Set(
  'png jpg jpeg gif svg webp bmp ico avif tiff css scss less js mjs cjs jsx ts tsx vue json map md so txt html htm xml yaml yml toml lock log tgz gz tar whl jar war class dll exe dylib woff woff2 ttf eot mp3 mp4 pdf csv service socket timer target mount slice scope device'.split(
    ' ',
  ),
)

/** Looks at the address around `@`, which takes `length` bytes from `at`: `@`, `%40`, `\u0040`. */
export function detectEmail(d: Detection, at: number, length: number): void {
  const { bytes, start, end } = d
  if (at <= start || at + length >= end) return
  if (at >= d.authorityStart && at <= d.authorityEnd) return
  const domainEnd = readDomain(bytes, at + length, end)
  if (domainEnd < 0 || (at > start + 10 && bytes[domainEnd] === 0x3a && takeGoDsn(d, at, length))) {
    if (domainEnd >= 0) return
    if (!takeGoDsn(d, at, length)) takeCut(d, at, length)
    return
  }
  const from = readLocal(bytes, start, at)
  if (from >= at) return
  const isSshRemote =
    at - from === 3 &&
    matchesFolded(bytes, from, end, 'git') &&
    domainEnd < end &&
    /[:/]/.test(String.fromCharCode(bytes[domainEnd]!))
  if (isSshRemote) return
  // The user part of a URL is no mailbox; credentials there are found from the `://`.
  if (from - 2 >= start && bytes[from - 1] === 0x2f && bytes[from - 2] === 0x2f) return
  // `Manager$1@8c0c065a.run(Manager.java:20)`: a method of Java's default name of an object.
  if (domainEnd < end && bytes[domainEnd] === 0x28 && /^[0-9a-f]{1,8}\./.test(latin1(bytes, at + length, domainEnd)))
    return
  const address = latin1(bytes, from, domainEnd)
  if (isAlgorithm(address) || isRevision(address) || versionFile.test(address)) return
  // HTTP/web.acme.com@ACME.COM: a service in Kerberos
  if (from > start && bytes[from - 1] === 0x2f && /^[^A-Z]*@[A-Z0-9.-]+$/.test(address)) return
  d.readContext(from)
  if ((d.flags & keyMessageId) !== 0) return
  d.add(email, from, domainEnd)
}

/** `next-auth@4.24.15.patch`, `lib@v2.0.1.zip` */
const versionFile = /@v?\d+\.\d+[\w.+-]*\.[a-z]{2,8}$/i

/** `agent@3f2a91c.linux`: a revision, and no host, unless it ends as hosts do. */
const isRevision = (address: string) =>
  /@(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,12}\.(?!(?:[\w-]+\.)*(?:com|net|org|io|dev|app|edu|gov|info|biz|co|ai|me|uk|de|fr|nl|eu|us|jp|cn|in|br)$)/.test(
    address,
  )

/** `aes128-gcm@openssh.com`: SSH's names of ciphers, keys and exchanges. */
const isAlgorithm = (address: string) =>
  /^[a-z0-9-]*(ssh|gcm|cbc|ctr|sha|mac|curve|poly|rsa|ecdsa|ed25519|cert|zlib|kex|strict|ping|extension|hostkeys|session)[a-z0-9-]*@(openssh\.com|libssh\.org|lysator\.liu\.se|ssh\.com)$/.test(
    address,
  )

/** Where the domain that begins at `at` ends; -1 where there is none with an alphabetic or xn-- top-level domain. */
function readDomain(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + domainMax)
  let labelStart = at
  let good = -1
  let offset = at
  let labels = 0
  while (offset <= limit) {
    const byte = offset < limit ? bytes[offset]! : 0
    const isLabelByte = (byteClasses[byte]! & byteLabel) !== 0 || byte >= 0x80
    if (isLabelByte) {
      offset++
      continue
    }
    const labelLength = offset - labelStart
    if (labelLength === 0 || labelLength > 63 || bytes[labelStart] === 0x2d) break
    labels++
    if (labels >= 2) {
      const tldEnd = topLevelEnd(bytes, labelStart, offset)
      if (tldEnd > 0) good = tldEnd
      else if (tldEnd === 0) good = -1
    }
    if (byte !== 0x2e) break
    offset++
    labelStart = offset
  }
  return good
}

/** Where the top-level domain in the label ends, -1 where it is none, 0 where it is the ending of a file name. */
function topLevelEnd(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 4 && matchesFolded(bytes, from, to, 'xn--')) return to
  let at = from
  while (at < to && (((bytes[at]! | 0x20) >= 0x61 && (bytes[at]! | 0x20) <= 0x7a) || bytes[at]! >= 0x80)) at++
  // A dash or digit right behind the letters makes it another label, unless the text ends there anyway.
  let stop = at
  while (stop < to && bytes[stop] === 0x2d) stop++
  if (at < to && stop < to) return -1
  if (at - from < 2 || at - from > 24) return -1
  const ending = latin1(bytes, from, at).toLowerCase()
  return fileEndings.has(ending) && !(ending.length === 2 && isCountry(ending, bytes, from)) ? 0 : at
}

/** Of Moldova and Somalia, where a name stands before it and no version or size. */
function isCountry(ending: string, bytes: Uint8Array, at: number): boolean {
  if (ending !== 'md' && ending !== 'so') return false
  return /[a-z][\w.+-]*[a-z][\w.+-]*@(?:[\w-]+\.)*(?!(?:main|master|latest|stable|next|beta|head|release|docs?|v?\d+x?)\.)(?=[\w-]*[a-z])[a-z0-9-]+\.$/.test(
    latin1(bytes, Math.max(0, at - 64), at),
  )
}

/** Where the local part that ends before `at` begins. */
function readLocal(bytes: Uint8Array, start: number, at: number): number {
  const limit = Math.max(start, at - localMax)
  let from = at
  while (from > limit) {
    const byte = bytes[from - 1]!
    if ((byteClasses[byte]! & byteLocal) === 0 && byte < 0x80) break
    // %2B, %2E and %5F are part of a percent-encoded local part; any other escape ends it.
    if (from - 3 >= start && bytes[from - 3] === 0x25 && isHex(bytes[from - 2]!) && isHex(byte)) {
      const code = Number.parseInt(latin1(bytes, from - 2, from), 16)
      if (code !== 0x2b && code !== 0x2e && code !== 0x5f && code !== 0x2d) break
      from -= 3
      continue
    }
    // A character of several bytes is kept whole only where letters surround it, as in an address by SMTPUTF8.
    if (byte === 0x26 || byte === 0x24 || byte === 0x2a || byte === 0x21 || byte === 0x23 || byte === 0x7e) break
    from--
  }
  if (from > start) from = Math.min(at, afterEscape(bytes, start, from, at))
  // A cut in the middle of a UTF-8 character, and signs that only stand around an address.
  while (from < at && ((bytes[from]! & 0xc0) === 0x80 || isLeadingSign(bytes[from]!))) from++
  if (at - from > 0 && bytes[at - 1] === 0x2e) return at
  return from
}

const isLeadingSign = (byte: number) =>
  byte === 0x2e || byte === 0x27 || byte === 0x2d || byte === 0x25 || byte === 0x2b

/** `user:password@tcp(host:3306)/db` of Go's MySQL driver, and `scott/tiger@//host` of Oracle's. */
function takeGoDsn(d: Detection, at: number, length: number): boolean {
  const { bytes, start, end } = d
  const isGo = matchesFolded(bytes, at + length, end, 'tcp(') || matchesFolded(bytes, at + length, end, 'unix(')
  const isOracle =
    matchesFolded(bytes, at + length, end, '//') ||
    matchesFolded(bytes, at + length, end, '(description') ||
    /(?:thin|oci8?):[\w$#]+\/[^\s/@]+$/i.test(latin1(bytes, Math.max(start, at - 96), at))
  if (!isGo && !isOracle) return false
  const separator = isGo ? 0x3a : 0x2f
  let from = at
  const limit = Math.max(start, at - 128)
  while (from > limit && bytes[from - 1] !== separator && bytes[from - 1]! > 0x20) from--
  if (from <= start || bytes[from - 1] !== separator || from === at) return false
  if (from - 2 < start || !isAlnum(bytes[from - 2]!)) return false
  if (!isReference(latin1(bytes, from, at))) d.add(urlCredentials, from, at)
  return true
}

const cutMax = 64
const providers = (
  'gmail.com googlemail.com yahoo.com outlook.com hotmail.com live.com icloud.com protonmail.com proton.me aol.com gmx.de ' +
  'gmx.net web.de mail.ru yandex.ru qq.com 163.com naver.com example.com'
).split(' ')
const accounts = /^(root|admin|git|deploy|ubuntu|debian|centos|ec2-user|postgres|mysql|nobody|www-data|app|user|node)$/i
const mailWords = /(^|[^a-z])(e-?mails?|mailto|recipients?|bcc|cc|contact|smtp)[^a-z]*([a-z]{1,4}[^a-z]+)?$/i

/** What stands behind the `@` of a package, an action or a workflow. */
const revision =
  /^(?:v?\d[\w.+-]*|latest|main|master|default|head|next|beta|alpha|stable|canary|release|upgrade|patch|none|trunk|develop|version|nightly|rc)\.?$/i

/** An address whose domain the end of the value cut: `alice.smith@gma`. A host behind `@`, as of a shell, is none. */
function takeCut(d: Detection, at: number, length: number): void {
  const { bytes, start, end } = d
  if (end - at - length > cutMax) return
  const host = /^([A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.?)(\.\.\.|\xe2\x80\xa6)?$/.exec(
    latin1(bytes, at + length, end),
  )?.[1]
  if (host === undefined) return
  const from = readLocal(bytes, start, at)
  const local = latin1(bytes, from, at)
  // go get example.com/ini.v1@latest, uses: owner/repo/.github/workflows/lint.yml@main
  if (revision.test(host) || (from > start && bytes[from - 1] === 0x2f)) return
  if (local === '' || (from - 2 >= start && bytes[from - 1] === 0x2f && bytes[from - 2] === 0x2f)) return
  // `a.b.Type@1a2b3c`, `memcpy@GLIBC`, `com.acme.Widget@ab12`: names of objects and symbols.
  if (!/^[a-z]/i.test(local) || /^[0-9a-f]+$/.test(host) || /[A-Z]/.test(host)) return
  const isProvider = host.length >= 2 && providers.some(name => name.startsWith(host))
  const isPerson = /^[a-z]+[._][a-z]+\d*(\+|$)/i.test(local) && !/\.[A-Z]/.test(local)
  const endsInDomain = /^[a-z-]+\.[a-z]?$/.test(host)
  const words = latin1(bytes, Math.max(start, from - 24), from)
  const isMail = mailWords.test(words)
  if (isPerson || isProvider || isMail || (endsInDomain && !accounts.test(local)))
    d.add(email, from, at + length + host.length)
}
