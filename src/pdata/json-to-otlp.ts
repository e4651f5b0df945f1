import { JsonError } from '../wire/json-error.ts'
import { type JsonLimits, JsonReader, jsonLimits } from '../wire/json-reader.ts'
import { uint64 } from '../wire/uint64.ts'
import { wireBytes, wireFixed32, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import { enumNumber } from './enum-names.ts'
import { writeBase64 } from './json-base64.ts'
import type { Signal } from './otlp-batch.ts'
import { fieldKinds, type KeyEntry, otlpSchema, type SchemaField, type SchemaMessage } from './otlp-schema.ts'
import { readText } from './text.ts'

/** What a reader of OTLP/JSON met beside the data. Adds up over calls. */
export interface JsonFindings {
  /** Keys spelled as in the .proto files: read all the same, but the sender should know. */
  snakeCaseKeys: number
  /** Keys that OTLP does not have; ignored, as it demands. */
  unknownKeys: number
}

const memoryKeptBytes = 1 << 20
const int32Min = -0x80000000
const int32Max = 0x7fffffff
const uint32Max = 0xffffffff

/** Values of hexadecimal digits by byte; -1 for anything else. */
const hexValues = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16)
  hexValues[digit.charCodeAt(0)] = i
  hexValues[digit.toUpperCase().charCodeAt(0)] = i
}

/**
 * Turns an OTLP/JSON request into the bytes of the same protobuf request, without making objects on the way.
 * Throws `JsonError`, whose `reason` says whether the text is malformed or over a limit.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function jsonToOtlp(
  signal: Signal,
  json: Uint8Array,
  limits: JsonLimits = jsonLimits,
  findings?: JsonFindings,
): Uint8Array {
  const schema = otlpSchema(signal)
  if (schema === undefined) throw new JsonError(`JSON is not available for ${signal}`, 0)
  return jsonToMessage(schema, json, limits, findings)
}

/** The same for any message of a schema. */
function jsonToMessage(
  schema: SchemaMessage,
  json: Uint8Array,
  limits: JsonLimits = jsonLimits,
  findings?: JsonFindings,
): Uint8Array {
  transcoder.findings = findings ?? unwatched
  try {
    transcoder.reader.reset(json, limits)
    transcoder.writer.reset()
    transcoder.message(schema)
    transcoder.reader.finish()
    return transcoder.writer.finish()
  } finally {
    transcoder.reader.clear()
    transcoder.writer.resetWithin(memoryKeptBytes)
  }
}

const unwatched: JsonFindings = { snakeCaseKeys: 0, unknownKeys: 0 }

class Transcoder {
  readonly reader = new JsonReader()
  readonly writer = new WireWriter()
  findings: JsonFindings = unwatched

  /** Reads one object and writes its fields. */
  message(schema: SchemaMessage): void {
    const { reader } = this
    reader.enterObject()
    let seen = 0
    let previous: KeyEntry | undefined
    for (let isFirst = true; ; isFirst = false) {
      let entry = previous === undefined ? schema.firstKey : previous.follower
      if (entry === undefined || !reader.tryKey(isFirst, entry.quoted)) {
        if (!reader.nextKey(isFirst)) return
        entry = schema.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
        if (entry === undefined) {
          this.findings.unknownKeys++
          reader.skipValue()
          continue
        }
        if (previous === undefined) schema.firstKey = entry
        else previous.follower = entry
      }
      previous = entry
      if (entry.isSnakeCase) this.findings.snakeCaseKeys++
      const keyOffset = reader.offset
      if (reader.tryNull()) continue
      const { field } = entry
      if ((seen & field.seenBit) !== 0) {
        const what = field.oneof === '' ? `key ${field.jsonName}` : `value of ${schema.name}`
        throw reader.error(`a second ${what}`, keyOffset)
      }
      seen |= field.seenBit
      if (field.isRepeated) this.#list(field)
      else this.#value(field)
    }
  }

