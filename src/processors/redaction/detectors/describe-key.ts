import { endsInForeignSecret } from './foreign-words.ts'
import {
  type KeyInfo,
  keyAba,
  keyAddress,
  keyBank,
  keyBirth,
  keyCard,
  keyClientAddress,
  keyCvv,
  keyExempt,
  keyExpiry,
  keyIccid,
  keyImei,
  keyLicence,
  keyMac,
  keyPassport,
  keyPerson,
  keyPhone,
  keyPin,
  keySecret,
  keySortCode,
  keySsn,
  noKey,
} from './key-flags.ts'
import { describeWords, neutralEndings } from './key-meanings.ts'
import { nameWords } from './name-words.ts'
import { headerFlags, secretFlags } from './secret-names.ts'

/** `pin.go:1974` is a line of code. */
const sourceFile = /\.(?:go|py|rb|[cm]?[jt]sx?|java|kt|cs|rs|cc|cpp|php|exs?|scala|swift)$/

const foreign = /[^\0-\x7f]/

/** `contraseña`; the characters of a name are bytes of UTF-8, or what those stand for. */
function isForeignSecret(name: string): boolean {
  const bytes = Buffer.from(name, /[^\0-\xff]/.test(name) ? 'utf8' : 'latin1')
  return endsInForeignSecret(bytes, 0, bytes.length)
}

/** What a name says: an attribute's key, a JSON member, a parameter. */
export function describeKey(name: string): KeyInfo {
  if (sourceFile.test(name)) return noKey
  if (foreign.test(name) && isForeignSecret(name)) return { flags: keySecret, nationalIds: 0 }
  const words = nameWords(name)
  const info = describeWords(words)
  const head = describeHead(words)
  let flags = ((info.flags & ~headFlags) | (head.flags & headFlags)) & ~keyPhoneVerbs(words)
  if (describesKind(words)) flags &= ~personalFlags
  flags |= secretFlags(words, name) | headerFlags(words)
  // `IMMacNotificationCenter`, `TableCell`: parts of a name that say nothing of what it holds.
  if ((flags & keyMac) !== 0 && (describeWords(words.slice(-2)).flags & keyMac) === 0) flags &= ~keyMac
  if (
    words.length > 1 &&
    words.at(-1) === 'cell' &&
    !personSubjects.has(words.at(-2)!) &&
    !/^(my|your|work|phone)$/.test(words.at(-2)!)
  )
    flags &= ~keyPhone
  // `created_at`, `cursorid`, `run=17`; in a sentence `run` is a verb.
  if (
    words.at(-1) === 'run' ||
    /^[a-z]{3,}(?<!pa|al|ro|gr)id$/.test(words.at(-1) ?? '') ||
    (words.length > 1 && words.at(-1) === 'at')
  )
    flags |= keyExempt
  // `order.note`, `transaction.description`: people write there what they like.
  if (words.length > 1 && freeTextWords.has(words.at(-1)!)) flags &= ~keyExempt
  // `user.id`, `card_id`: an identifier whatever else it names, unless the id itself is personal.
  if ((flags & keyExempt) !== 0 && words.at(-1)! !== 'id' && (flags & strongContext) !== 0) flags &= ~keyExempt
  // `awsAccountNumber` is no bank's.
  if (/^(?:aws|gcp|azure|cloud|billing)$/.test(words[0] ?? '')) flags &= ~keyBank
  if (words.at(-1) === 'pin' && pinsOfParts.test(words.at(-2) ?? '')) flags &= ~keyPin
  if (words.at(-1) === 'id') flags &= ~(keyBirth | keyPin | keyExpiry | keyCvv | keyBank)
  // `fullnameOverride`, `fullNamePath`: what is spoken of is the last word.
  const isThing = namesThing(words)
  if ((flags & keyPerson) !== 0 && (isThing || !endsInPerson(words))) flags &= ~keyPerson
  if (!isThing && words.at(-1) === 'name' && personSubjects.has(words.at(-2) ?? '')) flags |= keyPerson
  if (/^(address|addr)[12]?$/.test(words.at(-1) ?? '')) {
    const subject = words.at(-2) ?? ''
    if (addressSubjects.has(subject)) flags |= keyClientAddress
    else if (homeSubjects.has(subject)) flags |= keyAddress
  }
  return { flags, nationalIds: describesKind(words) ? 0 : head.nationalIds }
}

/** What has pins to solder. */
export const pinsOfParts =
  /^(?:gpio|led|io|reset|clock|data|irq|input|output|analog|digital|connector|header|pwm|adc|chip|cs|tx|rx|sda|scl)$/i

