import { FieldCursor } from '../../wire/field-cursor.ts'
import { addUint64, multiplyUint64, readVarint, readWord, uint64 } from '../../wire/uint64.ts'
import { WireError } from '../../wire/wire-error.ts'
import { wireBytes, wireFixed64, wireVarint } from '../../wire/wire-type.ts'
import type { DecodedSpans, SpanLimits } from './decoded-spans.ts'
import { JaegerTag, tagBytes, tagUnknown } from './jaeger-tag.ts'
import { JaegerTraceWriter } from './trace-writer.ts'

/**
 * Jaeger's api_v2 in protobuf.
 *
 * | message          | fields |
 * | ---------------- | ------ |
 * | PostSpansRequest | batch 1 |
 * | Batch            | spans 1, process 2 |
 * | Process          | service_name 1, tags 2 |
 * | Span             | trace_id 1, span_id 2, operation_name 3, references 4, flags 5, start_time 6, duration 7, tags 8, logs 9, process 10, process_id 11, warnings 12 |
 * | SpanRef          | trace_id 1, span_id 2, ref_type 3 |
 * | Log              | timestamp 1, fields 2 |
 * | KeyValue         | key 1, v_type 2, v_str 3, v_bool 4, v_int64 5, v_float64 6, v_binary 7 |
 * | Timestamp, Duration | seconds 1, nanos 2 |
 *
 * Source: https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto
 */

/** Reads a `PostSpansRequest`. Throws `WireError`. */
export function decodePostSpans(bytes: Uint8Array, limits: SpanLimits): DecodedSpans {
  return decoder.decode(bytes, limits)
}

class ProtoDecoder {
  readonly #writer = new JaegerTraceWriter()
  readonly #tag = new JaegerTag()
  readonly #batches = new FieldCursor()
  readonly #spans = new FieldCursor()
  readonly #fields = new FieldCursor()
  readonly #inner = new FieldCursor()
  readonly #leaf = new FieldCursor()
  #spansMax = 0
  #elementsLeft = 0

  decode(bytes: Uint8Array, limits: SpanLimits): DecodedSpans {
    this.#spansMax = limits.spansMax
    this.#elementsLeft = limits.elementsMax
    this.#writer.reset()
    try {
      const batches = this.#batches.reset(bytes, 0, bytes.length)
      while (batches.next()) {
        if (batches.fieldNumber === 1 && batches.wireType === wireBytes) {
          this.#batch(bytes, batches.valueStart, batches.fieldEnd)
        }
      }
      return { spanCount: this.#writer.spanCount, bytes: this.#writer.finish() }
    } finally {
      this.#writer.clear()
      for (const cursor of [this.#batches, this.#spans, this.#fields, this.#inner, this.#leaf])
        cursor.reset(noBytes, 0, 0)
    }
  }

  /** One batch: its process and the spans without a process of their own, then the others grouped by theirs. */
  #batch(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    const spans = this.#spans.reset(bytes, start, end)
    let strangers: Map<string, number[]> | undefined
    writer.beginBatch(bytes)
    while (spans.next()) {
      if (spans.wireType !== wireBytes) continue
      if (spans.fieldNumber === 2) this.#process(bytes, spans.valueStart, spans.fieldEnd)
      else if (spans.fieldNumber === 1) {
        const process = this.#processOf(bytes, spans.valueStart, spans.fieldEnd)
        if (process === '') this.#span(bytes, spans.valueStart, spans.fieldEnd)
        else {
          strangers ??= new Map()
          const ranges = strangers.get(process)
          if (ranges === undefined) strangers.set(process, [spans.valueStart, spans.fieldEnd])
          else ranges.push(spans.valueStart, spans.fieldEnd)
        }
      }
    }
    writer.endBatch()
    if (strangers !== undefined) for (const ranges of strangers.values()) this.#strangers(bytes, ranges)
  }

  /** Spans that share a process of their own. */
  #strangers(bytes: Uint8Array, ranges: readonly number[]): void {
    const writer = this.#writer
    writer.beginBatch(bytes)
    const span = new FieldCursor(bytes, ranges[0], ranges[1])
    while (span.next()) {
      if (span.fieldNumber === 10 && span.wireType === wireBytes) this.#process(bytes, span.valueStart, span.fieldEnd)
    }
    for (let i = 0; i < ranges.length; i += 2) this.#span(bytes, ranges[i]!, ranges[i + 1]!)
    writer.endBatch()
  }

  /** The bytes of a span's own process as text to group by; empty for none. */
  #processOf(bytes: Uint8Array, start: number, end: number): string {
    const fields = this.#fields.reset(bytes, start, end)
    let process = ''
    while (fields.next()) {
      if (fields.fieldNumber === 10 && fields.wireType === wireBytes && fields.valueLength > 0) {
        process += Buffer.from(fields.slice()).toString('latin1')
      }
    }
    return process
  }

