import { isDigit, isSpace, matchesFolded } from './detectors/text-bytes.ts'
import { hasDigitSoon } from './prefilter-forms.ts'
import { isLetter } from './prefilter-names.ts'

/** Whether `phrase` or `mnemonic` goes on behind `at`. */
export const isSpelt = (bytes: Uint8Array, at: number, end: number) =>
  matchesFolded(bytes, at + 1, end, 'se') || matchesFolded(bytes, at + 1, end, 'nic')

/** `AUTH` with an argument: the command of Redis and of mail servers. */
export const isCommandOfRedis = (bytes: Uint8Array, at: number) =>
  !isLetter(bytes[at - 4] ?? 0) && (bytes[at + 1] === 0x20 || bytes[at + 1] === 0x22 || bytes[at + 1] === 0x5c)

/** Whether digits stand a few words before: `493817 is your login code`. */
export function hasCodeBefore(bytes: Uint8Array, from: number): boolean {
  for (let at = from - 1, spaces = 0; at >= 0 && from - at < 64 && bytes[at]! >= 0x20 && spaces < 7; at--) {
    if (isDigit(bytes[at]!)) return true
    if (bytes[at] === 0x20) spaces++
  }
  return false
}

/** `login code`, `log-in code`, with digits before it or behind. */
export const isLoginCode = (bytes: Uint8Array, at: number, end: number) =>
  matchesFolded(bytes, at + 2, end, 'code') && (hasDigitSoon(bytes, at + 6, end) || hasCodeBefore(bytes, at - 4))

const optionLookMax = 256

/** Whether ` -p` follows in the same text: the option of a command. */
export function hasOptionSoon(bytes: Uint8Array, at: number): boolean {
  for (let i = at + 1; i < at + optionLookMax && bytes[i]! >= 0x20; i++)
    if (bytes[i] === 0x2d && (bytes[i + 1]! | 0x20) === 0x70 && bytes[i - 1] === 0x20) return true
  return false
}

/** `x as the `, `x for my `: what leads from a password to its name. */
export function isBehindUse(bytes: Uint8Array, from: number): boolean {
  if (bytes[from - 1] !== 0x20) return false
  let word = from - 1
  while (word > 0 && from - word < 6 && isLetter(bytes[word - 1]!)) word--
  const isUse = matchesFolded(bytes, word - 4, word, ' as ') || matchesFolded(bytes, word - 5, word, ' for ')
  return isUse && hasCodeBefore(bytes, from)
}

/** `machine x login bob `: what stands before a password in a file of logins. */
export function isBehindLogin(bytes: Uint8Array, from: number): boolean {
  let at = from
  while (at > 0 && isSpace(bytes[at - 1]!)) at--
  while (at > 0 && from - at < 64 && bytes[at - 1]! > 0x20) at--
  return matchesFolded(bytes, at - 6, at - 1, 'login')
}

/** Behind `for the database`, where that stands at `at`: `password for the database is x`. */
export function behindPurpose(bytes: Uint8Array, at: number, end: number): number {
  if (!matchesFolded(bytes, at, end, 'for ')) return at
  let offset = at + 4
  for (let spaces = 0; offset < end && offset - at < 48 && spaces < 2 && bytes[offset]! >= 0x20; offset++)
    if (bytes[offset] === 0x20) spaces++
  return offset
}

/** `415\u2011555\u20112671`: whether the hyphen that does not break, at whose last byte `at` stands, is the first of two between digits. */
export function isHyphenated(bytes: Uint8Array, at: number, end: number): boolean {
  if (!isWideHyphen(bytes, at)) return false
  let next = at + 1
  while (next < end && next - at < 8 && isDigit(bytes[next]!)) next++
  return next > at + 1 && isWideHyphen(bytes, next + 2)
}

const isWideHyphen = (bytes: Uint8Array, at: number) =>
  bytes[at - 2] === 0xe2 && bytes[at - 1] === 0x80 && bytes[at] === 0x91
