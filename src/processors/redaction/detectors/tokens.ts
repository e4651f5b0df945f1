import { isUtf8 } from 'node:buffer'
import { detectorId } from './catalog.ts'
import { crc32 } from './checksums.ts'
import type { Detection } from './detection.ts'
import { detectEncodedJson } from './encoded-json.ts'
import { detectIban } from './iban.ts'
import { detectDashedMac } from './ip.ts'
import { describeKey, keyCookie, keyExempt, keyQueryCode, keySecret, nameWords } from './key-words.ts'
import { detectLetteredId } from './lettered-ids.ts'
import { detectPasswordHash } from './password-hashes.ts'
import { distinctCount, isPlaceholder, isVersion, looksRandom } from './randomness.ts'
import {
  afterEscape,
  beginsWord,
  escapeEndingAt,
  isAlnum,
  isBase64,
  isTokenByte,
  latin1,
  matchesExact,
} from './text-bytes.ts'
import type { VendorForm } from './vendor-form.ts'
import { azureMarks, vendorForms, wholeForms } from './vendor-keys.ts'

const jwt = detectorId('jwt')
const authorization = detectorId('authorization')
const secret = detectorId('secret')
const azureKey = detectorId('azure_key')
const slackWebhook = detectorId('slack_webhook')

interface CompiledForm extends VendorForm {
  readonly detector: number
  readonly allowed: Uint8Array
  /** The prefix alone says little: the name beside it must say that this is a secret. */
  readonly needsContext: boolean
}

const contextPrefixes = new Set(['A3T', 'SCW', 'AK1', 'AC', 'test_', 'dG9r', 'cflt', 'sdk-', 'mob-'])

/** By the first two bytes of the prefix, longest prefix first. */
const formsByStart = /* @__PURE__ */ (() => {
  const map = new Map<number, CompiledForm[]>()
  for (const form of vendorForms) {
    const allowed = new Uint8Array(256)
    const pattern = new RegExp(`^[${form.alphabet}]$`)
    for (let byte = 0; byte < 128; byte++) if (pattern.test(String.fromCharCode(byte))) allowed[byte] = 1
    const compiled = {
      ...form,
      detector: detectorId(form.name),
      allowed,
      needsContext: contextPrefixes.has(form.prefix),
    }
    const start = (form.prefix.charCodeAt(0) << 8) | form.prefix.charCodeAt(1)
    map.set(start, [...(map.get(start) ?? []), compiled])
  }
  for (const forms of map.values()) forms.sort((a, b) => b.prefix.length - a.prefix.length)
  return map
})()

/** One bit per pair of first bytes, so that most places of a token cost one look. */
const startBits = /* @__PURE__ */ (() => {
  const bits = new Uint8Array(65536)
  for (const start of formsByStart.keys()) bits[start] = 1
  return bits
})()

/** The first bytes of all prefixes: a table that stays in the cache. */
const firstBytes = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256)
  for (const start of formsByStart.keys()) table[start >> 8] = 1
  return table
})()

/** The beginnings of all keys that can be told by them. */
export const vendorPrefixes = (): readonly string[] => [...formsByStart.values()].flat().map(({ prefix }) => prefix)

const tokenLookMax = 4096

/** Looks at the run of letters, digits, `_` and `-` around `at`. */
export function detectToken(d: Detection, at: number): void {
  const { bytes, start, end } = d
  let from = at
  while (from > start && at - from < 64 && isTokenByte(bytes[from - 1]!)) from--
  if (from < d.doneUntil) from = Math.min(at, d.doneUntil)
  let to = at
  while (to < end && isTokenByte(bytes[to]!)) to++
  if (passBlob(d, from)) return
  const first = Math.min(to, afterEscape(bytes, start, from, end))
  const before = d.findings.count
  const dotted = dottedStart(bytes, start, first)
  if (detectJwtIn(d, dotted, to)) return
  detectVendorKeys(d, base64Start(bytes, start, Math.min(from, dotted)), Math.min(to, first + tokenLookMax))
  if (d.findings.count > before) return
  if (detectDashedMac(d, first, to) || (first !== from && detectDashedMac(d, from, to))) return
  if (detectIban(d, first)) return
  detectLetteredId(d, first, to)
  if (detectWholeForms(d, first, to) || detectAzureKey(d, first, to) || detectPasswordHash(d, first, to)) return
  if (to - first > 512) return
  detectByWordBefore(d, first, to)
}

