import type { StageProcessor } from '../../component/stage-processor.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { SpanReader } from '../../pdata/record-reader.ts'
import { type RecordStep, stepDrops, stepKeeps } from '../../pdata/record-step.ts'
import type { SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict } from '../../pdata/walk-hooks.ts'
import type { ProbabilisticSamplerConfig } from './config.ts'
import { DecisionCounts } from './decision-counts.ts'
import { SpanDecision } from './span-decision.ts'

const priorityKey = new AttributeKey('sampling.priority')
/**
 * The key's length and its first letters. A rare byte first and few behind it, so that Node looks for one byte at a time with the
 * processor's widest registers: 4, 10 and 30 ns a span of 360, 830 and 1,720 bytes; the whole key takes 88, 210 and 420.
 */
const prioritySign = `${String.fromCharCode(priorityKey.bytes.length)}${priorityKey.text.slice(0, 6)}`
const { indexOf } = Buffer.prototype

/** Keeps a share of the spans, whole traces of them, and writes down how large the share is. */
export class SpanSampler implements StageProcessor {
  readonly dropReason = 'sampled'
  readonly #decision: SpanDecision
  readonly #counts = new DecisionCounts()
  readonly step: RecordStep

  constructor(config: ProbabilisticSamplerConfig) {
    this.#decision = new SpanDecision(config)
    this.step = {
      writtenFields: 1 << otlp.spanTraceState,
      ask(questions) {
        questions.fields |= (1 << otlp.spanTraceState) | (1 << otlp.spanTraceId)
        questions.attributes.set(priorityKey.text, priorityKey)
      },
      glance: {
        begin: bytes => !this.#decision.keepsNearlyAll && indexOf.call(bytes, prioritySign, 0, 'latin1') < 0,
        drops: (bytes, traceIdStart) => !this.#keepsById(bytes, traceIdStart),
      },
      look: item => {
        if (!this.#keeps(item)) return stepDrops
        const state = this.#decision.newState()
        if (state !== undefined) item.replaceField(otlp.spanTraceState, state)
        return stepKeeps
      },
      abandon: () => this.#counts.clear(),
    }
  }

  span(span: SpanView): Verdict {
    if (!this.#keeps(span)) return drop
    const state = this.#decision.newState()
    if (state !== undefined) span.message.setBytes(otlp.spanTraceState, state)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    return this.#counts.take()
  }

  #keeps(span: SpanReader): boolean {
    const decision = this.#decision
    // First of all: the pass that indexes a view then looks for the key on its way.
    const priority = this.#priorityOf(span)
    const text = span.message.has(otlp.spanTraceState) ? span.traceState : ''
    const isKept = decision.keeps(span.message.bytes, span.traceIdStart, text, priority)
    this.#counts.add(decision.name, isKept)
    return isKept
  }

  /** Counts the span only where it goes: who stays is decided about once more, with all that it has to say. */
  #keepsById(bytes: Uint8Array, traceIdStart: number): boolean {
    const decision = this.#decision
    if (decision.keeps(bytes, traceIdStart, '', -1)) return true
    this.#counts.add(decision.name, false)
    return false
  }

  #priorityOf(span: SpanReader): number {
    if (span.message.lacksAttribute(priorityKey)) return -1
    const { attributes } = span
    const index = attributes.find(priorityKey)
    if (index < 0) return -1
    return this.#decision.priority(span.message.bytes, attributes.valueStart(index), attributes.valueEnd(index))
  }
}
