import { matchesFolded } from './detectors/text-bytes.ts'
import { isLetter } from './prefilter-names.ts'

/**
 * How keys end whose values nothing else leads to, beside `address`: the last three signs, small letters in either case, and
 * what stands before them, maybe with one sign between; nothing means that a word begins with the end, `undefined` that anything may.
 * What most keys of telemetry end in is left out, for each place costs.
 */
export const keyEnds: readonly (readonly [end: string, before: string | undefined])[] = [
  ['pin', ''],
  ['pan', ''],
  ['exp', ''],
  ['ass', 'p'], // pass
  ['one', 'h'], // phone
  ['nes', 'pho'],
  ['sdn', 'si'], // msisdn
  ['num', 't'], // acctNum
  ['ber', 'num'], // phone_number, account_number
  ['fax', ''],
  ['ile', 'mob'],
  ['mac', ''],
  ['nce', 'ice'], // driving_licence
  ['nse', 'ice'],
  ['ss1', 're'], // address1
  ['ss2', 're'],
  ['ne1', 'li'], // address.line1
  ['ne2', 'li'],
  ['til', 'un'], // valid_until
  ['hru', 't'], // valid_thru
  ['mfa', ''],
  ['2fa', ''],
  ['_pw', undefined],
  ['.pw', undefined],
  ['red', 'c'], // cred
  ['eds', 'cr'],
  ['str', 'nn'], // conn_str
  ['ena', 'ras'], // contrasena
  ['\xc3\xb1a', undefined], // contraseña
  ['nha', 'se'],
  ['ana', 'las'], // salasana
  ['eam', '-t'], // x-honeycomb-team
  ['api', '-'], // x-jfrog-art-api
  ['256', '-'], // x-hub-signature-256
]

/** Literals within keys, where their ends are too common, and the letter before them where only that tells. */
export const keyMiddles: readonly (readonly [literal: string, before: string])[] = [
  ['olde', 'h'], // cardholder
  ['s_li', 's'], // address_line1
  ['ssli', 'e'],
  ['pira', 'x'], // expiration
  ['n_ca', 'o'], // name_on_card
  ['ncar', 'o'],
  ['k_ac', 'n'], // bank_account
  ['kacc', 'n'],
  ['csrf', ''],
  ['xsrf', ''],
  ['_psk', ''],
]

const packed = (bytes: Uint8Array, at: number) =>
  bytes[at - 3]! | 0x20 | ((bytes[at - 2]! | 0x20) << 8) | ((bytes[at - 1]! | 0x20) << 16)

const befores = /* @__PURE__ */ (() => {
  const map = new Map<number, (string | undefined)[]>()
  for (const [end, before] of keyEnds) {
    const key = packed(Buffer.from(end, 'latin1'), 3)
    map.set(key, [...(map.get(key) ?? []), before])
  }
  return map
})()

/** By a literal's four folded bytes as one number, big-endian. */
const middles = /* @__PURE__ */ new Map(
  keyMiddles.map(([literal, before]) => [Buffer.from(literal).readInt32BE(0) | 0x20202020, before]),
)

/** Whether the key that ends before the tag at `at` may be one of the few whose values nothing else leads to. */
export function mayBeKey(bytes: Uint8Array, at: number): boolean {
  const known = befores.get(packed(bytes, at))
  if (known !== undefined) return known.some(before => before === undefined || isBehind(bytes, at - 3, before))
  return at > 12 && matchesFolded(bytes, at - 7, at, 'address') && isHome(bytes, at - 8)
}

/** Whether the literal at whose last byte `at` stands may lie within one of those keys. */
export function mayLieInKey(bytes: Uint8Array, at: number, four: number): boolean {
  const before = middles.get(four)
  return before !== undefined && (before === '' || (bytes[at - 4]! | 0x20) === before.charCodeAt(0))
}

function isBehind(bytes: Uint8Array, at: number, before: string): boolean {
  const last = bytes[at - 1] ?? 0
  if (before === '') return !isLetter(last) || (isLetter(bytes[at]!) && bytes[at]! < 0x61)
  if (matchesFolded(bytes, at - before.length, at, before)) return true
  return !isLetter(last) && matchesFolded(bytes, at - 1 - before.length, at - 1, before)
}

/** Whether the word before `address` may say where somebody lives: not server, peer, client, source, remote, local, host. */
function isHome(bytes: Uint8Array, at: number): boolean {
  const end = isLetter(bytes[at]!) ? at : at - 1
  const c = bytes[end]! | 0x20
  const b = bytes[end - 1]! | 0x20
  const a = bytes[end - 2]! | 0x20
  switch (c) {
    case 0x72: // r: customer, user, owner; not server, peer
      return b === 0x65 && a !== 0x76 && a !== 0x65
    case 0x67: // g: billing
      return b === 0x6e
    case 0x6c: // l: postal, personal; not local
      return a !== 0x63
    case 0x65: // e: home, employee; not source, remote, device
      return b !== 0x63 && b !== 0x74
    case 0x74: // t: street, patient; not client, host
      return b === 0x6e && !(a === 0x65 && (bytes[end - 4]! | 0x20) === 0x6c)
    case 0x79: // y: delivery
      return true
    default:
      return false
  }
}
