import type { AttributeWriter } from '../../pdata/attribute-writer.ts'
import {
  anyArray,
  anyBool,
  anyDouble,
  anyInt,
  anyKvlist,
  anyString,
  keyValueKey,
  keyValueValue,
} from '../../pdata/otlp-fields.ts'
import { JsonError } from '../../wire/json-error.ts'
import { type JsonLimits, JsonReader } from '../../wire/json-reader.ts'
import { uint64 } from '../../wire/uint64.ts'
import { WireWriter } from '../../wire/wire-writer.ts'

/** OpenTelemetry's exporters put attributes of events and links into Zipkin's text as JSON; this deep and no deeper. */
const limits: JsonLimits = { depthMax: 64, elementsMax: 10_000 }
const listValues = 1

/** Reads a JSON object as attributes. One for all nesting levels, since it reads one object after the other. */
export class JsonAttributes {
  readonly #reader = new JsonReader()
  readonly #value = new WireWriter()

  /** Whether `text[start, end)` is one JSON object. */
  isObject(text: Uint8Array, start: number, end: number): boolean {
    if (text[start] !== 0x7b || text[end - 1] !== 0x7d) return false
    try {
      const reader = this.#reader.reset(text.subarray(start, end), limits)
      reader.skipValue()
      reader.finish()
      return true
    } catch (error) {
      if (error instanceof JsonError) return false
      throw error
    } finally {
      this.#reader.clear()
    }
  }

  /** What `findNamed` found: name and attributes are ranges of `namedText`. */
  namedText: Uint8Array = new Uint8Array(0)
  nameEnd = 0
  bodyStart = 0
  bodyEnd = 0

  /** Finds `"name":{attributes}`, with or without braces around it, as other exporters write events. */
  findNamed(text: Uint8Array, start: number, end: number): boolean {
    const first = text[start]
    if ((first !== 0x7b && first !== 0x22) || text[end - 1] !== 0x7d) return false
    const inner = text.subarray(start, end)
    const wrapped = first === 0x7b ? inner : Buffer.concat([Buffer.from('{'), inner, Buffer.from('}')])
    try {
      const reader = this.#reader.reset(wrapped, limits)
      reader.enterObject()
      if (!reader.nextKey(true)) return false
      const name = reader.keyBytes.subarray(reader.keyStart, reader.keyEnd)
      if (reader.peek() !== 0x7b) return false
      const bodyStart = reader.offset
      reader.skipValue()
      const bodyEnd = reader.offset
      if (reader.nextKey(false)) return false
      reader.finish()
      this.namedText = Buffer.concat([name, wrapped.subarray(bodyStart, bodyEnd)])
      this.nameEnd = name.length
      this.bodyStart = name.length
      this.bodyEnd = this.namedText.length
      return true
    } catch (error) {
      if (error instanceof JsonError) return false
      throw error
    } finally {
      this.#reader.clear()
    }
  }

  /** Writes the members of an object that `isObject` approved of; nulls have no place in OTLP and are left out. */
  write(text: Uint8Array, start: number, end: number, attributes: AttributeWriter): void {
    const reader = this.#reader.reset(text.subarray(start, end), limits)
    reader.enterObject()
    for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
      const { keyBytes, keyStart, keyEnd } = reader
      if (reader.tryNull()) continue
      const value = this.#value.reset()
      writeValue(reader, value)
      attributes.encoded(keyBytes, keyStart, keyEnd, value.buffer, 0, value.length)
    }
    reader.clear()
  }
}

/** Writes the fields of one AnyValue. */
function writeValue(reader: JsonReader, writer: WireWriter): void {
  switch (reader.peek()) {
    case 0x22: {
      reader.string()
      const mark = writer.open(anyString)
      reader.copyString(writer)
      writer.close(mark)
      return
    }
    case 0x74:
    case 0x66:
      writer.boolField(anyBool, reader.boolean())
      return
    case 0x6e:
      reader.tryNull()
      return
    case 0x5b:
      writeList(reader, writer)
      return
    case 0x7b:
      writeObject(reader, writer)
      return
    default:
      writeNumber(reader, writer)
  }
}

function writeList(reader: JsonReader, writer: WireWriter): void {
  const list = writer.open(anyArray)
  reader.enterArray()
  for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) {
    const value = writer.open(listValues)
    writeValue(reader, writer)
    writer.close(value)
  }
  writer.close(list)
}

function writeObject(reader: JsonReader, writer: WireWriter): void {
  const list = writer.open(anyKvlist)
  reader.enterObject()
  for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
    const entry = writer.open(listValues)
    writer.bytesField(keyValueKey, reader.keyBytes, reader.keyStart, reader.keyEnd)
    const value = writer.open(keyValueValue)
    writeValue(reader, writer)
    writer.close(value)
    writer.close(entry)
  }
  writer.close(list)
}

/** Whole numbers are integers, all digits kept, as long as 64 bits hold them. */
function writeNumber(reader: JsonReader, writer: WireWriter): void {
  const { offset } = reader
  try {
    reader.int64()
    writer.tag(anyInt, 0)
    writer.varint64Halves(uint64.low, uint64.high)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    reader.offset = offset
    writer.doubleField(anyDouble, reader.double())
  }
}
