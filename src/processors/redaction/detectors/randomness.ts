const placeholders =
  /x{5,}|\*{3,}|\.{4,}|0{12,}|example|placeholder|changeme|change[_-]me|replace[_-]?me|redacted|your[_-]|insert[_-]|(?:<|%3c|&lt;)[a-z _-]+(?:>|%3e|&gt;)|(?:^\[|%5b)[a-z_-]+(?:\]$|%5d)|^(.)\1{7,}$/i

/** Stands where a secret would: `xxxx`, `EXAMPLE`, `${TOKEN}`, `<token>`. */
export function isPlaceholder(text: string): boolean {
  return (
    placeholders.test(text) ||
    /^(\{[a-z_.]*(?:[:([]|\}?$)|\^[a-z_]+\^$|%[A-Z_]{3,}\(|your |secret\[|secrets\.[a-z_]+$|#\{|\$[A-Z][A-Z0-9_]{3,}[/.:-]|\$[{(]|\$[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_]\w*|->\w+)*$|%[A-Z_]+%$|\{\{|env[.:(]|process\.env|os\.environ|getenv|vault:|secretref|!(vault|ref|sub|getatt|importvalue|join|findinmap|secret|env|include|reference)\b)/i.test(
      text,
    ) ||
    constant.test(text) ||
    shortened.test(text) ||
    isTemplate(text)
  )
}

/** `sk-lf-...5678`: so much of a secret as is shown. */
const shortened = /^[\w.-]{1,16}\.{3}\w{0,8}$/

/** `token-${++counter}`: what is put in stands between words. */
const isTemplate = (text: string) =>
  /\$\{[^}]*(?:\}|$)/.test(text) && /^[a-z._-]*$/i.test(text.replace(/\$\{[^}]*(?:\}|$)/g, ''))

/** `MULTION_API_KEY`: where the value is, and no value. */
const constant = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|DSN)$/

/** 1.2.3, v0.0.0-20260112093000-3f2a91c0d4e5, 4.7.3-rc.1+build.17; and 0x00007f3a2b1c, a place in memory. */
export const isVersion = (text: string) => /^v?\d{1,4}\.\d{1,4}\.\d|^0x[0-9a-f]{4,16}\b/i.test(text)

/** By character: the last text that it was seen in. */
const seenIn = new Float64Array(256)
let lastText = 0

/** Different characters in a text. */
export function distinctCount(text: string): number {
  lastText++
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) return new Set(text).size
    if (seenIn[code] === lastText) continue
    seenIn[code] = lastText
    count++
  }
  return count
}

/** How often the kind of character changes from one to the next: letters by case, digits, signs. */
function turns(text: string): number {
  let count = 0
  let before = text.length > 0 ? kindOf(text.charCodeAt(0)) : 0
  for (let i = 1; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i))
    if (kind !== before) count++
    before = kind
  }
  return count
}

/** A small letter, a capital, a digit or a sign. */
function kindOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return 1
  if (code >= 0x41 && code <= 0x5a) return 2
  return code >= 0x30 && code <= 0x39 ? 3 : 4
}

const vowels = /[aeiou]/i

const mixedWords = /[A-Z]?[a-z]{3,}|[A-Z]{5,}/g
const capitalWords = /[A-Z]{4,}/g

/** Longest stretches of letters that could be words: a vowel in every four letters, one case but for the first letter. */
function wordyShare(text: string): number {
  let wordy = 0
  // Among letters of both cases, four capitals in a row come by chance.
  const pattern = /[a-z]/.test(text) ? mixedWords : capitalWords
  for (const part of text.match(pattern) ?? []) {
    const hasVowels = (part.match(/[aeiouy]/gi)?.length ?? 0) >= part.length / 5
    const isPronounceable = !/[bcdfghjklmnpqrstvwxz]{5,}/i.test(part) && !/(.)\1\1/.test(part)
    if (hasVowels && isPronounceable && part.length >= 3) wordy += part.length
  }
  return wordy / text.length
}

/** Whether a token looks made by a random generator rather than by people naming things. */
export function looksRandom(text: string): boolean {
  if (text.length < 8 || isPlaceholder(text) || distinctCount(text) < Math.min(8, text.length / 2 + 1)) return false
  const hasDigit = /\d/.test(text)
  const hasLetter = /[A-Za-z]/.test(text)
  if (!hasLetter || !hasDigit)
    return hasLetter && text.length >= 20 && wordyShare(text) < 0.5 && /[a-z]/.test(text) && /[A-Z]/.test(text)
  if (wordyShare(text) > 0.6) return false
  return turns(text) >= Math.max(3, text.length / 8) || distinctCount(text) >= 10
}

const commonWords = new Set(
  (
    'base64 base64-encoded true false null none nil undefined yes no on off required optional invalid valid expired missing empty incorrect wrong ' +
    'changed updated reset rotated revoked unset hidden masked redacted filtered removed deleted unknown default disabled ' +
    'enabled present absent provided given set not string text number boolean object array field param parameter value ' +
    'bearer basic digest token tokens secret secrets password passwords credential credentials auth authorization failed ' +
    'failure success successful error denied granted accepted rejected mismatch matched mismatched correct protected plain ' +
    'plaintext encrypted hashed bcrypt argon2 scrypt sha256 sha512 md5 oauth oauth2 openid jwt saml ldap kerberos manager ' +
    'rotation policy strength length required. session sessions cookie cookies refresh access identity client server user ' +
    'username account pass email login logout request response header body query unauthorized forbidden expiredtoken ' +
    'authentication verification validation generated created cleartext strong weak medium short long internal external ' +
    'function public private protected static readonly async await return const class interface option options flag flags argument arguments parameters prompt fields'
  ).split(' '),
)

const sentenceWords = new Set(
  (
    'the a an is are be was were been must should can could may might will would not no to for from in of on at by and or but ' +
    'with than then your you my our their his her its this that these it they we who what when where how if as do does did has ' +
    'have had please enter choose use invalid required missing wrong incorrect weak short long expired expires changed reset ' +
    'updated character characters letter letters digit digits least most match matches contain contains include empty blank ' +
    'null error failed set field fields value only need needs too same new old again forgot policy'
  ).split(' '),
)

/** `correct horse battery staple`: words that make no sentence. */
export const isPassphrase = (words: readonly string[]) =>
  words.length >= 4 && words.length <= 8 && words.every(word => /^[a-z]{3,10}$/.test(word) && !sentenceWords.has(word))

/** Whether a value beside a secret's name is one: not a status, a type, a placeholder or a reference. */
export function isSecretValue(text: string, isStrong: boolean): boolean {
  const value = text.trim()
  if (value.length < (isStrong ? 4 : 8) || isPlaceholder(value)) return false
  if (!isStrong && isVersion(value)) return false
  if (commonWords.has(value.toLowerCase().replace(/[.,;:!?]+$/, ''))) return false
  if (/^(\[.*\]|<.*>|\*+)$/.test(value)) return false
  if (isStrong) return value.length >= 6 || /\d/.test(value)
  // Lower-case letters alone, or words joined by signs, are names of things.
  if (/^[a-z]+$/i.test(value)) return value.length >= 12 && wordyShare(value) < 0.6
  if (/^\d+$/.test(value)) return value.length >= 12
  if (/^-{0,2}[a-z]+([._:/-][a-z]+)+$/i.test(value) || /^--[a-z]+$/.test(value))
    return value.length >= 16 && wordyShare(value) < 0.5
  return vowels.test(value) || /\d/.test(value) || distinctCount(value) >= 6
}
