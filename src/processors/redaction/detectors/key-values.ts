import { isLetter, mayEndName } from '../prefilter-names.ts'
import { detectorId } from './catalog.ts'
import { isCredential, isIdentifier } from './credentials.ts'
import { pinsOfParts } from './describe-key.ts'
import { type Detection, isNameByte } from './detection.ts'
import { endsInForeignSecret } from './foreign-words.ts'
import { detectColonChain, detectDottedMac } from './ip.ts'
import * as key from './key-flags.ts'
import { detectKeyedValue, detectNamedId, leadingDateLength, wholeValueFlags } from './keyed-values.ts'
import {
  detectAuthCommand,
  detectCredentialCall,
  detectUsedBefore,
  isBehindLogin,
  isInConnection,
  looksTyped,
} from './logins.ts'
import { detectNamedPair } from './name-value-pairs.ts'
import { isPassphraseName, takePassphrase } from './passphrases.ts'
import { detectPuttyKey } from './private-keys.ts'
import { isVersion, looksRandom } from './randomness.ts'
import {
  detectCodeBefore,
  detectIdBehind,
  detectPassportBehind,
  detectShortCode,
  saysLoginCode,
  withCode,
} from './short-codes.ts'
import { detectInsertAround } from './sql-inserts.ts'
import { isAlnum, isHex, isSpace, latin1, matchesExact, matchesFolded } from './text-bytes.ts'
import { detectUrlCredentials, schemeLength } from './urls.ts'
import { ValueRange } from './value-range.ts'

const birth = detectorId('birth_date')
const secret = detectorId('secret')
const range = new ValueRange()
const form = { isCertain: false, isProse: false, isParameter: false, isQuoted: false }
/** Attributes that hold parameters: `url.query`. */
const isForm = /query|search|param|form|fragment/i

/** `:` may be a URL's, an address's, or stand between a name and its value. */
export function detectColon(d: Detection, at: number): void {
  const { bytes, start, end } = d
  const scheme = schemeLength(bytes, at, end)
  if (scheme > 0) {
    detectUrlCredentials(d, at, scheme)
    return
  }
  const before = at > start ? bytes[at - 1]! : 0
  const next = at + 1 < end ? bytes[at + 1]! : 0
  if (next === 0x3a || isHex(next)) detectColonChain(d, at)
  if (next !== 0x3a && before !== 0x3a) detectSeparator(d, at)
}

