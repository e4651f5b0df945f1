import type { StageProcessor } from '../../component/stage-processor.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { SpanSieve } from '../../pdata/span-sieve.ts'
import { readText } from '../../pdata/text.ts'
import type { SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict, type WalkShortcut } from '../../pdata/walk-hooks.ts'
import type { ProbabilisticSamplerConfig } from './config.ts'
import { DecisionCounts } from './decision-counts.ts'
import { SpanDecision } from './span-decision.ts'

const priorityKey = new AttributeKey('sampling.priority')

/** Keeps a share of the spans, whole traces of them, and writes down how large the share is. */
export class SpanSampler implements StageProcessor {
  readonly dropReason = 'sampled'
  readonly #decision: SpanDecision
  readonly #counts = new DecisionCounts()
  readonly shortcut: WalkShortcut

  constructor(config: ProbabilisticSamplerConfig) {
    this.#decision = new SpanDecision(config)
    this.shortcut = new SamplingShortcut(this.#decision, this.#counts)
  }

  span(span: SpanView): Verdict {
    const decision = this.#decision
    // First of all: the pass that indexes the span then looks for the key on its way.
    const priority = this.#priorityOf(span)
    const text = span.message.has(otlp.spanTraceState) ? span.traceState : ''
    const isKept = decision.keeps(span.message.workspace.bytes, span.traceIdStart, text, priority)
    this.#counts.add(decision.name, isKept)
    if (!isKept) return drop
    const state = decision.newState()
    if (state !== undefined) span.message.setBytes(otlp.spanTraceState, state)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    return this.#counts.take()
  }

  #priorityOf(span: SpanView): number {
    if (span.message.lacksAttribute(priorityKey)) return -1
    const { attributes } = span
    const index = attributes.find(priorityKey)
    if (index < 0) return -1
    const { bytes } = span.message.workspace
    return this.#decision.priority(bytes, attributes.valueStart(index), attributes.valueEnd(index))
  }
}

/** The same over an index of trace ids, tracestates and priorities: nearly every request is plain enough for it. */
class SamplingShortcut implements WalkShortcut {
  readonly #decision: SpanDecision
  readonly #counts: DecisionCounts
  readonly #sieve = new SpanSieve(priorityKey)
  droppedCount = 0

  constructor(decision: SpanDecision, counts: DecisionCounts) {
    this.#decision = decision
    this.#counts = counts
  }

  run(request: Uint8Array): Uint8Array | undefined {
    const sieve = this.#sieve
    this.droppedCount = 0
    try {
      if (!sieve.begin(request)) return undefined
      this.#decide(request)
      this.droppedCount = sieve.droppedCount
      return sieve.finish()
    } finally {
      sieve.release()
    }
  }

  #decide(request: Uint8Array): void {
    const sieve = this.#sieve
    const decision = this.#decision
    const counts = this.#counts
    const { spans } = sieve
    for (let i = 0; i < spans.spanCount; i++) {
      const text = spans.stateField(i) === 0 ? '' : readText(request, spans.stateStart(i), spans.stateEnd(i))
      const watched = spans.watchedStart(i)
      const priority = watched === 0 ? -1 : decision.priority(request, watched, spans.watchedEnd(i))
      const isKept = decision.keeps(request, spans.traceIdStart(i), text, priority)
      counts.add(decision.name, isKept)
      if (!isKept) {
        sieve.drop(i)
        continue
      }
      const state = decision.newState()
      if (state === undefined) sieve.keep(i)
      else sieve.keepWithState(i, state)
    }
  }
}
