import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { detectEncodedJson } from './encoded-json.ts'
import { beginsWord, isTokenByte, latin1 } from './text-bytes.ts'

export const jwt = detectorId('jwt')

const jwtPartMax = 16 * 1024

export function detectJwtIn(d: Detection, from: number, to: number): boolean {
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
export function jwtEnd(d: Detection, at: number): number {
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
