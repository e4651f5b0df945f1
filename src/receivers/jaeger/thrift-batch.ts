import { ThriftError } from '../../wire/thrift-error.ts'
import { type ThriftLimits, type ThriftProtocol, ThriftReader, thriftLimits } from '../../wire/thrift-reader.ts'
import {
  thriftBool,
  thriftDouble,
  thriftI32,
  thriftI64,
  thriftList,
  thriftString,
  thriftStruct,
} from '../../wire/thrift-type.ts'
import { multiplyUint64, uint64 } from '../../wire/uint64.ts'
import type { DecodedSpans, SpanLimits } from './decoded-spans.ts'
import { JaegerTag, tagBool, tagBytes, tagDouble, tagInt, tagString, tagUnknown } from './jaeger-tag.ts'
import { JaegerTraceWriter } from './trace-writer.ts'

/**
 * Jaeger's thrift.
 *
 * | struct  | fields |
 * | ------- | ------ |
 * | Batch   | process 1, spans 2 |
 * | Process | serviceName 1, tags 2 |
 * | Span    | traceIdLow 1, traceIdHigh 2, spanId 3, parentSpanId 4, operationName 5, references 6, flags 7, startTime 8, duration 9, tags 10, logs 11 |
 * | SpanRef | refType 1, traceIdLow 2, traceIdHigh 3, spanId 4 |
 * | Log     | timestamp 1, fields 2 |
 * | Tag     | key 1, vType 2, vStr 3, vDouble 4, vBool 5, vLong 6, vBinary 7 |
 *
 * Source: https://github.com/jaegertracing/jaeger-idl/tree/main/thrift
 */
const emitBatch = Buffer.from('emitBatch')
const emitZipkinBatch = Buffer.from('emitZipkinBatch')
/** Types of tags by thrift's number: string, double, bool, long, binary. */
const tagTypes = [tagString, tagDouble, tagBool, tagInt, tagBytes]
const oneWay = 4
const call = 1

/** A bare Batch, as it comes over HTTP. Throws `ThriftError`. */
export function decodeThriftBatch(
  bytes: Uint8Array,
  spanLimits: SpanLimits,
  limits: ThriftLimits = thriftLimits,
): DecodedSpans {
  return decoder.decode(bytes, 'binary', false, spanLimits, limits)
}

/** A message `emitBatch`, as it comes in a datagram. Throws `ThriftError`. */
export function decodeThriftMessage(
  bytes: Uint8Array,
  protocol: ThriftProtocol,
  spanLimits: SpanLimits,
  limits: ThriftLimits = thriftLimits,
): DecodedSpans {
  return decoder.decode(bytes, protocol, true, spanLimits, limits)
}

class ThriftDecoder {
  readonly #reader = new ThriftReader()
  readonly #writer = new JaegerTraceWriter()
  readonly #tag = new JaegerTag()
  #spansMax = 0

  decode(
    bytes: Uint8Array,
    protocol: ThriftProtocol,
    isMessage: boolean,
    spanLimits: SpanLimits,
    limits: ThriftLimits,
  ): DecodedSpans {
    const reader = this.#reader.reset(bytes, protocol, limits)
    this.#spansMax = spanLimits.spansMax
    this.#writer.reset()
    try {
      if (isMessage) this.#message()
      else this.#batch()
      return { spanCount: this.#writer.spanCount, bytes: this.#writer.finish() }
    } finally {
      reader.clear()
      this.#writer.clear()
    }
  }

  #message(): void {
    const reader = this.#reader
    reader.message()
    const name = reader.bytes.subarray(reader.valueStart, reader.valueEnd)
    if (emitZipkinBatch.equals(name))
      throw reader.error('emitZipkinBatch is not taken here: send to the zipkin receiver')
    if (!emitBatch.equals(name) || (reader.messageType !== oneWay && reader.messageType !== call)) {
      throw reader.error('the message is not emitBatch')
    }
    let hasBatch = false
    reader.enterStruct()
    while (reader.nextField()) {
      if (reader.fieldId === 1 && reader.fieldType === thriftStruct && !hasBatch) {
        hasBatch = true
        this.#batch()
      } else reader.skipField()
    }
    if (!hasBatch) throw reader.error('the message has no batch')
  }