  #list(field: SchemaField): void {
    const { reader, writer } = this
    reader.enterArray()
    const isPacked = field.kind >= fieldKinds.bool && field.kind <= fieldKinds.double
    if (!isPacked) {
      for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) this.#value(field)
      return
    }
    const tagStart = writer.length
    const mark = writer.open(field.number)
    for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) this.#number(field)
    if (writer.length === mark) writer.truncate(tagStart)
    else writer.close(mark)
  }

  /** Reads one value and writes tag and value; nothing where it is the default of a field without presence. */
  #value(field: SchemaField): void {
    const { reader, writer } = this
    switch (field.kind) {
      case fieldKinds.message: {
        const mark = writer.open(field.number)
        this.message(field.message!)
        writer.close(mark)
        return
      }
      case fieldKinds.string: {
        reader.string()
        const { stringStart, stringEnd } = reader
        if (stringStart === stringEnd && !field.hasPresence) return
        if (!reader.stringHasEscapes) {
          writer.bytesField(field.number, reader.bytes, stringStart, stringEnd)
          return
        }
        const mark = writer.open(field.number)
        reader.copyString(writer)
        writer.close(mark)
        return
      }
      case fieldKinds.id16:
        this.#id(field, 16)
        return
      case fieldKinds.id8:
        this.#id(field, 8)
        return
      case fieldKinds.bytes: {
        reader.string()
        if (reader.stringStart === reader.stringEnd && !field.hasPresence) return
        const mark = writer.open(field.number)
        writeBase64(reader, writer)
        writer.close(mark)
        return
      }
      default: {
        const start = writer.length
        writer.tag(field.number, wireTypeOf(field.kind))
        if (!this.#number(field) && !field.hasPresence) writer.truncate(start)
      }
    }
  }

  #id(field: SchemaField, length: number): void {
    const { reader, writer } = this
    reader.string()
    const { bytes, stringStart, stringEnd } = reader
    if (stringStart === stringEnd) {
      if (field.hasPresence) writer.bytesField(field.number, bytes, 0, 0)
      return
    }
    if (stringEnd - stringStart !== length * 2) {
      throw reader.error(`${field.jsonName} is not ${length * 2} hexadecimal digits`, stringStart)
    }
    writer.tag(field.number, wireBytes)
    writer.byte(length)
    writer.ensure(length)
    const target = writer.buffer
    let at = writer.length
    let check = 0
    for (let offset = stringStart; offset < stringEnd; offset += 2) {
      const high = hexValues[bytes[offset]!]!
      const low = hexValues[bytes[offset + 1]!]!
      check |= high | low
      target[at++] = (high << 4) | low
    }
    if (check < 0) throw reader.error(`${field.jsonName} is not hexadecimal`, stringStart)
    writer.length = at
  }

  /** Reads a number or boolean and writes the value without a tag; false where it is zero. */
  #number(field: SchemaField): boolean {
    const { reader, writer } = this
    switch (field.kind) {
      case fieldKinds.bool: {
        const value = reader.boolean()
        writer.byte(value ? 1 : 0)
        return value
      }
      case fieldKinds.enum: {
        return reader.peek() === 0x22 ? this.#enumByName(field) : this.#int32()
      }
      case fieldKinds.int32:
        return this.#int32()
      case fieldKinds.uint32: {
        const value = reader.integer(0, uint32Max)
        writer.varint32(value)
        return value !== 0
      }
      case fieldKinds.sint32: {
        const value = reader.integer(int32Min, int32Max)
        writer.varint32((value << 1) ^ (value >> 31))
        return value !== 0
      }
      case fieldKinds.fixed32: {
        const value = reader.integer(0, uint32Max)
        writer.fixed32(value)
        return value !== 0
      }
      case fieldKinds.int64:
        reader.int64()
        writer.varint64Halves(uint64.low, uint64.high)
        return (uint64.low | uint64.high) !== 0
      case fieldKinds.uint64:
        reader.uint64()
        writer.varint64Halves(uint64.low, uint64.high)
        return (uint64.low | uint64.high) !== 0
      case fieldKinds.fixed64:
        reader.uint64()
        writer.fixed64Halves(uint64.low, uint64.high)
        return (uint64.low | uint64.high) !== 0
      case fieldKinds.sfixed64:
        reader.int64()
        writer.fixed64Halves(uint64.low, uint64.high)
        return (uint64.low | uint64.high) !== 0
      default: {
        const value = reader.double()
        writer.double(value)
        return value !== 0 || Object.is(value, -0)
      }
    }
  }

  /** OTLP allows numbers only; the Collector takes the full names too, and whoever prints protobuf as JSON sends those. */
  #enumByName(field: SchemaField): boolean {
    const { reader, writer } = this
    reader.string()
    const { bytes, stringStart, stringEnd } = reader
    // No name is longer: what is does not become a string.
    const name = stringEnd - stringStart > 64 ? '' : readText(bytes, stringStart, stringEnd)
    const value = enumNumber(field.name, name)
    if (value < 0) throw reader.error(`${field.jsonName} must be an integer or a name in full`, stringStart)
    writer.byte(value)
    return value !== 0
  }

  #int32(): boolean {
    const value = this.reader.integer(int32Min, int32Max)
    if (value >= 0) this.writer.varint32(value)
    else this.writer.varint64Halves(value >>> 0, uint32Max)
    return value !== 0
  }
}

const transcoder = new Transcoder()

function wireTypeOf(kind: number): number {
  if (kind === fieldKinds.fixed32) return wireFixed32
  return kind >= fieldKinds.fixed64 ? wireFixed64 : wireVarint
}
