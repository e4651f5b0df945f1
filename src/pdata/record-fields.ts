import { FieldCursor, readFixed64, readVarint64 } from '../wire/field-cursor.ts'
import { wireFixed32 } from '../wire/wire-type.ts'
import { readMilliseconds } from './milliseconds.ts'
import {
  fieldNumbersMax,
  formBytes,
  formFixed64,
  formVarint,
  isRepeatedKind,
  kindSpanId,
  kindTraceId,
  type MessageType,
} from './schema.ts'
import { keyTag, openingMask, shortHeader, valueMask, valueTag } from './short-attribute.ts'
import { readText } from './text.ts'

/** The fewest bytes of an attribute with three lengths, the first of two bytes. */
const longAttributeMin = 7
/** Of four bytes behind the tag: a length of two bytes, the tag of a key, and a length of one. */
const longMask = 0x80ff8080 | 0
const longOpening = 0x000a0080
/** Of a `KeyValue`'s third field, which only profiles write. */
const otherTag = 0x18
/** The bit of a second byte that says that the length or number is longer. */
const longBit = 0x8000
/** The two bytes of the tag of field 16 as a fixed32: a span's flags. */
const flagsTag = 0x0185
const flagsField = 16
/** A tag with the length of an id behind it, as words; where the second stands; and what both take. */
const traceIdHeader = 0x100a
const spanIdHeader = 0x0812
const spanIdAt = 18
const idsLength = 28
/** The bits of fields 1 and 2. */
const idBits = 6
/** A bit for every field. */
export const allFields = 2 ** fieldNumbersMax - 1

/**
 * The fields of one record as senders write it: each singular field once, each attribute of a key and a value. What is of
 * any other shape, though protobuf allows it, is for the views. Reading notes where fields stand, and tells `take` of the
 * attributes.
 */
export abstract class RecordFields {
  /** By length of a key, up to 127, which stands for more too: 0 where `take` need not be told of such keys. */
  abstract readonly byLength: Uint8Array
  readonly #type: MessageType
  readonly #beginsWithIds: boolean
  readonly #hasFlags: boolean
  readonly #fields: number
  bytes: Uint8Array = emptyBytes
  start = 0
  end = 0
  /** Bit per field number: the record has it. Attributes are not noted. */
  present = 0
  /** By field number: where the payload of a present field stands, if somebody will ask. */
  readonly starts = new Int32Array(fieldNumbersMax)
  readonly ends = new Int32Array(fieldNumbersMax)

  /** `fields` are those whose places will be asked for, a bit each. */
  constructor(type: MessageType, fields: number = allFields) {
    this.#type = type
    this.#fields = fields
    this.#beginsWithIds = type.kinds[1] === kindTraceId && type.kinds[2] === kindSpanId
    this.#hasFlags = type.wireTypes[flagsField] === wireFixed32
  }

  /** A record begins. */
  abstract begin(): void

  /** Sees an attribute: its field in `[start, end)`, and its value's payload in the last range. False makes the record unusual. */
  abstract take(
    view: DataView,
    start: number,
    end: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): boolean

  /** Whether an attribute with that key may be more or less than a key and a value, because nobody looks at it. */
  passesBy(_view: DataView, _keyStart: number, _keyEnd: number): boolean {
    return false
  }