  #batch(): void {
    const reader = this.#reader
    const writer = this.#writer
    writer.beginBatch(reader.bytes)
    let hasProcess = false
    let hasSpans = false
    reader.enterStruct()
    while (reader.nextField()) {
      if (reader.fieldId === 1 && reader.fieldType === thriftStruct && !hasProcess) {
        hasProcess = true
        this.#process()
      } else if (reader.fieldId === 2 && reader.fieldType === thriftList) {
        hasSpans = true
        this.#structs(this.#readSpan)
      } else reader.skipField()
    }
    if (!hasProcess || !hasSpans) throw reader.error('the batch lacks its process or its spans')
    writer.endBatch()
  }

  /** Reads a list of structs, each with `readStruct`. */
  #structs(readStruct: () => void): void {
    const reader = this.#reader
    reader.enterList()
    const { size } = reader
    if (size > 0 && reader.elementType !== thriftStruct) throw reader.error('a list of structs was expected')
    for (let left = size; left > 0; left--) readStruct()
    reader.leave()
  }

  #process(): void {
    const reader = this.#reader
    const mark = this.#writer.beginProcess()
    reader.enterStruct()
    while (reader.nextField()) {
      if (reader.fieldId === 1 && reader.fieldType === thriftString) {
        reader.string()
        this.#writer.serviceName(reader.valueStart, reader.valueEnd)
      } else if (reader.fieldId === 2 && reader.fieldType === thriftList) this.#structs(this.#readProcessTag)
      else reader.skipField()
    }
    this.#writer.endProcess(mark)
  }

  // Bound once: `#structs` takes them without making a closure per list.
  readonly #readProcessTag = () => {
    this.#readTag()
    this.#writer.processTag(this.#tag)
  }
  readonly #readSpanTag = () => {
    this.#readTag()
    this.#writer.spanTag(this.#tag)
  }
  readonly #readEventField = () => {
    this.#readTag()
    this.#writer.eventField(this.#tag)
  }
  readonly #readSpan = () => this.#span()
  readonly #readReference = () => this.#reference()
  readonly #readLog = () => this.#log()

  #span(): void {
    const reader = this.#reader
    const writer = this.#writer
    if (writer.spanCount >= this.#spansMax) {
      throw new ThriftError(`more than ${this.#spansMax} spans`, reader.offset, 'budget')
    }
    writer.beginSpan()
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftI64) this.#spanNumber(fieldId)
      else if (fieldId === 5 && fieldType === thriftString) {
        reader.string()
        writer.spanName(reader.valueStart, reader.valueEnd)
      } else if (fieldId === 7 && fieldType === thriftI32) writer.flags = reader.i32()
      else if (fieldId === 10 && fieldType === thriftList) this.#structs(this.#readSpanTag)
      else if (fieldId === 6 && fieldType === thriftList) this.#structs(this.#readReference)
      else if (fieldId === 11 && fieldType === thriftList) this.#structs(this.#readLog)
      else reader.skipField()
    }
    writer.endSpan()
  }

  #spanNumber(fieldId: number): void {
    const reader = this.#reader
    const writer = this.#writer
    reader.i64()
    switch (fieldId) {
      case 1:
        putId(writer.ids, 8)
        return
      case 2:
        putId(writer.ids, 0)
        return
      case 3:
        putId(writer.ids, 16)
        return
      case 4:
        putId(writer.ids, 24)
        return
      case 8:
        microsecondsToNano()
        writer.start.low = uint64.low
        writer.start.high = uint64.high
        return
      case 9:
        microsecondsToNano()
        writer.duration.low = uint64.low
        writer.duration.high = uint64.high
    }
  }

  #reference(): void {
    const reader = this.#reader
    const offset = this.#writer.addReference(0)
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftI32 && fieldId === 1) this.#writer.referenceType(offset, reader.i32())
      else if (fieldType === thriftI64) {
        reader.i64()
        if (fieldId === 2) putId(this.#writer.referenceBytes, offset + 8)
        else if (fieldId === 3) putId(this.#writer.referenceBytes, offset)
        else if (fieldId === 4) putId(this.#writer.referenceBytes, offset + 16)
      } else reader.skipField()
    }
  }

  #log(): void {
    const reader = this.#reader
    const mark = this.#writer.beginEvent()
    reader.enterStruct()
    while (reader.nextField()) {
      if (reader.fieldId === 1 && reader.fieldType === thriftI64) {
        reader.i64()
        microsecondsToNano()
        this.#writer.eventTime(uint64.low, uint64.high)
      } else if (reader.fieldId === 2 && reader.fieldType === thriftList) this.#structs(this.#readEventField)
      else reader.skipField()
    }
    this.#writer.endEvent(mark)
  }

  #readTag(): void {
    const reader = this.#reader
    const tag = this.#tag.reset(reader.bytes)
    if (readUsualTag(reader, tag)) return
    let type = 0
    reader.enterStruct()
    while (reader.nextField()) {
      const { fieldId, fieldType } = reader
      if (fieldType === thriftString) {
        reader.string()
        if (fieldId === 1) tag.setKey(reader.valueStart, reader.valueEnd)
        else if (fieldId === 3) tag.setString(reader.valueStart, reader.valueEnd)
        else if (fieldId === 7) tag.setBytes(reader.valueStart, reader.valueEnd)
      } else if (fieldType === thriftI32 && fieldId === 2) type = reader.i32()
      else if (fieldType === thriftDouble && fieldId === 4) {
        reader.double()
        tag.setDouble(uint64.low, uint64.high)
      } else if (fieldType === thriftBool && fieldId === 5) tag.bool = reader.fieldBool()
      else if (fieldType === thriftI64 && fieldId === 6) {
        reader.i64()
        tag.setInt(uint64.low, uint64.high)
      } else reader.skipField()
    }
    tag.select(tagTypes[type] ?? tagUnknown, type)
  }
}

