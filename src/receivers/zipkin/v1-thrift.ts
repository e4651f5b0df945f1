import { ThriftError } from '../../wire/thrift-error.ts'
import { ThriftReader } from '../../wire/thrift-reader.ts'
import {
  thriftBool,
  thriftI16,
  thriftI32,
  thriftI64,
  thriftList,
  thriftString,
  thriftStruct,
} from '../../wire/thrift-type.ts'
import { uint64 } from '../../wire/uint64.ts'
import { addressText } from './address-text.ts'
import type { DecodedSpans, DecodeSettings } from './decoded-spans.ts'
import { ZipkinTraceWriter } from './trace-writer.ts'
import { V1Span } from './v1-span.ts'

/**
 * Zipkin's v1 in thrift's binary protocol: a list of spans without anything around it.
 *
 * | struct           | fields |
 * | ---------------- | ------ |
 * | Span             | trace_id 1, name 3, id 4, parent_id 5, annotations 6, binary_annotations 8, debug 9, timestamp 10, duration 11, trace_id_high 12 |
 * | Annotation       | timestamp 1, value 2, host 3 |
 * | BinaryAnnotation | key 1, value 2, annotation_type 3, host 4 |
 * | Endpoint         | ipv4 1, port 2, service_name 3, ipv6 4 |
 *
 * Source: https://github.com/openzipkin/zipkin-api/blob/master/thrift/zipkinCore.thrift
 */
const typeBool = 0
const typeBytes = 1
const typeI16 = 2
const typeI32 = 3
const typeI64 = 4
const typeDouble = 5

/** Throws `ThriftError`. */
export function decodeV1Thrift(bytes: Uint8Array, settings: DecodeSettings): DecodedSpans {
  return decoder.decode(bytes, settings)
}

class V1ThriftDecoder {
  readonly #reader = new ThriftReader()
  readonly #writer = new ZipkinTraceWriter()
  readonly #span = new V1Span(this.#writer)

  decode(bytes: Uint8Array, settings: DecodeSettings): DecodedSpans {
    const reader = this.#reader.reset(bytes, 'binary', { depthMax: 64, elementsMax: settings.elementsMax })
    const writer = this.#writer.reset(settings.parseStringTags, false)
    try {
      reader.enterList()
      const { size } = reader
      if (size > 0 && reader.elementType !== thriftStruct) throw reader.error('a list of spans was expected')
      if (size > settings.spansMax)
        throw new ThriftError(`more than ${settings.spansMax} spans`, reader.offset, 'budget')
      for (let left = size; left > 0; left--) this.#readSpan()
      const otlp = writer.finish()
      return { bytes: otlp, spanCount: writer.spanCount }
    } finally {
      reader.clear()
      writer.clear()
    }
  }

