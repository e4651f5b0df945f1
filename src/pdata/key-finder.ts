import { FieldCursor } from '../wire/field-cursor.ts'
import { type AttributeKey, hashKey, hashLengthFactor } from './attribute-key.ts'
import { fieldNumbersMax, formBytes, formFixed64, formVarint, isRepeatedKind, type MessageType } from './schema.ts'

/** Bits of a number that name keys, the sign left out. */
export const foundKeysMax = 30
const bucketCount = 64
const bucketShift = 26

// Numbers of this file's own: an imported constant is a load and a check at each use.
const shortHeader = 2
const shortAttributeMin = 6
const openingMask = 0x80ff80ff | 0
const valueMask = 0x80ff
const keyTag = 0x0a
const valueTag = 0x12

const emptyBytes = new Uint8Array(0)
const emptyView = new DataView(new ArrayBuffer(0))

/** Looks for the attributes of one record after the other that have certain keys, for all keys in one pass. */
export class KeyFinder {
  readonly #type: MessageType
  readonly #keys: readonly AttributeKey[]
  /** By bits of the hash: one more than the number of the first key there; by number of a key: the same of the next. */
  readonly #buckets = new Uint8Array(bucketCount)
  readonly #nextKeys: Uint8Array
  /** Bytes: 4 at most, from where on a key's hash takes one read. */
  readonly #shortestKey: number
  readonly #slowCursor = new FieldCursor()
  #bytes: Uint8Array = emptyBytes
  #view: DataView = emptyView

  /** Bit by number of the key: the record has it. */
  present = 0
  /** Numbers of the keys in the order in which the record has them. */
  readonly order = new Uint8Array(foundKeysMax)
  foundCount = 0
  /** By number of the key: bounds of the attribute's field, and of its value's payload. */
  readonly fieldStarts: Int32Array
  readonly fieldEnds: Int32Array
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array

  /** `keys` are `foundKeysMax` at most, and all different. */
  constructor(type: MessageType, keys: readonly AttributeKey[]) {
    this.#type = type
    this.#keys = keys
    this.#nextKeys = new Uint8Array(keys.length)
    this.#shortestKey = Math.min(4, ...keys.map(({ bytes }) => bytes.length))
    for (const [i, { hash }] of keys.entries()) {
      const bucket = bucketOf(hash)
      this.#nextKeys[i] = this.#buckets[bucket]!
      this.#buckets[bucket] = i + 1
    }
    this.fieldStarts = new Int32Array(keys.length)
    this.fieldEnds = new Int32Array(keys.length)
    this.valueStarts = new Int32Array(keys.length)
    this.valueEnds = new Int32Array(keys.length)
  }

  /** Forgets the request. */
  release(): void {
    this.#bytes = emptyBytes
    this.#view = emptyView
  }

