import { isNameByte } from './detectors/detection.ts'
import { nameEndings } from './detectors/name-endings.ts'
import { matchesFolded } from './detectors/text-bytes.ts'
import { builtInLiterals, literalHash } from './scan/literals.ts'
import * as layout from './scan/scan-layout.ts'

/** Four letters, case folded, as one number. */
const packed = (text: string) => Buffer.from(text).readInt32BE(0)
const wordAssw = packed('assw')
const wordAssp = packed('assp')
const wordAssc = packed('assc')
const wordOken = packed('oken')
const wordAuth = packed('auth')
const wordBirt = packed('birt')
const wordName = packed('name')
const wordStre = packed('stre')
const wordPike = packed('pike')
const wordEcre = packed('ecre')
const wordRede = packed('rede')
const wordOkie = packed('okie')
const wordDuse = packed('duse')
/** `d_li`, its sign folded like the letters. */
const wordDli = packed('d\u007fli')
export const wordArer = packed('arer')
export const wordPhra = packed('phra')
export const wordNemo = packed('nemo')
export const wordKty = packed('"kty')
export const wordCurl = packed('curl')
/** `s-cl` of redis-cli. */
export const wordCli = packed('s-cl') | 0x20202020
export const wordFied = packed('fied')
/** The last three letters of shorter words. */
const threeMask = 0x00ffffff
const wordPwd = packed('\0pwd')
const wordOtp = packed('\0otp')
const wordCvc = packed('\0cvc')
const wordCvv = packed('\0cvv')
const wordDob = packed('\0dob')
const wordKey = packed('\0key')
const wordApi = packed('\0api')
const wordVeri = packed('veri')
const wordNfir = packed('nfir')
const wordRity = packed('rity')
const wordPiry = packed('piry')
const wordYco = packed('y\x7fco')
const wordNco = packed('n\x7fco')
const wordNino = packed('nino')
export const wordNsur = packed('nsur')
export const wordNi = packed('ni n')
const wordNiLine = packed('ni\x7fn')
const wordGli = packed('g\x7fli')
const wordNca = packed('n\x7fca')
const wordNcar = packed('ncar')
const wordNnum = packed('nnum')
const wordPan = packed('\x7fpan')
/** A line break, its sign folded like the letters. */
const wordPanKey = packed('*pan')
const wordMaca = packed('maca')
const wordHwad = packed('hwad')
const wordHetu = packed('hetu')
const wordPinc = packed('pinc')
const wordFuhr = packed('fuhr')
const wordCadDash = packed('c-ad')
const wordCad = packed('c\x7fad')
export const wordHpas = packed('hpas')
export const wordMysq = packed('mysq')
export const wordOgin = packed('ogin')

/** By the low bits of three bytes: whether a literal of the scanner ends so. Most places that it reports end otherwise. */
const literalEnds = /* @__PURE__ */ (() => {
  const table = new Uint8Array(32768)
  for (const literal of builtInLiterals)
    table[lowBits(literal.charCodeAt(1), literal.charCodeAt(2), literal.charCodeAt(3))] = 1
  return table
})()

function lowBits(a: number, b: number, c: number): number {
  return ((a & 31) << 10) | ((b & 31) << 5) | (c & 31)
}

/** Whether a literal ends at `at`, which is at least 2; before the fourth byte of all only its last three are looked at. */
export function endsLiteral(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at - 2]!
  const third = bytes[at - 1]!
  const last = bytes[at]!
  if (literalEnds[lowBits(second, third, last)] === 0) return false
  if (at < 3) return true
  const { factor, table } = literalHash
  const folded = (bytes[at - 3]! | (second << 8) | (third << 16) | (last << 24) | 0x20202020) >>> 0
  if (table[Math.imul(folded, factor) >>> layout.literalShift] === folded) return true
  const three = (folded & 0xffffff00) >>> 0
  return table[Math.imul(three, factor) >>> layout.literalShift] === three
}

