import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isPassphrase } from './randomness.ts'
import { latin1 } from './text-bytes.ts'

const secret = detectorId('secret')
const wordsInLine = /^[a-z]{3,10}(?: [a-z]{3,10}){3,7}(?![A-Za-z0-9_ -])/
const wordsBytesMax = 96

export const isPassphraseName = /pass[ _-]?phrase$/i

/** `passphrase: correct horse battery staple`, from the first word: takes words that end a line or a clause. */
export function takePassphrase(d: Detection, from: number): boolean {
  const words = wordsInLine.exec(latin1(d.bytes, from, Math.min(d.end, from + wordsBytesMax)))?.[0] ?? ''
  if (!isPassphrase(words.split(' '))) return false
  d.add(secret, from, from + words.length)
  d.doneUntil = Math.max(d.doneUntil, from + words.length)
  return true
}
