import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { latin1, matchesFolded } from './text-bytes.ts'

const secret = detectorId('secret')
const lookAhead = 400

/** Twelve to twenty-four words of a wallet behind `phrase` or `mnemonic`, with a few words between. */
const wordsBehind =
  /^(?:se|nic)?s?(?: words?)?\W{1,4}(?:(?:is|are|was|here|below|following|words?)\W{1,4}){0,3}((?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})(?![A-Za-z])/i
/** What sentences are full of, and the list that such words are taken from has none of. */
const ofSentences =
  /\b(?:the|and|for|with|from|was|were|are|your|his|her|has|had|have|not|but|its|our|they|them|which|should|would|could|does|did)\b/i

/** The words of a wallet whose name goes on behind `at`: `seed phrase`, `recovery phrase`, `mnemonic`. */
export function detectSeedPhrase(d: Detection, at: number): void {
  const { bytes, end } = d
  const isName = matchesFolded(bytes, at + 1, end, 'se') || matchesFolded(bytes, at + 1, end, 'nic')
  if (!isName) return
  const match = wordsBehind.exec(latin1(bytes, at + 1, Math.min(end, at + lookAhead)))
  if (match === null || ofSentences.test(match[1]!)) return
  const to = at + 1 + match[0].length
  d.add(secret, to - match[1]!.length, to)
}
