import { detectorId } from './catalog.ts'
import { crc32 } from './checksums.ts'
import type { Detection } from './detection.ts'
import { jwt, jwtEnd } from './jwt.ts'
import { distinctCount, isPlaceholder, looksRandom } from './randomness.ts'
import { beginsWord, escapeEndingAt, isAlnum, latin1, matchesExact } from './text-bytes.ts'
import type { VendorForm } from './vendor-form.ts'
import { vendorForms } from './vendor-keys.ts'
import { saysSecret } from './words-before.ts'

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
    if (length < form.min && !(isCut && isDistinct(form, text) && !isBehindName(d, at, form))) continue
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

/** `msg_ATBBOgL9hyZC5mBXsnB6IxKn`: random letters behind a name begin like a key by chance, where no sign ends its prefix. */
const isBehindName = ({ bytes, start }: Detection, at: number, form: CompiledForm) =>
  at > start && (bytes[at - 1] === 0x5f || bytes[at - 1] === 0x2d) && !/[-_.]/.test(form.prefix)

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

/** Whether base64 behind its first four characters, `ZXlK`, holds base64 of JSON, as a JWT that was encoded once more. */
function isHeaderOfJwt(text: string): boolean {
  const header = /^[\w-]+/.exec(Buffer.from(`ZXlK${text.slice(0, 96)}`, 'base64').toString('latin1'))?.[0] ?? ''
  return /^\{"(?:alg|typ|kid|cty|enc|zip|jku|jwk|x5[tuc]|x5t#S256|crit|epk|b64|ver|iss|sub|aud|jti|iat|exp|nbf)"\s*:/.test(
    Buffer.from(header, 'base64url').toString('latin1'),
  )
}