/** The exact comparison behind the fingerprint, with what tells frequent harmless words from the ones meant. */
export function isStem(bytes: Uint8Array, at: number, end: number, four: number): boolean {
  const next = at + 1 < end ? bytes[at + 1]! : 0
  switch (four) {
    case wordAssw:
    case wordAssp:
    case wordAssc:
    case wordAuth:
    case wordEcre:
    case wordBirt:
    case wordRede:
    case wordOkie:
    case wordDuse:
    case wordDli:
      return true
    case wordPanKey:
    case wordMaca:
    case wordHwad:
    case wordHetu:
    case wordPinc:
    case wordFuhr:
      return true
    case wordCad:
    case wordCadDash:
      return (bytes[at - 4]! | 0x20) === 0x61
    case wordGli:
      return (next | 0x20) === 0x63
    case wordPan:
      return !isLetter(next)
    case wordNiLine:
      return at < 4 || !isLetter(bytes[at - 4]!)
    case wordNca:
    case wordNcar:
    case wordNnum:
      return matchesFolded(bytes, at - 5, at - 2, 'pan')
    case wordOken:
      return (next | 0x20) !== 0x73
    case wordName:
      return !isLetter(next) && isPersonBefore(bytes, at - 3)
    case wordStre:
      return (next | 0x20) === 0x65
    case wordVeri:
      return matchesFolded(bytes, at + 1, end, 'fication')
    case wordNfir:
      return matchesFolded(bytes, at + 1, end, 'mation')
    case wordRity:
      return matchesFolded(bytes, at - 7, end, 'security')
    case wordPiry:
      return matchesFolded(bytes, at - 5, end, 'expiry')
    case wordNsur:
      return matchesFolded(bytes, at + 1, end, 'ance')
    case wordNi:
      return (at < 4 || !isLetter(bytes[at - 4]!)) && ((next | 0x20) === 0x75 || (next | 0x20) === 0x6f)
    case wordYco:
    case wordNco:
      return (next | 0x20) === 0x64
    case wordNino:
      return !isLetter(next) && (at < 4 || !isLetter(bytes[at - 4]!))
    case wordPike:
      return (next | 0x20) === 0x79
    default:
  }
  switch (four & threeMask) {
    case wordKey:
      return !isLetter(next)
    case wordPwd:
    case wordOtp:
    case wordCvc:
    case wordCvv:
    case wordDob:
      return true
    default:
      return ((four >> 8) & threeMask) === wordApi && ((four & 0xff) === 0x7f || (four & 0xff) === 0x2d)
  }
}

/** `pin `, `pan `, `mac `, `pin"` and `born `, each a word of its own, with the sign at `at`. */
export function endsShortWord(bytes: Uint8Array, at: number): boolean {
  const before = at > 3 ? bytes[at - 4]! : 0
  if ((bytes[at - 3]! | 0x20) !== 0x6f) {
    // Mac OS
    const isSystem = (bytes[at - 1]! | 0x20) === 0x63 && matchesFolded(bytes, at + 1, bytes.length, 'os')
    return !isLetter(before) && !(isSystem && !isLetter(bytes[at + 3] ?? 0))
  }
  return (before | 0x20) === 0x62 && (at < 5 || !isLetter(bytes[at - 5]!))
}

export const isLetter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a

/** Three letters that the word before `name` may end in, where it means a person: full, first, last, user. */
const personEndings = /* @__PURE__ */ (() => {
  const table = new Uint8Array(32768)
  const words =
    'ull rst ast ily ven dle lay ser mer lde ent son yee act est hor sur den gal eal ick ner yer ler ber ard ing ery ant ary use ian'
  for (const word of words.split(' '))
    table[lettersIndex(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2))] = 1
  return table
})()

function lettersIndex(a: number, b: number, c: number): number {
  return ((isLetter(a) ? a & 31 : 0) << 10) | ((isLetter(b) ? b & 31 : 0) << 5) | (isLetter(c) ? c & 31 : 0)
}

function isPersonBefore(bytes: Uint8Array, from: number): boolean {
  let at = from
  if (at > 0 && !isLetter(bytes[at - 1]!)) at--
  if (at < 4) return false
  const c = bytes[at - 1]!
  if (personEndings[lettersIndex(bytes[at - 3]!, bytes[at - 2]!, c)] === 1) return true
  return (c | 0x20) === 0x72 && personEndings[lettersIndex(bytes[at - 4]!, bytes[at - 3]!, bytes[at - 2]!)] === 1
}

const code = (character: string | undefined) =>
  character !== undefined && /[a-z]/.test(character) ? character.charCodeAt(0) & 31 : 0

