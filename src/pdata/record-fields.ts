import { FieldCursor } from '../wire/field-cursor.ts'
import { wireFixed32 } from '../wire/wire-type.ts'
import { fieldNumbersMax, formBytes, formFixed64, formVarint, isRepeatedKind, type MessageType } from './schema.ts'

// Not imported, see attribute-rows.ts.
/** Bytes of a tag and a length below 128. */
const shortHeader = 2
/** Three of them: an attribute of no bytes. */
const shortAttributeMin = 6
/** Of four bytes read at once, all but the low bits of two lengths; and the same of two bytes. */
const openingMask = 0x80ff80ff | 0
const valueMask = 0x80ff
/** The fewest bytes of an attribute with three lengths, the first of two bytes. */
const longAttributeMin = 7
/** Of four bytes behind the tag: a length of two bytes, the tag of a key, and a length of one. */
const longMask = 0x80ff8080 | 0
const longOpening = 0x000a0080
const keyTag = 0x0a
const valueTag = 0x12
/** The two bytes of the tag of field 16 as a fixed32: a span's flags. */
const flagsTag = 0x85
const flagsTagEnd = 0x01
const flagsField = 16

/**
 * The fields of one record as senders write it: each singular field once, each attribute of a key and a value. What is of
 * any other shape, though protobuf allows it, is for the views. Reading notes where fields stand, and tells `take` of the
 * attributes.
 */
export abstract class RecordFields {
  /** By length of a key, up to 127, which stands for more too: 0 where `take` need not be told of such keys. */
  abstract readonly byLength: Uint8Array
  readonly #type: MessageType
  /** Bit per field number: the record has it. Attributes are not noted. */
  present = 0
  /** By field number: where the payload of a present field stands. */
  readonly starts = new Int32Array(fieldNumbersMax)
  readonly ends = new Int32Array(fieldNumbersMax)

  constructor(type: MessageType) {
    this.#type = type
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

  /** Whether the record in `[start, end)` is ordinary, and none of its attributes is refused. `view` is over all of `bytes`. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const { attributesTag, forms, kinds } = this.#type
    const { byLength } = this
    const { starts, ends } = this
    const opening = attributesTag | (keyTag << 16)
    this.begin()
    let present = 0
    let offset = start
    while (offset + 1 < end) {
      const tag = view.getUint8(offset)
      if (tag === attributesTag) {
        // A key and a value of less than 128 bytes, all together too: nearly every attribute. Two reads tell.
        while (offset + shortAttributeMin <= end) {
          const first = view.getInt32(offset, true)
          if ((first & openingMask) !== opening) break
          const next = offset + shortHeader + ((first >>> 8) & 127)
          const keyLength = first >>> 24
          const keyTo = offset + 2 * shortHeader + keyLength
          if (next > end || keyTo + shortHeader > next) break
          const second = view.getUint16(keyTo, true)
          if ((second & valueMask) !== valueTag || keyTo + shortHeader + (second >>> 8) !== next) break
          if (byLength[keyLength] !== 0 && !this.take(view, offset, next, keyTo - keyLength, keyTo, keyTo + 2, next)) {
            return false
          }
          offset = next
        }
        if (offset + 1 >= end) break
        if (view.getUint8(offset) === attributesTag) {
          const next = this.#long(view, offset, end)
          offset = next === 0 ? this.#other(view, offset, end) : next
          if (offset < 0) return false
        }
        continue
      }
      const form = forms[tag]!
      const second = view.getUint8(offset + 1)
      let field = tag >>> 3
      let payload = offset + 1
      let next = 0
      if (form === formBytes && second < 128) {
        payload = offset + 2
        next = payload + second
      } else if (form === formFixed64) next = offset + 9
      else if (form === formVarint && second < 128) next = offset + 2
      else if (tag === flagsTag && second === flagsTagEnd && this.#type.wireTypes[flagsField] === wireFixed32) {
        field = flagsField
        payload = offset + 2
        next = offset + 6
      } else {
        slowCursor.reset(bytes, offset, end).next()
        field = slowCursor.fieldNumber
        payload = slowCursor.valueStart
        next = slowCursor.fieldEnd
        if (field >= fieldNumbersMax || this.#type.wireTypes[field] !== slowCursor.wireType) {
          offset = next
          continue
        }
        if (field === this.#type.attributesField) return false
      }
      if (next > end) return false
      const bit = 1 << field
      if ((present & bit) !== 0 && !isRepeatedKind(kinds[field]!)) return false
      present |= bit
      starts[field] = payload
      ends[field] = next
      offset = next
    }
    this.present = present
    return offset === end
  }

  has(field: number): boolean {
    return (this.present & (1 << field)) !== 0
  }

  /** Offset of a field's payload of exactly that many bytes; 0 where it is absent or of another length. */
  payloadOf(field: number, length: number): number {
    if (!this.has(field)) return 0
    const start = this.starts[field]!
    return this.ends[field]! - start === length ? start : 0
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

  /** The end of an attribute of whatever lengths and order; -1 where it is not a key and a value. */
  #other(view: DataView, start: number, end: number): number {
    const payload = varintEnd(view, start + 1, end)
    if (payload < 0) return -1
    const next = payload + varintBefore(view, start + 1, payload)
    if (next > end) return -1
    let keyStart = 0
    let keyEnd = 0
    let valueStart = 0
    let valueEnd = 0
    for (let offset = payload; offset < next; ) {
      const tag = view.getUint8(offset)
      const inner = varintEnd(view, offset + 1, next)
      if (inner < 0) return -1
      const innerEnd = inner + varintBefore(view, offset + 1, inner)
      if (tag === keyTag && keyStart === 0) {
        keyStart = inner
        keyEnd = innerEnd
      } else if (tag === valueTag && valueStart === 0) {
        valueStart = inner
        valueEnd = innerEnd
      } else return -1
      if (innerEnd > next) return -1
      offset = innerEnd
    }
    if (keyStart === 0 || valueStart === 0) return -1
    return this.take(view, start, next, keyStart, keyEnd, valueStart, valueEnd) ? next : -1
  }
}

const slowCursor = new FieldCursor()

/** Where the varint at `offset` ends, of at most four bytes; -1 where it is longer or runs past `end`. */
export function varintEnd(view: DataView, offset: number, end: number): number {
  const limit = Math.min(end, offset + 4)
  for (let at = offset; at < limit; at++) if (view.getUint8(at) < 128) return at + 1
  return -1
}

/** The varint in `[start, end)`. */
export function varintBefore(view: DataView, start: number, end: number): number {
  let value = 0
  for (let at = end - 1; at >= start; at--) value = (value << 7) | (view.getUint8(at) & 127)
  return value
}
