import { describeKey } from './describe-key.ts'
import type { Detection } from './detection.ts'
import { keyQueryCode, keySecret } from './key-flags.ts'
import { nameWords } from './name-words.ts'
import { looksRandom } from './randomness.ts'
import { isAlnum, latin1 } from './text-bytes.ts'

/** Whether the attribute's key, or the name before `at`, stands for a secret. */
export function saysSecret(d: Detection, at: number): boolean {
  if ((d.key.flags & (keySecret | keyQueryCode)) !== 0) return true
  return (secretFlagsBefore(d, at) & keySecret) !== 0
}

const isRandomEnd = (words: readonly string[]) => words.length > 1 && words.at(-1)!.length < 3

const randomCase = /[a-z][A-Z].*[a-z][A-Z].*[a-z][A-Z]/

/** The run of twelve or more that `text` ends with, or with one word of small letters behind it; empty where it does not. */
export function lastTokenIn(text: string): string {
  const end = behindWord(text, text.length)
  let before = end
  while (before > 0 && end - before < 8 && isSmallCode(text.charCodeAt(before - 1))) before--
  if (before < end && before > 0 && !isWordCode(text.charCodeAt(before - 1))) {
    const run = runBefore(text, behindWord(text, before))
    if (run.length >= 12) return run
  }
  const run = runBefore(text, end)
  return run.length >= 12 ? run : ''
}

const isSmallCode = (code: number) => code >= 0x61 && code <= 0x7a

const isWordCode = (code: number) => code < 128 && isAlnum(code)
const isRunCode = (code: number) => isWordCode(code) || code === 0x2b || code === 0x2f

/** Where the last letter or digit before `at` ends. */
function behindWord(text: string, at: number): number {
  let end = at
  while (end > 0 && !isWordCode(text.charCodeAt(end - 1))) end--
  return end
}

/** The run of letters, digits, `+` and `/` around `end`. */
function runBefore(text: string, end: number): string {
  let from = end
  while (from > 0 && isRunCode(text.charCodeAt(from - 1))) from--
  let to = end
  while (to < text.length && isRunCode(text.charCodeAt(to))) to++
  return text.slice(from, to)
}

/** What the two words before `at` say, whatever signs stand between. */
export function secretFlagsBefore(d: Detection, at: number): number {
  const text = latin1(d.bytes, Math.max(d.start, at - 40), at)
  // The end of another random token may look like a word: `...9ksDc9ultUEdoPw run_`.
  const last = lastTokenIn(text)
  if (last !== '' && (looksRandom(last) || randomCase.test(last))) return 0
  // `6XP9PW, run_`: letters and digits mixed end like a word by chance.
  if (
    /(?:^|[^A-Za-z0-9])(?=[A-Za-z0-9]*\d[A-Za-z]{1,4}[^A-Za-z0-9]*$)(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{5,}[^A-Za-z0-9]*$/.test(
      text,
    )
  )
    return 0
  // Words of another value, as in `"grafana","key":`, and the ends of random ids, as in `VyohPW blk_1`, are none of this one's.
  const own = text
    .slice(text.lastIndexOf('\n') + 1)
    .replace(/^.*[,;{}&](?=.*[A-Za-z])/, '')
    .replace(/[A-Za-z0-9]+/g, part => (isRandomEnd(nameWords(part)) ? ' ' : part))
  const words = nameWords(own).filter(
    word => !/^(is|was|n|the|a|of|to|be|with|as|scheme|new|use|using|following)$/.test(word),
  )
  if (words.length === 0) return 0
  return describeKey(words.slice(-2).join('_')).flags
}
