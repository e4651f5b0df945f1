import { alwaysKeep, neverKeep, Randomness, type Threshold } from '../../pdata/sampling-threshold.ts'
import { TraceState } from '../../pdata/tracestate.ts'
import { ValueReader, valueDouble, valueInt, valueString } from '../../pdata/value.ts'
import { isZero } from '../../wire/is-zero.ts'
import type { ProbabilisticSamplerConfig } from './config.ts'
import { NewState } from './new-state.ts'
import { fallback, type PolicyName, SamplingPolicy } from './policy.ts'
import { hashRandomness, seedHash } from './trace-id-hash.ts'

/** Stands for an absent tracestate; never written to. */
const emptyState = new TraceState()
const textEncoder = new TextEncoder()
/** Deciding costs an eighth of reading a span. */
const nearlyAll = 0.85

/** The decision about one span from its trace id, its tracestate and its priority. Reused for span after span. */
export class SpanDecision {
  /** What the last decision was based on. */
  name: PolicyName = 'missing_randomness'
  readonly #policy: SamplingPolicy
  readonly #failClosed: boolean
  readonly #seed: number
  readonly #randomness = new Randomness()
  readonly #newState = new NewState()
  readonly #value = new ValueReader()
  #threshold: Threshold = neverKeep
  /** The tracestate that a kept span's decision is written into; undefined where that must not be done. */
  #carrier: TraceState | undefined

  constructor(config: ProbabilisticSamplerConfig) {
    this.#policy = new SamplingPolicy(config)
    this.#failClosed = config.failClosed
    this.#seed = seedHash(config.hashSeed)
  }

  /** Whether spans are more often kept than it is worth to decide about them twice. */
  get keepsNearlyAll(): boolean {
    return this.#policy.probability > nearlyAll
  }

  /** `traceIdStart` is 0 where the span has no id of 16 bytes, `priority` -1 where it says nothing. */
  keeps(bytes: Uint8Array, traceIdStart: number, stateText: string, priority: number): boolean {
    this.#threshold = this.#decide(bytes, traceIdStart, stateText)
    if (priority >= 0) {
      this.#threshold = priority === 0 ? neverKeep : alwaysKeep
      this.name = 'sampling_priority'
    }
    return this.#threshold.keeps(this.#randomness)
  }

  /** The tracestate to write into the span that was just kept; undefined where it stays as it is. Changes with the next call. */
  newState(): Uint8Array | undefined {
    const carrier = this.#carrier
    if (carrier === undefined) return undefined
    const isHash = this.#policy.mode === 'hash_seed'
    if (carrier === emptyState) return this.#newState.bytes(this.#threshold, isHash ? this.#randomness : undefined)
    if (isHash) carrier.setRandomness(this.#randomness)
    carrier.sampledWith(this.#threshold)
    return textEncoder.encode(carrier.toString())
  }

  /** The `AnyValue` of `sampling.priority` in `bytes[start, end)`, as OpenTracing has it: 0 drops, 1 keeps, -1 says nothing. */
  priority(bytes: Uint8Array, start: number, end: number): number {
    const value = this.#value.reset(bytes, start, end)
    const priority =
      value.kind === valueInt || value.kind === valueDouble
        ? value.number()
        : value.kind === valueString
          ? parsePriority(value.text())
          : Number.NaN
    return priority === 0 ? 0 : priority > 0 ? 1 : -1
  }

  #decide(bytes: Uint8Array, traceIdStart: number, text: string): Threshold {
    // Most spans have none: nothing is parsed, and written only for those that are kept.
    const state = text === '' ? emptyState : TraceState.parse(text)
    this.#carrier = state
    if (state === undefined) {
      this.#findRandomness(bytes, traceIdStart, undefined)
      return fallback(this.#failClosed)
    }
    const hasRandomness = this.#findRandomness(bytes, traceIdStart, state)
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

  /** Fills the randomness and the policy's name; false where there is none, with randomness that everything keeps. */
  #findRandomness(bytes: Uint8Array, start: number, state: TraceState | undefined): boolean {
    const randomness = this.#randomness
    const { mode } = this.#policy
    if (mode === 'never') {
      randomness.fromAll()
      this.name = 'sampling_priority'
      return true
    }
    if (mode !== 'hash_seed' && state !== undefined && state.rValue !== '') {
      randomness.high = state.randomness.high
      randomness.low = state.randomness.low
      this.name = 'sampling_randomness'
      return true
    }
    // With a tracestate that cannot be read the consistent modes do not fall back on the trace id.
    if (start === 0 || isZero(bytes, start, start + 16) || (mode !== 'hash_seed' && state === undefined)) {
      randomness.fromAll()
      this.name = 'missing_randomness'
      return false
    }
    if (mode === 'hash_seed') hashRandomness(this.#seed, bytes, start, start + 16, randomness)
    else randomness.fromTraceId(bytes, start)
    this.name = mode === 'hash_seed' ? 'trace_id_hash' : 'trace_id_w3c'
    return true
  }
}

function parsePriority(text: string): number {
  return text === '' || text !== text.trim() ? Number.NaN : Number(text)
}