const base64LookBack = 48

/** Where text in base64 that goes on at `at` may begin: `+` and `/` in it end a run of token bytes. */
export function base64Start(bytes: Uint8Array, start: number, at: number): number {
  if (at <= start || (bytes[at - 1] !== 0x2f && bytes[at - 1] !== 0x2b)) return at
  let from = at
  while (from > start && at - from < base64LookBack && isBase64Url(bytes[from - 1]!)) from--
  return from
}

const isBase64Url = (byte: number) => isTokenByte(byte) || byte === 0x2f || byte === 0x2b

const azureMarkStarts = /* @__PURE__ */ new Set(azureMarks.map(mark => Buffer.from(mark).readInt32BE(0)))

/** Whether one of the marks of Azure's keys stands at `at`. */
const isAzureMark = (bytes: Uint8Array, at: number) =>
  at + 4 <= bytes.length &&
  azureMarkStarts.has((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)

/** The first mark of Azure's keys in base64 that goes through `bytes[from, to)`; -1 where there is none. */
export function azureMarkIn(bytes: Uint8Array, from: number, to: number, end: number): number {
  const limit = Math.min(end, to + 90)
  for (let at = Math.max(0, from - 1); at < limit && (at < to || isBase64Url(bytes[at]!)); at++) {
    const byte = bytes[at]
    if ((byte === 0x41 || byte === 0x2b) && isAzureMark(bytes, at)) return at
  }
  return -1
}

/** Where the mark stands in keys of 32 and of 64 bytes, and how much of base64 is behind it. */
const azureOffsets = [76, 52, 44, 42, 33]
const azureTails = [8, 10]

/** A key with a mark of Azure's in it, at a place where their keys have it: in random base64 it comes anywhere. */
function detectAzureKey(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  const at = azureMarkIn(bytes, Math.max(from, start + 1), to, end)
  if (at < 0) return false
  let run = at
  while (run > start && at - run < 96 && isBase64Url(bytes[run - 1]!)) run--
  let last = at + 4
  while (last < end && last - at < 48 && isBase64Url(bytes[last]!)) last++
  if (last < end && !azureTails.includes(last - at)) return false
  // sha512-A9XzUEBC…: the digest of a package.
  if (/^sha\d{1,3}-/.test(latin1(bytes, run, at)) || matchesExact(bytes, run - 3, end, 'h1:')) return false
  for (const offset of azureOffsets) {
    const first = at - offset
    // A slash may part it from a path.
    if (first < run || (first > run && bytes[first - 1] !== 0x2f) || !looksRandom(latin1(bytes, first, at))) continue
    while (last < end && bytes[last] === 0x3d && last - at < 50) last++
    d.add(azureKey, first, last)
    return true
  }
  return false
}

/** So many bytes of base64 before a run of token bytes make it a part of something larger. */
export const blobBytesMin = 400

/** Whether the run of token bytes that goes through `at` is deep inside of base64: then nothing there is looked at. */
export function passBlob(d: Detection, at: number): boolean {
  const { bytes, start } = d
  let from = at
  while (from > start && at - from < 64 && isTokenByte(bytes[from - 1]!)) from--
  const blobEnd = endOfBlob(d, from)
  if (blobEnd > 0) d.doneUntil = Math.max(d.doneUntil, blobEnd)
  return blobEnd > 0
}

/**
 * Where the base64 ends that the run at `at` is deep inside of, such as an image; 0 where it is not. Words and prefixes stand
 * in that by chance. Its beginning is looked at like any other token: keys in base64 are long, too.
 */
function endOfBlob({ bytes, start, end }: Detection, at: number): number {
  if (at <= start || (bytes[at - 1] !== 0x2f && bytes[at - 1] !== 0x2b)) return 0
  let from = at
  const limit = Math.max(start, at - blobBytesMin)
  while (from > limit && isBase64(bytes[from - 1]!)) from--
  const isLabelled = from - 8 >= start && matchesExact(bytes, from - 8, end, ';base64,')
  if (at - from < blobBytesMin && !isLabelled) return 0
  let to = at
  while (to < end && isBase64(bytes[to]!)) to++
  return to
}

/** Where a token with dots in it, such as `SG.`..., begins: at most 32 bytes before. */
function dottedStart(bytes: Uint8Array, start: number, at: number): number {
  let from = at
  while (from > start && at - from < 48 && (bytes[from - 1] === 0x2e || (from < at && isTokenByte(bytes[from - 1]!))))
    from--
  while (from < at && bytes[from] === 0x2e) from++
  return from
}

/** Whether any vendor's prefix stands in `bytes[from, to)`, wherever a key may begin; from `tokenStart` on they are token bytes. */
export function hasVendorPrefix(bytes: Uint8Array, from: number, tokenStart: number, to: number): boolean {
  for (let at = from; at < to - 1; at++) {
    const byte = bytes[at]!
    if (firstBytes[byte] === 0) continue
    // No escape is as long.
    if (at - tokenStart > 17 && isAlnum(bytes[at - 1]!) && isAlnum(bytes[at - 2]!)) continue
    const two = (byte << 8) | bytes[at + 1]!
    if (startBits[two] === 0) continue
    // In the middle of a word, unless what stands before may be a length or the end of an escape.
    if (at >= 2 && isAlnum(bytes[at - 1]!) && isAlnum(bytes[at - 2]!) && escapeEndingAt(bytes, 0, at) === 0) continue
    for (const form of formsByStart.get(two)!) if (matchesExact(bytes, at, bytes.length, form.prefix)) return true
  }
  return false
}

export function detectVendorKeys(d: Detection, from: number, to: number): boolean {
  const { bytes, start } = d
  let found = false
  for (let at = from; at < to - 1; at++) {
    if (startBits[(bytes[at]! << 8) | bytes[at + 1]!] === 0) continue
    if (at > start && isAlnum(bytes[at - 1]!) && !beginsWord(bytes, start, at)) continue
    const end = takeVendorKey(d, at)
    if (end > 0) {
      found = true
      at = end - 1
    }
  }
  return found
}

/** Where the vendor's key that begins at `at` ends, 0 where none does. */
function takeVendorKey(d: Detection, at: number): number {
  const { bytes, end } = d
  for (const form of formsByStart.get((bytes[at]! << 8) | bytes[at + 1]!)!) {
    if (!matchesExact(bytes, at, end, form.prefix)) continue
    if (form.check === 'jwt') {
      const stop = jwtEnd(d, at)
      if (stop === 0) continue
      d.add(jwt, at, stop)
      return stop
    }
    const body = at + form.prefix.length
    let to = body
    const limit = Math.min(end, body + form.max + 1)
    while (to < limit && form.allowed[bytes[to]!] === 1) to++
    while (to > body && bytes[to - 1] === 0x2e) to--
    const length = to - body
    const isCut = to === end || (bytes[to] === 0x2e && bytes[to + 1] === 0x2e) || bytes[to] === 0xe2
    if (length > form.max || (to < end && isAlnum(bytes[to]!))) continue
    const text = latin1(bytes, body, to)
    if (length < form.min && !(isCut && isDistinct(form, text))) continue
    if (isPlaceholder(text) || distinctCount(text) < Math.min(6, length / 2)) continue
    if (form.needsContext && !saysSecret(d, at)) continue
    if (form.check === 'github' && length === 36 && !hasGithubChecksum(bytes, body, to) && !looksRandom(text)) continue
    if (form.check === 'mixed' && length >= form.min && !(/\d/.test(text) && distinctCount(text) >= 10)) continue
    if (form.check === 'random' && length >= form.min && !looksRandom(text)) continue
    if (form.check === 'base64' && !isHeaderOfJwt(text)) continue
    if (form.check === 'airtable' && !/^[A-Za-z0-9]{14}\.[0-9a-z]{62,66}$/.test(text) && !saysSecret(d, at)) continue
    if (form.check instanceof RegExp && length >= form.min && !form.check.test(text)) continue
    if (form.check === 'sendgrid' && text.indexOf('.') < 10 && length >= form.min) continue
    d.add(form.detector, at, to)
    return to
  }
  return 0
}

/** Prefixes that names of things have as well: what is cut behind them is no key. */
const commonPrefixes = new Set([
  'live_',
  'test_',
  'api_',
  'key-',
  'pk_',
  'sk_',
  'mfa.',
  'pat',
  'KEY',
  'cio',
  're_',
  'web_',
  'cli_',
])

/** A cut key counts where its prefix alone names the vendor; a short prefix needs a body that no one would write. */
const isDistinct = (form: CompiledForm, text: string) =>
  !form.needsContext &&
  !commonPrefixes.has(form.prefix) &&
  (form.prefix.length >= 4 && (form.check === undefined || (form.check instanceof RegExp && form.check.test(text)))
    ? text.length >= (form.prefix.length < 6 ? Math.max(8, form.min * 0.6) : 8)
    : text.length >= (form.prefix.length < 4 ? 20 : 16) &&
      /[-_.]$/.test(form.prefix) &&
      !(form.check instanceof RegExp) &&
      looksRandom(text))

/**
 * Whether a GitHub token's last six characters are the CRC-32 of the others, in base 62. One that fails is left alone only where
 * it reads like words: a token that was mistyped or made by an older server is still a secret.
 */
export function hasGithubChecksum(bytes: Uint8Array, body: number, to: number): boolean {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let value = crc32(bytes, body, to - 6)
  let text = ''
  for (let i = 0; i < 6; i++) {
    text = alphabet[value % 62]! + text
    value = Math.floor(value / 62)
  }
  return latin1(bytes, to - 6, to) === text
}

/** Whether the attribute's key, or the name before `at`, stands for a secret. */
function saysSecret(d: Detection, at: number): boolean {
  if ((d.key.flags & (keySecret | keyQueryCode)) !== 0) return true
  return (secretFlagsBefore(d, at) & keySecret) !== 0
}

/** Whether base64 behind its first four characters, `ZXlK`, holds base64 of JSON, as a JWT that was encoded once more. */
function isHeaderOfJwt(text: string): boolean {
  const header = /^[\w-]+/.exec(Buffer.from(`ZXlK${text.slice(0, 96)}`, 'base64').toString('latin1'))?.[0] ?? ''
  return /^\{"[\w#]{2,12}"\s*:/.test(Buffer.from(header, 'base64url').toString('latin1'))
}

const isRandomEnd = (words: readonly string[]) => words.length > 1 && words.at(-1)!.length < 3

const randomCase = /[a-z][A-Z].*[a-z][A-Z].*[a-z][A-Z]/

/** The run of twelve or more that `text` ends with, or with one word of small letters behind it; empty where it does not. */
export function lastTokenIn(text: string): string {
  const end = behindWord(text, text.length)
  let before = end
  while (before > 0 && end - before < 8 && isSmallCode(text.charCodeAt(before - 1))) before--
  if (before < end && before > 0 && !isWordCode(text.charCodeAt(before - 1))) {
    const run = runBefore(text, behindWord(text, before))
    if (run.length >= 12) return run
  }
  const run = runBefore(text, end)
  return run.length >= 12 ? run : ''
}

const isSmallCode = (code: number) => code >= 0x61 && code <= 0x7a

const isWordCode = (code: number) => code < 128 && isAlnum(code)
const isRunCode = (code: number) => isWordCode(code) || code === 0x2b || code === 0x2f

/** Where the last letter or digit before `at` ends. */
function behindWord(text: string, at: number): number {
  let end = at
  while (end > 0 && !isWordCode(text.charCodeAt(end - 1))) end--
  return end
}

/** The run of letters, digits, `+` and `/` around `end`. */
function runBefore(text: string, end: number): string {
  let from = end
  while (from > 0 && isRunCode(text.charCodeAt(from - 1))) from--
  let to = end
  while (to < text.length && isRunCode(text.charCodeAt(to))) to++
  return text.slice(from, to)
}

/** What the two words before `at` say, whatever signs stand between. */
export function secretFlagsBefore(d: Detection, at: number): number {
  const text = latin1(d.bytes, Math.max(d.start, at - 40), at)
  // The end of another random token may look like a word: `...9ksDc9ultUEdoPw run_`.
  const last = lastTokenIn(text)
  if (last !== '' && (looksRandom(last) || randomCase.test(last))) return 0
  // `6XP9PW, run_`: letters and digits mixed end like a word by chance.
  if (
    /(?:^|[^A-Za-z0-9])(?=[A-Za-z0-9]*\d[A-Za-z]{1,4}[^A-Za-z0-9]*$)(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{5,}[^A-Za-z0-9]*$/.test(
      text,
    )
  )
    return 0
  // Words of another value, as in `"grafana","key":`, and the ends of random ids, as in `VyohPW blk_1`, are none of this one's.
  const own = text
    .slice(text.lastIndexOf('\n') + 1)
    .replace(/^.*[,;{}&](?=.*[A-Za-z])/, '')
    .replace(/[A-Za-z0-9]+/g, part => (isRandomEnd(nameWords(part)) ? ' ' : part))
  const words = nameWords(own).filter(
    word => !/^(is|was|n|the|a|of|to|be|with|as|scheme|new|use|using|following)$/.test(word),
  )
  if (words.length === 0) return 0
  return describeKey(words.slice(-2).join('_')).flags
}

const jwtPartMax = 16 * 1024

function detectJwtIn(d: Detection, from: number, to: number): boolean {
  const { bytes, start } = d
  for (let at = from; at + 8 < to; at++) {
    if (bytes[at] !== 0x65 || bytes[at + 1] !== 0x79 || bytes[at + 2] !== 0x4a) continue
    if (!beginsWord(bytes, start, at) && bytes[at - 1] !== 0x5f) continue
    const end = jwtEnd(d, at)
    const jsonEnd = end > 0 ? 0 : detectEncodedJson(d, at)
    if (jsonEnd > 0) {
      d.doneUntil = Math.max(d.doneUntil, jsonEnd)
      return true
    }
    if (end > 0) {
      d.add(jwt, at, end)
      d.doneUntil = Math.max(d.doneUntil, end)
      return true
    }
  }
  return false
}

/** Where the JWT or JWE that begins at `at` ends; 0 where it is none. One that a limit cut off counts. */
function jwtEnd(d: Detection, at: number): number {
  const { bytes, end } = d
  let offset = at
  let parts = 0
  let headerEnd = 0
  while (parts < 5) {
    const limit = Math.min(end, offset + jwtPartMax)
    while (offset < limit && isTokenByte(bytes[offset]!)) offset++
    parts++
    if (parts === 1) headerEnd = offset
    if (offset >= end || bytes[offset] !== 0x2e) break
    const next = offset + 1 < end ? bytes[offset + 1]! : 0
    if (!isTokenByte(next) && next !== 0x2e && offset + 1 < end) {
      if (parts >= 2) offset++
      break
    }
    offset++
  }
  if (bytes[offset - 1] === 0x2e && parts > 2 && offset < end && bytes[offset - 2] === 0x2e) offset--
  const header = Buffer.from(latin1(bytes, at, headerEnd), 'base64url').toString('latin1')
  if (!/"(alg|enc|typ|kid|cty|jku|x5t|zip)"\s*:/.test(header)) return 0
  const isCut = offset >= end
  if (parts === 1 && !isCut) return 0
  return parts >= 2 || (isCut && headerEnd - at >= 16) ? offset : 0
}

/** Keys without a prefix, told by their middle, and webhooks, around `bytes[from, to)`. */
export function detectWholeForms(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  if (to - from > 120) return false
  let first = from
  let last = to
  const isPart = (byte: number) => isTokenByte(byte) || byte === 0x2e || byte === 0x7e || byte === 0x3a || byte === 0x2f
  while (first > start && from - first < 60 && isPart(bytes[first - 1]!)) first--
  while (last < end && last - to < 80 && isPart(bytes[last]!)) last++
  while (last > to && (bytes[last - 1] === 0x2e || bytes[last - 1] === 0x2f || bytes[last - 1] === 0x3a)) last--
  first = Math.min(from, afterEscape(bytes, start, first, end))
  const text = latin1(bytes, first, last)
  const hook =
    /(hooks\.slack\.com\/(services|workflows|triggers)\/)([A-Za-z0-9/_-]{20,})$/.exec(text) ??
    /(discord(?:app)?\.com\/api\/webhooks\/\d+(\/))([A-Za-z0-9_-]{40,})$/.exec(text) ??
    /(\/IncomingWebhook(\/))([0-9a-z]{32}(?:\/[0-9a-z-]{36})?(?:\/[\w-]{20,60})?)$/.exec(text)
  if (hook !== null) {
    d.add(slackWebhook, last - hook[3]!.length, last)
    return true
  }
  for (const offset of [0, text.indexOf(':') + 1, text.lastIndexOf('/') + 1, text.lastIndexOf('=') + 1]) {
    const part = text.slice(offset)
    for (const { name, pattern } of wholeForms) {
      if (!pattern.test(part) || name === 'sentry_token' || isPlaceholder(part)) continue
      d.add(detectorId(name), first + offset, last)
      return true
    }
  }
  return false
}

/** A bare `key` is none: keys of caches, rows and messages are random as well; what stands behind `digest:` is one of content. */
const schemes = /(?:^|[^A-Za-z_.-])(?:(bearer|basic|apikey|api-key|negotiate|ssws)[ :]+|(token|hmac) +)$/i

/** Names that Kubernetes gives to things: words, and five characters at the end. */
const objectName = /^[a-z]{3,}(?:-[a-z]{2,})+-[a-z0-9]{5}$/

const keyBefore =
  /(?:^|[^a-z])(?:api|secret|access|auth|private|encryption|signing)[ _-]?(?:key|token)(?: is| was|:)?[ "'`]+$/i

/** `Bearer <token>`, `api key <token>`: the words right before say what it is. */
function detectByWordBefore(d: Detection, from: number, to: number): void {
  const { bytes, start, end } = d
  let first = from
  let last = to
  const isPart = (byte: number) =>
    isTokenByte(byte) || byte === 0x2e || byte === 0x7e || byte === 0x2b || byte === 0x2f || byte === 0x3d
  while (last < end && last - to < 2048 && isPart(bytes[last]!)) last++
  while (first > start && from - first < 64 && isPart(bytes[first - 1]!) && bytes[first - 1] !== 0x3d) first--
  first = Math.min(from, afterEscape(bytes, start, first, end))
  while (last > to && bytes[last - 1] === 0x2e) last--
  const before = latin1(bytes, Math.max(start, first - 24), first)
  const scheme = schemes.exec(before)
  // cache key=token:d1ce45e6d6d745860b2a8c519879e48a
  if (scheme !== null && /=\w+:$/.test(before) && isIdentifier(latin1(bytes, first, last))) return
  if (scheme !== null && isCredential((scheme[1] ?? scheme[2])!, latin1(bytes, first, last))) {
    d.add(authorization, first, last)
    return
  }
  if ((d.key.flags & (keyExempt | keyCookie)) !== 0) return
  if (isIdentifier(latin1(bytes, from, to))) {
    // Some vendors' keys are hex as digests are.
    if (first === from && last === to && to - from >= 32 && keyBefore.test(before)) d.add(secret, from, to)
    return
  }
  // The middle of a long run, such as an image in base64, has no word before it.
  // A part of a name, as in `...:secret:prod/db-AbCdEf` of an ARN, says nothing of what follows.
  if (/:[A-Za-z_-]+:$/.test(before)) return
  if (!/[A-Za-z]/.test(before) || (first > start && from - first >= 64 && isPart(bytes[first - 1]!))) return
  if ((secretFlagsBefore(d, first) & keySecret) === 0) return
  const text = latin1(bytes, first, last)
  if (looksRandom(text) && !isVersion(text) && !objectName.test(text)) d.add(secret, first, last)
}

/** Whether what stands behind an authorization scheme is one: Basic decodes to `user:password`, others look random. */
export function isCredential(scheme: string, text: string): boolean {
  if (text.length < 8 || isPlaceholder(text) || isVersion(text)) return false
  if (/^basic$/i.test(scheme)) {
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return false
    const bytes = Buffer.from(text, 'base64')
    const decoded = bytes.toString('latin1')
    return decoded.includes(':') && isUtf8(bytes) && !/\p{Cc}/u.test(decoded.replace(/[\t\n\r]/g, ''))
  }
  if (/^(bearer|apikey|api-key|ssws|hmac)$/i.test(scheme))
    return /\d/.test(text)
      ? text.length >= 8
      : text.length >= 20 && distinctCount(text) >= 10 && !/^[a-z_-]+$/.test(text)
  return looksRandom(text) && text.length >= 16
}

/** UUIDs, and hex of the lengths that ids and digests have. */
export function isIdentifier(text: string): boolean {
  return (
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text) ||
    (/^[0-9a-f]+$/i.test(text) && [16, 32, 40, 56, 64, 96, 128].includes(text.length))
  )
}
