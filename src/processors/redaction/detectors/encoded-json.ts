import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isAlnum, latin1 } from './text-bytes.ts'

const secret = detectorId('secret')
const encodedMin = 40
const encodedMax = 8192
/** Members whose values nobody should read, and mailboxes. */
const member =
  /"(?:user_?)?(?:password|passwd|pwd|secret|client_?secret|api_?key|access_?token|refresh_?token|private_?key|auth_?token|ssn|credit_?card|card_?number)"\s*:\s*"[^"]{4,}|[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}/i

/** JSON in base64 that is no JWT and holds a secret, from its `eyJ` at `at`; where it ends, 0 where it is none. */
export function detectEncodedJson(d: Detection, at: number): number {
  const { bytes, end } = d
  let to = at
  const limit = Math.min(end, at + encodedMax)
  while (to < limit && isBase64Sign(bytes[to]!)) to++
  if (to - at < encodedMin || bytes[to] === 0x2e) return 0
  d.spend(to - at)
  const text = Buffer.from(latin1(bytes, at, to), 'base64').toString('latin1')
  if (!text.startsWith('{"') || !member.test(text)) return 0
  while (to < end && bytes[to] === 0x3d) to++
  d.add(secret, at, to)
  return to
}

const isBase64Sign = (byte: number) => isAlnum(byte) || byte === 0x2b || byte === 0x2f || byte === 0x2d || byte === 0x5f