  /** Whether the record in `[start, end)` is ordinary, and none of its attributes is refused. `view` is over all of `bytes`. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const { attributesTag, forms, kinds } = this.#type
    const hasFlags = this.#hasFlags
    const fields = this.#fields
    const { byLength } = this
    const { starts, ends } = this
    const opening = attributesTag | (keyTag << 16)
    // The same for all records of a request: what is young is noted by the collector each time that it is stored.
    if (this.bytes !== bytes) this.bytes = bytes
    this.start = start
    this.end = end
    this.begin()
    let present = 0
    let offset = start
    if (this.#beginsWithIds && start + idsLength <= end && view.getUint16(start, true) === traceIdHeader) {
      if (view.getUint16(start + spanIdAt, true) === spanIdHeader) {
        present = idBits
        starts[1] = start + shortHeader
        ends[1] = start + spanIdAt
        starts[2] = start + spanIdAt + shortHeader
        ends[2] = start + idsLength
        offset = start + idsLength
      }
    }
    // Four bytes are read at once; what ends with fewer is read with care.
    const last = end - 4
    while (offset <= last) {
      let word = view.getInt32(offset, true)
      // A key and a value of less than 128 bytes, all together too: nearly every attribute. Two reads tell.
      while ((word & openingMask) === opening) {
        const next = offset + shortHeader + ((word >>> 8) & 127)
        const keyLength = word >>> 24
        const keyTo = offset + 2 * shortHeader + keyLength
        if (next > end || keyTo + shortHeader > next) break
        const second = view.getUint16(keyTo, true)
        if ((second & valueMask) !== valueTag || keyTo + shortHeader + (second >>> 8) !== next) break
        if (
          byLength[keyLength] !== 0 &&
          !this.take(view, offset, next, keyTo - keyLength, keyTo, keyTo + shortHeader, next)
        ) {
          return false
        }
        offset = next
        if (next > last) break
        word = view.getInt32(next, true)
      }
      if (offset > last) break
      const tag = word & 255
      const form = forms[tag]!
      let field = tag >>> 3
      let payload = offset + 1
      let next = 0
      if (form === formFixed64) next = offset + 9
      else if (tag !== attributesTag && form === formBytes && (word & longBit) === 0) {
        payload = offset + shortHeader
        next = payload + ((word >>> 8) & 127)
      } else if (form === formVarint && (word & longBit) === 0) next = offset + 2
      else if (hasFlags && (word & 0xffff) === flagsTag) {
        field = flagsField
        payload = offset + 2
        next = offset + 6
      } else {
        this.present = present
        offset = this.#careful(view, offset, end)
        if (offset < 0) return false
        ;({ present } = this)
        continue
      }
      const bit = 1 << field
      if (next > end || ((present & bit) !== 0 && !isRepeatedKind(kinds[field]!))) return false
      present |= bit
      if ((bit & fields) !== 0) {
        starts[field] = payload
        ends[field] = next
      }
      offset = next
    }
    this.present = present
    while (offset >= 0 && offset < end) offset = this.#careful(view, offset, end)
    return offset === end
  }

  /** An empty message. */
  clear(): void {
    this.bytes = emptyBytes
    this.start = 0
    this.end = 0
    this.present = 0
    this.begin()
  }

  has(field: number): boolean {
    const bit = 1 << field
    if ((this.#fields & bit) === 0) throw new Error(`nobody said that field ${field} would be asked for`)
    return (this.present & bit) !== 0
  }

  valueStart(field: number): number {
    return this.has(field) ? this.starts[field]! : 0
  }

  valueEnd(field: number): number {
    return this.has(field) ? this.ends[field]! : 0
  }

  payloadOf(field: number, length: number): number {
    if (!this.has(field)) return 0
    const start = this.starts[field]!
    return this.ends[field]! - start === length ? start : 0
  }

  text(field: number): string {
    return readText(this.bytes, this.valueStart(field), this.valueEnd(field))
  }

  uint32(field: number): number {
    if (!this.has(field)) return 0
    const start = this.starts[field]!
    const first = this.bytes[start]!
    return first < 128 ? first : Number(readVarint64(this.bytes, start, this.ends[field]!) & 0xffffffffn)
  }

  fixed32(field: number): number {
    if (!this.has(field)) return 0
    const start = this.starts[field]!
    const { bytes } = this
    return (bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24)) >>> 0
  }

  fixed64(field: number): bigint {
    return this.has(field) ? readFixed64(this.bytes, this.starts[field]!) : 0n
  }

  milliseconds(field: number): number {
    const start = this.payloadOf(field, 8)
    return start === 0 ? 0 : readMilliseconds(this.bytes, start)
  }

  /** Where the field stands, tag included, which reading does not note; -1 where it is absent. */
  fieldStart(field: number): number {
    if (!this.has(field)) return -1
    const cursor = slowCursor.reset(this.bytes, this.start, this.end)
    while (cursor.next()) if (cursor.valueStart === this.starts[field] && cursor.fieldNumber === field) break
    return cursor.fieldStart
  }

  /** Reads the field at `offset` whatever its shape. Its end; -1 where that is for the views. */
  #careful(view: DataView, offset: number, end: number): number {
    const type = this.#type
    const cursor = slowCursor.reset(this.bytes, offset, end)
    cursor.next()
    const { fieldNumber: field, fieldEnd: next } = cursor
    if (field >= fieldNumbersMax || type.wireTypes[field] !== cursor.wireType) return next
    if (field === type.attributesField) {
      if (view.getUint8(offset) !== type.attributesTag) return -1
      return this.#long(view, offset, end) || this.#other(view, offset, end)
    }
    const bit = 1 << field
    if ((this.present & bit) !== 0 && !isRepeatedKind(type.kinds[field]!)) return -1
    this.present |= bit
    this.starts[field] = cursor.valueStart
    this.ends[field] = next
    return next
  }