  /**
   * Notes the wanted attributes of the record in `bytes[start, end)`, of which `view` is one. False where the record is not
   * plain: a singular field or a wanted key stands twice, or an attribute is more than a key and a value. Throws `WireError`
   * as the walk does, or says false, where it is malformed.
   */
  find(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.#bytes = bytes
    this.#view = view
    const buckets = this.#buckets
    const shortestKey = this.#shortestKey
    const { attributesTag, attributesField, forms, kinds } = this.#type
    const opening = attributesTag | (keyTag << 16)
    let seen = 0
    let offset = start
    this.present = 0
    this.foundCount = 0
    while (offset < end) {
      // A key and a value of less than 128 bytes, all together too: nearly every attribute. Two reads tell.
      while (offset + shortAttributeMin <= end) {
        const first = view.getInt32(offset, true)
        if ((first & openingMask) !== opening) break
        const next = offset + shortHeader + ((first >>> 8) & 127)
        const keyLength = first >>> 24
        const keyTo = offset + 2 * shortHeader + keyLength
        if (next > end || keyTo + shortHeader > next) break
        const second = view.getInt16(keyTo, true)
        if ((second & valueMask) !== valueTag || keyTo + shortHeader + (second >>> 8) !== next) break
        if (keyLength >= shortestKey) {
          const hash =
            keyLength < 4
              ? hashKey(bytes, keyTo - keyLength, keyTo)
              : view.getInt32(keyTo - 4, true) ^ Math.imul(keyLength, hashLengthFactor)
          const first = buckets[Math.imul(hash, hashLengthFactor) >>> bucketShift]!
          if (first !== 0 && !this.#note(first, hash, offset, next, keyTo - keyLength, keyTo, keyTo + shortHeader)) {
            return false
          }
        }
        offset = next
      }
      if (offset >= end) break
      const tag = bytes[offset]!
      if (tag === attributesTag) {
        offset = this.#longAttribute(offset, end)
        if (offset < 0) return false
        continue
      }
      const form = forms[tag]!
      let fieldNumber = tag >>> 3
      // Beyond the buffer there is no byte: the careful cursor says so.
      const second = offset + 1 < end ? bytes[offset + 1]! : 128
      if (form === formFixed64) offset += 9
      else if (form === formVarint && second < 128) offset += 2
      else if (form === formBytes && second < 128) offset += 2 + second
      else {
        const cursor = this.#slowCursor.reset(bytes, offset, end)
        cursor.next()
        offset = cursor.fieldEnd
        fieldNumber = cursor.fieldNumber
        if (fieldNumber === attributesField) return false
        if (fieldNumber >= fieldNumbersMax) continue
      }
      if (offset > end) return false
      const bit = 1 << fieldNumber
      // Twice where once is meant: what protobuf makes of it the walk knows.
      if ((seen & bit) !== 0 && !isRepeatedKind(kinds[fieldNumber]!)) return false
      seen |= bit
    }
    return true
  }

  /** Reads an attribute with longer lengths or with its value first. Returns its end, -1 where it is of yet another shape. */
  #longAttribute(start: number, end: number): number {
    const bytes = this.#bytes
    let at = start + 1
    let shift = 0
    let length = 0
    for (let more = true; more; shift += 7) {
      if (at >= end || shift > 21) return -1
      const byte = bytes[at++]!
      length |= (byte & 127) << shift
      more = byte > 127
    }
    const next = at + length
    if (next > end) return -1
    let keyStart = 0
    let keyEnd = 0
    let valueStart = 0
    let valueEnd = 0
    while (at < next) {
      const tag = bytes[at++]!
      length = 0
      shift = 0
      for (let more = true; more; shift += 7) {
        if (at >= next || shift > 21) return -1
        const byte = bytes[at++]!
        length |= (byte & 127) << shift
        more = byte > 127
      }
      if (at + length > next) return -1
      if (tag === keyTag && keyStart === 0) {
        keyStart = at
        keyEnd = at + length
      } else if (tag === valueTag && valueStart === 0) {
        valueStart = at
        valueEnd = at + length
      } else return -1
      at += length
    }
    if (keyStart === 0 || valueStart === 0) return -1
    const hash = hashKey(bytes, keyStart, keyEnd)
    const first = this.#buckets[bucketOf(hash)]!
    if (first === 0) return next
    const found = this.foundCount
    if (!this.#note(first, hash, start, next, keyStart, keyEnd, valueStart)) return -1
    if (this.foundCount > found) this.valueEnds[this.order[found]!] = valueEnd
    return next
  }

  /** Notes the attribute if its key is wanted; false where the record has that key already. */
  #note(
    firstKey: number,
    hash: number,
    fieldStart: number,
    fieldEnd: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
  ): boolean {
    const keys = this.#keys
    for (let i = firstKey; i !== 0; i = this.#nextKeys[i - 1]!) {
      const key = keys[i - 1]!
      if (key.hash !== hash || !key.equalsIn(this.#view, keyStart, keyEnd)) continue
      const number = i - 1
      const bit = 1 << number
      if ((this.present & bit) !== 0) return false
      this.present |= bit
      this.order[this.foundCount++] = number
      this.fieldStarts[number] = fieldStart
      this.fieldEnds[number] = fieldEnd
      this.valueStarts[number] = valueStart
      this.valueEnds[number] = fieldEnd
      return true
    }
    return true
  }
}

function bucketOf(hash: number): number {
  return Math.imul(hash, hashLengthFactor) >>> bucketShift
}