  #readSpan(): void {
    const reader = this.#reader
    const writer = this.#writer
    this.#span.begin()
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftI64) this.#number(fieldId)
      else if (fieldType === thriftString && fieldId === 3) {
        reader.string()
        writer.name.set(reader.bytes, reader.valueStart, reader.valueEnd)
      } else if (fieldType === thriftBool && fieldId === 9) writer.isDebug = reader.fieldBool()
      else if (fieldType === thriftList && (fieldId === 6 || fieldId === 8)) this.#annotations(fieldId === 8)
      else reader.skipField()
    }
    this.#span.end()
  }

  #number(fieldId: number): void {
    const { ids, timestamp, duration } = this.#writer
    this.#reader.i64()
    switch (fieldId) {
      case 1:
        putId(ids, 8)
        return
      case 4:
        putId(ids, 16)
        return
      case 5:
        putId(ids, 24)
        return
      case 10:
        timestamp.low = uint64.low
        timestamp.high = uint64.high
        return
      case 11:
        duration.low = uint64.low
        duration.high = uint64.high
        return
      case 12:
        putId(ids, 0)
    }
  }

  #annotations(isBinary: boolean): void {
    const reader = this.#reader
    reader.enterList()
    const { size } = reader
    if (size > 0 && reader.elementType !== thriftStruct) throw reader.error('a list of annotations was expected')
    for (let left = size; left > 0; left--) {
      if (isBinary) this.#binaryAnnotation()
      else this.#annotation()
    }
    reader.leave()
  }

  #annotation(): void {
    const reader = this.#reader
    const span = this.#span
    let low = 0
    let high = 0
    let start = 0
    let end = 0
    span.endpoint.clear()
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftI64 && fieldId === 1) {
        reader.i64()
        low = uint64.low
        high = uint64.high
      } else if (fieldType === thriftString && fieldId === 2) {
        reader.string()
        start = reader.valueStart
        end = reader.valueEnd
      } else if (fieldType === thriftStruct && fieldId === 3) this.#endpoint()
      else reader.skipField()
    }
    span.annotation(low, high, reader.bytes, start, end)
  }

  #binaryAnnotation(): void {
    const reader = this.#reader
    let keyStart = 0
    let keyEnd = 0
    let start = 0
    let end = 0
    let type = -1
    this.#span.endpoint.clear()
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftString && fieldId === 1) {
        reader.string()
        keyStart = reader.valueStart
        keyEnd = reader.valueEnd
      } else if (fieldType === thriftString && fieldId === 2) {
        reader.string()
        start = reader.valueStart
        end = reader.valueEnd
      } else if (fieldType === thriftI32 && fieldId === 3) type = reader.i32()
      else if (fieldType === thriftStruct && fieldId === 4) this.#endpoint()
      else reader.skipField()
    }
    this.#tag(keyStart, keyEnd, type, start, end)
  }

  /** The value is bytes whose form the type tells; a number of too few bytes stays bytes. */
  #tag(keyStart: number, keyEnd: number, type: number, start: number, end: number): void {
    const span = this.#span
    const { bytes } = this.#reader
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    const needed = type === typeI16 ? 2 : type === typeI32 ? 4 : type === typeI64 || type === typeDouble ? 8 : 0
    if (type === typeBytes || value.length < needed) span.bytesTag(bytes, keyStart, keyEnd, bytes, start, end)
    else if (type === typeBool) span.boolTag(bytes, keyStart, keyEnd, value.length === 1 && value[0] === 1)
    else if (type === typeI16 || type === typeI32) {
      const number = type === typeI16 ? value.readInt16BE() : value.readInt32BE()
      span.intTag(bytes, keyStart, keyEnd, number >>> 0, number < 0 ? 0xffffffff : 0)
    } else if (type === typeI64) span.intTag(bytes, keyStart, keyEnd, value.readUInt32BE(4), value.readUInt32BE(0))
    else if (type === typeDouble) span.doubleTag(bytes, keyStart, keyEnd, value.readUInt32BE(4), value.readUInt32BE(0))
    else span.textTag(bytes, keyStart, keyEnd, bytes, start, end)
  }

  #endpoint(): void {
    const reader = this.#reader
    const { endpoint } = this.#span
    endpoint.isSet = true
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftI32 && fieldId === 1) {
        const ip = reader.i32()
        if (ip !== 0) {
          const text = Buffer.from(`${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`)
          endpoint.ipv4.set(text, 0, text.length)
        }
      } else if (fieldType === thriftI16 && fieldId === 2) endpoint.port = reader.i16() & 0xffff
      else if (fieldType === thriftString && fieldId === 3) {
        reader.string()
        endpoint.serviceName.set(reader.bytes, reader.valueStart, reader.valueEnd)
      } else if (fieldType === thriftString && fieldId === 4) {
        reader.string()
        const text = addressText(reader.bytes.subarray(reader.valueStart, reader.valueEnd))
        if (text !== undefined) endpoint.ipv6.set(text, 0, text.length)
      } else reader.skipField()
    }
  }
}

const decoder = new V1ThriftDecoder()

/** Writes `uint64` as eight bytes, most significant first. */
function putId(bytes: Uint8Array, offset: number): void {
  const { low, high } = uint64
  for (let i = 0; i < 4; i++) {
    bytes[offset + i] = high >>> (24 - 8 * i)
    bytes[offset + 4 + i] = low >>> (24 - 8 * i)
  }
}
