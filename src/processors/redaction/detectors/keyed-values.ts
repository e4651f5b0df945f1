import { schemePattern, takeAuthorization } from './authorization.ts'
import { detectorId } from './catalog.ts'
import { isCode, repeatsName } from './code-text.ts'
import { detectCommandSecrets } from './command-lines.ts'
import { isCredential, isIdentifier } from './credentials.ts'
import type { Detection } from './detection.ts'
import * as key from './key-flags.ts'
import { detectLetteredId } from './lettered-ids.ts'
import { wordsOfName } from './name-words.ts'
import { isPhoneText } from './phone-numbers.ts'
import { distinctCount, isPassphrase, isPlaceholder, isSecretValue, looksRandom } from './randomness.ts'
import { latin1 } from './text-bytes.ts'
import { isDisplayName, isVagueName } from './thing-names.ts'
import { detectVendorKeys } from './vendor-key-search.ts'

const ids = {
  authorization: detectorId('authorization'),
  cookie: detectorId('cookie'),
  secret: detectorId('secret'),
  signedUrl: detectorId('signed_url'),
  awsSecret: detectorId('aws_secret_key'),
  person: detectorId('person'),
  cvv: detectorId('card_cvv'),
  expiry: detectorId('card_expiry'),
  birth: detectorId('birth_date'),
  passport: detectorId('passport'),
  licence: detectorId('driving_licence'),
  address: detectorId('address'),
  bank: detectorId('bank_account'),
  phone: detectorId('phone'),
  mac: detectorId('mac'),
}

/** Flags whose values are looked at as a whole, whatever is in them. */
export const wholeValueFlags =
  key.keySecret |
  key.keyAuthorization |
  key.keyCookie |
  key.keyPerson |
  key.keyCvv |
  key.keyExpiry |
  key.keyBirth |
  key.keyPassport |
  key.keyLicence |
  key.keyAddress |
  key.keyPin |
  key.keyCommand |
  key.keyQueryCode |
  key.keyPhone |
  key.keyBank |
  key.keyMac

