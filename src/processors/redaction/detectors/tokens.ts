import { detectAzureKey } from './azure-keys.ts'
import { base64Start, passBlob } from './base64-runs.ts'
import { detectorId } from './catalog.ts'
import { isCredential, isIdentifier } from './credentials.ts'
import type { Detection } from './detection.ts'
import { detectIban } from './iban.ts'
import { detectDashedMac } from './ip.ts'
import { detectJwtIn } from './jwt.ts'
import { keyCookie, keyExempt, keySecret } from './key-flags.ts'
import { detectLetteredId } from './lettered-ids.ts'
import { detectPasswordHash } from './password-hashes.ts'
import { isVersion, looksRandom } from './randomness.ts'
import { afterEscape, isTokenByte, latin1 } from './text-bytes.ts'
import { detectVendorKeys } from './vendor-key-search.ts'
import { detectWholeForms } from './whole-forms.ts'
import { secretFlagsBefore } from './words-before.ts'

const authorization = detectorId('authorization')
const secret = detectorId('secret')

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

/** Where a token with dots in it, such as `SG.`..., begins: at most 32 bytes before. */
function dottedStart(bytes: Uint8Array, start: number, at: number): number {
  let from = at
  while (from > start && at - from < 48 && (bytes[from - 1] === 0x2e || (from < at && isTokenByte(bytes[from - 1]!))))
    from--
  while (from < at && bytes[from] === 0x2e) from++
  return from
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
