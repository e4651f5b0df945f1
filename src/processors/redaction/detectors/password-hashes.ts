import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isAlnum, latin1 } from './text-bytes.ts'

const passwordHash = detectorId('password_hash')
const lookBack = 160
const lookAhead = 400
/** Tickets of Kerberos are long. */
const ticketBytesMax = 4096
const ticket = /^\$krb5(?:asrep|tgs|pa)\$(?:\d{1,2}\$)?[^\s"'\\]{32,4000}/

/**
 * Hashes of passwords as crypt(3) and its kin write them: scheme, parameters, salt and hash between dollar signs. Whoever
 * has one can guess the password at home. Bounded repeats, one after the other: linear.
 */
const forms =
  /\$(?:1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|[58]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}|6\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}|(?:y|gy|7)\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|argon2(?:id|i|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+\$[+/A-Za-z0-9]{4,88}={0,2}\$[+/A-Za-z0-9]{16,172}={0,2}|(?:scrypt|s0)\$[=,./+$A-Za-z0-9]{32,200}|P\$[./A-Za-z0-9]{31})|pbkdf2[_:-]sha\d{1,3}[$:]\d{1,8}[$:][A-Za-z0-9./+]{4,64}[$:][A-Za-z0-9./+]{27,88}={0,2}/g

/** The hash that goes through the run `bytes[from, to)`. */
export function detectPasswordHash(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  const first = hashStart(bytes, start, from)
  if (first < 0) return false
  const text = latin1(bytes, first, Math.min(end, to + lookAhead))
  forms.lastIndex = 0
  for (let match = forms.exec(text); match !== null; match = forms.exec(text)) {
    const begin = first + match.index
    if (begin > from) return false
    const stop = begin + match[0].length
    if (stop < to) continue
    d.add(passwordHash, begin, stop)
    d.doneUntil = Math.max(d.doneUntil, stop)
    return true
  }
  return false
}

/** `$krb5tgs$23$*user$realm$spn*$...`, at its 5: what a password is guessed from that a ticket of Kerberos was made with. */
export function detectKerberosTicket(d: Detection, at: number): void {
  const from = at - 4
  if (from < d.start || d.bytes[from] !== 0x24) return
  const match = ticket.exec(latin1(d.bytes, from, Math.min(d.end, from + ticketBytesMax)))
  if (match === null) return
  d.add(passwordHash, from, from + match[0].length)
  d.doneUntil = Math.max(d.doneUntil, from + match[0].length)
}

/** Where the text of hashes that goes on at `at` begins, -1 where no dollar sign is in it. */
export function hashStart(bytes: Uint8Array, start: number, at: number): number {
  if (at <= start || !isSign(bytes[at - 1]!)) return -1
  let from = at
  let hasDollar = false
  while (from > start && at - from < lookBack) {
    const byte = bytes[from - 1]!
    if (byte === 0x24) hasDollar = true
    else if (!isAlnum(byte) && !isSign(byte) && byte !== 0x5f && byte !== 0x2d) break
    from--
  }
  return hasDollar ? from : -1
}

/** Signs in crypt's own base64, between its parts, and in parameters: `$ . / + = , :` */
const isSign = (byte: number) =>
  byte === 0x24 || (byte >= 0x2b && byte <= 0x2f && byte !== 0x2d) || byte === 0x3d || byte === 0x3a
