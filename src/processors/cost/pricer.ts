import type { CallReader } from '../../model-calls/call-reader.ts'
import { type CacheCounting, NormalizedUsage, normalizeUsage } from '../../model-calls/usage.ts'
import type { CostConfig } from './config.ts'
import { type ModelEntry, ModelMemo } from './model-memo.ts'
import type { ProcessingContext } from './price-book.ts'
import { PriceSource } from './price-source.ts'
import { CallCost, type PriceVector } from './price-vector.ts'

/** How a call's cost came about; the value of `sluice.cost.status`. */
export type CostStatus =
  | 'priced'
  | 'estimated' // by another seller of the same model
  | 'reported' // the span had a cost already
  | 'unknown_model'
  | 'no_usage'

const secondsMinGroqWhisper = 10

/** The usage keys of the price data that `NormalizedUsage` fills, by its fields. */
const usageKeys = {
  input: 'input_tokens',
  output: 'output_tokens',
  cacheRead: 'cache_read_tokens',
  cacheWrite: 'cache_write_tokens',
  cacheWrite5m: 'cache_write_5m_tokens',
  cacheWrite1h: 'cache_write_1h_tokens',
  reasoning: 'output_reasoning_tokens',
  inputAudio: 'input_audio_tokens',
  outputAudio: 'output_audio_tokens',
  inputImage: 'input_image_tokens',
  outputImage: 'output_image_tokens',
  webSearches: 'web_searches',
  inputCharacters: 'input_characters',
} as const satisfies Partial<Record<keyof NormalizedUsage, string>>

/** Prices one call after the other; the results stand in its fields until the next. */
export class Pricer {
  readonly cost = new CallCost()
  readonly usage = new NormalizedUsage()
  entry: ModelEntry | undefined
  /** Where the price is from: `genai-prices 0.2.3`, `override 0`. */
  priceSource = ''
  readonly source: PriceSource
  readonly #config: CostConfig
  readonly #memo: ModelMemo
  readonly #vector: Float64Array
  readonly #places: readonly { field: keyof typeof usageKeys; index: number }[]
  readonly #secondPlaces: readonly number[]

  constructor(config: CostConfig) {
    this.#config = config
    this.source = new PriceSource(config)
    this.#memo = new ModelMemo(this.source)
    const { units } = this.source
    this.#vector = new Float64Array(units.count)
    this.#places = Object.entries(usageKeys).flatMap(([field, key]) => {
      const unit = units.byUsageKey(key)
      return unit === undefined ? [] : [{ field: field as keyof typeof usageKeys, index: unit.index }]
    })
    this.#secondPlaces = ['audio_seconds', 'input_audio_seconds'].flatMap(key => units.byUsageKey(key)?.index ?? [])
  }

  /** `endMs` is when the call ended, `durationMs` how long it took, `nowMs` a monotonic time. */
  price(reader: CallReader, counting: CacheCounting, endMs: number, durationMs: number, nowMs: number): CostStatus {
    const { cost } = this
    cost.input = cost.output = cost.other = cost.cacheRead = cost.cacheWrite = cost.total = 0
    this.entry = this.#memo.find(reader, nowMs)
    this.priceSource = ''
    const hasUsage = normalizeUsage(reader.usage, counting, this.usage)
    if (!this.#config.overwrite && !Number.isNaN(reader.existingCost)) {
      cost.total = reader.existingCost
      this.priceSource = 'span'
      return 'reported'
    }
    const { resolved } = this.entry
    let vector: PriceVector | undefined
    let factor = 1
    let perSecond = 0
    for (const override of resolved.overrides) {
      if (!override.isActive(endMs)) continue
      if (override.vector === undefined) factor *= override.multiplier
      else {
        vector = override.vector
        factor = override.multiplier
        perSecond = override.perSecond
        this.priceSource = override.name
      }
    }
    if (vector === undefined) {
      if (resolved.priced === undefined) return 'unknown_model'
      const context = processingOf(reader)
      const standard: PriceVector = resolved.priced.vectorAt(endMs, undefined)
      vector = context === undefined ? standard : resolved.priced.vectorAt(endMs, context)
      if (context !== undefined && vector === standard) factor *= this.#tierMultiplier(reader)
    }
    if (!hasUsage && perSecond === 0 && !vector.usageKeys.includes('requests')) return 'no_usage'
    this.#fillVector(resolved.providerId, resolved.modelId)
    vector.price(this.#vector, cost)
    cost.other += (perSecond * durationMs) / 1000
    if (factor !== 1) scale(cost, factor)
    cost.total = cost.input + cost.output + cost.other
    return resolved.isEstimate && this.priceSource === '' ? 'estimated' : 'priced'
  }

  #fillVector(providerId: string, modelId: string): void {
    const vector = this.#vector
    vector.fill(0)
    for (const { field, index } of this.#places) vector[index] = this.usage[field]
    let seconds = this.usage.audioSeconds
    if (seconds > 0 && providerId === 'groq' && modelId.startsWith('whisper-large-v3')) {
      seconds = Math.max(seconds, secondsMinGroqWhisper)
    }
    for (const index of this.#secondPlaces) vector[index] = seconds
  }

  #tierMultiplier({ serviceTier, processing }: CallReader): number {
    const { tierMultipliers } = this.#config
    return tierMultipliers[serviceTier] ?? tierMultipliers[processing] ?? 1
  }
}

function processingOf({ serviceTier, processing }: CallReader): ProcessingContext | undefined {
  if (serviceTier === '' && processing === '') return undefined
  const context: Record<string, string> = {}
  if (serviceTier !== '') context['service_tier'] = serviceTier
  if (processing !== '') context['processing'] = processing
  else if (serviceTier === 'batch') context['processing'] = 'batch'
  return context
}

function scale(cost: CallCost, factor: number): void {
  cost.input *= factor
  cost.output *= factor
  cost.other *= factor
  cost.cacheRead *= factor
  cost.cacheWrite *= factor
}
