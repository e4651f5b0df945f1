import type { Detection } from './detection.ts'
import { isBase64, isTokenByte, matchesExact } from './text-bytes.ts'

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

const base64LookBack = 48

/** Where text in base64 that goes on at `at` may begin: `+` and `/` in it end a run of token bytes. */
export function base64Start(bytes: Uint8Array, start: number, at: number): number {
  if (at <= start || (bytes[at - 1] !== 0x2f && bytes[at - 1] !== 0x2b)) return at
  let from = at
  while (from > start && at - from < base64LookBack && isBase64Url(bytes[from - 1]!)) from--
  return from
}

export const isBase64Url = (byte: number) => isTokenByte(byte) || byte === 0x2f || byte === 0x2b
