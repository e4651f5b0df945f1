import { createHmac } from 'node:crypto'
import { isAlnum, latin1 } from './detectors/text-bytes.ts'

export const actionNames = ['label', 'mask', 'hash', 'tokenize', 'drop', 'drop_record', 'encrypt', 'none'] as const
export type ActionName = (typeof actionNames)[number]

/** What becomes of a finding. */
export interface Action {
  readonly name: ActionName
  /** For `label` and `encrypt`: what stands there; empty for `[detector]`. */
  readonly label: string
  readonly maskCharacter: string
  readonly keepFirst: number
  readonly keepLast: number
}

export interface HashKey {
  readonly id: string
  readonly secret: Buffer
}

const hashedMax = 8192
const encoder = new TextEncoder()

/** Makes replacements. None of them holds a quote, a backslash or a control character, so JSON around them stays valid. */
export class Replacements {
  readonly #key: HashKey | undefined
  readonly #hashBytes: number
  readonly #labels = new Map<string, Uint8Array>()
  /** By detector and value: hashing costs microseconds, and values repeat. */
  readonly #made = new Map<string, Uint8Array>()

  constructor(key: HashKey | undefined, hashBytes = 8) {
    this.#key = key
    this.#hashBytes = hashBytes
  }

  replace(action: Action, detector: string, bytes: Uint8Array, start: number, end: number): Uint8Array {
    switch (action.name) {
      case 'mask':
        return mask(action, detector, bytes, start, end)
      case 'hash':
        return this.#cached('hash', detector, bytes, start, end)
      case 'tokenize':
        return this.#cached('tokenize', detector, bytes, start, end)
      case 'drop':
        return emptyBytes
      default:
        return this.label(action.label === '' ? `[${detector}]` : action.label)
    }
  }

  label(text: string): Uint8Array {
    let bytes = this.#labels.get(text)
    if (bytes === undefined) this.#labels.set(text, (bytes = encoder.encode(text)))
    return bytes
  }

  #cached(kind: 'hash' | 'tokenize', detector: string, bytes: Uint8Array, start: number, end: number): Uint8Array {
    const text = latin1(bytes, start, end)
    const entry = `${kind}:${detector}:${text}`
    let made = this.#made.get(entry)
    if (made === undefined) {
      made = encoder.encode(kind === 'hash' ? this.hashText(detector, text) : this.#token(detector, text))
      if (this.#made.size >= hashedMax) this.#made.clear()
      this.#made.set(entry, made)
    }
    return made
  }

  /** `id:hex`, keyed; equal texts found by different detectors do not link. Separators do not count in numbers. */
  hashText(detector: string, text: string): string {
    const key = this.#requireKey()
    const hex = this.#digest(detector, canonical(detector, text))
      .toString('hex')
      .slice(0, this.#hashBytes * 2)
    return `${key.id}:${hex}`
  }

  #digest(detector: string, text: string): Buffer {
    return createHmac('sha256', this.#requireKey().secret).update(`${detector}\0`).update(text, 'latin1').digest()
  }

  #requireKey(): HashKey {
    if (this.#key === undefined) throw new Error('hash and tokenize need a key')
    return this.#key
  }

  /** A pseudonym of the same shape: the same value always gives the same one, and nobody can be reached by it. */
  #token(detector: string, text: string): string {
    const digest = this.#digest(detector, canonical(detector, text))
    const number = digest.readUInt32BE(0)
    switch (detector) {
      case 'email':
        return `${digest.toString('hex').slice(0, 12)}@redacted.invalid`
      case 'ipv4':
        return `198.${18 + (number & 1)}.${digest[4]}.${digest[5]}`
      case 'ipv6':
        return `2001:db8:${digest.toString('hex', 4, 6)}:${digest.toString('hex', 6, 8)}::${(digest[8]! + 1).toString(16)}`
      case 'card':
        return luhnToken(text, digest)
      case 'us_ssn':
        return shaped(text.replace(/^\d{3}/, '000'), digest, 3)
      case 'phone':
        return shaped(text, digest, Math.max(2, Math.min(4, text.length - 7)))
      default:
        return shaped(text, digest, 0)
    }
  }
}

const emptyBytes = new Uint8Array(0)

function canonical(detector: string, text: string): string {
  if (detector === 'email') return text.replace(/%40|\\u0040/i, '@').toLowerCase()
  return /^(card|iban|phone|us_|uk_|ca_|in_|de_|br_|fr_|bank)/.test(detector)
    ? text.replace(/[^A-Za-z0-9+]/g, '')
    : text
}

/** Digits become digits and letters letters, from place `from` on; everything else stays. */
function shaped(text: string, digest: Buffer, from: number): string {
  let made = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    const random = digest[i % 32]! ^ (i >> 5)
    if (i < from) made += /[\p{Cc}"\\]/u.test(character) ? '_' : character
    else if (/\d/.test(character)) made += random % 10
    else if (/[a-z]/.test(character)) made += String.fromCharCode(97 + (random % 26))
    else if (/[A-Z]/.test(character)) made += String.fromCharCode(65 + (random % 26))
    else made += /[\p{Cc}"\\]/u.test(character) || character > '~' ? '_' : character
  }
  return made
}

/** Passes Luhn, keeps the groups, and begins with 9, which no card does. */
function luhnToken(text: string, digest: Buffer): string {
  const count = text.replace(/\D/g, '').length
  const digits = Array.from({ length: count }, (_, i) => (i === 0 ? 9 : digest[i % 32]! % 10))
  let sum = 0
  for (let i = 1; i < count; i++) {
    const doubled = i % 2 === 1 ? digits[count - 1 - i]! * 2 : digits[count - 1 - i]!
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  digits[count - 1] = (10 - (sum % 10)) % 10
  let next = 0
  return text.replace(/\D?\d/g, part => part.replace(/\d/, () => String(digits[next++])))
}

/** `*` for each letter and digit but the first and last ones kept; what stands between groups stays. */
function mask(action: Action, detector: string, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const character = action.maskCharacter.charCodeAt(0)
  let keepFrom = end
  if (detector === 'email' && action.keepLast > 0) {
    // The domain is what stays of an address.
    keepFrom = bytes.indexOf(0x40, start)
    if (keepFrom < 0 || keepFrom >= end) keepFrom = end
  } else keepFrom = placeFromEnd(bytes, start, end, Math.min(action.keepLast, keepable(bytes, start, end)))
  const out: number[] = []
  let kept = Math.min(action.keepFirst, keepable(bytes, start, end))
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    const isPart = isAlnum(byte) || byte >= 0x80
    if (i >= keepFrom || (isPart && kept-- > 0)) out.push(isSafe(byte) ? byte : 0x5f)
    else if ((byte & 0xc0) === 0x80) continue
    else out.push(isPart || !isSafe(byte) || detector === 'secret' ? character : byte)
  }
  return Uint8Array.from(out)
}

const isSafe = (byte: number) => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c

/** At most a third of the letters and digits may stay visible. */
function keepable(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  for (let i = start; i < end; i++) if (isAlnum(bytes[i]!)) count++
  return Math.floor(count / 3)
}

function placeFromEnd(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = end
  for (let left = count; at > start && left > 0; at--) if (isAlnum(bytes[at - 1]!)) left--
  return at
}
