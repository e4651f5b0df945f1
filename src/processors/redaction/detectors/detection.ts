import { catalog } from './catalog.ts'
import { describesKind, keyPhoneVerbs, personalFlags } from './describe-key.ts'
import { Findings } from './findings.ts'
import { translated } from './foreign-words.ts'
import { type KeyInfo, keyExempt, keyPhone, keyPhoneFar, noKey } from './key-flags.ts'
import { describeWords } from './key-meanings.ts'
import { KeyTable } from './key-table.ts'
import { NameTexts } from './name-texts.ts'
import { nameWords, wordsOfName } from './name-words.ts'
import { afterEscape, isAlnum, isDigit, isSpace, latin1 } from './text-bytes.ts'

/** Classes of addresses; a policy says which of them are personal. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'link_local' | 'documentation' | 'special'

/** What a profile and the configuration decide, for all values alike. */
export interface DetectorSettings {
  /** By detector id: whether it is on. */
  readonly enabled: Uint8Array
  /** Take what usually needs a key word without one, where its shape or checksum allows. */
  readonly isStrict: boolean
  readonly addressClasses: ReadonlySet<AddressClass>
  /** Keys of user names: masked as persons only by force, unless strict. */
  readonly keys: KeyTable
}

export function detectorSettings(enabled: (name: string) => boolean, isStrict = false): DetectorSettings {
  const classes: AddressClass[] = isStrict
    ? ['public', 'documentation', 'private', 'link_local']
    : ['public', 'documentation']
  return {
    enabled: Uint8Array.from(catalog, ({ name }) => (enabled(name) ? 1 : 0)),
    isStrict,
    addressClasses: new Set(classes),
    keys: new KeyTable(),
  }
}

/** Values of names may be read so many times as long as the text is, and so many bytes more. */
const readTimesMax = 24
const readBytesMin = 16_384
const wordsBytesMax = 36
/** Words before a number that may say what it is, those aside that only join. */
const wordsMax = 3
const fillers = new Set(
  (
    'of the is was at on to a an me my us our your his her their for number no nr num and or as n x i it s back out up over now ' +
    'by are be has not been created updated deleted found missing exists duplicate invalid unknown completed finished started queued shipped cancelled'
  ).split(' '),
)
/** Words that names of members have as well; in a sentence, right before a number, they say whose id that is. */
const subjects = new Set(
  (
    'user users customer customers client clients account accounts message messages msg event events item items object objects ' +
    'record records document documents doc file files post posts comment comments entity member members player players'
  ).split(' '),
)
/** Cells and calls that have no number to dial. */
const isOtherThing =
  /^(?:battery|table|grid|fuel|solar|stem|memory|load|bit|data|sheet|row|gsm|radio|base|hex|network|empty|leaf|unit|excel) cells?$|^(?:rpc|api|method|function|system|tool|procedure|grpc|http|virtual|native|sys) calls?$/