/** Last words of names that leave the word before them what it is: `phone_number`, `ssnValue`, `card_no_2`. */
const qualifiers = new Set(
  (
    'number numbers no nos num nums nr nbr id ids value values code codes digits raw formatted e164 international national local primary ' +
    'secondary home work office private business mobile cell phone phones main alt alternate other emergency day daytime evening night ' +
    'input old new current previous original masked encrypted full last first line lines list string str text data info detail details ' +
    'date of at on is was for from to and or the my your his her holder child wife husband partner plain plaintext base64 b64 confirm ' +
    'confirmation hash hashed tokenized email street city zip name'
  ).split(' '),
)

/** What the last word of a name says that is no qualifier, joined with those beside it: `passport_strategy` holds no passport. */
function describeHead(words: readonly string[]): KeyInfo {
  let head = words.length - 1
  while (head > 0 && (qualifiers.has(words[head]!) || personSubjects.has(words[head]!) || /^\d+$/.test(words[head]!)))
    head--
  return describeWords(words, head)
}

/** Whose full name is no person's: `serviceFullName`. */
const things =
  /^(?:service|repo|repository|class|method|type|project|package|module|app|table|column|file|db|database|resource|function|test|namespace|branch|image|org|organization|company|product|model|group|team|channel|unit|country|field|property|entity|workflow|job|stage|chart)$/

const namesThing = (words: readonly string[]) =>
  words.at(-1) === 'name' && /^(?:full|display)$/.test(words.at(-2) ?? '') && things.test(words.at(-3) ?? '')

/** Whether the last words of a name, those aside that only qualify them, stand for a person. */
function endsInPerson(words: readonly string[]): boolean {
  let count = words.length
  while (count > 1 && (neutralEndings.has(words[count - 1]!) || nameQualifiers.test(words[count - 1]!))) count--
  return (describeWords(words.slice(0, count), count - 1).flags & keyPerson) !== 0
}

const nameQualifiers =
  /^(?:\d+|kana|kanji|latin|local|native|english|en|ja|ko|zh|ru|ascii|upper|lower|initial|initials|orig|original|current|previous|former|birth)$/

/** Last words of names of texts, whatever thing the texts are about. */
const freeTextWords = new Set(
  'note notes comment comments description message msg text body content input output query prompt details remark remarks reason feedback memo summary contact recipient customer'.split(
    ' ',
  ),
)

const strongContext =
  keyPhone | keySsn | keyCard | keyBirth | keyPassport | keyLicence | keyBank | keyImei | keyAba | keyCvv
/** What only the head of a name says. */
const headFlags = strongContext | keyExpiry | keyIccid | keySortCode | keyPin | keyMac | keyAddress
export const personalFlags =
  strongContext | keyPerson | keyExpiry | keyAddress | keyIccid | keySortCode | keyPin | keyClientAddress

/** Last words of names that speak about the thing and do not hold it: `card_type`, `phone.model`, `email_verified`. */
const kindWords = new Set(
  (
    'type types model method mode length size format status state enabled disabled required valid validated verified policy ' +
    'template brand network country region issuer scheme provider kind category label field column schema present exists ' +
    'supported limit max min attempts retries timeout ttl os make manufacturer carrier role roles scope scopes strategy ' +
    'support count counter tokens app apps build platform browser layout view page variable placeholder prompt hint title ' +
    'selector regex pattern validator error errors message rule rules'
  ).split(' '),
)
export const describesKind = (words: readonly string[]) => words.length > 1 && kindWords.has(words.at(-1)!)
export const personSubjects = new Set(
  'user customer patient employee person holder owner client recipient sender author contact guest member passenger student buyer seller enduser billing shipping delivery applicant beneficiary spouse parent driver attendee subscriber physician doctor signer emergency tenant borrower insured policyholder traveler traveller donor voter witness full first last given family middle maiden display legal real nick'.split(
    ' ',
  ),
)
/** Whose address is where somebody lives, and no place in a network. */
const homeSubjects = new Set(
  (
    'customer user home billing shipping mailing delivery postal street residential residence patient employee person owner ' +
    'holder recipient member guest passenger buyer seller student applicant permanent current invoice payment personal ' +
    'physical legal resident tenant beneficiary contact mail'
  ).split(' '),
)
const addressSubjects = new Set(['client', 'source', 'peer', 'remote'])

/** In a name `call`, `text`, `contact` say nothing of a phone; in prose before a number they do. */
export function keyPhoneVerbs(words: readonly string[]): number {
  return words.some(word =>
    /^(phones?|telephone|tel|mobile?|cell|cellphone|fax|msisdn|phonenumber|mobilenumber|whatsapp|tele(fono?|fone|foon)(nummer|nr)?|celular|cell?ulare|movil|handy(nummer|nr)|mobilnummer|tlf|telf|gsm)$/.test(
      word,
    ),
  )
    ? 0
    : keyPhone
}
