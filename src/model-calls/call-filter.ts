import { roleKeys } from './dialects.ts'

/** Without an attribute of one of these roles no span is a call, or another operation that the processor has priced. */
const decidingRoles = ['requestModel', 'responseModel', 'operation', 'spanKind', 'paidOperation'] as const
const attributesTag = 0x4a
const keyTag = 0x0a
const valueTag = 0x12

/** By length (one byte of it: a longer one may be anything) and first byte of a key, then by length, first, middle and last byte: a deciding key may look so. */
const firstLook = new Uint8Array(1 << 16)
const secondLook = new Uint8Array(4096)
firstLook.fill(1, 128 << 8)
for (const key of decidingRoles.flatMap(role => roleKeys[role] as readonly string[])) {
  const bytes = new TextEncoder().encode(key)
  firstLook[(bytes.length << 8) | bytes[0]!] = 1
  secondLook[secondSlot(bytes, 0, bytes.length)] = 1
}

/**
 * Whether the `Span` in `bytes[start, end)` may be a call: false for nearly all others, after a look at the length and the
 * first byte of each key. Reads the bytes themselves, since indexing the attributes takes several times as long; where they
 * are not plain, the answer is true.
 */
export function mayBeCall(bytes: Uint8Array, start: number, end: number): boolean {
  let offset = start
  while (offset < end) {
    let tag = bytes[offset]!
    while (tag === attributesTag) {
      let payload = offset + 2
      let length = bytes[offset + 1]!
      if (length > 127) {
        const high = bytes[payload++]!
        if (high > 127) return true
        length = (length & 127) | (high << 7)
      }
      offset = payload + length
      if (offset > end) return true
      if (bytes[payload] === keyTag) {
        const keyLength = bytes[payload + 1]!
        if (firstLook[(keyLength << 8) | bytes[payload + 2]!] === 1) {
          if (keyLength > 127 || secondLook[secondSlot(bytes, payload + 2, keyLength)] === 1) return true
        }
      } else if (length > 0 && mayBeKeyBehindValue(bytes, payload, offset)) return true
      if (offset === end) return false
      tag = bytes[offset]!
    }
    // Fields with a tag of one byte, and the span's flags, whose number is its only one above 15.
    const second = bytes[offset + 1]!
    const wireType = tag & 7
    if (tag > 127) {
      if (tag !== 0x85 || second !== 0x01) return true
      offset += 6
    } else if (wireType === 2) {
      offset += 2
      if (second < 128) offset += second
      else {
        const high = bytes[offset++]!
        if (high > 127) return true
        offset += (second & 127) | (high << 7)
      }
    } else if (wireType === 1) offset += 9
    else if (wireType === 0 && second < 128) offset += 2
    else return true
  }
  return offset !== end
}

/** The Go Collector writes the value first. */
function mayBeKeyBehindValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== valueTag) return true
  let key = start + 2
  const length = bytes[start + 1]!
  if (length < 128) key += length
  else {
    const high = bytes[key++]!
    if (high > 127) return true
    key += (length & 127) | (high << 7)
  }
  if (key >= end) return key > end
  const keyLength = bytes[key + 1]!
  if (bytes[key] !== keyTag || keyLength > 127 || key + 2 + keyLength !== end) return true
  return secondLook[secondSlot(bytes, key + 2, keyLength)] === 1
}

function secondSlot(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0) return 0
  const hash =
    length ^ (bytes[start]! << 8) ^ (bytes[start + length - 1]! << 16) ^ (bytes[start + (length >> 1)]! << 24)
  return Math.imul(hash, 0x9e3779b1) >>> 20
}
