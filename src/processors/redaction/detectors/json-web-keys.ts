import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { latin1 } from './text-bytes.ts'

const privateKey = detectorId('private_key')
/** A key of 4,096 bits takes 3,300 bytes. */
const reach = 4096

/** The members of a JSON Web Key that are private (RFC 7518, section 6), with any number of backslashes before their quotes. */
const privateMember = /\\*"(?:d|p|q|dp|dq|qi|k)\\*"\s*:\s*\\*"([A-Za-z0-9_-]{16,1400})(?=\\*")/g

/** The private members of the key whose `"kty"` ends at `at`. */
export function detectJsonWebKey(d: Detection, at: number): void {
  const { bytes, start, end } = d
  let from = at
  while (from > start && at - from < reach && bytes[from - 1] !== 0x7b) from--
  let to = at
  while (to < end && to - at < reach && bytes[to] !== 0x7d) to++
  const text = latin1(bytes, from, to)
  privateMember.lastIndex = 0
  for (let match = privateMember.exec(text); match !== null; match = privateMember.exec(text)) {
    const stop = from + match.index + match[0].length
    d.add(privateKey, stop - match[1]!.length, stop)
  }
}