  #process(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    const mark = writer.beginProcess()
    const fields = this.#inner.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.wireType !== wireBytes) continue
      if (fields.fieldNumber === 1) writer.serviceName(fields.valueStart, fields.fieldEnd)
      else if (fields.fieldNumber === 2) {
        this.#readTag(bytes, fields.valueStart, fields.fieldEnd)
        writer.processTag(this.#tag)
      }
    }
    writer.endProcess(mark)
  }

  #span(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    if (writer.spanCount >= this.#spansMax) throw new WireError(`more than ${this.#spansMax} spans`, start, 'budget')
    writer.beginSpan()
    const fields = this.#fields.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.wireType === wireBytes) this.#spanField(bytes, fields.fieldNumber, fields.valueStart, fields.fieldEnd)
      else if (fields.fieldNumber === 5 && fields.wireType === wireVarint) writer.flags = fields.uint32()
    }
    writer.endSpan()
  }

  #spanField(bytes: Uint8Array, fieldNumber: number, start: number, end: number): void {
    const writer = this.#writer
    switch (fieldNumber) {
      case 1:
        putId(writer.ids, 0, 16, bytes, start, end)
        return
      case 2:
        putId(writer.ids, 16, 8, bytes, start, end)
        return
      case 3:
        writer.spanName(start, end)
        return
      case 4:
        this.#countElement(start)
        this.#reference(bytes, start, end)
        return
      case 6:
        this.#readNano(bytes, start, end)
        writer.start.low = uint64.low
        writer.start.high = uint64.high
        return
      case 7:
        this.#readNano(bytes, start, end)
        writer.duration.low = uint64.low
        writer.duration.high = uint64.high
        return
      case 8:
        this.#readTag(bytes, start, end)
        writer.spanTag(this.#tag)
        return
      case 9:
        this.#countElement(start)
        this.#log(bytes, start, end)
    }
  }

  #reference(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    const offset = writer.addReference(0)
    const fields = this.#inner.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.fieldNumber === 3 && fields.wireType === wireVarint)
        writer.referenceType(offset, fields.uint32() === 0 ? 0 : 1)
      else if (fields.wireType !== wireBytes) continue
      else if (fields.fieldNumber === 1)
        putId(writer.referenceBytes, offset, 16, bytes, fields.valueStart, fields.fieldEnd)
      else if (fields.fieldNumber === 2)
        putId(writer.referenceBytes, offset + 16, 8, bytes, fields.valueStart, fields.fieldEnd)
    }
  }

  #log(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    const mark = writer.beginEvent()
    const fields = this.#inner.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.wireType !== wireBytes) continue
      if (fields.fieldNumber === 1) {
        this.#readNano(bytes, fields.valueStart, fields.fieldEnd)
        writer.eventTime(uint64.low, uint64.high)
      } else if (fields.fieldNumber === 2) {
        this.#readTag(bytes, fields.valueStart, fields.fieldEnd)
        writer.eventField(this.#tag)
      }
    }
    writer.endEvent(mark)
  }

  #readTag(bytes: Uint8Array, start: number, end: number): void {
    this.#countElement(start)
    const tag = this.#tag.reset(bytes)
    let type = 0
    const fields = this.#leaf.reset(bytes, start, end)
    while (fields.next()) {
      const { fieldNumber, wireType, valueStart, fieldEnd } = fields
      if (wireType === wireBytes) {
        if (fieldNumber === 1) tag.setKey(valueStart, fieldEnd)
        else if (fieldNumber === 3) tag.setString(valueStart, fieldEnd)
        else if (fieldNumber === 7) tag.setBytes(valueStart, fieldEnd)
      } else if (wireType === wireVarint) {
        if (fieldNumber === 2) type = fields.uint32()
        else if (fieldNumber === 4) tag.bool = fields.uint32() !== 0
        else if (fieldNumber === 5) {
          readVarint(bytes, valueStart, fieldEnd)
          tag.setInt(uint64.low, uint64.high)
        }
      } else if (wireType === wireFixed64 && fieldNumber === 6) {
        tag.setDouble(readWord(bytes, valueStart), readWord(bytes, valueStart + 4))
      }
    }
    tag.select(type <= tagBytes ? type : tagUnknown, type)
  }

  /** A Timestamp or Duration as nanoseconds in `uint64`, two's complement. */
  #readNano(bytes: Uint8Array, start: number, end: number): void {
    let secondsLow = 0
    let secondsHigh = 0
    let nanos = 0
    const fields = this.#leaf.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.wireType !== wireVarint) continue
      if (fields.fieldNumber === 1) {
        readVarint(bytes, fields.valueStart, fields.fieldEnd)
        secondsLow = uint64.low
        secondsHigh = uint64.high
      } else if (fields.fieldNumber === 2) nanos = fields.uint32() | 0
    }
    multiplyUint64(secondsLow, secondsHigh, 1_000_000_000, 0)
    addUint64(nanos >>> 0, nanos < 0 ? 0xffffffff : 0)
  }

  #countElement(offset: number): void {
    if (--this.#elementsLeft < 0) throw new WireError('more tags, logs and references than allowed', offset, 'budget')
  }
}

const noBytes = new Uint8Array(0)
const decoder = new ProtoDecoder()

/** An id of exactly `size` bytes, or none. */
function putId(ids: Uint8Array, at: number, size: number, bytes: Uint8Array, start: number, end: number): void {
  const length = end - start
  if (length !== size && length !== 0) throw new WireError(`an id has ${length} bytes instead of ${size}`, start)
  for (let i = 0; i < length; i++) ids[at + i] = bytes[start + i]!
}
