import { createHash } from 'node:crypto'
import { secretEqual } from '../../component/secret-equal.ts'

/** Hashes by user, as Apache's htpasswd writes them; a later line for the same user wins. Lines that cannot be read are left out. */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>()
  for (const line of linesOf(text)) {
    const colon = line.indexOf(':')
    if (isReadable(line)) users.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return users
}

/** The lines that `parseHtpasswd` leaves out, by number and user; never with what follows. */
export function unreadableLines(text: string): string[] {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }))
  return lines
    .filter(({ line }) => line !== '' && !line.startsWith('#') && !isReadable(line))
    .map(({ line, number }) => `number ${number}${line.includes(':') ? ` (${line.slice(0, line.indexOf(':'))})` : ''}`)
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))

function isReadable(line: string): boolean {
  const colon = line.indexOf(':')
  if (colon <= 0) return false
  const hash = line.slice(colon + 1)
  return hash !== '' && (!hash.startsWith('$') || apacheMd5.test(hash))
}

const apacheMd5 = /^\$apr1\$([^$]{1,8})\$[./0-9A-Za-z]{22}$/

/** Whether `password` is the one behind `hash`: Apache's MD5, {SHA}, {SSHA}, or plain text. */
export function passwordMatches(password: string, hash: string): boolean {
  const salt = apacheMd5.exec(hash)?.[1]
  if (salt !== undefined) return secretEqual(apacheMd5Of(password, salt), hash)
  if (hash.startsWith('{SHA}')) return secretEqual(sha1([Buffer.from(password)]).toString('base64'), hash.slice(5))
  if (hash.startsWith('{SSHA}')) {
    const stored = Buffer.from(hash.slice(6), 'base64')
    const digest = sha1([Buffer.from(password), stored.subarray(20)])
    return secretEqual(digest.toString('hex'), stored.subarray(0, 20).toString('hex'))
  }
  return secretEqual(password, hash)
}

function sha1(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function md5(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const digits = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Apache's MD5: a digest that goes a thousand rounds through itself, the password and the salt, in an order that the number
 * of the round decides. Source: https://httpd.apache.org/docs/2.4/misc/password_encryptions.html
 */
function apacheMd5Of(password: string, salt: string): string {
  const key = Buffer.from(password)
  const saltBytes = Buffer.from(salt)
  const inner = md5([key, saltBytes, key])
  const first: Uint8Array[] = [key, Buffer.from('$apr1$'), saltBytes]
  for (let left = key.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)))
  for (let bits = key.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? Buffer.of(0) : key.subarray(0, 1))
  let digest = md5(first)
  for (let round = 0; round < 1000; round++) {
    const isOdd = (round & 1) === 1
    const parts: Uint8Array[] = [isOdd ? key : digest]
    if (round % 3 !== 0) parts.push(saltBytes)
    if (round % 7 !== 0) parts.push(key)
    parts.push(isOdd ? digest : key)
    digest = md5(parts)
  }
  let text = ''
  for (const [a, b, c] of [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ] as const) {
    text += base64Digits((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4)
  }
  return `$apr1$${salt}$${text}${base64Digits(digest[11]!, 2)}`
}

/** Digits of crypt's base 64, lowest first. */
function base64Digits(value: number, count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += digits[(value >> (6 * i)) & 63]
  return text
}
