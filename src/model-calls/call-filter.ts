import * as otlp from '../pdata/otlp-fields.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { eventNameKey } from './call-events.ts'
import { roleKeys } from './dialects.ts'

/** Without an attribute of one of these roles no span is a call, or another operation that the processor has priced. */
const decidingRoles = ['requestModel', 'responseModel', 'operation', 'spanKind', 'paidOperation'] as const
const keyTag = 0x0a
const valueTag = 0x12
/** Of an attribute's first four bytes: its own tag and short length, its key's tag and short length. */
const openingMask = 0x80ff80ff | 0
/** These and the first byte of the key. */
const openingBytes = 5
/** Tags of two ids with the lengths behind them, as words, and both ids with these: how nearly every span begins. */
const wholeTraceId = 0x100a
const wholeSpanId = 0x0812
const idsLength = 28

/**
 * Tells most records that have none of a few keys by the length and the first byte of each of their keys. Reads the bytes
 * themselves, since indexing the attributes takes several times as long.
 */
class KeyFilter {
  /** By length below 128 and first byte of a key: it may be one of them. */
  readonly #first = new Uint8Array(1 << 15)
  /** The same by length, first, middle and last byte. */
  readonly #second = new Uint8Array(4096)
  readonly #attributesTag: number
  readonly #opening: number
  readonly #decidingTag: number

  /** A record with a field of `decidingTag` may be one too; tags are of one byte, 0 for none. */
  constructor(keys: readonly string[], attributesTag: number, decidingTag = 0) {
    this.#attributesTag = attributesTag
    this.#opening = attributesTag | (keyTag << 16)
    this.#decidingTag = decidingTag
    for (const key of keys) {
      const bytes = new TextEncoder().encode(key)
      this.#first[(bytes.length << 8) | bytes[0]!] = 1
      this.#second[secondSlot(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length)] = 1
    }
  }

  /** Whether the record in `[start, end)` of the view may have one of the keys; true where its fields are not plain. */
  mayHave(view: DataView, start: number, end: number): boolean {
    const opening = this.#opening
    const decidingTag = this.#decidingTag
    // Five bytes are read at once; what ends with fewer is looked at byte by byte.
    const last = end - openingBytes
    let offset = start
    if (start + idsLength <= last && view.getUint16(start, true) === wholeTraceId) {
      if (view.getUint16(start + 18, true) === wholeSpanId) offset += idsLength
    }
    while (offset <= last) {
      const word = view.getInt32(offset, true)
      if ((word & openingMask) === opening) {
        const at = passOthers(view, offset, last, opening, this.#first)
        if (at > end) return true
        if (at === offset) {
          const next = offset + 2 + ((word >>> 8) & 127)
          const keyEnd = offset + 4 + (word >>> 24)
          if (next > end || keyEnd > next || this.#second[secondSlot(view, offset + 4, word >>> 24)] === 1) return true
          offset = next
        } else offset = at
        continue
      }
      const tag = word & 255
      if (tag === this.#attributesTag) {
        offset = this.#otherAttribute(view, offset, end)
        if (offset < 0) return true
        continue
      }
      if (tag === decidingTag) return true
      // Fields with a tag of one byte, and the span's flags, whose number is its only one above 15.
      const next = (word >>> 8) & 255
      const wireType = tag & 7
      if (tag > 127) {
        if (tag !== 0x85 || next !== 0x01) return true
        offset += 6
      } else if (wireType === 2) {
        if (next < 128) offset += 2 + next
        else if ((word & 0x80_0000) === 0) offset += 3 + ((next & 127) | ((word >>> 9) & 0x3f80))
        else return true
      } else if (wireType === 1) offset += 9
      else if (wireType === 5) offset += 5
      else if (wireType === 0 && next < 128) offset += 2
      else return true
    }
    return this.#mayEndWith(view, offset, end)
  }

  /** The last few bytes: fields that are too short for an attribute with one of the keys. */
  #mayEndWith(view: DataView, start: number, end: number): boolean {
    let offset = start
    while (offset + 2 <= end) {
      const tag = view.getUint8(offset)
      const next = view.getUint8(offset + 1)
      if (tag === this.#decidingTag || tag === this.#attributesTag || tag > 127 || next > 127) return true
      const wireType = tag & 7
      if (wireType === 2) offset += 2 + next
      else if (wireType === 0) offset += 2
      else return true
    }
    return offset !== end
  }

  /** The end of an attribute of other lengths or order that has none of the keys; -1 where it may have one. */
  #otherAttribute(view: DataView, start: number, end: number): number {
    let payload = start + 2
    let length = view.getUint8(start + 1)
    if (length > 127) {
      const high = view.getUint8(payload++)
      if (high > 127) return -1
      length = (length & 127) | (high << 7)
    }
    const next = payload + length
    if (next > end) return -1
    if (length === 0) return next
    if (length < 2) return -1
    if (view.getUint8(payload) !== keyTag) return this.#mayBeBehindValue(view, payload, next) ? -1 : next
    const keyLength = view.getUint8(payload + 1)
    if (keyLength > 127 || payload + 2 + keyLength > next) return -1
    return keyLength > 0 && this.#second[secondSlot(view, payload + 2, keyLength)] === 1 ? -1 : next
  }

  /** The Go Collector writes the value first. */
  #mayBeBehindValue(view: DataView, start: number, end: number): boolean {
    if (view.getUint8(start) !== valueTag) return true
    let key = start + 2
    const length = view.getUint8(start + 1)
    if (length < 128) key += length
    else {
      if (key >= end) return true
      const high = view.getUint8(key++)
      if (high > 127) return true
      key += (length & 127) | (high << 7)
    }
    if (key + 2 > end) return key !== end
    const keyLength = view.getUint8(key + 1)
    if (view.getUint8(key) !== keyTag || keyLength > 127 || key + 2 + keyLength !== end) return true
    return this.#second[secondSlot(view, key + 2, keyLength)] === 1
  }
}

/**
 * Passes attributes of short lengths whose keys' lengths and first bytes are those of none that is looked for. Returns where
 * the first other one or the rest begins. A loop of its own, so that it is compiled alike whatever came before: in the midst of
 * the rest it took half as long again after requests full of calls.
 */
function passOthers(view: DataView, start: number, last: number, opening: number, first: Uint8Array): number {
  let offset = start
  while (offset <= last) {
    const word = view.getInt32(offset, true)
    if ((word & openingMask) !== opening) break
    if (first[((word >>> 16) & 0xff00) | view.getUint8(offset + 4)] === 1) break
    offset += 2 + ((word >>> 8) & 127)
  }
  return offset
}

function secondSlot(view: DataView, start: number, length: number): number {
  if (length === 0) return 0
  const last = start + length - 1
  const hash =
    length ^ (view.getUint8(start) << 8) ^ (view.getUint8(last) << 16) ^ (view.getUint8(start + (length >> 1)) << 24)
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

/** Whether the `Span` in `[start, end)` of the view may be a call: false for nearly all others. */
export function mayBeCall(view: DataView, start: number, end: number): boolean {
  return callFilter.mayHave(view, start, end)
}

/** Whether the `LogRecord` in `[start, end)` of the view may be an event: false for most others. */
export function mayBeEvent(view: DataView, start: number, end: number): boolean {
  return eventFilter.mayHave(view, start, end)
}
