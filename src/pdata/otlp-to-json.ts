import { FieldCursor } from '../wire/field-cursor.ts'
import { JsonWriter } from '../wire/json-writer.ts'
import { readVarint, readWord, uint64 } from '../wire/uint64.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes, wireFixed32, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import type { Signal } from './otlp-batch.ts'
import { fieldKinds, otlpSchema, type SchemaField, type SchemaMessage } from './otlp-schema.ts'

const memoryKeptBytes = 1 << 20
/** Messages inside messages; an OTLP value of 64 levels needs fewer than 150. */
const depthMax = 256

/**
 * Turns the bytes of an OTLP protobuf request into OTLP/JSON: fields in the order of their numbers, keys in
 * lowerCamelCase, ids in hexadecimal, 64-bit integers as decimal strings, defaults left out, unknown fields too (JSON
 * has no place for them). Throws `WireError` where the bytes are malformed.
 */
export function otlpToJson(signal: Signal, bytes: Uint8Array): Uint8Array {
  const schema = otlpSchema(signal)
  if (schema === undefined) throw new TypeError(`JSON is not available for ${signal}`)
  return messageToJson(schema, bytes)
}

/** The same for any message of a schema. */
function messageToJson(schema: SchemaMessage, bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  try {
    printer.writer.reset()
    printer.depth = 0
    printer.message(schema, bytes, start, end)
    return printer.writer.finish()
  } finally {
    printer.clear()
  }
}

/** Where the occurrences of one field stand in the message being printed. */
const slotSize = 4
const slotCount = 0
/** Tag of the first occurrence. */
const slotFirst = 1
const slotValueStart = 2
const slotValueEnd = 3

class Printer {
  writer = new JsonWriter()
  depth = 0
  /** Slots of the fields of every open message, one message after the other. */
  #slots = new Int32Array(4096)
  #slotsUsed = 0
  readonly #cursors = Array.from({ length: depthMax + 2 }, () => new FieldCursor())

  /** Forgets the last message, and the memory that it took if that was much. */
  clear(): void {
    this.#slotsUsed = 0
    if (this.writer.buffer.length > memoryKeptBytes) this.writer = new JsonWriter()
    for (const cursor of this.#cursors) cursor.reset(noBytes, 0, 0)
  }

  /** Prints one message: finds all its fields first, then prints them in the order of the schema. */
  message(schema: SchemaMessage, bytes: Uint8Array, start: number, end: number): void {
    if (++this.depth > depthMax) throw new WireError('messages nest too deep', start, 'budget')
    const base = this.#slotsUsed
    const size = schema.fields.length * slotSize
    this.#reserve(base + size)
    this.#find(schema, bytes, start, end, base)
    const { writer } = this
    writer.byte(0x7b)
    for (const field of schema.fields) {
      const slot = base + field.index * slotSize
      if (this.#slots[slot] !== 0) this.#field(field, bytes, slot, end)
    }
    writer.byte(0x7d)
    this.#slotsUsed = base
    this.depth--
  }

  #reserve(size: number): void {
    if (size > this.#slots.length) {
      const grown = new Int32Array(Math.max(size, this.#slots.length * 2))
      grown.set(this.#slots)
      this.#slots = grown
    }
    this.#slots.fill(0, this.#slotsUsed, size)
    this.#slotsUsed = size
  }

  #find(schema: SchemaMessage, bytes: Uint8Array, start: number, end: number, base: number): void {
    const cursor = this.#cursor(bytes, start, end)
    const slots = this.#slots
    while (cursor.next()) {
      const field = schema.byNumber[cursor.fieldNumber]
      if (field === undefined || !isWireTypeOf(field, cursor.wireType)) continue
      const slot = base + field.index * slotSize
      if (field.oneof !== '') this.#clearSiblings(schema, field, base)
      if (slots[slot]!++ === 0) slots[slot + slotFirst] = cursor.fieldStart
      slots[slot + slotValueStart] = cursor.valueStart
      slots[slot + slotValueEnd] = cursor.fieldEnd
    }
  }

  /** Of a oneof, the last member on the wire wins. */
  #clearSiblings(schema: SchemaMessage, field: SchemaField, base: number): void {
    for (const other of schema.fields) {
      if (other.oneof === field.oneof && other !== field) this.#slots[base + other.index * slotSize] = 0
    }
  }

  #field(field: SchemaField, bytes: Uint8Array, slot: number, end: number): void {
    const count = this.#slots[slot + slotCount]!
    const first = this.#slots[slot + slotFirst]!
    const valueStart = this.#slots[slot + slotValueStart]!
    const valueEnd = this.#slots[slot + slotValueEnd]!
    if (field.isRepeated) {
      this.#list(field, bytes, first, end, count)
    } else if (field.kind === fieldKinds.message) {
      this.#key(field)
      if (count === 1) this.message(field.message!, bytes, valueStart, valueEnd)
      else {
        // A singular message that came in parts: the parts one after the other are the whole.
        const joined = joinOccurrences(field, bytes, first, end, count)
        this.message(field.message!, joined, 0, joined.length)
      }
    } else if (field.hasPresence || !isDefault(field, bytes, valueStart, valueEnd)) {
      this.#key(field)
      this.#value(field, bytes, valueStart, valueEnd)
    }
  }

  #list(field: SchemaField, bytes: Uint8Array, first: number, end: number, count: number): void {
    const { writer } = this
    const keyStart = writer.length
    this.#key(field)
    writer.byte(0x5b)
    const listStart = writer.length
    const cursor = this.#cursor(bytes, first, end)
    this.depth++
    for (let left = count; left > 0 && cursor.next(); ) {
      if (cursor.fieldNumber !== field.number || !isWireTypeOf(field, cursor.wireType)) continue
      left--
      if (cursor.wireType === wireBytes && isPackable(field)) this.#packed(field, cursor)
      else {
        writer.comma()
        this.#element(field, bytes, cursor.valueStart, cursor.fieldEnd)
      }
    }
    this.depth--
    if (writer.length === listStart) writer.length = keyStart
    else writer.byte(0x5d)
  }