const decoder = new ThriftDecoder()

/**
 * Reads a tag of text in the one form in which clients write it in the binary protocol: key, type, text, end. False, and
 * nothing read, for any other. It halves the time of a tag.
 */
function readUsualTag(reader: ThriftReader, tag: JaegerTag): boolean {
  const { bytes, end } = reader
  let at = reader.offset
  // Field 1, a string. Lengths below 64 KiB, so that two bytes of them are zero.
  if (reader.isCompact || at + 24 > end || !isHeader(bytes, at, thriftString, 1)) return false
  const keyStart = at + 7
  const keyEnd = keyStart + ((bytes[at + 5]! << 8) | bytes[at + 6]!)
  if (bytes[at + 3] !== 0 || bytes[at + 4] !== 0 || keyEnd + 15 > end) return false
  at = keyEnd
  // Field 2, type 0; field 3, a string.
  if (!isHeader(bytes, at, thriftI32, 2) || (bytes[at + 3]! | bytes[at + 4]! | bytes[at + 5]! | bytes[at + 6]!) !== 0)
    return false
  at += 7
  if (!isHeader(bytes, at, thriftString, 3) || bytes[at + 3] !== 0 || bytes[at + 4] !== 0) return false
  const start = at + 7
  const stop = start + ((bytes[at + 5]! << 8) | bytes[at + 6]!)
  if (stop >= end || bytes[stop] !== 0) return false
  reader.offset = stop + 1
  tag.setKey(keyStart, keyEnd)
  tag.setString(start, stop)
  tag.select(tagString, 0)
  return true
}

function isHeader(bytes: Uint8Array, at: number, type: number, id: number): boolean {
  return bytes[at] === type && bytes[at + 1] === 0 && bytes[at + 2] === id
}

/** Writes `uint64` as eight bytes, most significant first. */
function putId(bytes: Uint8Array, offset: number): void {
  const { low, high } = uint64
  bytes[offset] = high >>> 24
  bytes[offset + 1] = high >>> 16
  bytes[offset + 2] = high >>> 8
  bytes[offset + 3] = high
  bytes[offset + 4] = low >>> 24
  bytes[offset + 5] = low >>> 16
  bytes[offset + 6] = low >>> 8
  bytes[offset + 7] = low
}

function microsecondsToNano(): void {
  multiplyUint64(uint64.low, uint64.high, 1000, 0)
}
