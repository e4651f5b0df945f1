import { RE2JS } from 're2js'
import type { OverrideConfig } from './config.ts'
import { globMatcher } from './glob.ts'
import type { PriceOrigin } from './price-book.ts'
import type { RateData, RatesData } from './price-data.ts'
import { PriceVector } from './price-vector.ts'
import type { Units } from './units.ts'

/** A price that the user stated. */
export class Override {
  readonly origin: PriceOrigin
  readonly multiplier: number
  readonly isFree: boolean
  /** Price of a second of the call, for self-hosted models. */
  readonly perSecond: number
  /** Undefined where the user states no rates: then only the multiplier counts. */
  readonly vector: PriceVector | undefined
  readonly #fromMs: number
  readonly #toMs: number
  readonly #provider: (text: string) => boolean
  readonly #model: (text: string) => boolean
  readonly #pattern: RE2JS | undefined

  constructor(config: OverrideConfig, index: number, units: Units) {
    this.origin = { source: `override ${index}`, asOf: '' }
    this.multiplier = config.multiplier
    this.isFree = config.free
    this.perSecond = config.perGpuHour === undefined ? 0 : config.perGpuHour / config.concurrency / 3600
    const rates = ratesOf(config)
    const statesPrice = Object.keys(rates).length > 0 || config.perGpuHour !== undefined || config.free
    this.vector = statesPrice ? new PriceVector(rates, units) : undefined
    this.#fromMs = config.effectiveFrom === '' ? Number.NEGATIVE_INFINITY : Date.parse(config.effectiveFrom)
    this.#toMs = config.effectiveTo === '' ? Number.POSITIVE_INFINITY : Date.parse(config.effectiveTo)
    this.#provider = globMatcher(config.match.provider)
    this.#model = globMatcher(config.match.model)
    this.#pattern = config.match.modelRegex === '' ? undefined : RE2JS.compile(config.match.modelRegex)
  }

  isActive(timeMs: number): boolean {
    return timeMs >= this.#fromMs && timeMs < this.#toMs
  }

  /** Whether any of a call's names for its provider and model is meant. */
  matches(providers: readonly string[], models: readonly string[]): boolean {
    return (
      (providers.some(this.#provider) || (providers.length === 0 && this.#provider(''))) &&
      models.some(model => this.#model(model) && (this.#pattern === undefined || this.#pattern.matcher(model).find()))
    )
  }
}

function ratesOf(config: OverrideConfig): RatesData {
  const rates: Record<string, RateData> = {}
  const put = (
    key: string,
    base: number | undefined,
    tier: 'inputPerMtok' | 'outputPerMtok' | 'cacheReadPerMtok' | 'cacheWritePerMtok' | undefined,
  ) => {
    if (base === undefined) return
    const tiers =
      tier === undefined
        ? []
        : config.tiers.flatMap(each => (each[tier] === undefined ? [] : [{ start: each.above, price: each[tier] }]))
    rates[key] = tiers.length === 0 ? base : { base, tiers: tiers.toSorted((a, b) => a.start - b.start) }
  }
  put('input_mtok', config.inputPerMtok, 'inputPerMtok')
  put('output_mtok', config.outputPerMtok, 'outputPerMtok')
  put('cache_read_mtok', config.cacheReadPerMtok, 'cacheReadPerMtok')
  put('cache_write_mtok', config.cacheWritePerMtok, 'cacheWritePerMtok')
  put('cache_write_1h_mtok', config.cacheWrite1hPerMtok, undefined)
  put('output_reasoning_mtok', config.reasoningPerMtok, undefined)
  put('input_audio_mtok', config.inputAudioPerMtok, undefined)
  put('output_audio_mtok', config.outputAudioPerMtok, undefined)
  if (config.perRequest !== undefined) rates['requests_kcount'] = config.perRequest * 1000
  return rates
}
