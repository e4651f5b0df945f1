import { isNameByte } from './detectors/detection.ts'
import { latin1, matchesFolded } from './detectors/text-bytes.ts'
import { isLetter } from './prefilter-names.ts'

// Names of several words.

/** Whether the word may end a name of several words, and means nothing alone: the last four letters of each, or `no`. */
export function isTail(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from === 2) return matchesFolded(bytes, from, to, 'no')
  return to - from < 9 && tailEnds.some(end => matchesFolded(bytes, to - 4, to, end))
}
/** Of number, address, date and account. */
export const tailEnds = ['mber', 'ress', 'date', 'ount']

const wordsBeforeTails = new Set(
  (
    'mac hardware physical ethernet exp expiry expiration birth passport reisepass licence license bank account acct checking savings ' +
    'current giro billing shipping mailing delivery home street postal residential residence permanent personal customer user patient ' +
    'employee owner recipient card credit phone telephone mobile cell fax tel contact insurance security nhs tax pan id identity ' +
    'aadhaar steuer routing aba sim dl'
  ).split(' '),
)

/** Whether the word in `bytes[start, from)` and a space may stand before a tail; what any word could would be described anew each time. */
export function mayStandBeforeTail(bytes: Uint8Array, start: number, from: number): boolean {
  if (!isLetter(bytes[from - 2]!) || from - start > 14) return false
  const word = latin1(bytes, start, from - 1).toLowerCase()
  // The first byte may be a length.
  return wordsBeforeTails.has(word) || wordsBeforeTails.has(word.slice(1))
}

/** Where the word before the one at `from` begins. */
export function wordStart(bytes: Uint8Array, from: number): number {
  let at = from
  while (at > 0 && from - at < 2 && (bytes[at - 1] === 0x20 || bytes[at - 1] === 0x3a)) at--
  const limit = Math.max(0, from - 48)
  while (at > limit && isNameByte(bytes[at - 1]!)) at--
  return at
}