/** How names of interest end: by the last three letters, five bits each, bits of the scanner's layout; and the fours. */
const endings = /* @__PURE__ */ (() => {
  const table = new Uint8Array(32768)
  const fours = new Uint8Array(layout.foursBytes)
  for (const entry of nameEndings()) {
    const word = entry.replace(/^\+/, '').replace(/\d+$/, '')
    const [d, c, b, a] = [word.at(-4), word.at(-3), word.at(-2), word.at(-1)].map(code) as [
      number,
      number,
      number,
      number,
    ]
    const index = (c << 10) | (b << 5) | a
    if (word.length < 3) {
      const bit = word.length === 2 ? layout.lettersTwo : layout.lettersEnd
      for (let any = 0; any < 32; any++) table[(any << 10) | (index & 1023)]! |= bit
    } else if (entry.startsWith('+')) table[index]! |= layout.lettersMore
    else if (word.length === 3) table[index]! |= layout.lettersThree
    else {
      table[index]! |= layout.lettersFour
      setBit(fours, layout.hash16(d | (c << 8) | (b << 16) | (a << 24)))
    }
  }
  return { table, fours }
})()

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >>> 3]! |= 1 << (index & 7)
}

/** The tables as the scanner's own first look reads them. */
export const lettersTable = (): Uint8Array =>
  endings.table.map((ending, i) => ending | (personEndings[i] === 1 ? layout.lettersPerson : 0))
export const foursTable = (): Uint8Array => endings.fours

/** Whether what ends before `at` may be the end of a name that means something. */
export function mayEndName(bytes: Uint8Array, at: number): boolean {
  if (at < 2) return false
  const a = at > 2 ? bytes[at - 3]! : 0
  const b = bytes[at - 2]!
  const c = bytes[at - 1]!
  if (!isLetter(c)) return false
  const entry = endings.table[lettersIndex(a, b, c)]!
  if (entry === 0) return false
  if ((entry & layout.lettersEnd) !== 0) return true
  if ((entry & layout.lettersFour) !== 0 && endsInFour(bytes, at)) return true
  if ((entry & layout.lettersThree) !== 0 && mayBeginWord(bytes, at - 3)) return true
  if ((entry & layout.lettersTwo) !== 0 && mayBeginWord(bytes, at - 2)) return true
  return (entry & layout.lettersMore) !== 0 && hasMore(bytes, at)
}

/** Whether the last four letters are known ones. Of a word in two parts, such as `acct_num`, the table has the joined form. */
function endsInFour(bytes: Uint8Array, at: number): boolean {
  const d = at > 3 ? bytes[at - 4]! : 0
  if (!isLetter(d)) return true
  const letters = d | (bytes[at - 3]! << 8) | (bytes[at - 2]! << 16) | (bytes[at - 1]! << 24)
  const index = layout.hash16(letters & 0x1f1f1f1f)
  return (endings.fours[index >>> 3]! & (1 << (index & 7))) !== 0
}

/** Whether a word may begin at `at`: no letter before it, one alone (a length, the end of an escape or a colour), or a capital. */
const mayBeginWord = (bytes: Uint8Array, at: number) =>
  at < 2 || !isLetter(bytes[at - 1]!) || !isLetter(bytes[at - 2]!) || bytes[at]! < 0x61

/** Whether the word that ends before `at` goes on before its last ten letters, has a capital in it, or is joined to another. */
function hasMore(bytes: Uint8Array, at: number): boolean {
  let from = at
  while (from > 0 && at - from < 10 && isLetter(bytes[from - 1]!)) {
    from--
    if (bytes[from]! < 0x61 && from > 0 && bytes[from - 1]! >= 0x61 && isLetter(bytes[from - 1]!)) return true
  }
  return from > 0 && (isNameByte(bytes[from - 1]!) || at - from > 9)
}

/** Whether the name is one of a type, as many languages write it between a variable's name and its value. */
export const isTypeName = (bytes: Uint8Array, from: number, to: number) =>
  (to - from === 6 && matchesFolded(bytes, from, to, 'string')) ||
  (to - from === 3 && matchesFolded(bytes, from, to, 'str'))

/** What may stand between a name and its separator: digits, quotes, and what makes an assignment of `=`. */
export const betweenSigns = '"\'`\\ ]0123456789.:?!+|*'
export const between = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  betweenSigns.includes(String.fromCharCode(byte)) ? 1 : 0,
)

/** Whether the text whose tag stands at `tag` is all that its message has, as a value or a body is: a key has a value beside it. */
export const isWholeMessage = (bytes: Uint8Array, tag: number, end: number) =>
  bytes[tag - 1] === end - tag ||
  (bytes[tag - 2]! >= 0x80 && (bytes[tag - 2]! & 127) + (bytes[tag - 1]! << 7) === end - tag)