const endsInWord = /[A-Za-z] ["'(#[]?$/

/** `acct #`, `A/C no.` */
const shortAccount = /\bacct\.? ?#|\ba\/c\b/i
/** `P/N`, `S/N` */
const partNumber = /\b[PS]\/N\b/
/** MongoDB's way to write a number in JSON. */
const numberType = /\$number[A-Z][a-z]+/
const severalWords = /^(?:[A-Z][a-z]+){2,}$/
const labelLine = /(?:^|[\r\n])([A-Za-z][A-Za-z ]{2,24}:)\s*$/
const numberOfSomeone = /\b(my|your)( [a-z]+)? number( is)?$/

function lastDigit(text: string): number {
  for (let i = text.length - 1; i >= 0; i--) if (text[i]! >= '0' && text[i]! <= '9') return i
  return -1
}

/** Whether a name has several words. */
const hasWords = (name: string) => /[a-z0-9][A-Z]|[a-z0-9][_.-][a-z]/i.test(name) && wordsOfName(name).length > 1

/** One value under inspection. Used again for every value; detectors read it and add to `findings`. */
export class Detection {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** What the attribute's own key says. */
  key: KeyInfo = noKey
  /** That key; empty where there is none. */
  name = ''
  /** Nothing before this offset is looked at again, by those who take long stretches at once. */
  doneUntil = 0
  /** Where the last URL's authority begins and its `@` stands: no mailbox lies between. */
  authorityStart = 0
  authorityEnd = 0
  /** Commands that begin before this offset were looked at. */
  commandsUntil = 0
  /** A stretch of one line: nothing in it ends a header. */
  lineStart = 0
  lineEnd = 0
  /** Where the last INSERT that was looked at begins. */
  insertStart = -1
  #bytesLeft = 0
  /** Where the context was read last. */
  #contextAt = -1
  readonly findings = new Findings()
  readonly settings: DetectorSettings
  /** What stands before the candidate says, after `readContext`. */
  flags = 0
  nationalIds = 0
  /** Whether a name with `=` or `:` stands right before it. */
  hasName = false
  /** Whether that name has several words, each with a capital. */
  #isLongName = false
  readonly #words = new Map<string, KeyInfo>()
  readonly #names = new NameTexts()

  constructor(settings: DetectorSettings) {
    this.settings = settings
  }

  reset(bytes: Uint8Array, start: number, end: number, key: KeyInfo): void {
    this.#bytesLeft = readBytesMin + readTimesMax * (end - start)
    this.point(bytes, start, end, key)
    this.findings.clear()
  }

  /** Looks at another text and keeps what was found. */
  point(bytes: Uint8Array, start: number, end: number, key: KeyInfo): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.key = key
    this.doneUntil = start
    this.authorityStart = -1
    this.authorityEnd = -1
    this.insertStart = -1
    this.commandsUntil = start
    this.#contextAt = -1
    this.lineStart = 0
    this.lineEnd = 0
  }

  /**
   * Says that `count` bytes are about to be read again. Names may stand so close together that each reads what the one before
   * read: such a value is not looked at to its end, and whoever called replaces it whole.
   */
  spend(count: number): void {
    this.#bytesLeft -= count
    if (this.#bytesLeft < 0) throw new Error('names in a value read it too many times')
  }

  add(detector: number, start: number, end: number): void {
    if (this.settings.enabled[detector] === 1 && end > start) this.findings.add(detector, start, end)
  }

  /** Reads the name or the words before `at` into `flags` and `nationalIds`; the attribute's key counts as well. */
  readContext(at: number): void {
    // A number is asked for by several detectors.
    if (at === this.#contextAt) return
    this.#contextAt = at
    const { bytes, start } = this
    let before = at
    // Quotes, brackets and signs that may stand between a name and its value.
    while (before > start && isPadding(bytes[before - 1]!)) before--
    const separator = before > start ? bytes[before - 1]! : 0
    const encoded = encodedSeparatorLength(bytes, start, before)
    this.hasName = false
    this.#isLongName = false
    let named = noKey
    let isPart = false
    let wordsEnd = at
    if (separator === 0x3d || separator === 0x3a || encoded > 0) {
      const nameEnd = before - Math.max(1, encoded)
      const name = this.nameBefore(nameEnd)
      // `cache:phone:17` is one key, `registry/phone:17` the name of an image.
      isPart =
        separator === 0x3a &&
        before === at &&
        nameEnd - name.length > start &&
        (bytes[nameEnd - name.length - 1] === 0x3a || bytes[nameEnd - name.length - 1] === 0x2f)
      if (name !== '' && !isPart && !/^number[A-Z][a-z]+$|^[0-9a-f-]{12,}$/i.test(name)) {
        this.hasName = true
        this.#isLongName = severalWords.test(name)
        named = this.settings.keys.get(name)
        // What a name of several words says, none of them says alone.
        if (hasWords(name)) wordsEnd = Math.max(start, nameEnd - name.length)
      }
    }
    let isNamed = this.hasName
    if (!isNamed && !isPart) {
      // `nhsFeed 17`, `<nasMount>17`
      const nameEnd = separator === 0x3e ? before - 1 : before
      const name = this.nameBefore(nameEnd)
      if (hasWords(name) && (separator !== 0x3e || bytes[nameEnd - name.length - 1] === 0x3c)) {
        isNamed = true
        named = this.settings.keys.get(name)
        wordsEnd = Math.max(start, nameEnd - name.length)
      }
    }
    let words = isPart ? noKey : this.#wordsBefore(wordsEnd)
    // `PageItemCell: `: what a name of several words does not say, its last word does not say either.
    if (this.#isLongName && (named.flags & keyPhone) === 0)
      words = { flags: words.flags & ~keyPhone, nationalIds: words.nationalIds }
    // What a name says counts more than the key, one that says nothing does not.
    const isTelling = (named.flags | named.nationalIds) !== 0
    const exempt = keyExempt & (isNamed && isTelling ? named.flags : words.flags | (isTelling ? 0 : this.key.flags))
    this.flags = ((named.flags | words.flags | this.key.flags) & ~keyExempt) | exempt
    this.nationalIds = named.nationalIds | words.nationalIds | this.key.nationalIds
  }

  /** The name that ends before `at`, quotes and spaces between skipped; empty where there is none. */
  nameBefore(at: number): string {
    const { bytes, start } = this
    let end = at
    while (
      end > start &&
      (isQuoting(bytes[end - 1]!) || bytes[end - 1] === 0x20 || bytes[end - 1] === 0x5d || bytes[end - 1] === 0x2a)
    )
      end--
    let from = end
    const limit = Math.max(start, end - 64)
    while (from > limit && isNameByte(bytes[from - 1]!)) from--
    // Neither the end of a terminal's colour nor the n of an escaped line break is part of the name.
    if (from >= start + 2 && bytes[from - 1] === 0x5b && bytes[from - 2] === 0x1b) {
      let letter = from
      while (letter < end && bytes[letter] !== 0x6d) letter++
      if (letter < end && letter - from < 4) from = letter + 1
    }
    from = Math.min(end, afterEscape(bytes, start, from, end))
    return end > from ? this.#names.get(bytes, from, end) : ''
  }

  #wordsBefore(at: number): KeyInfo {
    const { bytes, start } = this
    const from = Math.max(start, at - wordsBytesMax)
    // In a list of numbers nothing stands between two of them.
    let signs = at
    while (signs > from && isListSign(bytes[signs - 1]!)) signs--
    if (signs > from && signs < at && isDigit(bytes[signs - 1]!)) return noKey
    // The same as below, where a number stands before and neither the end of a line nor what may be an escape is between.
    let last = at
    while (last > from && !endsContext(bytes[last - 1]!)) last--
    if (last > from && isDigit(bytes[last - 1]!)) {
      while (last < at && isAlnum(bytes[last]!)) last++
      return this.#saidBy(latin1(bytes, last, at))
    }
    let text = latin1(bytes, from, at)
    // A word that the window cuts is none, and words of the line before belong to another value.
    if (from > start && isAlnum(bytes[from - 1]!)) text = text.replace(/^[A-Za-z0-9]+/, '')
    const escaped = text.lastIndexOf('\\n')
    const lineEnd = Math.max(
      text.lastIndexOf('\n'),
      escaped < 0 ? -1 : escaped + 1,
      text.lastIndexOf('&'),
      text.lastIndexOf(';'),
      text.lastIndexOf('}'),
    )
    if (lineEnd >= 0) {
      const line = text.slice(lineEnd + 1)
      // `Phone:` on a line of its own says what the next one holds.
      const label = line.trim() === '' ? labelLine.exec(text.slice(0, lineEnd))?.[1] : undefined
      text = label ?? line
    }
    // What stands before another number belongs to that.
    // The letters right behind a digit are the end of an id: `...580aba,802089151`.
    const digit = lastDigit(text)
    if (digit >= 0) text = text.slice(digit + 1).replace(/^[A-Za-z]+/, '')
    return this.#saidBy(text)
  }

  /** What the words say; from memory for those that came before. */
  #saidBy(text: string): KeyInfo {
    if (text === '') return noKey
    let info = this.#words.get(text)
    if (info === undefined) {
      const spoken = nameWords(
        translated(
          text.replace(shortAccount, ' account number ').replace(partNumber, ' serial ').replace(numberType, ''),
        ),
      )
      const words = spoken.filter(word => !fillers.has(word))
      // `account number is`: what joins two words may be a part of the name.
      const all = merged(describeWords(words.slice(-wordsMax)), describeWords(spoken.slice(-wordsMax - 1)))
      const nearest = describeWords(words.slice(-1))
      const kind = describesKind(words) || isOtherThing.test(words.slice(-2).join(' ')) ? personalFlags : 0
      // `call: connection 841794368`: a verb says phone only of what follows it.
      const isNear = (nearest.flags & keyPhone) !== 0 || numberOfSomeone.test(spoken.slice(-4).join(' '))
      const far = isNear ? 0 : keyPhoneVerbs(words.slice(-wordsMax)) || keyPhoneFar
      const flags = far === keyPhoneFar ? all.flags | keyPhoneFar : all.flags & ~far
      const isSubject = endsInWord.test(text) && subjects.has(spoken.at(-1) ?? '')
      const exempt = isSubject ? keyExempt : nearest.flags & keyExempt
      // `nhs feed 1674761439`: a feed's number. `tax id` is the id itself.
      const isOther = kind !== 0 || (nearest.flags & keyExempt) !== 0
      const hasId = nearest.nationalIds !== 0 || !isOther || /^ids?$/.test(words.at(-1) ?? '')
      info = { flags: (flags & ~keyExempt & ~kind) | exempt, nationalIds: hasId ? all.nationalIds : 0 }
      if (this.#words.size > 4096) this.#words.clear()
      this.#words.set(text, info)
    }
    return info
  }
}

const merged = (a: KeyInfo, b: KeyInfo): KeyInfo => ({
  flags: a.flags | b.flags,
  nationalIds: a.nationalIds | b.nationalIds,
})

function isPadding(byte: number): boolean {
  return isSpace(byte) || isQuoting(byte) || byte === 0x28 || byte === 0x5b || byte === 0x2b || byte === 0x23
}

const isQuoting = (byte: number) => byte === 0x22 || byte === 0x27 || byte === 0x5c || byte === 0x60
/** Digits, and what may end a line or be part of an escape that does. */
const endsContext = (byte: number) =>
  isDigit(byte) || byte === 0x0a || byte === 0x5c || byte === 0x26 || byte === 0x3b || byte === 0x7d

/** What stands between the numbers of a list. */
const isListSign = (byte: number) => byte === 0x2c || byte === 0x20 || byte === 0x3a || byte === 0x7c || byte === 0x09

/** What names of values are made of. */
export const isNameByte = (byte: number) => isAlnum(byte) || byte === 0x5f || byte === 0x2d || byte === 0x2e

/** Bytes of `%3D`, `%3A`, `=` or `:` that end before `at`. */
function encodedSeparatorLength(bytes: Uint8Array, start: number, at: number): number {
  if (at - start < 3) return 0
  const last = bytes[at - 1]! | 0x20
  if (last !== 0x64 && last !== 0x61) return 0
  if (bytes[at - 2] !== 0x33) return 0
  if (bytes[at - 3] === 0x25) return 3
  return at - start >= 6 && bytes[at - 5] === 0x75 && bytes[at - 6] === 0x5c ? 6 : 0
}
