import { SeededRandom } from './seeded-random.ts'

const r = new SeededRandom(Number(process.env['SEED'] ?? 77))
export const digitsOf = '0123456789'
export const lower = 'abcdefghijklmnopqrstuvwxyz'
export const upper = lower.toUpperCase()
export const hexOf = '0123456789abcdef'
export const word = digitsOf + lower + upper
export const text = (length: number, alphabet: string): string =>
  Array.from({ length }, () => alphabet[r.below(alphabet.length)]).join('')
export const pick = <T>(values: readonly T[]): T => r.pick(values)
export const below = (bound: number): number => r.below(bound)
/** `#` becomes a digit, `N` one of 2 to 9, `h` a hex digit, `H` a capital one. */
export const fill = (form: string): string =>
  form.replace(/[#NhH]/g, sign =>
    sign === '#'
      ? text(1, digitsOf)
      : sign === 'N'
        ? text(1, '23456789')
        : sign === 'h'
          ? text(1, hexOf)
          : text(1, 'ABCDEF0123456789'),
  )

function checkDigit(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return String((10 - (sum % 10)) % 10)
}

const card = (start: string, length: number): string => {
  const digits = start + text(length - start.length - 1, digitsOf)
  return digits + checkDigit(digits)
}
const grouped = (digits: string, sizes: readonly number[], separator: string): string => {
  let from = 0
  return sizes.map(size => digits.slice(from, (from += size))).join(separator)
}
const fours = (digits: string, separator: string) => grouped(digits, [4, 4, 4, 4], separator)

/** Bank part of accounts by country; `a` a letter, `n` a digit. */
const bankParts: Readonly<Record<string, string>> = {
  AT: 'n16',
  BE: 'n12',
  CH: 'n17',
  CZ: 'n20',
  DE: 'n18',
  DK: 'n14',
  ES: 'n20',
  FI: 'n14',
  FR: 'n23',
  GB: 'a4n14',
  HU: 'n24',
  IE: 'a4n14',
  IT: 'a1n22',
  LT: 'n16',
  NL: 'a4n10',
  NO: 'n11',
  PL: 'n24',
  PT: 'n21',
  RO: 'a4n16',
  SE: 'n20',
  SK: 'n20',
  TR: 'n22',
  SA: 'n20',
  UA: 'n25',
}
function iban(): string {
  const country = pick(Object.keys(bankParts))
  const part = bankParts[country]!.replace(/([an])(\d+)/g, (_, kind: string, count: string) =>
    text(Number(count), kind === 'a' ? upper : digitsOf),
  )
  let rest = 0
  for (const sign of `${part}${country}00`) {
    const value = Number.parseInt(sign, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return country + String(98 - rest).padStart(2, '0') + part
}

const area = (): string => {
  const number = 1 + below(898)
  return number === 666 ? '665' : String(number).padStart(3, '0')
}
const endings =
  'com net org io ai dev app xyz co info biz cloud us uk ca de fr it es nl pl ch at se no in cn jp kr br mx au nz za sg edu gov rs sh so zip'.split(
    ' ',
  )
const host = () =>
  `${pick(['acme', 'mail', 'corp-x', 'x', '3com', 'hey'])}.${pick([...endings, 'co.uk', 'com.au', 'co.jp', 'com.br'])}`
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signature = () => text(43, `${word}_-`).replace(/^-|-$/g, 'x')
const publicAddress = () =>
  `${pick([23, 45, 62, 81, 94, 119, 146, 178, 193, 217])}.${below(256)}.${1 + below(254)}.${1 + below(254)}`
const group = () => (1 + below(65535)).toString(16)

/** What a value is and the part of it that must not leave. Nobody's. */
export type Held = readonly [whole: string, secret: string]
const all = (whole: string): Held => [whole, whole]

/** Phone numbers as they are written, by form. */
const phoneForms = {
  plain:
    '+1N##N###### +447######### +49151######## +336######## +3461####### +39333####### +316######## +48601###### +919######### +86138######## +8190######## +55119######## +614######## +2782####### +9665####### +97150####### +7912####### +38067####### +90532####### +62812######## +639######### +66812###### +659####### +353871###### +4670####### +4792###### +41791###### +35191#######',
  spaced:
    '+44 7### ######|+44 20 7### ####|+49 151 ########|+33 1 ## ## ## ##|+34 612 ### ###|+39 333 ### ####|+48 601 ### ###|+91 98### #####|+91-98###-#####|+86 138 #### ####|+81-90-####-####|+82-10-####-####|+55 11 9####-####|+61 4## ### ###|+7 912 ###-##-##|+1.415.355.####|+1-212-355-####|+41 79 ### ## ##|+972-50-###-####|+46 70-### ## ##',
  enclosed:
    '+7 (912) ###-##-##|+7(912)#######|+55 (11) 9####-####|+49 (0) 30 #######|+49 (0)30 / #######|+44 (0)20 7### ####|+44 (20) 7### ####|+380 (44) ###-##-##|+1 (415) 355-####|+1(415)355-####|+91 (22) 2### ####|+61 (2) 9### ####|(+44) 7### ######|(+1) 415-355-####|+52 (55) 4###-####',
  american: '(415) 355-####|(415)355-####|(415) 355 ####|(415) 355.####|1 (415) 355-####',
}
const form = (list: string, separator = '|') => all(fill(pick(list.split(separator))))

/** Values that need no word beside them. */
export const heldOutValues: Readonly<Record<string, () => Held>> = {
  'e-mail': () =>
    all(
      `${pick(['jane', 'wei', 'JOHN', 'r2d2', 'o.brien', 'maria-jose'])}${pick(['.', '_', '-', '+', ''])}${pick(['doe', 'zhang', 'smith99', 'unit'])}@${host()}`,
    ),
  'e-mail of digits': () => all(fill('1########@qq.com')),
  'e-mail in capitals': () => all(`${text(5, upper)}.${text(6, upper)}@${text(5, upper)}.COM`),
  'e-mail abroad': () =>
    all(
      `${pick(['jane', 'иван', 'søren'])}@${pick(['münchen.de', 'xn--mnchen-3ya.de', 'почта.рф', 'bücher.example'])}`,
    ),
  visa: () => all(card('4', 16)),
  'visa in fours': () => all(fours(card('4', 16), pick([' ', '-']))),
  mastercard: () => all(card(pick([String(51 + below(5)), String(2221 + below(500))]), 16)),
  amex: () => all(card(pick(['34', '37']), 15)),
  'amex in groups': () => all(grouped(card('37', 15), [4, 6, 5], pick([' ', '-']))),
  discover: () => all(card(pick(['6011', '644', '65']), 16)),
  jcb: () => all(card(String(3528 + below(62)), 16)),
  diners: () => all(card(pick(['300', '305', '36', '38']), 14)),
  unionpay: () => all(card('62', 16)),
  rupay: () => all(card(pick(['6521', '8172', '508']), 16)),
  iban: () => all(iban()),
  'iban in fours': () => all(iban().replace(/(.{4})(?=.)/g, `$1${pick([' ', '-'])}`)),
  ssn: () => all(`${area()}-${String(1 + below(99)).padStart(2, '0')}-${String(1 + below(9999)).padStart(4, '0')}`),
  jwt: () =>
    all(
      `${part({ alg: pick(['HS256', 'RS256', 'EdDSA']), kid: fill('hhhh'), typ: 'JWT' })}.${part({ sub: fill('hhhhhhhh'), exp: 1.7e9 + below(1e8) })}.${signature()}`,
    ),
  'jwt with spaces': () =>
    all(`${Buffer.from('{ "alg": "HS256", "typ": "JWT" }').toString('base64url')}.${part({ sub: 1 })}.${signature()}`),
  jwe: () => all([part({ alg: 'dir', enc: 'A256GCM' }), '', text(16, word), text(60, word), text(22, word)].join('.')),
  'phone with a plus': () => form(phoneForms.plain, ' '),
  'phone with spaces': () => form(phoneForms.spaced),
  'phone with parentheses': () => form(phoneForms.enclosed),
  'phone of America': () => form(phoneForms.american),
  ipv4: () => all(publicAddress()),
  'ipv4 with a port': () => {
    const address = publicAddress()
    return [`${address}:${1024 + below(60000)}`, address]
  },
  ipv6: () => all(`2a0${below(9)}:${group()}:${group()}:${group()}::${group()}`),
  'ipv6 in full': () => all(`2001:${Array.from({ length: 7 }, group).join(':')}`),
  mac: () => all(Array.from({ length: 6 }, () => fill('hh')).join(':')),
  'mac in capitals': () => all(Array.from({ length: 6 }, () => fill('HH')).join(pick([':', '-']))),
  'password of a URL': () => {
    const password = `${text(8, lower)}${fill('##')}${text(6, word)}`
    const scheme = pick([
      'postgres',
      'postgresql+asyncpg',
      'mongodb+srv',
      'amqps',
      'rediss',
      'https',
      'ldap',
      'clickhouse',
      'nats',
      'jdbc:postgresql',
    ])
    return [
      `${scheme}://${pick(['app', 'svc_user', 'x'])}:${password}@${pick(['db.internal:5432', '10.0.0.5:6379'])}/prod`,
      password,
    ]
  },
  'home folder': () => {
    const user = pick(['jdoe', 'maria', 'm.garcia', 'wei_zhang'])
    return [
      pick([`/home/${user}/app/config.yml`, `/Users/${user}/Documents/x.pdf`, `C:\\Users\\${user}\\AppData\\a.log`]),
      user,
    ]
  },
}
