import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isAlnum, isSpace, latin1, matchesExact } from './text-bytes.ts'

const privateKey = detectorId('private_key')

/** A PEM, OpenSSH or PGP private key whose `BEGIN` ends at `at`: to its END line, or to where a limit cut it off. */
export function detectPrivateKey(d: Detection, at: number): void {
  const { bytes, start, end } = d
  const from = at - 9
  if (from < start || !matchesExact(bytes, from, end, '-----BEGIN')) return
  const header = /^[A-Z0-9 ]{0,40}?PRIVATE KEY( BLOCK)?/.exec(latin1(bytes, at + 1, Math.min(end, at + 64)))
  if (header === null) {
    if (end - at < 24 && / [A-Z ]*$/.test(latin1(bytes, at, end))) d.add(privateKey, from, end)
    return
  }
  const stop = bodyEnd(bytes, at + 1 + header[0].length, end)
  d.add(privateKey, from, stop)
  d.doneUntil = Math.max(d.doneUntil, stop)
}

/** Behind the END line; without one, behind the last byte that a key's text can hold. */
function bodyEnd(bytes: Uint8Array, from: number, end: number): number {
  let offset = from
  while (offset < end) {
    const byte = bytes[offset]!
    if (byte === 0x2d && matchesExact(bytes, offset, end, '-----END')) {
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
    if (!isAlnum(byte) && !isSpace(byte) && !isBodySign(byte)) return offset
    offset++
  }
  return end
}

// + / = - : , . ( ) % < > @ _ stand in bodies, headers and comments of keys, percent-encoded ones included.
const isBodySign = (byte: number) => '+/=-:,.()%@_'.includes(String.fromCharCode(byte))