  #element(field: SchemaField, bytes: Uint8Array, start: number, end: number): void {
    if (field.kind === fieldKinds.message) this.message(field.message!, bytes, start, end)
    else this.#value(field, bytes, start, end)
  }

  #packed(field: SchemaField, cursor: FieldCursor): void {
    const { bytes, fieldEnd } = cursor
    let offset = cursor.valueStart
    while (offset < fieldEnd) {
      const next = packedEnd(field, bytes, offset, fieldEnd)
      this.writer.comma()
      this.#value(field, bytes, offset, next)
      offset = next
    }
  }

  #key(field: SchemaField): void {
    this.writer.comma()
    this.writer.raw(field.jsonKey)
  }

  #value(field: SchemaField, bytes: Uint8Array, start: number, end: number): void {
    const { writer } = this
    switch (field.kind) {
      case fieldKinds.string:
        writer.string(bytes, start, end)
        return
      case fieldKinds.bytes:
        writer.base64(bytes, start, end)
        return
      case fieldKinds.id16:
      case fieldKinds.id8:
        writer.hex(bytes, start, end)
        return
      case fieldKinds.double:
        writer.double(doubleAt(bytes, start))
        return
      case fieldKinds.fixed32:
        writer.uint64(readWord(bytes, start), 0)
        return
      case fieldKinds.fixed64:
        writer.byte(0x22)
        writer.uint64(readWord(bytes, start), readWord(bytes, start + 4))
        writer.byte(0x22)
        return
      case fieldKinds.sfixed64:
        writer.byte(0x22)
        writer.int64(readWord(bytes, start), readWord(bytes, start + 4))
        writer.byte(0x22)
        return
      default:
        this.#varint(field.kind, bytes, start, end)
    }
  }

  #varint(kind: number, bytes: Uint8Array, start: number, end: number): void {
    const { writer } = this
    readVarint(bytes, start, end)
    const { low, high } = uint64
    switch (kind) {
      case fieldKinds.bool:
        writer.ascii((low | high) === 0 ? 'false' : 'true')
        return
      case fieldKinds.uint32:
        writer.uint64(low, 0)
        return
      case fieldKinds.sint32: {
        const value = (low >>> 1) ^ -(low & 1)
        writer.int64(value >>> 0, value < 0 ? 0xffffffff : 0)
        return
      }
      case fieldKinds.int64:
        writer.byte(0x22)
        writer.int64(low, high)
        writer.byte(0x22)
        return
      case fieldKinds.uint64:
        writer.byte(0x22)
        writer.uint64(low, high)
        writer.byte(0x22)
        return
      default:
        writer.int64(low, low >>> 31 === 1 ? 0xffffffff : 0)
    }
  }

  /** The cursor of this depth: the one of the message around it must stay where it is. */
  #cursor(bytes: Uint8Array, start: number, end: number): FieldCursor {
    return this.#cursors[this.depth]!.reset(bytes, start, end)
  }
}

const noBytes = new Uint8Array(0)
const printer = new Printer()
const doubleBytes = new DataView(new ArrayBuffer(8))

function isPackable(field: SchemaField): boolean {
  return field.kind >= fieldKinds.bool && field.kind <= fieldKinds.double
}

/** The wire type of one value, or length-delimited where a list of numbers may be packed. Others are unknown fields. */
function isWireTypeOf(field: SchemaField, wireType: number): boolean {
  if (!isPackable(field)) return wireType === wireBytes
  return wireType === wireTypeOf(field.kind) || (field.isRepeated && wireType === wireBytes)
}

function wireTypeOf(kind: number): number {
  if (kind === fieldKinds.fixed32) return wireFixed32
  return kind >= fieldKinds.fixed64 ? wireFixed64 : wireVarint
}

function isDefault(field: SchemaField, bytes: Uint8Array, start: number, end: number): boolean {
  if (!isPackable(field)) return start === end
  for (let offset = start; offset < end; offset++) {
    const byte = bytes[offset]!
    if (byte !== 0 && !(byte === 128 && wireTypeOf(field.kind) === wireVarint)) return false
  }
  return true
}

function packedEnd(field: SchemaField, bytes: Uint8Array, start: number, end: number): number {
  const wireType = wireTypeOf(field.kind)
  let next = start + (wireType === wireFixed64 ? 8 : 4)
  if (wireType === wireVarint) {
    next = start
    while (next < end && bytes[next]! >= 128) next++
    next++
    if (next - start > 10) throw new WireError('varint is longer than 10 bytes', start)
  }
  if (next > end) throw new WireError('a packed value is cut off', start)
  return next
}

function joinOccurrences(field: SchemaField, bytes: Uint8Array, first: number, end: number, count: number): Uint8Array {
  const cursor = new FieldCursor(bytes, first, end)
  const parts: Uint8Array[] = []
  while (parts.length < count && cursor.next()) {
    if (cursor.fieldNumber === field.number && cursor.wireType === wireBytes) parts.push(cursor.slice())
  }
  return Buffer.concat(parts)
}

function doubleAt(bytes: Uint8Array, offset: number): number {
  doubleBytes.setUint32(0, readWord(bytes, offset), true)
  doubleBytes.setUint32(4, readWord(bytes, offset + 4), true)
  return doubleBytes.getFloat64(0, true)
}
