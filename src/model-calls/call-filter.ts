import * as otlp from '../pdata/otlp-fields.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { eventNameKey } from './call-events.ts'
import { roleKeys } from './dialects.ts'

/** Without an attribute of one of these roles no span is a call, or another operation that the processor has priced. */
const decidingRoles = ['requestModel', 'responseModel', 'operation', 'spanKind', 'paidOperation'] as const
const keyTag = 0x0a
const valueTag = 0x12

/**
 * Tells most records that have none of a few keys by the length and the first byte of each of their keys. Reads the bytes
 * themselves, since indexing the attributes takes several times as long.
 */
class KeyFilter {
  /** By length (one byte of it: a longer one may be anything) and first byte of a key: it may be one of them. */
  readonly #first = new Uint8Array(1 << 16).fill(1, 128 << 8)
  /** The same by length, first, middle and last byte. */
  readonly #second = new Uint8Array(4096)
  readonly #attributesTag: number
  readonly #decidingTag: number

  /** A record with a field of `decidingTag` may be one too; tags are of one byte, 0 for none. */
  constructor(keys: readonly string[], attributesTag: number, decidingTag = 0) {
    this.#attributesTag = attributesTag
    this.#decidingTag = decidingTag
    for (const key of keys) {
      const bytes = new TextEncoder().encode(key)
      this.#first[(bytes.length << 8) | bytes[0]!] = 1
      this.#second[secondSlot(bytes, 0, bytes.length)] = 1
    }
  }

  /** Whether the record in `bytes[start, end)` may have one of the keys; true where its fields are not plain. */
  mayHave(bytes: Uint8Array, start: number, end: number): boolean {
    const attributesTag = this.#attributesTag
    const decidingTag = this.#decidingTag
    const first = this.#first
    const second = this.#second
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
          if (first[(keyLength << 8) | bytes[payload + 2]!] === 1) {
            if (keyLength > 127 || second[secondSlot(bytes, payload + 2, keyLength)] === 1) return true
          }
        } else if (length > 0 && this.#mayBeBehindValue(bytes, payload, offset)) return true
        if (offset === end) return false
        tag = bytes[offset]!
      }
      // Fields with a tag of one byte, and the span's flags, whose number is its only one above 15.
      const next = bytes[offset + 1]!
      const wireType = tag & 7
      if (tag === decidingTag) return true
      if (tag > 127) {
        if (tag !== 0x85 || next !== 0x01) return true
        offset += 6
      } else if (wireType === 2) {
        offset += 2
        if (next < 128) offset += next
        else {
          const high = bytes[offset++]!
          if (high > 127) return true
          offset += (next & 127) | (high << 7)
        }
      } else if (wireType === 1) offset += 9
      else if (wireType === 5) offset += 5
      else if (wireType === 0 && next < 128) offset += 2
      else return true
    }
    return offset !== end
  }

  /** The Go Collector writes the value first. */
  #mayBeBehindValue(bytes: Uint8Array, start: number, end: number): boolean {
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
    return this.#second[secondSlot(bytes, key + 2, keyLength)] === 1
  }
}

function secondSlot(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0) return 0
  const hash =
    length ^ (bytes[start]! << 8) ^ (bytes[start + length - 1]! << 16) ^ (bytes[start + (length >> 1)]! << 24)
  return Math.imul(hash, 0x9e3779b1) >>> 20
}

const callFilter = new KeyFilter(
  decidingRoles.flatMap(role => roleKeys[role] as readonly string[]),
  (otlp.spanAttributes << 3) | wireBytes,
)
const eventFilter = new KeyFilter(
  [eventNameKey.text],
  (otlp.logAttributes << 3) | wireBytes,
  (otlp.logEventName << 3) | wireBytes,
)

/** Whether the `Span` in `bytes[start, end)` may be a call: false for nearly all others. */
export function mayBeCall(bytes: Uint8Array, start: number, end: number): boolean {
  return callFilter.mayHave(bytes, start, end)
}

/** Whether the `LogRecord` in `bytes[start, end)` may be an event: false for most others. */
export function mayBeEvent(bytes: Uint8Array, start: number, end: number): boolean {
  return eventFilter.mayHave(bytes, start, end)
}
