import { WireWriter } from '../../wire/wire-writer.ts'
import type { JaegerBatch, JaegerProcess, JaegerSpan, JaegerTag } from './jaeger-batches.ts'

/**
 * | message          | fields |
 * | ---------------- | ------ |
 * | PostSpansRequest | batch 1 |
 * | Batch            | spans 1, process 2 |
 * | Process          | service_name 1, tags 2 |
 * | Span             | trace_id 1, span_id 2, operation_name 3, references 4, flags 5, start_time 6, duration 7, tags 8, logs 9, process 10 |
 * | SpanRef          | trace_id 1, span_id 2, ref_type 3 |
 * | Log              | timestamp 1, fields 2 |
 * | KeyValue         | key 1, v_type 2, v_str 3, v_bool 4, v_int64 5, v_float64 6, v_binary 7 |
 * | Timestamp, Duration | seconds 1, nanos 2 |
 *
 * Source: https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto
 */
const typeBool = 1
const typeInt = 2
const typeDouble = 3
const typeBinary = 4

/**
 * All batches as one `PostSpansRequest`, so that one call takes or refuses all of them: the spans of the second and later
 * processes carry their process themselves.
 */
export function encodePostSpans(batches: readonly JaegerBatch[]): Uint8Array {
  const writer = new WireWriter(16 * 1024)
  const request = writer.open(1)
  for (const [i, batch] of batches.entries()) {
    for (const span of batch.spans) {
      const mark = writer.open(1)
      writeSpan(writer, span)
      if (i > 0) writeProcess(writer, 10, batch.process)
      writer.close(mark)
    }
  }
  const [first] = batches
  if (first !== undefined) writeProcess(writer, 2, first.process)
  writer.close(request)
  return writer.finish()
}

function writeProcess(writer: WireWriter, fieldNumber: number, { serviceName, tags }: JaegerProcess): void {
  const mark = writer.open(fieldNumber)
  writer.stringField(1, serviceName)
  writeTags(writer, 2, tags)
  writer.close(mark)
}

function writeSpan(writer: WireWriter, span: JaegerSpan): void {
  // Jaeger wants ids of full length even where they are missing.
  writer.bytesField(1, fullId(span.traceId, 16))
  writer.bytesField(2, fullId(span.spanId, 8))
  if (span.name !== '') writer.stringField(3, span.name)
  for (const { traceId, spanId, type } of span.references) {
    const mark = writer.open(4)
    writer.bytesField(1, fullId(traceId, 16))
    writer.bytesField(2, fullId(spanId, 8))
    if (type !== 0) writer.uint32Field(3, type)
    writer.close(mark)
  }
  if (span.flags !== 0) writer.uint32Field(5, span.flags)
  writeTime(writer, 6, span.startNano)
  writeTime(writer, 7, span.durationNano)
  writeTags(writer, 8, span.tags)
  for (const { timeNano, fields } of span.logs) {
    const mark = writer.open(9)
    writeTime(writer, 1, timeNano)
    writeTags(writer, 2, fields)
    writer.close(mark)
  }
}

function writeTime(writer: WireWriter, fieldNumber: number, nano: bigint): void {
  const mark = writer.open(fieldNumber)
  const seconds = nano / 1_000_000_000n
  const nanos = Number(nano % 1_000_000_000n)
  if (seconds > 0n) writer.varint64Field(1, seconds)
  if (nanos > 0) writer.uint32Field(2, nanos)
  writer.close(mark)
}

function writeTags(writer: WireWriter, fieldNumber: number, tags: readonly JaegerTag[]): void {
  for (const { key, value } of tags) {
    const mark = writer.open(fieldNumber)
    writer.stringField(1, key)
    if (typeof value === 'string') writer.stringField(3, value)
    else if (typeof value === 'boolean') {
      writer.uint32Field(2, typeBool)
      writer.boolField(4, value)
    } else if (typeof value === 'bigint') {
      writer.uint32Field(2, typeInt)
      writer.varint64Field(5, value)
    } else if (typeof value === 'number') {
      writer.uint32Field(2, typeDouble)
      writer.doubleField(6, value)
    } else {
      writer.uint32Field(2, typeBinary)
      writer.bytesField(7, value)
    }
    writer.close(mark)
  }
}

function fullId(id: Uint8Array, length: number): Uint8Array {
  return id.length === length ? id : new Uint8Array(length)
}
