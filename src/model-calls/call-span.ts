import * as otlp from '../pdata/otlp-fields.ts'
import { readText } from '../pdata/text.ts'
import type { LogRecordView, SpanView } from '../pdata/views.ts'
import type { OrdinaryCall } from './ordinary-call.ts'

const nameBit = 1 << otlp.spanName

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

  takeOrdinary(bytes: Uint8Array, view: DataView, record: OrdinaryCall): void {
    if (this.bytes !== bytes) this.bytes = bytes
    if (this.view !== view) this.view = view
    const { present, starts, ends } = record
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
