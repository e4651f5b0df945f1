import type { AttributeKey } from '../../pdata/attribute-key.ts'
import { KeySet } from '../../pdata/key-set.ts'
import { OrdinaryRecord } from '../../pdata/ordinary-record.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { type RecordEditor, recordDropped, recordUnusual } from '../../pdata/record-splice.ts'
import { spanType } from '../../pdata/schema.ts'
import type { SpliceOutput } from '../../pdata/splice-output.ts'
import { wireBytes } from '../../wire/wire-type.ts'

const traceStateBit = 1 << otlp.spanTraceState
const traceStateTag = (otlp.spanTraceState << 3) | wireBytes

/** How a sampler decides on spans of which nothing but the trace id counts. */
export interface TraceIdSampler {
  /** The tracestate of a span that is kept, of less than 128 bytes; undefined where it is not. `start` is 0 where the span has no trace id. */
  sample(bytes: Uint8Array, start: number): Uint8Array | undefined
  /** What it decided since the request began does not count. */
  forget(): void
}

/** Samples spans without a tracestate or a priority of their own: nearly all spans. */
export class NewSpans implements RecordEditor {
  readonly #sampler: TraceIdSampler
  readonly #record: OrdinaryRecord
  #state: Uint8Array = new Uint8Array(0)

  constructor(sampler: TraceIdSampler, priorityKey: AttributeKey) {
    this.#sampler = sampler
    this.#record = new OrdinaryRecord(spanType, KeySet.of([priorityKey])!)
  }

  look(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const record = this.#record
    if (!record.read(bytes, view, start, end)) return recordUnusual
    if ((record.present & traceStateBit) !== 0 || record.foundMask !== 0) return recordUnusual
    const state = this.#sampler.sample(bytes, record.payloadOf(otlp.spanTraceId, 16))
    if (state === undefined) return recordDropped
    this.#state = state
    return end - start + 2 + state.length
  }

  write(output: SpliceOutput, start: number, end: number): void {
    output.copy(start, end)
    output.header(traceStateTag, this.#state.length)
    output.raw(this.#state)
  }

  abandon(): void {
    this.#sampler.forget()
  }
}
