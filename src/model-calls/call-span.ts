import * as otlp from '../pdata/otlp-fields.ts'
import type { RecordFields } from '../pdata/record-fields.ts'
import { readText } from '../pdata/text.ts'
import type { LogRecordView, SpanView } from '../pdata/views.ts'
import { wireBytes, wireFixed64, wireVarint } from '../wire/wire-type.ts'

const nameBit = 1 << otlp.spanName

/** Tags of ids with the lengths behind them, as words; both ids with these are how nearly every span begins. */
const traceIdHeader = 0x100a
const spanIdHeader = 0x0812
const parentIdHeader = 0x0822
const spanIdAt = 18
const idsLength = 28
const idLength = 10
/** Of two bytes the tag of a name, and the bits that say that its length is longer. */
const nameTag = (otlp.spanName << 3) | wireBytes
const nameMask = 0x80ff
/** Of three bytes a kind, which is one byte, before a time; what both times take; and where the second one stands. */
const kindMask = 0xff80ff
const kindBeforeTime = (otlp.spanKind << 3) | wireVarint | (((otlp.spanStartTime << 3) | wireFixed64) << 16)
const endTimeTag = (otlp.spanEndTime << 3) | wireFixed64
const endTimeAt = 11
const kindAndTimesLength = 20
const attributesTag = (otlp.spanAttributes << 3) | wireBytes
/** Bytes of all this at most, and of the first attribute's tag. */
const headMax = idsLength + idLength + 129 + kindAndTimesLength + 1

/** What is asked of a call's record beside its attributes. Offsets are into `bytes`; 0 where the record has none of that length. */
export class CallSpan {
  bytes: Uint8Array = new Uint8Array(0)
  /** Over `bytes`. */
  view: DataView = new DataView(new ArrayBuffer(0))
  traceIdStart = 0
  spanIdStart = 0
  /** 0 for a root span. */
  parentSpanIdStart = 0
  /** Of the eight bytes of a time. */
  startTimeStart = 0
  endTimeStart = 0
  #nameStart = 0
  #nameEnd = 0

  take(span: SpanView): void {
    const { message } = span
    this.bytes = message.workspace.bytes
    this.view = message.workspace.view
    this.traceIdStart = span.traceIdStart
    this.spanIdStart = span.spanIdStart
    this.parentSpanIdStart = span.parentSpanIdStart
    this.startTimeStart = message.payloadOf(otlp.spanStartTime, 8)
    this.endTimeStart = message.payloadOf(otlp.spanEndTime, 8)
    this.#nameStart = message.valueStart(otlp.spanName)
    this.#nameEnd = message.valueEnd(otlp.spanName)
  }

  /**
   * Takes a span that begins as senders write it: its ids, its name, its kind and its times, and then attributes. Where these
   * begin; 0 where it is another one.
   */
  takeHead(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (start + headMax > end || view.getUint16(start, true) !== traceIdHeader) return 0
    if (view.getUint16(start + spanIdAt, true) !== spanIdHeader) return 0
    let offset = start + idsLength
    let name = view.getUint16(offset, true)
    const hasParent = name === parentIdHeader
    if (hasParent) {
      offset += idLength
      name = view.getUint16(offset, true)
    }
    const nameStart = offset + 2
    const nameEnd = nameStart + (name >>> 8)
    if ((name & nameMask) !== nameTag || (view.getInt32(nameEnd, true) & kindMask) !== kindBeforeTime) return 0
    if (view.getUint8(nameEnd + endTimeAt) !== endTimeTag) return 0
    const attributes = nameEnd + kindAndTimesLength
    if (view.getUint8(attributes) !== attributesTag) return 0
    if (this.bytes !== bytes) this.bytes = bytes
    if (this.view !== view) this.view = view
    this.traceIdStart = start + 2
    this.spanIdStart = start + spanIdAt + 2
    this.parentSpanIdStart = hasParent ? start + idsLength + 2 : 0
    this.startTimeStart = nameEnd + 3
    this.endTimeStart = nameEnd + endTimeAt + 1
    this.#nameStart = nameStart
    this.#nameEnd = nameEnd
    return attributes
  }

  takeOrdinary(view: DataView, record: RecordFields): void {
    const { bytes, present, starts, ends } = record
    if (this.bytes !== bytes) this.bytes = bytes
    if (this.view !== view) this.view = view
    this.traceIdStart = payloadOf(present, starts, ends, otlp.spanTraceId, 16)
    this.spanIdStart = payloadOf(present, starts, ends, otlp.spanSpanId, 8)
    this.parentSpanIdStart = payloadOf(present, starts, ends, otlp.spanParentSpanId, 8)
    this.startTimeStart = payloadOf(present, starts, ends, otlp.spanStartTime, 8)
    this.endTimeStart = payloadOf(present, starts, ends, otlp.spanEndTime, 8)
    const hasName = (present & nameBit) !== 0
    this.#nameStart = hasName ? starts[otlp.spanName]! : 0
    this.#nameEnd = hasName ? ends[otlp.spanName]! : 0
  }

  /** An event's record: it ends when it is written, and has no name of a span. */
  takeEvent(record: LogRecordView): void {
    const { message } = record
    this.bytes = message.workspace.bytes
    this.view = message.workspace.view
    this.traceIdStart = record.traceIdStart
    this.spanIdStart = record.spanIdStart
    this.parentSpanIdStart = 0
    this.startTimeStart = 0
    const time = message.payloadOf(otlp.logTime, 8)
    this.endTimeStart = this.millisecondsAt(time) > 0 ? time : message.payloadOf(otlp.logObservedTime, 8)
    this.#nameStart = 0
    this.#nameEnd = 0
  }

  /** Milliseconds since the Unix epoch, exact to the microsecond; 0 where there is none. */
  get startMs(): number {
    return this.millisecondsAt(this.startTimeStart)
  }
  get endMs(): number {
    return this.millisecondsAt(this.endTimeStart)
  }

  /** 0 where it does not say when it began. */
  get durationMs(): number {
    return this.startTimeStart === 0 ? 0 : Math.max(0, this.endMs - this.startMs)
  }

  get name(): string {
    return readText(this.bytes, this.#nameStart, this.#nameEnd)
  }

  /** Whether the name begins with these bytes. */
  isNamed(beginning: Uint8Array): boolean {
    const start = this.#nameStart
    if (this.#nameEnd - start < beginning.length) return false
    for (let i = 0; i < beginning.length; i++) if (this.bytes[start + i] !== beginning[i]) return false
    return true
  }

  millisecondsAt(start: number): number {
    if (start === 0) return 0
    const { view } = this
    return (view.getUint32(start + 4, true) * 0x1_0000_0000 + view.getUint32(start, true)) / 1e6
  }
}

/** Where the field's payload begins, if the record has it in that length; 0 if not. */
function payloadOf(present: number, starts: Int32Array, ends: Int32Array, field: number, length: number): number {
  if ((present & (1 << field)) === 0) return 0
  const start = starts[field]!
  return ends[field]! - start === length ? start : 0
}
