import type { HeaderList } from '../headers.ts'
import { huffmanEncode, huffmanLength } from './huffman.ts'
import { staticFieldIndex, staticNameIndex } from './static-table.ts'

/*
 * Encodes header lists (RFC 7541) with the static table and literals only, never the dynamic table: so the bytes of a list
 * depend on the list alone, one encoding serves every connection, and a list that never changes is encoded once.
 */
const encodings = new WeakMap<HeaderList, Buffer>()
const statusEncodings = new Map<number, Buffer>()

/** The header block fragment of a list. A frozen list is encoded once and remembered by identity. */
export function encodeHeaders(list: HeaderList): Buffer {
  const known = encodings.get(list)
  if (known !== undefined) return known
  const encoded = encodeList(list)
  if (Object.isFrozen(list)) encodings.set(list, encoded)
  return encoded
}

/** The header block fragment of `:status`, which comes first in an answer. */
export function encodeStatus(status: number): Buffer {
  let encoded = statusEncodings.get(status)
  if (encoded === undefined) {
    encoded = encodeList([':status', String(status)])
    if (status >= 100 && status <= 999) statusEncodings.set(status, encoded)
  }
  return encoded
}

function encodeList(list: HeaderList): Buffer {
  let bytes = 0
  for (const text of list) bytes += text.length * 4 + 12
  const target = Buffer.allocUnsafe(bytes)
  let offset = 0
  for (let i = 0; i + 1 < list.length; i += 2) offset = encodeField(list[i]!, list[i + 1]!, target, offset)
  return Buffer.from(target.subarray(0, offset))
}

function encodeField(name: string, value: string, target: Uint8Array, offset: number): number {
  const whole = staticFieldIndex(name, value)
  if (whole !== 0) return encodeInteger(target, offset, { prefixBits: 7, pattern: 0x80, value: whole })
  // Secrets must never enter a table of a proxy on the way (RFC 7541, section 7.1.3): "never indexed".
  const pattern = name === 'authorization' || name === 'cookie' ? 0x10 : 0
  const nameIndex = staticNameIndex(name)
  offset = encodeInteger(target, offset, { prefixBits: 4, pattern, value: nameIndex })
  if (nameIndex === 0) offset = encodeString(name, target, offset)
  return encodeString(value, target, offset)
}

function encodeString(text: string, target: Uint8Array, offset: number): number {
  const coded = huffmanLength(text)
  if (coded < text.length) {
    offset = encodeInteger(target, offset, { prefixBits: 7, pattern: 0x80, value: coded })
    return huffmanEncode(text, target, offset)
  }
  offset = encodeInteger(target, offset, { prefixBits: 7, pattern: 0, value: text.length })
  for (let i = 0; i < text.length; i++) target[offset++] = text.charCodeAt(i)
  return offset
}

function encodeInteger(
  target: Uint8Array,
  offset: number,
  integer: { prefixBits: number; pattern: number; value: number },
): number {
  const mask = (1 << integer.prefixBits) - 1
  let value = integer.value
  if (value < mask) {
    target[offset] = integer.pattern | value
    return offset + 1
  }
  target[offset++] = integer.pattern | mask
  for (value -= mask; value >= 128; value = Math.floor(value / 128)) target[offset++] = (value & 127) | 128
  target[offset] = value
  return offset + 1
}
