import type { StageProcessor } from '../../component/stage-processor.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { RecordSplice } from '../../pdata/record-splice.ts'
import { alwaysKeep, neverKeep, Randomness, type Threshold } from '../../pdata/sampling-threshold.ts'
import { TraceState } from '../../pdata/tracestate.ts'
import { ValueReader, valueDouble, valueInt, valueString } from '../../pdata/value.ts'
import type { SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict, type WalkShortcut } from '../../pdata/walk-hooks.ts'
import { isZero } from '../../wire/is-zero.ts'
import type { ProbabilisticSamplerConfig } from './config.ts'
import { DecisionCounts } from './decision-counts.ts'
import { NewSpans } from './new-spans.ts'
import { NewState } from './new-state.ts'
import { fallback, type PolicyName, SamplingPolicy } from './policy.ts'
import { hashRandomness, seedHash } from './trace-id-hash.ts'

/** Stands for an absent tracestate; never written to. */
const emptyState = new TraceState()
const priorityKey = new AttributeKey('sampling.priority')

/** Keeps a share of the spans, whole traces of them, and writes down how large the share is. */
export class SpanSampler implements StageProcessor {
  readonly dropReason = 'sampled'
  readonly #policy: SamplingPolicy
  readonly #failClosed: boolean
  readonly #seed: number
  readonly #counts = new DecisionCounts()
  readonly #randomness = new Randomness()
  readonly #newState = new NewState()
  readonly #value = new ValueReader()
  readonly shortcut: WalkShortcut
  #name: PolicyName = 'missing_randomness'
  /** The tracestate that a kept span's decision is written into; undefined where that must not be done. */
  #carrier: TraceState | undefined

  constructor(config: ProbabilisticSamplerConfig) {
    this.#policy = new SamplingPolicy(config)
    this.#failClosed = config.failClosed
    this.#seed = seedHash(config.hashSeed)
    const sampler = {
      sample: (bytes: Uint8Array, start: number) => this.#sampleNew(bytes, start),
      forget: () => this.#counts.take(),
    }
    this.shortcut = new RecordSplice(new NewSpans(sampler, priorityKey))
  }

  span(span: SpanView): Verdict {
    // First of all: the pass that indexes the span then looks for the key on its way.
    const priority = this.#priorityOf(span)
    let threshold = this.#decide(span)
    if (priority >= 0) {
      threshold = priority === 0 ? neverKeep : alwaysKeep
      this.#name = 'sampling_priority'
    }
    const isKept = threshold.keeps(this.#randomness)
    this.#counts.add(this.#name, isKept)
    if (!isKept) return drop
    this.#write(span, threshold)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    return this.#counts.take()
  }

  /** Decides on a span without tracestate and priority: what `span` would do with it. */
  #sampleNew(bytes: Uint8Array, traceIdStart: number): Uint8Array | undefined {
    const hasRandomness = this.#findRandomness(bytes, traceIdStart, emptyState)
    const threshold = hasRandomness ? this.#policy.decide(undefined) : fallback(this.#failClosed)
    const isKept = threshold.keeps(this.#randomness)
    this.#counts.add(this.#name, isKept)
    return isKept ? this.#stateOf(threshold) : undefined
  }

  /** The tracestate of a span that had none. The bytes change with the next call. */
  #stateOf(threshold: Threshold): Uint8Array {
    return this.#newState.bytes(threshold, this.#policy.mode === 'hash_seed' ? this.#randomness : undefined)
  }

  #decide(span: SpanView): Threshold {
    const start = span.traceIdStart
    const { bytes } = span.message.workspace
    const text = span.message.has(otlp.spanTraceState) ? span.traceState : ''
    // Most spans have none: nothing is parsed, and written only for those that are kept.
    const state = text === '' ? emptyState : TraceState.parse(text)
    this.#carrier = state
    if (state === undefined) {
      this.#findRandomness(bytes, start, undefined)
      return fallback(this.#failClosed)
    }
    const hasRandomness = this.#findRandomness(bytes, start, state)
    if (this.#policy.mode === 'hash_seed' && (state.rValue !== '' || state.threshold !== undefined)) {
      // Somebody samples consistently upstream: a hash would contradict what is written there.
      this.#carrier = undefined
      return fallback(this.#failClosed)
    }
    if (!hasRandomness) return fallback(this.#failClosed)
    if (state.threshold !== undefined && !state.threshold.keeps(this.#randomness)) {
      // An item that by its own threshold cannot be here: the threshold is a lie.
      state.clearThreshold()
      return fallback(this.#failClosed)
    }
    return this.#policy.decide(state.threshold)
  }

  #write(span: SpanView, threshold: Threshold): void {
    const carrier = this.#carrier
    if (carrier === undefined) return
    if (carrier === emptyState) {
      span.message.setBytes(otlp.spanTraceState, this.#stateOf(threshold))
      return
    }
    if (this.#policy.mode === 'hash_seed') carrier.setRandomness(this.#randomness)
    carrier.sampledWith(threshold)
    span.traceState = carrier.toString()
  }

  /** Fills the randomness and the policy's name; false where there is none, with randomness that everything keeps. */
  #findRandomness(bytes: Uint8Array, start: number, state: TraceState | undefined): boolean {
    const randomness = this.#randomness
    const { mode } = this.#policy
    if (mode === 'never') {
      randomness.fromAll()
      this.#name = 'sampling_priority'
      return true
    }
    if (mode !== 'hash_seed' && state !== undefined && state.rValue !== '') {
      randomness.high = state.randomness.high
      randomness.low = state.randomness.low
      this.#name = 'sampling_randomness'
      return true
    }
    // With a tracestate that cannot be read the consistent modes do not fall back on the trace id.
    if (start === 0 || isZero(bytes, start, start + 16) || (mode !== 'hash_seed' && state === undefined)) {
      randomness.fromAll()
      this.#name = 'missing_randomness'
      return false
    }
    if (mode === 'hash_seed') hashRandomness(this.#seed, bytes, start, start + 16, randomness)
    else randomness.fromTraceId(bytes, start)
    this.#name = mode === 'hash_seed' ? 'trace_id_hash' : 'trace_id_w3c'
    return true
  }

  /** `sampling.priority` of OpenTracing: 0 drops, more keeps; -1 where it says nothing. */
  #priorityOf(span: SpanView): number {
    if (span.message.lacksAttribute(priorityKey)) return -1
    const { attributes } = span
    const index = attributes.find(priorityKey)
    if (index < 0) return -1
    const { bytes } = span.message.workspace
    const value = this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index))
    const priority =
      value.kind === valueInt || value.kind === valueDouble
        ? value.number()
        : value.kind === valueString
          ? parsePriority(value.text())
          : Number.NaN
    return priority === 0 ? 0 : priority > 0 ? 1 : -1
  }
}

function parsePriority(text: string): number {
  return text === '' || text !== text.trim() ? Number.NaN : Number(text)
}
