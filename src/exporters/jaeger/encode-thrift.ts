import { ThriftWriter } from '../../wire/thrift-writer.ts'
import type { JaegerBatch, JaegerProcess, JaegerSpan, JaegerTag } from './jaeger-batches.ts'

/**
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
const typeString = 0
const typeDouble = 1
const typeBool = 2
const typeLong = 3
const typeBinary = 4

/** A batch as the body of a POST: binary protocol, nothing around it. */
export function encodeThriftBatch(batch: JaegerBatch): Uint8Array {
  const writer = new ThriftWriter('binary')
  writer.struct(() => {
    writer.structField(1, () => writeProcess(writer, batch.process))
    writer.listField(2, batch.spans, span => writeSpan(writer, span))
  })
  return writer.finish()
}

export interface Datagrams {
  readonly datagrams: readonly { readonly bytes: Uint8Array; readonly spanCount: number }[]
  /** Spans that alone are more than a datagram holds. */
  readonly tooLargeCount: number
}

/** A batch as messages `emitBatch` of the compact protocol, none larger than `bytesMax`. */
export function encodeDatagrams(batch: JaegerBatch, bytesMax: number): Datagrams {
  const spanWriter = new ThriftWriter('compact')
  const emptyBytes = encodeDatagram(batch.process, []).length
  // The list's header grows by a varint of the number of its spans.
  const room = bytesMax - emptyBytes - 5
  const datagrams: { bytes: Uint8Array; spanCount: number }[] = []
  let spans: Uint8Array[] = []
  let usedBytes = 0
  let tooLargeCount = 0
  const flush = () => {
    if (spans.length > 0) datagrams.push({ bytes: encodeDatagram(batch.process, spans), spanCount: spans.length })
    spans = []
    usedBytes = 0
  }
  for (const span of batch.spans) {
    spanWriter.reset().struct(() => writeSpan(spanWriter, span))
    const bytes = spanWriter.finish()
    if (bytes.length > room) {
      tooLargeCount++
      continue
    }
    if (usedBytes + bytes.length > room) flush()
    spans.push(bytes)
    usedBytes += bytes.length
  }
  flush()
  return { datagrams, tooLargeCount }
}

function encodeDatagram(process: JaegerProcess, spans: readonly Uint8Array[]): Uint8Array {
  const writer = new ThriftWriter('compact')
  writer.message('emitBatch')
  writer.struct(() =>
    writer.structField(1, () => {
      writer.structField(1, () => writeProcess(writer, process))
      writer.listHeader(2, spans.length)
      for (const span of spans) writer.raw(span)
    }),
  )
  return writer.finish()
}

function writeProcess(writer: ThriftWriter, { serviceName, tags }: JaegerProcess): void {
  writer.stringField(1, serviceName)
  if (tags.length > 0) writer.listField(2, tags, tag => writeTag(writer, tag))
}

function writeSpan(writer: ThriftWriter, span: JaegerSpan): void {
  const { traceId, spanId, parentSpanId } = span
  writer.i64Field(1, idHalf(traceId, 8))
  writer.i64Field(2, idHalf(traceId, 0))
  writer.i64Field(3, idHalf(spanId, 0))
  writer.i64Field(4, idHalf(parentSpanId, 0))
  writer.stringField(5, span.name)
  // The parent has a field of its own here.
  const links = parentSpanId.length > 0 ? span.references.slice(1) : span.references
  if (links.length > 0) {
    writer.listField(6, links, reference => {
      writer.i32Field(1, reference.type)
      writer.i64Field(2, idHalf(reference.traceId, 8))
      writer.i64Field(3, idHalf(reference.traceId, 0))
      writer.i64Field(4, idHalf(reference.spanId, 0))
    })
  }
  writer.i32Field(7, span.flags)
  writer.i64Field(8, span.startNano / 1000n)
  writer.i64Field(9, span.durationNano / 1000n)
  if (span.tags.length > 0) writer.listField(10, span.tags, tag => writeTag(writer, tag))
  if (span.logs.length > 0) {
    writer.listField(11, span.logs, log => {
      writer.i64Field(1, log.timeNano / 1000n)
      writer.listField(2, log.fields, tag => writeTag(writer, tag))
    })
  }
}

function writeTag(writer: ThriftWriter, { key, value }: JaegerTag): void {
  writer.stringField(1, key)
  if (typeof value === 'string') {
    writer.i32Field(2, typeString)
    writer.stringField(3, value)
  } else if (typeof value === 'number') {
    writer.i32Field(2, typeDouble)
    writer.doubleField(4, value)
  } else if (typeof value === 'boolean') {
    writer.i32Field(2, typeBool)
    writer.boolField(5, value)
  } else if (typeof value === 'bigint') {
    writer.i32Field(2, typeLong)
    writer.i64Field(6, value)
  } else {
    writer.i32Field(2, typeBinary)
    writer.bytesField(7, value)
  }
}

/** Eight bytes of an id as a number; 0 where the id is empty. */
function idHalf(id: Uint8Array, offset: number): bigint {
  let value = 0n
  for (let i = offset; i < offset + 8 && i < id.length; i++) value = (value << 8n) | BigInt(id[i]!)
  return value
}
