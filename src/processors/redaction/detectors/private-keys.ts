import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isAlnum, isSpace, latin1, matchesExact } from './text-bytes.ts'

const privateKey = detectorId('private_key')

/** A PEM, OpenSSH or PGP private key whose `BEGIN` ends at `at`: to its END line, or to where a limit cut it off. */
export function detectPrivateKey(d: Detection, at: number): void {
  const { bytes, start, end } = d
  const from = at - 9
  if (from < start || !(matchesExact(bytes, from, end, '-----BEGIN') || matchesExact(bytes, from, end, '---- BEGIN')))
    return
  const header = /^[A-Z0-9 ]{0,40}?PRIVATE KEY( BLOCK)?/.exec(latin1(bytes, at + 1, Math.min(end, at + 64)))
  if (header === null) {
    if (end - at < 24 && / [A-Z ]*$/.test(latin1(bytes, at, end))) d.add(privateKey, from, end)
    return
  }
  const stop = bodyEnd(bytes, at + 1 + header[0].length, end)
  d.add(privateKey, from, stop)
  d.doneUntil = Math.max(d.doneUntil, stop)
}

/** The private part of PuTTY's file, from the `:` of `Private-Lines: 14` to the line that ends it. */
export function detectPuttyKey(d: Detection, at: number): boolean {
  const { bytes, end } = d
  const match = /^:? ?\d{1,4}(?:\s|\\[rn])+((?:[A-Za-z0-9+/=]{1,80}(?:\s|\\[rn]|$)*){1,200})/.exec(
    latin1(bytes, at, Math.min(end, at + 8192)),
  )
  if (match === null) return false
  const body = match[1]!.replace(/(?:\s|\\[rn])*(?:Private(?:\s|\\[rn])*)?$/, '')
  const from = at + match[0].length - match[1]!.length
  d.add(privateKey, from, from + body.length)
  return true
}

/** Behind the END line; without one, behind the last byte that a key's text can hold. */
function bodyEnd(bytes: Uint8Array, from: number, end: number): number {
  let offset = from
  while (offset < end) {
    const byte = bytes[offset]!
    if (
      byte === 0x2d &&
      (matchesExact(bytes, offset, end, '-----END') || matchesExact(bytes, offset, end, '---- END'))
    ) {
      offset += 8
      while (offset < end && (isAlnum(bytes[offset]!) || bytes[offset] === 0x20)) offset++
      let dashes = 0
      while (offset < end && bytes[offset] === 0x2d && dashes++ < 5) offset++
      return offset
    }
    if (byte === 0x5c) {
      let behind = offset
      while (behind < end && bytes[behind] === 0x5c) behind++
      if (behind < end && (bytes[behind] === 0x22 || bytes[behind] === 0x27)) return offset
      offset = behind
      continue
    }
    const joint = byte === 0x22 || byte === 0x27 ? jointLength(bytes, offset, end) : 0
    if (joint > 0) {
      offset += joint
      continue
    }
    if (!isAlnum(byte) && !isSpace(byte) && !isBodySign(byte)) return offset
    offset++
  }
  return end
}

/** Bytes between two strings of source code that make one: `" +`, a line break, `"`; the comment of an SSH2 key is one string. */
const jointLength = (bytes: Uint8Array, at: number, end: number) =>
  /^(["'])(?:\s*[+.,]?\s*(?:\\?\s*)\1|[^"'\n]{0,80}\1\n)/.exec(latin1(bytes, at, Math.min(end, at + 96)))?.[0].length ??
  0

// + / = - : , . ( ) % < > @ _ stand in bodies, headers and comments of keys, percent-encoded ones included.
const isBodySign = (byte: number) => '+/=-:,.()%@_'.includes(String.fromCharCode(byte))