  /**
   * The end of an attribute of a short key and then a value, with lengths of two bytes; 0 where it is anything else, and -1
   * where its key came before.
   */
  #long(view: DataView, start: number, end: number): number {
    if (start + longAttributeMin > end) return 0
    const lengths = view.getInt32(start + 1, true)
    // Two bytes of length, a key's tag, and its length.
    if ((lengths & longMask) !== longOpening) return 0
    const payload = start + 3
    const next = payload + ((lengths & 127) | ((lengths >>> 1) & 0x3f80))
    const keyStart = payload + shortHeader
    const keyTo = keyStart + (lengths >>> 24)
    if (next > end || keyTo + 3 > next || view.getUint8(keyTo) !== valueTag) return 0
    const low = view.getUint8(keyTo + 1)
    const high = low < 128 ? 0 : view.getUint8(keyTo + 2)
    const value = low < 128 ? keyTo + 2 : keyTo + 3
    if (high > 127 || value + ((low & 127) | (high << 7)) !== next) return 0
    const isKnown = this.byLength[keyTo - keyStart] !== 0
    return isKnown && !this.take(view, start, next, keyStart, keyTo, value, next) ? -1 : next
  }

  /** The end of an attribute of whatever lengths and order; -1 where it is one of the keys and more or less than a key and a value. */
  #other(view: DataView, start: number, end: number): number {
    const payload = varintEnd(view, start + 1, end)
    if (payload < 0) return -1
    const next = payload + varintBefore(view, start + 1, payload)
    if (next > end) return -1
    let keyStart = 0
    let keyEnd = 0
    let valueStart = 0
    let valueEnd = 0
    let isPlain = true
    for (let offset = payload; offset < next; ) {
      const tag = view.getUint8(offset)
      const inner = varintEnd(view, offset + 1, next, tag === otherTag ? varintBytesMax : lengthBytesMax)
      if (inner < 0) return -1
      const innerEnd = tag === otherTag ? inner : inner + varintBefore(view, offset + 1, inner)
      if (tag === otherTag) isPlain = false
      else if (tag === keyTag && keyStart === 0) {
        keyStart = inner
        keyEnd = innerEnd
      } else if (tag === valueTag && valueStart === 0) {
        valueStart = inner
        valueEnd = innerEnd
      } else return -1
      if (innerEnd > next) return -1
      offset = innerEnd
    }
    // Anything but a key and a value is only passed by: what an edit makes of it the views know.
    if (!isPlain || keyStart === 0 || valueStart === 0) return this.passesBy(view, keyStart, keyEnd) ? next : -1
    return this.take(view, start, next, keyStart, keyEnd, valueStart, valueEnd) ? next : -1
  }
}

const slowCursor = new FieldCursor()
const emptyBytes: Uint8Array = new Uint8Array(0)

/** Most bytes of a varint, and of one that is a length that somebody means. */
const varintBytesMax = 10
const lengthBytesMax = 4

/** Where the varint at `offset` ends; -1 where it is longer than `bytesMax` or runs past `end`. */
export function varintEnd(view: DataView, offset: number, end: number, bytesMax: number = lengthBytesMax): number {
  const limit = Math.min(end, offset + bytesMax)
  for (let at = offset; at < limit; at++) if (view.getUint8(at) < 128) return at + 1
  return -1
}

/** The varint in `[start, end)`. */
export function varintBefore(view: DataView, start: number, end: number): number {
  let value = 0
  for (let at = end - 1; at >= start; at--) value = (value << 7) | (view.getUint8(at) & 127)
  return value
}