/** `npm:^0.5.0`, `>=0.7.1 <1`, `4.24.15(patch_hash=2)`, `631.89|c`: what a package or a metric that is called so has. */
const packageVersion =
  /^(?:(?:npm:|workspace:|[\w./-]*@)?[~^<>=v ]*\d{1,4}\.\d{1,4}\.\d{1,6}(?:\(.*|[-+.<> ][^=&;]*)?|[~^]\d[\d.]*|[\d.]+\|[a-z]{1,2})$/

/** How a value stands beside its name. */
export interface ValueForm {
  /** An attribute's own value, or a quoted one: the name and the value are certain. */
  readonly isCertain: boolean
  /** `name: value` in prose, with a space. */
  readonly isProse: boolean
  /** Behind `?` or `&`. */
  readonly isParameter: boolean
  /** Quotes stood around it: it is no code. */
  readonly isQuoted: boolean
}

/** Takes the value of a name whose flags are among `wholeValueFlags`. */
export function detectKeyedValue(
  d: Detection,
  flags: number,
  name: string,
  from: number,
  to: number,
  form: ValueForm,
): void {
  if (to <= from) return
  d.spend(to - from)
  const text = latin1(d.bytes, from, to)
  if (text.trim() === '') return
  if ((flags & key.keyCommand) !== 0) detectCommandSecrets(d, from, to)
  if (!form.isQuoted && !form.isCertain && isOutput(text)) return
  if ((flags & (key.keySecret | key.keyAuthorization | key.keyCookie)) !== 0 && packageVersion.test(text)) return
  if ((flags & key.keyAuthorization) !== 0 && takeAuthorization(d, from, to, text, name)) return
  if ((flags & key.keyCookie) !== 0 && takeCookies(d, from, to, name)) return
  if ((flags & key.keySecret) !== 0 && takeSecret(d, flags, name, from, to, text, form)) return
  if ((flags & key.keyQueryCode) !== 0 && form.isParameter && isAccessParameter(name, text)) {
    d.add(ids.signedUrl, from, to)
    return
  }
  takePersonal(d, flags, name, from, to, text, form)
}

function takePersonal(
  d: Detection,
  words: number,
  name: string,
  from: number,
  to: number,
  text: string,
  form: ValueForm,
): void {
  // Signs of the sentence may stand behind the digits.
  const digits = /^\d{3,8}(?=[^0-9A-Za-z.,:/-]*$)/.exec(text)?.[0].length ?? 0
  if ((words & key.keyCvv) !== 0 && (digits === 3 || digits === 4)) d.add(ids.cvv, from, from + digits)
  else if ((words & key.keyPin) !== 0 && digits >= 4 && (digits <= 6 || !/pin$/i.test(name)))
    d.add(ids.secret, from, from + digits)
  else if ((words & key.keyExpiry) !== 0 && /^(0[1-9]|1[0-2])\s?[/-]\s?(\d{2}|20\d{2})$/.test(text))
    d.add(ids.expiry, from, to)
  else if ((words & key.keyBirth) !== 0 && isCalendarDate(text)) d.add(ids.birth, from, to)
  else if ((words & key.keyMac) !== 0 && hardwareAddress.test(text)) d.add(ids.mac, from, to)
  else if ((words & key.keyPassport) !== 0 && passportNumber.test(text) && !isBareId(words, text))
    d.add(ids.passport, from, to)
  else if ((words & key.keyLicence) !== 0 && /^[A-Z0-9][A-Z0-9 -]{4,20}$/i.test(text) && /\d/.test(text))
    d.add(ids.licence, from, to)
  else if (
    (words & (key.keyBank | key.keyExempt)) === key.keyBank &&
    /^[A-Z0-9][A-Z0-9 -]{5,33}$/i.test(text) &&
    /\d{6}/.test(text.replace(/[ -]/g, ''))
  )
    d.add(ids.bank, from, to)
  else if ((words & key.keyAddress) !== 0 && (form.isCertain || form.isQuoted || form.isParameter) && isPlace(text))
    d.add(ids.address, from, to)
  else if ((words & (key.keyPhone | key.keyExempt)) === key.keyPhone && isPhoneText(text) && !isShortCell(name, text))
    d.add(ids.phone, from, to)
  else if ((words & key.keyPerson) !== 0 && !form.isProse && !repeatsName(name, text))
    takePerson(d, name, from, to, text, form)
}

/** Digits with a letter or two around them or, as Korea's, among them; or, as Germany's, nine of digits and letters that make no word. */
export const passportNumber =
  /^(?:[A-Z]{0,3}[ -]?\d{6,9}[A-Z]?|(?=(?:[A-Z]*\d){4})[CFGHJKLMNPRTVWXYZ0-9]{9,10}|[A-Z]\d{3}[A-Z]\d{4})$/i

/** In pairs, in fours as Cisco's devices have it, or without signs; not all zeros or ones. */
const hardwareAddress =
  /^(?!(?:00|ff|[.: -]){6,17}$)(?:[0-9a-f]{12}|[0-9a-f]{4}(?:[.:-][0-9a-f]{4}){2}|[0-9a-f]{2}(?:[: -][0-9a-f]{2}){5})$/i

/** `passport_id: 917090516` is the number of a row. */
const isBareId = (words: number, text: string) => (words & key.keyExempt) !== 0 && /^\d+$/.test(text)

const noPerson = new Set(
  'username password passwd token email user_name root admin administrator system anonymous guest unknown null none nil undefined true false user test default nobody n/a postgres mysql redis service app ubuntu ec2-user internal public sa rabbitmq elastic kafka www-data runner node nginx zookeeper hadoop hdfs yarn spark hive hbase flink airflow jenkins gitlab git oracle sysadmin daemon nonroot appuser celery django rails tomcat jetty docker'.split(
    ' ',
  ),
)

const personReach = 160
const personWords =
  /mail|principalname|(?:given|sur|last|first|family|middle)_?name|["'._](?:users?|person|member|author|profile|customer|patient|employee|sender|actor)\b|phone|birth/i

/** Whether a member beside it speaks of a person: `displayName` alone is that of a dashboard, of a group, of a service. */
function isBesidePerson({ bytes, start, end }: Detection, from: number, to: number): boolean {
  return personWords.test(
    `${latin1(bytes, Math.max(start, from - personReach), from)} ${latin1(bytes, to, Math.min(end, to + personReach))}`,
  )
}

/** Two to four words with a capital, or an address of somebody. */
const personName =
  /^(?:[A-Z\u0080-\u00ff][a-z'\u0080-\u00ff-]+\.?|[A-Z]\.?|[a-z]{2,3})(?: (?:[A-Z\u0080-\u00ff][A-Za-z'\u0080-\u00ff-]+|[A-Z]\.?|d[aeiou]|v[ao]n|der|den)){1,4}$|@/

function takePerson(d: Detection, name: string, from: number, to: number, text: string, form: ValueForm): void {
  const value = text.trim()
  if (
    value.length < 2 ||
    value.length > 200 ||
    noPerson.has(value.toLowerCase()) ||
    isPlaceholder(value) ||
    isIdentifier(value)
  )
    return
  if ((!form.isQuoted && isCode(value, d.bytes[to] ?? 0)) || value.split(/\s+/).length > 6) return
  // Names of people, unlike those of accounts, have no digits.
  if (/\d/.test(value) && !/ /.test(value) && /.name$/i.test(name) && !/user|login|nick/i.test(name)) return
  // `Microsoft.Agents.Workflows.Handler`, `ModelContext.McpException`: the name of a class.
  if (
    /^[A-Za-z]\w*(?:\.[A-Za-z]\w*)+$/.test(value) &&
    /\..*\.|[a-z][A-Z]/.test(value) &&
    !/@/.test(value) &&
    /^[A-Z]/.test(value)
  )
    return
  // `org/repository`, `a:b`, and names of things where the name may be one of a thing.
  if (/[/\\|=<>{}]|\w:\w/.test(value) || (isVagueName(name) && !personName.test(value))) return
  if (isDisplayName(name) && !d.settings.isStrict && !isBesidePerson(d, from, to)) return
  // Placeholders of the database, numbers and expressions are no names.
  if (!/[A-Za-z\u0080-\u00ff]{2}/.test(value) || /^[$:?@{[(<+%]/.test(value)) return
  d.add(ids.person, from, to)
}

/** `cell=1003433` */
const isShortCell = (name: string, text: string) =>
  /(?:cell|gsm|handy|mobile?|movil)$/i.test(name) && /^\d{1,8}$/.test(text.trim())

/** Words and a number, and no place in a network: `12 Main St`, not `10.0.0.7`, `https://x`, `0x7f`, `web-1`, `a@b`. */
const isPlace = (text: string) =>
  text.length >= 6 &&
  !/^[{[$]/.test(text) &&
  /[A-Za-z\u0080-\u00ff]{2}/.test(text) &&
  (/[ ,\n]/.test(text) ? /\d|[ ,\n].*[ ,\n]|[A-Za-z\u0080-\u00ff]{3}/.test(text) : /[\u0080-\u00ff]/.test(text)) &&
  !/:\/\/|@|^0x|^\[|^[\w.-]+:\d+$/.test(text) &&
  !isPlaceholder(text)

const dateForms =
  '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}|\\d{1,2}[-/. ]{1,2}\\d{1,2}[-/. ]{1,2}(?:\\d{4}|\\d{2})|\\d{8}|\\d{1,2}(?:st|nd|rd|th|\\.)? ' +
  '(?:of |de )?[A-Za-z\\u0080-\\u00ff]{3,12}\\.?,? (?:de )?\\d{4}|[A-Za-z]{3,9}\\.? \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}|\\d{1,2}-[A-Za-z]{3,9}-\\d{2,4}'
const wholeDate = new RegExp(`^(?:${dateForms})(?:[T ][0-9:.Z+-]*)?$`)
const leadingDate = new RegExp(`^(?:${dateForms})(?![\\d/-])`)

/** Bytes of the calendar date that `text` begins with, 0 where it begins with none. */
export function leadingDateLength(text: string): number {
  const date = leadingDate.exec(text)?.[0] ?? ''
  return isPossible(date) ? date.length : 0
}

function isCalendarDate(text: string): boolean {
  return wholeDate.test(text.trim()) && isPossible(text.trim())
}

/** Whether a date of digits only has a month and a day in it. */
function isPossible(text: string): boolean {
  const parts =
    /^(\d{1,4})[-/. ]+(\d{1,2})[-/. ]+(\d{1,4})/.exec(text) ??
    /^((?:19|20)\d\d)(\d\d)(\d\d)/.exec(text) ??
    /^(\d\d)(\d\d)(\d{4})/.exec(text)
  if (parts === null) return true
  const [a, b, c] = [Number(parts[1]), Number(parts[2]), Number(parts[3])] as [number, number, number]
  const isDay = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= 31
  return a > 31
    ? a > 1800 && a < 2200 && isDay(b, c)
    : (isDay(a, b) || isDay(b, a)) && (c < 100 || (c > 1800 && c < 2200))
}

/** Parameters of signed URLs and of sign-in flows, by what stands in them. */
function isAccessParameter(name: string, text: string): boolean {
  if (text.length < 8 || isPlaceholder(text)) return false
  const last = wordsOfName(name).join('')
  if (/(sig|signature|hmac|samlresponse|samlrequest|assertion)$/.test(last)) return true
  // An object's key, a line of code, a revision, a name of Kubernetes.
  if (/[:@[\]{}$,]|^(?!4\/0)[^/]*\/|\.\w{1,5}$/.test(text) || objectName.test(text)) return false
  if (name.toLowerCase() === 'key' && /^[A-Za-z]+_-?\d/.test(text)) return false
  if (isIdentifier(text)) return /(code|key|ticket|session|sid|sessionid)$/.test(last) && !/^[0-9a-f-]{36}$/i.test(text)
  return looksRandom(text) || (text.length >= 20 && /\d/.test(text) && distinctCount(text) > 8)
}

/** Words and an end of ten and five characters, or of five. */
const objectName = /^[a-z]+(?:-[a-z0-9]{1,10})*-[a-z0-9]{5}$/

const cookieAttributes = new Set(
  'path domain expires max-age samesite secure httponly priority partitioned version comment'.split(' '),
)

const betweenCookies = /;|%3[Bb]/g

/** Keeps the names of cookies and what browsers read beside them; takes every value. */
function takeCookies(d: Detection, from: number, to: number, name: string): boolean {
  const text = latin1(d.bytes, from, to)
  if (!/[=;]/.test(text) && wordsOfName(name).at(-1) !== 'cookie' && wordsOfName(name).at(-1) !== 'cookies')
    return false
  let found = false
  let next = 0
  while (next <= text.length) {
    const offset = from + next
    betweenCookies.lastIndex = next
    const sign = betweenCookies.exec(text)
    const part = text.slice(next, sign?.index)
    next = sign === null ? text.length + 1 : betweenCookies.lastIndex
    // Another header in the same line: its own name leads there.
    if (/(?:^|\s)(?:set-)?cookie:/i.test(part)) break
    const equals = part.indexOf('=')
    // `n});_w.bbe=…`: source code, which begins with no cookie.
    if (equals < 0 && offset === from && sign !== null) return false
    const cookie = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    if (equals > 0 && !cookieAttributes.has(cookie) && !/[\s[\](){}<>@,:"]/.test(cookie)) {
      const value = part.slice(equals + 1)
      const trimmed = value.trim()
      const begin = offset + equals + 1 + (value.length - value.trimStart().length)
      if (trimmed !== '' && !/^(\*+|\[.*\]|=.*)$/.test(trimmed)) {
        // Quotes around a cookie's value stay, and so does the escape before a closing one.
        const open = /^\\*"/.exec(trimmed)?.[0].length ?? 0
        const close = /\\*"$/.exec(trimmed.slice(open))?.[0].length ?? 0
        d.add(ids.cookie, begin + open, begin + trimmed.length - close)
        found = true
      }
    } else if (
      equals < 0 &&
      !/[\s()[\]{}]/.test(cookie) &&
      !cookieAttributes.has(cookie) &&
      text.length >= 8 &&
      looksRandom(part.trim())
    ) {
      d.add(ids.cookie, offset, offset + part.length)
      found = true
    }
  }
  return found
}

function takeSecret(
  d: Detection,
  flags: number,
  name: string,
  from: number,
  to: number,
  text: string,
  form: ValueForm,
): boolean {
  if (/^(true|false|null|nil|none|undefined|\d{1,3})$/i.test(text.trim())) return true
  // A typed key says more than the word beside it.
  if (detectVendorKeys(d, from, to)) return true
  const scheme = schemePattern.exec(text)
  if (scheme !== null && isCredential(scheme[1]!, text.slice(scheme[0].length))) {
    d.add(ids.authorization, from + scheme[0].length, to)
    return true
  }
  if (text.startsWith('eyJ')) return false
  if (isCount(name, text)) return true
  if (!form.isCertain && !form.isQuoted && isCode(text, to < d.end ? d.bytes[to]! : 0)) return true
  if (!form.isCertain && (repeatsName(name, text) || /^https?:\/\/[^@]*$/.test(text))) return true
  // secret="kube-system/cart-tls-4htd9"
  if (!form.isCertain && /^[a-z][a-z0-9-]{2,}\/[a-z][a-z0-9.-]*$/.test(text)) return true
  const isPassword =
    /pass|pwd|kennwort|psk|mnemonic|seed|contrasen|senha|wachtwoord|haslo|heslo|jelszo|senord|salasana|ifre$|parol/i.test(
      name,
    )
  if (form.isProse && !form.isCertain && /^([A-Z]?[a-z]+|[A-Z]+)$/.test(text)) return true
  if (form.isCertain && form.isProse) return true
  const isAttribute = form.isCertain
  const isAws = (flags & key.keyAwsSecret) !== 0 && /^(?=.*\d)(?=.*[A-Z])[A-Za-z0-9/+=]{40}$/.test(text)
  if (!isAws && /^\/[\w./-]+$/.test(text) && /\/.*\//.test(text)) return true
  // C:\path\to\account.json
  if (/^[A-Za-z]:\\+[\w.-]+\\/.test(text)) return true
  // A count, a port or a test's result beside `pass`, and sentences about passwords.
  if (
    /^pass$/i.test(wordsOfName(name).at(-1) ?? '') &&
    !/^[A-Z0-9_]+_PASS$/.test(name) &&
    (!/(?=.*[a-z])(?=.*\d)|^[^/]{10}/i.test(text) || isTestResult(d, text, to))
  )
    return true
  // The names inside of an object say more than its own.
  if (/^\{\s*\\*"[\s\S]*\}$/.test(text)) return true
  if (!form.isCertain && /^(?:func|function|def|const|let|var|class|return|import|export) /.test(text)) return true
  // tcp://clickhouse:9000/metrics: no one signs in there.
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\/[^@?]*$/i.test(text) || isLabel(text)) return true
  // {"token":" increased","logprob":-2.9}
  if (
    !isPassword &&
    /token$/i.test(name) &&
    !isSecretValue(text.replace(/^(?:\\+u[0-9a-f]{4}|[\s\x80-\xff#])+/i, ''), false)
  )
    return true
  const words = text.split(/\s+/)
  if (words.length > 3 && words.every(word => /^[A-Za-z',.!?-]+$/.test(word)) && !/phrase|mnemonic|seed/i.test(name)) {
    if (isPassword && form.isQuoted && isPassphrase(words)) d.add(ids.secret, from, to)
    return true
  }
  // `"Password: " + readPassword() + ","`: the quote ends a string of source code.
  if (
    form.isQuoted &&
    !form.isCertain &&
    /^\s*[,;+]\s?(?:\w+[:=]|\w[\w.]*\(|\s)|^\s*\+|^\s+(?:[>|&})/]|\\\s)/.test(text)
  )
    return true
  if (!isSecretValue(text, isPassword || isAttribute)) return true
  if (
    !isPassword &&
    !isAttribute &&
    isIdentifier(text) &&
    /token$/i.test(name) &&
    /^[0-9a-f-]{36}$/i.test(text) &&
    d.key.flags === 0
  ) {
    d.add(ids.secret, from, to)
    return true
  }
  d.add(isAws ? ids.awsSecret : ids.secret, from, to)
  return true
}

/** A number beside a name of what is no password: a count, a size, a time since 1970. */
const isCount = (name: string, text: string) =>
  /^[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?$/i.test(text) &&
  (/seed|mnemonic/i.test(name) ||
    (!/pass|pwd|kennwort|psk|pin|contrasen|senha|wachtwoord|haslo|heslo|jelszo|senord|salasana|ifre$|parol/i.test(
      name,
    ) &&
      (text.length < 16 || /^1[4-9]\d{14}(?:\d{3})?$|\.|e/i.test(text))) ||
    (/^pass$/i.test(wordsOfName(name).at(-1) ?? '') && !/_PASS$/.test(name)))

/** `--- PASS: TestReload (0.00s)`, as tests print it. */
const isTestResult = ({ bytes, end }: Detection, text: string, to: number) =>
  /^Test[A-Z_]/.test(text) || /^ ?\(\d+\.\d+s\)/.test(latin1(bytes, to, Math.min(end, to + 16)))

/** What stands beside a field to type into: `Change Password`, `Password (optional)`, `License Key`. */
const isLabel = (text: string) =>
  / /.test(text) &&
  /^[A-Za-z() .?!*:]+$/.test(text) &&
  /\b(?:passwords?|passphrase|tokens?|secrets?|(?:api|license|access|private|public) keys?|credentials?)\b/i.test(text)

/** What programs print in place of a value or behind a name: an address in memory, `(hidden)`, a key with parts, a type of a column. */
const isOutput = (text: string) =>
  /^(?:0x[0-9a-f]+|\([a-z][a-z_-]*|\d+(?::[a-z_]+)+|\{[0-9a-f]{6,16}(?:\}:.*)?|[a-z]+\d?\(\d+|\(?(?:file|node|webpack|https?):\/\/[^@]*|\(?(?:file|node|webpack):.*)$/i.test(
    text,
  )

/** Lettered national ids beside their own name. */
export function detectNamedId(d: Detection, from: number, to: number): void {
  detectLetteredId(d, from, to)
}
