import { matchesFolded } from './detectors/text-bytes.ts'

/** Whether the scheme before the colon at `at` is one of the web's, or ends like those. */
export const isOfWeb = (bytes: Uint8Array, at: number) =>
  ['tp', 'ps', 'ws', 'ss'].some(two => matchesFolded(bytes, at - 2, at, two))

const cutLookMax = 128

/** Whether `user:passw` may be all that is left of an authority: no sign ends it, and no port stands behind its colon. */
export function isCut(bytes: Uint8Array, from: number): boolean {
  let colon = -1
  for (let at = from; at < from + cutLookMax; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x20) return colon >= 0 && at - colon > 6
    if (byte === 0x3a && colon < 0) colon = at
    else if (byte === 0x2f || byte === 0x20 || byte === 0x22 || byte === 0x3f || byte === 0x5c) return false
  }
  return false
}

/** What ends the search for the `@` of a URL, or is it. */
export const endsAuthority = (byte: number): boolean =>
  byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x3c || byte === 0x3e || byte === 0x40
