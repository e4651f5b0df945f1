import { allSame, luhn, mod11And10, verhoeff, weighted } from './checksums.ts'
import type { nationalIdNames } from './key-flags.ts'

export interface NationalId {
  readonly name: (typeof nationalIdNames)[number]
  /** Digits in all. */
  readonly lengths: readonly number[]
  /** Groups and what may stand in each gap, of the form that needs no key word; absent: always needs one. */
  readonly shape?: { readonly groups: readonly number[]; readonly separators: readonly string[] }
  /** Shapes that are only written that way beside a key word, which is looked for anyway. */
  valid(digits: Uint8Array, count: number): boolean
}

const isDate = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= 31
const pair = (d: Uint8Array, at: number) => d[at]! * 10 + d[at + 1]!
const range = (from: number, to: number) =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => (to < from ? from - i : from + i))

/** Ids that are digits only. Sources: each country's published check-digit rule. */
export const nationalIds: readonly NationalId[] = [
  {
    name: 'uk_nhs',
    lengths: [10],
    valid(d) {
      const check = 11 - (weighted(d, range(10, 2)) % 11)
      return check !== 10 && (check === 11 ? 0 : check) === d[9] && !allSame(d, 10)
    },
  },
  { name: 'ca_sin', lengths: [9], valid: d => d[0] !== 0 && d[0] !== 8 && luhn(d, 9) && !allSame(d, 9) },
  {
    name: 'in_aadhaar',
    lengths: [12],
    shape: { groups: [4, 4, 4], separators: [' -', ' -'] },
    valid: d => d[0]! >= 2 && verhoeff(d, 12) && !allSame(d, 12),
  },
  { name: 'de_steuer_id', lengths: [11], valid: isSteuerId },
  {
    name: 'br_cpf',
    lengths: [11],
    shape: { groups: [3, 3, 3, 2], separators: ['.', '.', '-'] },
    valid(d) {
      const digit = (count: number) => ((weighted(d, range(count + 1, 2)) * 10) % 11) % 10
      return !allSame(d, 11) && digit(9) === d[9] && digit(10) === d[10]
    },
  },
  {
    name: 'br_cnpj',
    lengths: [14],
    shape: { groups: [2, 3, 3, 4, 2], separators: ['.', '.', '/', '-'] },
    valid: d => isCnpj(d) && !allSame(d, 14),
  },
  {
    name: 'fr_nir',
    lengths: [15],
    shape: { groups: [1, 2, 2, 2, 3, 3, 2], separators: [' ', ' ', ' ', ' ', ' ', ' '] },
    valid(d) {
      let number = 0
      for (let i = 0; i < 13; i++) number = (number * 10 + d[i]!) % 97
      const month = pair(d, 3)
      return (d[0] === 1 || d[0] === 2) && (month <= 12 || (month >= 20 && month <= 42)) && 97 - number === pair(d, 13)
    },
  },
  {
    name: 'pl_pesel',
    lengths: [11],
    valid(d) {
      const sum = weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3])
      return (10 - (sum % 10)) % 10 === d[10] && isDate(pair(d, 2) % 20, pair(d, 4)) && !allSame(d, 11)
    },
  },
  {
    name: 'nl_bsn',
    lengths: [9, 8],
    valid(d, count) {
      if (count !== 9) return false
      return (weighted(d, range(9, 2)) - d[8]!) % 11 === 0 && !allSame(d, 9)
    },
  },
  {
    name: 'se_personnummer',
    lengths: [10, 12],
    valid(d, count) {
      const short = count === 12 ? d.subarray(2, 12) : d
      const day = pair(short, 4)
      return isDate(pair(short, 2), day > 60 ? day - 60 : day) && luhn(short, 10)
    },
  },
  {
    name: 'au_tfn',
    lengths: [9, 8],
    valid: (d, count) =>
      !allSame(d, count) &&
      (count === 9 ? weighted(d, [1, 4, 3, 7, 5, 8, 6, 9, 10]) : weighted(d, [10, 7, 8, 4, 6, 3, 5, 1])) % 11 === 0,
  },
  {
    name: 'au_medicare',
    lengths: [10, 11],
    valid: d => d[0]! >= 2 && d[0]! <= 6 && weighted(d, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === d[8],
  },
  { name: 'za_id', lengths: [13], valid: d => isDate(pair(d, 2), pair(d, 4)) && d[10]! <= 2 && luhn(d, 13) },
  {
    name: 'kr_rrn',
    lengths: [13],
    shape: { groups: [6, 7], separators: ['-'] },
    valid(d) {
      if (!isDate(pair(d, 2), pair(d, 4)) || d[6]! < 1 || d[6]! > 8) return false
      const check = (11 - (weighted(d, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10
      // Numbers given out since October 2020 have no check digit.
      return check === d[12] || pair(d, 0) >= 20
    },
  },
  {
    name: 'tr_tckn',
    lengths: [11],
    valid(d) {
      const odd = d[0]! + d[2]! + d[4]! + d[6]! + d[8]!
      const even = d[1]! + d[3]! + d[5]! + d[7]!
      const tenth = (((odd * 7 - even) % 10) + 10) % 10
      return d[0] !== 0 && tenth === d[9] && (odd + even + d[9]!) % 10 === d[10]
    },
  },
]

function isSteuerId(d: Uint8Array): boolean {
  if (d[0] === 0 || !mod11And10(d, 11)) return false
  const seen = new Uint8Array(10)
  for (let i = 0; i < 10; i++) seen[d[i]!]!++
  let repeated = 0
  for (const times of seen) {
    if (times > 3) return false
    if (times > 1) repeated++
  }
  return repeated === 1
}

const cnpjWeights = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]

/** Company number of Brazil; letters, which came in July 2026, count as their code less that of the digit 0. */
export function isCnpj(values: Uint8Array): boolean {
  const digit = (count: number) => {
    const rest = weighted(values, cnpjWeights.slice(13 - count)) % 11
    return rest < 2 ? 0 : 11 - rest
  }
  return digit(12) === values[12] && digit(13) === values[13]
}

const letters = 'TRWAGMYFPDXBNJZSQVHLCKE'
const hetuLetters = '0123456789ABCDEFHJKLMNPRSTUVWXY'
const nricWeights = [2, 7, 6, 5, 4, 3, 2]

/** Name, year, month, day, place, check letter; letters stand for digits where two people would have the same. */
const codiceFiscale = '[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]'

export interface LetteredId {
  readonly name: (typeof nationalIdNames)[number]
  readonly pattern: RegExp
  /** Its form alone, for values whose own name leaves no doubt. */
  readonly loose?: RegExp
  /** Its shape is rare enough to stand without a key word. */
  readonly alone: boolean
  /** RE2 syntax. Set where an id has no digits in a row: the search for numbers passes it by. */
  readonly anywhere?: string
  valid(text: string): boolean
}

/** Ids with letters, looked at without spaces and dots, in upper case. The patterns are anchored and have no repeats to backtrack in. */
export const letteredIds: readonly LetteredId[] = [
  {
    name: 'uk_nino',
    pattern: /^(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/,
    loose: /^[A-Z]{2}\d{6}[A-Z]?$/,
    alone: false,
    valid: () => true,
  },
  {
    name: 'in_pan',
    pattern: /^[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]$/,
    loose: /^[A-Z]{5}\d{4}[A-Z]$/,
    alone: false,
    valid: () => true,
  },
  {
    name: 'es_dni',
    pattern: /^\d{8}[A-Z]$/,
    alone: false,
    valid: text => letters[Number(text.slice(0, 8)) % 23] === text[8],
  },
  {
    name: 'es_nie',
    pattern: /^[XYZ]\d{7}[A-Z]$/,
    alone: true,
    valid: text => letters[Number('XYZ'.indexOf(text[0]!) + text.slice(1, 8)) % 23] === text[8],
  },
  {
    name: 'it_codice_fiscale',
    pattern: new RegExp(`^${codiceFiscale}$`),
    alone: true,
    anywhere: `\\b${codiceFiscale}\\b`,
    valid: isCodiceFiscale,
  },
  {
    name: 'fi_hetu',
    pattern: /^\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]$/,
    alone: true,
    anywhere: '\\b\\d{6}[A-FU-Y]\\d{3}[0-9A-Y]\\b',
    valid: text =>
      isDate(Number(text.slice(2, 4)), Number(text.slice(0, 2))) &&
      hetuLetters[Number(text.slice(0, 6) + text.slice(7, 10)) % 31] === text[10],
  },
  {
    // Born in Corsica: the department has a letter.
    name: 'fr_nir',
    pattern: /^[12]\d{4}2[AB]\d{8}$/,
    alone: false,
    valid(text) {
      const number = Number(text.slice(0, 13).replace('2A', '19').replace('2B', '18'))
      return 97 - (number % 97) === Number(text.slice(13))
    },
  },
  {
    // Of companies registered since July 2026; each character counts as its code less 48.
    name: 'br_cnpj',
    pattern: /^(?=.*[A-Z])[A-Z0-9]{8}\/?[A-Z0-9]{4}\d{2}$/,
    alone: false,
    valid: text => isCnpj(Uint8Array.from(text.replace('/', ''), character => character.charCodeAt(0) - 48)),
  },
  {
    name: 'sg_nric',
    pattern: /^[STFGM]\d{7}[A-Z]$/,
    alone: true,
    valid(text) {
      const sum = nricWeights.reduce((all, weight, i) => all + weight * Number(text[i + 1]), 0)
      const first = text[0]!
      const rest = (sum + (first === 'T' || first === 'G' ? 4 : first === 'M' ? 3 : 0)) % 11
      const table = first === 'S' || first === 'T' ? 'JZIHGFEDCBA' : first === 'M' ? 'KLJNPQRTUWX' : 'XWUTRQPNMLK'
      return table[first === 'M' ? 10 - rest : rest] === text[8]
    },
  },
  {
    name: 'cn_id',
    pattern: /^\d{17}[0-9X]$/,
    alone: true,
    valid(text) {
      if (!isDate(Number(text.slice(10, 12)), Number(text.slice(12, 14))) || !/^(19|20)/.test(text.slice(6)))
        return false
      const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
      const sum = weights.reduce((all, weight, i) => all + weight * Number(text[i]), 0)
      return '10X98765432'[sum % 11] === text[17]
    },
  },
]

const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

function isCodiceFiscale(text: string): boolean {
  let sum = 0
  for (let i = 0; i < 15; i++) {
    const code = text.charCodeAt(i)
    const value = code >= 65 ? code - 65 : code - 48
    sum += i % 2 === 0 ? oddValues[value]! : value
  }
  return text.charCodeAt(15) - 65 === sum % 26
}
