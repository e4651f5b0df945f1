import { wireBytes, wireFixed64 } from '../../wire/wire-type.ts'

/** Three ids and two times with their tags and lengths. */
export const idsAndTimesBytes = 64

/** A field of at most 127 bytes into a buffer that has the room; returns where it ends. */
export function putBytes(
  target: Uint8Array,
  start: number,
  fieldNumber: number,
  source: Uint8Array,
  from: number,
  to: number,
): number {
  let at = start
  target[at++] = (fieldNumber << 3) | wireBytes
  target[at++] = to - from
  for (let i = from; i < to; i++) target[at++] = source[i]!
  return at
}

/** A fixed64 field unless it is zero. */
export function putFixed64(target: Uint8Array, start: number, fieldNumber: number, low: number, high: number): number {
  if ((low | high) === 0) return start
  let at = start
  target[at++] = (fieldNumber << 3) | wireFixed64
  for (let shift = 0; shift < 32; shift += 8) target[at++] = low >>> shift
  for (let shift = 0; shift < 32; shift += 8) target[at++] = high >>> shift
  return at
}