/** `name=value`, `name: value`, `"name":"value"`, `name => value`, `<name>value</name>`. */
export function detectSeparator(d: Detection, at: number): void {
  const { bytes, start, end } = d
  if (at <= start || at + 1 >= end) return
  let behind = at + 1
  if (bytes[at] === 0x3d && bytes[behind] === 0x3e) behind++
  while (bytes[at] === 0x3d && bytes[behind] === 0x3d && behind - at < 3) behind++
  // password := "x"
  if (bytes[at] === 0x3a && bytes[behind] === 0x3d) behind++
  if (bytes[at] === 0x3e && (bytes[at - 1] === 0x3d || bytes[at - 1] === 0x2d || bytes[behind] === 0x3c)) return
  const sign = bytes[at] === 0x3d ? assignmentStart(bytes, start, at) : at
  const isForeign = endsInForeignSecret(bytes, start, nameEndBefore(bytes, start, sign))
  const name = isForeign ? 'password' : d.nameBefore(sign)
  if (name.length < 2) return
  if (name === 'Private-Lines' && detectPuttyKey(d, at)) return
  let info = d.settings.keys.get(name)
  // `API key: x`, `Using Amadeus Key=x`: the word before says whose.
  if (isBareKey(name)) {
    const whole = d.settings.keys.get(phraseBefore(d, at))
    if ((whole.flags & key.keySecret) !== 0) info = whole
  }
  if ((info.flags & wholeValueFlags) === 0 && info.nationalIds === 0) {
    if (!tails.has(name) && !tails.has(name.toLowerCase())) return
    info = d.settings.keys.get(phraseBefore(d, at))
    if ((info.flags & wholeValueFlags) === 0 && info.nationalIds === 0) return
  }
  if (bytes[at] === 0x3d && isClosed(bytes, start, at, name.length)) return
  range.read(bytes, bytes[at] === 0x3e ? behindEscapedLine(bytes, behind, end) : behind, end)
  readBraces(d, at)
  if (bytes[at] === 0x3e) {
    if (!range.isQuoted) range.extendToElement(bytes, end)
    const isSeldom = range.isQuoted || range.isSpaced || (info.flags & (key.keyPerson | key.keyAddress)) !== 0
    if (!isElement(d) && (isSeldom || !looksTyped(latin1(bytes, range.start, range.end)))) return
  }
  const isHeaderLine = (info.flags & (key.keyAuthorization | key.keyCookie)) !== 0
  const isPhrase = (info.flags & key.keySecret) !== 0 && /mnemonic|seed|recovery|^phrase$/i.test(name)
  const isLine = isHeaderLine || (isPhrase && bytes[range.end] === 0x20)
  if (isLine && bytes[at] !== 0x3e) range.extendToLine(d)
  else if ((info.flags & key.keyBirth) !== 0) extendOverDate(d)
  else if (!range.isQuoted && isPassphraseName.test(name) && takePassphrase(d, range.start)) return
  else if ((info.flags & key.keySecret) !== 0 && /pass|pwd/i.test(name)) range.extendOverSigns(bytes, end)
  if (range.end <= range.start || range.start < d.doneUntil) return
  const isBare = !range.isQuoted || bytes[range.start - 1] === 0x60
  if (bytes[at] !== 0x3e && range.isSpaced && isBare && isOnOtherLine(d, behind)) return
  // `token == END_OF_LINE`
  if (
    bytes[at] === 0x3d &&
    bytes[at + 1] === 0x3d &&
    !range.isQuoted &&
    isSymbol(latin1(bytes, range.start, range.end))
  )
    return
  // `password==4.7.3`, `registry.example/cookie:1.2.3-rc.1`
  if (!range.isQuoted && !range.isSpaced && isVersion(latin1(bytes, range.start, Math.min(end, range.start + 12))))
    return
  const nameStart = sign - name.length
  const signBefore = nameStart > start ? bytes[nameStart - 1]! : 0
  // `...Ux9/ubp9CSC=` ends base64.
  if (bytes[at] === 0x3d && (signBefore === 0x2b || signBefore === 0x2f) && isInBase64(bytes, start, nameStart)) return
  // `registry/secret:1.2`, `cache:token:17`: parts of a path or of a key.
  if (bytes[at] === 0x3a && !range.isSpaced && !isForeign) {
    const isPart = signBefore === 0x2f || signBefore === 0x3a
    if (isPart && !(isPasswordName.test(name) && isMixed(latin1(bytes, range.start, range.end)))) return
    if (signBefore === 0x3d && isIdentifier(latin1(bytes, range.start, range.end))) return
  }
  form.isCertain = false
  form.isProse = bytes[at] === 0x3a && range.isSpaced && !range.isQuoted
  form.isQuoted = range.isQuoted
  form.isParameter =
    bytes[at] === 0x3d &&
    (signBefore === 0x3f ||
      signBefore === 0x26 ||
      signBefore === 0x7e ||
      signBefore === 0x23 ||
      (nameStart === start && (bytes[range.end] === 0x26 || isForm.test(d.name))) ||
      isEncodedAmpersand(bytes, start, nameStart))
  if (form.isParameter && (info.flags & (key.keyPerson | key.keyAddress)) !== 0) range.extendToParameter(bytes, end)
  const before = d.findings.count
  if (signBefore === 0x3b && /^(?:password|pwd)$/i.test(name) && isInConnection(d, nameStart)) {
    const text = latin1(bytes, range.start, range.end)
    if (!/^[*x]+$|^[$#%<{[]/i.test(text)) d.add(secret, range.start, range.end)
  }
  detectKeyedValue(d, info.flags, name, range.start, range.end, form)
  if ((info.flags & key.keyCookie) !== 0)
    while (range.readNext(bytes, end)) detectKeyedValue(d, info.flags, name, range.start, range.end, form)
  // What was taken is not looked at again: names in it would each read to its end.
  if (d.findings.count > before) d.doneUntil = Math.max(d.doneUntil, d.findings.ends[d.findings.count - 1]!)
  if (info.nationalIds !== 0) {
    detectNamedId(d, range.start, range.end)
    if (bytes[at] === 0x3a && !range.isQuoted) detectIdBehind(d, at)
  }
}

/** `ID:bob/PW:Hunter22!`, and not `registry/password:v1.2-rc1`: letters of both cases and digits are no tag's. */
const isPasswordName = /^(?:password|passwd|pwd|pw)$/i
const isMixed = (text: string) => /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{6,}$/.test(text)

/** Whether sixteen signs of base64 that make no words end before `at`. */
function isInBase64(bytes: Uint8Array, start: number, at: number): boolean {
  const head = /[A-Za-z0-9+/]{16,}$/.exec(latin1(bytes, Math.max(start, at - 32), at))?.[0]
  return head !== undefined && !/^[a-z/]+$/.test(head) && looksRandom(head)
}

/** `"user=" + name`, from the `=`: the quote behind it ends the string that the name begins. */
function isClosed(bytes: Uint8Array, start: number, at: number, nameLength: number): boolean {
  const quote = bytes[at + 1]
  const open = at - nameLength - 1
  if ((quote !== 0x22 && quote !== 0x27) || open < start || bytes[open] !== quote || !isNameByte(bytes[at - 1]!))
    return false
  return closers.includes(bytes[at + 2] ?? 0)
}

const closers = Buffer.from(' ),;+]')

/** Behind the escape of a line break, as it stands between an element's tag and its text in JSON. */
function behindEscapedLine(bytes: Uint8Array, at: number, end: number): number {
  let offset = at
  while (bytes[offset] === 0x5c && offset - at < 8) offset++
  return offset > at && offset < end && bytes[offset] === 0x6e && isSpace(bytes[offset + 1] ?? 0) ? offset + 1 : at
}

/** Whether a closing tag, maybe on a line of its own, or the end stands behind the value: `<user> needs`, `"<token>" --x "` hold none. */
function isElement({ bytes, end }: Detection): boolean {
  let at = range.end
  while (at < end && at - range.end < 32 && (isSpace(bytes[at]!) || (range.isQuoted && isPairSign(bytes[at]!)))) at++
  if (at >= end) return !range.isQuoted
  if (bytes[at] === 0x26) return matchesFolded(bytes, at, end, '&lt;')
  if (bytes[at] === 0x5c) return !range.isQuoted
  return bytes[at] === 0x3c && (at + 1 >= end || bytes[at + 1] === 0x2f || bytes[at + 1] === 0x5c)
}

const isBareKey = (name: string) => name.length === 3 && name.toLowerCase() === 'key'

/** Where the name before a sign ends, quotes and spaces between skipped. */
function nameEndBefore(bytes: Uint8Array, start: number, at: number): number {
  let end = at
  while (
    end > start &&
    (bytes[end - 1] === 0x22 || bytes[end - 1] === 0x27 || bytes[end - 1] === 0x5c || bytes[end - 1] === 0x20)
  )
    end--
  return end
}

/** Where an assignment with more than one sign begins: `.=`, `?=`, `::=`, `+=`, `!=`. */
function assignmentStart(bytes: Uint8Array, start: number, at: number): number {
  let sign = at
  while (sign > start && at - sign < 3 && isAssignmentSign(bytes[sign - 1]!)) sign--
  return sign
}
/** `.` `:` `?` `!` `+` `|` */
const isAssignmentSign = (byte: number) =>
  byte === 0x2e || byte === 0x3a || byte === 0x3f || byte === 0x21 || byte === 0x2b || byte === 0x7c

/** What source code compares with: names without digits, by their parts. */
const isSymbol = (text: string) => /^[A-Za-z_][A-Za-z_.]*$/.test(text)

/**
 * Whether the value behind a separator stands on another line and is a name itself, or a sentence: `API_KEY=` is empty. A
 * word alone on its line may be what was announced.
 */
function isOnOtherLine({ bytes, end }: Detection, behind: number): boolean {
  let at = behind
  while (at < range.start && bytes[at] !== 0x0a) at++
  if (at === range.start) return false
  const line = /^[^\r\n]*/.exec(latin1(bytes, range.start, Math.min(end, range.end + 64)))![0].trim()
  return (
    bytes[behind - 1] !== 0x3a ||
    line.length > range.end - range.start ||
    /^[\w.-]+[:=]/.test(line) ||
    !looksTyped(line)
  )
}

/** Words that end a name of several: `bank account: `, `security code: `, `date of birth: `, `token string = `. */
const tails = new Set('number no account code name address date id birth phrase string str'.split(' '))

/** The words of one name before the separator at `at`, three at most; empty where only one stands there. */
function phraseBefore({ bytes, start }: Detection, at: number): string {
  return /(?:[A-Za-z]\w{1,40}:? ){1,2}[A-Za-z]{2,20} ?$/.exec(latin1(bytes, Math.max(start, at - 80), at))?.[0] ?? ''
}

/** `PWD={a;b}` of ODBC: braces quote. `{SSHA}x` of LDAP: they name a scheme. */
function readBraces({ bytes, end }: Detection, at: number): void {
  if (
    bytes[range.start] === 0x7b &&
    bytes[range.end] === 0x7d &&
    range.end + 1 < end &&
    isAlnum(bytes[range.end + 1]!)
  ) {
    const { start } = range
    range.read(bytes, range.end + 1, end)
    range.start = start
    return
  }
  if (bytes[at] !== 0x3d || bytes[range.start] !== 0x7b || bytes[range.start + 1] === 0x7b) return
  // `x == {"a": 1}` is an object.
  if (bytes[range.start + 1] === 0x22 || bytes[range.start + 1] === 0x27) return
  const close = bytes.subarray(range.start, Math.min(end, range.start + 128)).indexOf(0x7d)
  if (close < 2) return
  range.end = range.start + close
  range.start++
}

function isEncodedAmpersand(bytes: Uint8Array, start: number, at: number): boolean {
  return (
    (at - 3 >= start && matchesFolded(bytes, at - 3, at, '%26')) ||
    (at - 6 >= start && bytes[at - 6] === 0x5c && matchesFolded(bytes, at - 5, at, 'u0026'))
  )
}

/** A secret's name in running text, a command line or SQL: `--password x`, `PASSWORD 'x'`, `password is x`. */
export function detectSecretWord(d: Detection, at: number): void {
  const { bytes, start, end } = d
  let nameEnd = at + 1
  const nameLimit = Math.min(end, at + 64)
  while (nameEnd < nameLimit && (isAlnum(bytes[nameEnd]!) || bytes[nameEnd] === 0x5f || bytes[nameEnd] === 0x2d))
    nameEnd++
  if (saysLoginCode(d, nameEnd)) {
    detectShortCode(d, nameEnd, key.keyPin)
    detectCodeBefore(d, nameEnd - 4)
    return
  }
  detectUsedBefore(d, nameEnd)
  if (nameEnd + 1 >= end) return
  if (isColumnEnd(bytes, nameEnd)) detectInsertAround(d, nameEnd)
  if (isPairSign(bytes[nameEnd]!)) {
    const name = d.nameBefore(nameEnd)
    if (name.length > 2) detectNamedPair(d, name, nameEnd - name.length, nameEnd)
  }
  if (bytes[nameEnd] === 0x22 && matchesExact(bytes, nameEnd - 4, nameEnd, 'AUTH')) detectAuthCommand(d, nameEnd)
  if (bytes[nameEnd] === 0x28) detectCredentialCall(d, nameEnd)
  if (!isSpace(bytes[nameEnd]!)) return
  if (!mayMean(d, nameEnd)) return
  const name = d.nameBefore(nameEnd)
  const nameStart = nameEnd - name.length
  // GET /api/token HTTP/1.1
  if (nameStart > start && bytes[nameStart - 1] === 0x2f) return
  const isOption = name.startsWith('-') || (nameStart > start && bytes[nameStart - 1] === 0x2d)
  const flags = d.settings.keys.get(name).flags
  if ((flags & key.keyBirth) !== 0) detectBirthDate(d, nameEnd)
  if ((flags & key.keyMac) !== 0) detectDottedMac(d, nameEnd)
  if (name === 'AUTH') detectAuthCommand(d, nameEnd)
  detectNamedCode(d, name, nameStart, nameEnd)
  if ((flags & key.keySecret) === 0) return
  // <password type="plain">x</password>
  if (nameStart > start && bytes[nameStart - 1] === 0x3c && detectElement(d, name, flags, nameEnd)) return
  let behind = nameEnd
  while (behind < end && isSpace(bytes[behind]!)) behind++
  const verb =
    /^(is|was|as|to|now|[-\u2013]|for [^\s=]+ ?=|for [^\s=]+ to|for (?:[\w.@-]{1,32} ){1,3}(?:is|was))(?: *\s|: )/i.exec(
      latin1(bytes, behind, Math.min(end, behind + 64)),
    )
  if (verb !== null) behind += verb[0].length
  const next = bytes[behind]
  if (next === 0x3d || next === 0x3a) return
  if (verb !== null && isPassphraseName.test(name) && takePassphrase(d, behind)) return
  range.read(bytes, behind, end)
  if (!range.isQuoted) range.extendToSpace(bytes, end)
  if (range.end <= range.start || range.start < d.doneUntil) return
  const text = latin1(bytes, range.start, range.end)
  if (!isOption && !range.isQuoted && !looksTyped(text) && !isBehindLogin(d, nameStart)) return
  if (range.isQuoted && !isOption && !looksTyped(text) && !/pass|pwd/i.test(name)) return
  if (text.startsWith('-') || /^[A-Za-z_.-]+=/.test(text)) return
  // secret "db-token-7h2k9" not found
  if (range.isQuoted && !/pass|pwd/i.test(name) && objectName.test(text) && !isIdentifier(text)) return
  if (/bearer$/i.test(name) && !isCredential('bearer', text)) return
  form.isCertain = false
  form.isProse = false
  form.isParameter = false
  form.isQuoted = range.isQuoted
  detectKeyedValue(d, flags, name, range.start, range.end, form)
}

/** Whether what ends before `at` may be a name of interest: most of what the scanner takes for a literal's word is none. */
function mayMean({ bytes, start, end }: Detection, at: number): boolean {
  if (withCode(bytes, at, end) > at) return true
  // A number may end it.
  let last = at
  while (last > start && isNameByte(bytes[last - 1]!) && !isLetter(bytes[last - 1]!)) last--
  return mayEndName(bytes, last)
}

/** How Kubernetes names things. */
const objectName = /^[a-z][a-z0-9]*(?:[-./][a-z0-9]+)+$/

/** Short codes and ids behind their names, which may have a second word: `security code`, `one-time password`. */
function detectNamedCode(d: Detection, name: string, nameStart: number, nameEnd: number): void {
  const { bytes, start, end } = d
  // `n3JUhuLDRVNBOUoKICvC` ends like a word by chance.
  if (name.length >= 16 && looksRandom(name)) return
  const word = /(\w+)[ _-]$/.exec(latin1(bytes, Math.max(start, nameStart - 12), nameStart))?.[1] ?? ''
  if (/^pins?$/i.test(name) && pinsOfParts.test(word)) return
  const codeEnd = withCode(bytes, nameEnd, end)
  const phrase = codeEnd > nameEnd ? `${name} ${latin1(bytes, nameEnd + 1, codeEnd)}` : name
  const isOneTime = /one[- ]?time[ -]$/i.test(latin1(bytes, Math.max(start, nameStart - 9), nameStart))
  const info = d.settings.keys.get(phrase)
  const flags = isOneTime ? info.flags | key.keyPin : info.flags
  if ((flags & (key.keyCvv | key.keyPin)) !== 0) detectShortCode(d, codeEnd, flags)
  if ((flags & key.keyPin) !== 0) detectCodeBefore(d, nameStart)
  if (info.nationalIds !== 0) detectIdBehind(d, codeEnd)
  if ((flags & key.keyPassport) !== 0) detectPassportBehind(d, codeEnd)
}

/** Whether the name that ends before `at` may stand in a list of columns. */
function isColumnEnd(bytes: Uint8Array, at: number): boolean {
  let to = at
  while (bytes[to] === 0x5c || bytes[to] === 0x22 || bytes[to] === 0x60 || bytes[to] === 0x5d) to++
  return bytes[to] === 0x2c || bytes[to] === 0x29
}

/** What may stand behind a name that is a value itself: the end of a string or of a line. */
const isPairSign = (byte: number) =>
  byte === 0x22 || byte === 0x27 || byte === 0x5c || byte === 0x60 || byte === 0x0a || byte === 0x0d

/** A date may have spaces and commas in it. */
function extendOverDate({ bytes, end }: Detection): void {
  if (range.isQuoted) return
  const length = leadingDateLength(latin1(bytes, range.start, Math.min(end, range.start + 32)))
  if (length > 0) range.end = range.start + length
}

const birthVerbs = /^(?:[_ -](?:is|was|on|in|at|date))*:? {1,2}(?:is |on )?/

/** `DOB 1984-02-11`, `date of birth is 11 Feb 1984`, `born on May 12, 1987`. */
function detectBirthDate(d: Detection, at: number): void {
  const text = latin1(d.bytes, at, Math.min(d.end, at + 56))
  const verbs = birthVerbs.exec(text)
  if (verbs === null) return
  const length = leadingDateLength(text.slice(verbs[0].length))
  if (length > 0) d.add(birth, at + verbs[0].length, at + verbs[0].length + length)
}

const element = /^\s[^<>]{1,96}>(?=[^<\s])/

/** Text of an element of XML with attributes, from the end of its name. */
function detectElement(d: Detection, name: string, flags: number, at: number): boolean {
  const { bytes, end } = d
  const opening = element.exec(latin1(bytes, at, Math.min(end, at + 100)))
  if (opening === null) return false
  range.start = at + opening[0].length
  const close = bytes.subarray(range.start, Math.min(end, range.start + 1024)).indexOf(0x3c)
  if (close < 1) return false
  range.end = range.start + close
  form.isCertain = false
  form.isProse = false
  form.isParameter = false
  form.isQuoted = range.isQuoted
  detectKeyedValue(d, flags, name, range.start, range.end, form)
  return true
}
