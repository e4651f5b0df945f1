import { alwaysKeep, neverKeep, probabilityMin, Threshold, thresholdFor } from '../../pdata/sampling-threshold.ts'
import type { ProbabilisticSamplerConfig } from './config.ts'
import { hashThresholdBits } from './trace-id-hash.ts'

const rememberedMax = 1024

/** What a decision is based on; a label of the counts. */
export type PolicyName =
  | 'trace_id_hash'
  | 'trace_id_w3c'
  | 'sampling_randomness'
  | 'sampling_priority'
  | 'missing_randomness'

export type SamplingMode = 'never' | 'hash_seed' | 'equalizing' | 'proportional'

/** The rule of one configuration, the same for spans and log records. */
export class SamplingPolicy {
  readonly mode: SamplingMode
  readonly #threshold: Threshold
  readonly #ratio: number
  readonly #precision: number
  readonly #byIncoming = new Map<string, Threshold>()

  constructor(config: ProbabilisticSamplerConfig) {
    const percentage = Math.fround(Math.min(config.samplingPercentage, 100))
    this.#precision = config.samplingPrecision
    this.#ratio = Math.max(percentage / 100, probabilityMin)
    const isHash = config.mode === 'hash_seed'
    const bits = isHash ? hashThresholdBits(config.samplingPercentage) : 0n
    if (percentage === 0 || bits === undefined) {
      this.mode = 'never'
      this.#threshold = neverKeep
    } else {
      this.mode = config.mode
      this.#threshold = isHash ? new Threshold(bits) : (thresholdFor(this.#ratio, this.#precision) ?? neverKeep)
    }
  }

  /** The share of items that is kept, where nothing was sampled before. */
  get probability(): number {
    return this.#threshold.probability
  }

  /** The threshold for an item that was sampled with `incoming` before, if at all. */
  decide(incoming: Threshold | undefined): Threshold {
    if (incoming === undefined || this.mode === 'hash_seed' || this.mode === 'never') return this.#threshold
    if (this.mode === 'equalizing') return this.#threshold.isLessThan(incoming) ? incoming : this.#threshold
    let threshold = this.#byIncoming.get(incoming.tValue)
    if (threshold === undefined) {
      // Below what can be written down the item simply is not kept.
      threshold = thresholdFor(incoming.probability * this.#ratio, this.#precision) ?? neverKeep
      if (this.#byIncoming.size >= rememberedMax) this.#byIncoming.clear()
      this.#byIncoming.set(incoming.tValue, threshold)
    }
    return threshold
  }
}

/** The threshold that stands in for a decision that could not be made. */
export function fallback(failClosed: boolean): Threshold {
  return failClosed ? neverKeep : alwaysKeep
}
