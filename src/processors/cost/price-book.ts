import {
  type ConstraintData,
  type MatchData,
  type ModelData,
  matches,
  type PriceData,
  type ProviderData,
  type RatesData,
} from './price-data.ts'
import { PriceVector } from './price-vector.ts'
import { Units } from './units.ts'

const idLengthMax = 256
/** Those who sell models that they have made, and no others'. */
const makers = ['openai', 'cohere', 'mistral', 'voyageai', 'x-ai', 'deepseek']
const millisecondsPerDay = 86_400_000

/** How a call was processed, where that has its own price: `{processing: 'batch'}`, `{service_tier: 'flex'}`. */
export type ProcessingContext = Readonly<Record<string, string>>

interface PeriodPrice {
  readonly isActive: (timeMs: number) => boolean
  readonly rates: RatesData
}

interface VariantPrice extends PeriodPrice {
  readonly when: ProcessingContext
}

/** Where a price is from, and the day it was true for; empty where it is stated for periods. */
export interface PriceOrigin {
  readonly source: string
  readonly asOf: string
}

/** A model that has a price; `vectorAt` finds the one that held when the call ended. */
export class PricedModel {
  readonly providerId: string
  readonly modelId: string
  readonly origin: PriceOrigin
  readonly #periods: readonly PeriodPrice[]
  readonly #variants: readonly VariantPrice[]
  readonly #units: Units
  readonly #vectors = new Map<string, PriceVector>()
  /** Prices of ordinary processing by period: what nearly every call asks for. */
  readonly #standard: (PriceVector | undefined)[]

  constructor(providerId: string, data: ModelData, units: Units, origin: PriceOrigin) {
    this.providerId = providerId
    this.origin = origin
    this.modelId = data.id
    this.#units = units
    this.#periods = data.prices.map(({ constraint, prices }) => ({ isActive: activity(constraint), rates: prices }))
    this.#standard = this.#periods.map(() => undefined)
    this.#variants = (data.variants ?? []).map(({ when, constraint, prices }) => ({
      when,
      isActive: activity(constraint),
      rates: prices,
    }))
  }

  /** The prices of ordinary processing where they are always the same. */
  get timeless(): PriceVector | undefined {
    return this.#periods.length === 1 ? this.#standard[0] : undefined
  }

  /** The prices at `timeMs` since the Unix epoch for a call processed that way. */
  vectorAt(timeMs: number, context: ProcessingContext | undefined): PriceVector {
    let period = this.#periods.length - 1
    while (period > 0 && !this.#periods[period]!.isActive(timeMs)) period--
    if (context === undefined) {
      const known = this.#standard[period]
      if (known !== undefined) return known
      const vector = new PriceVector(this.#periods[period]?.rates ?? {}, this.#units)
      this.#standard[period] = vector
      return vector
    }
    const chosen = this.#variants.filter(
      ({ when, isActive }) => isActive(timeMs) && Object.entries(when).every(([key, value]) => context[key] === value),
    )
    if (chosen.length === 0) return this.vectorAt(timeMs, undefined)
    const name = `${period}:${chosen.map(variant => this.#variants.indexOf(variant)).join(',')}`
    let vector = this.#vectors.get(name)
    if (vector === undefined) {
      // The first variant that names a rate decides it, so the later ones are laid down first.
      const overrides = Object.assign({}, ...chosen.toReversed().map(variant => variant.rates)) as RatesData
      vector = new PriceVector({ ...(this.#periods[period]?.rates ?? {}), ...overrides }, this.#units)
      this.#vectors.set(name, vector)
    }
    return vector
  }
}

/** Prices by provider and model, resolved the way that the price data's own package does. */
export class PriceBook {
  readonly units: Units
  /** Milliseconds since the Unix epoch of the day that the prices were true for. */
  readonly asOfMs: number
  readonly #providers: readonly ProviderData[]
  readonly #byId: ReadonlyMap<string, ProviderData>
  readonly #models = new Map<ModelData, PricedModel>()
  readonly #origin: PriceOrigin

  constructor(data: PriceData) {
    this.units = new Units(data.units)
    // The name alone: the version of the data says less than its day.
    this.#origin = { source: data.source.split(' ')[0]!, asOf: data.asOf }
    this.asOfMs = Date.parse(`${data.asOf}T00:00:00Z`)
    this.#providers = data.providers
    this.#byId = new Map(data.providers.map(provider => [provider.id, provider]))
  }

  provider(id: string): ProviderData | undefined {
    const wanted = id.toLowerCase().trim().slice(0, idLengthMax)
    return this.#byId.get(wanted) ?? this.#find(provider => provider.providerMatch, wanted)
  }

  providerOfApi(url: string): ProviderData | undefined {
    return this.#providers.find(provider => new RegExp(`^(?:${provider.apiPattern})`).test(url.slice(0, 1024)))
  }

  providerOfModel(modelId: string): ProviderData | undefined {
    const wanted = modelId.toLowerCase().trim().slice(0, idLengthMax)
    const known = this.#find(provider => provider.modelMatch, wanted)
    if (known !== undefined) return known
    // The data's own patterns leave out embeddings, speech and images; OpenInference names no provider for these.
    const maker = makers.find(id => this.#byId.get(id)?.models.some(model => matches(model.match, wanted)))
    return maker === undefined ? undefined : this.#byId.get(maker)
  }

  /** The model as that provider sells it, its own first, then those of the providers whose models it resells. */
  model(provider: ProviderData, modelId: string): PricedModel | undefined {
    const wanted = modelId.toLowerCase().trim().slice(0, idLengthMax)
    const found = this.#match(provider, wanted)
    if (found !== undefined) return found
    const dashed = dashedDate(wanted)
    return dashed === wanted ? undefined : this.#match(provider, dashed)
  }

  #match(provider: ProviderData, wanted: string): PricedModel | undefined {
    for (const seller of [provider, ...(provider.fallbacks ?? []).map(id => this.#byId.get(id))]) {
      // By id where no pattern fits: those of fine-tuned models ask for the date that a short name leaves out.
      const data =
        seller?.models.find(model => matches(model.match, wanted)) ?? seller?.models.find(model => model.id === wanted)
      if (seller === undefined || data === undefined) continue
      let priced = this.#models.get(data)
      if (priced === undefined) {
        priced = new PricedModel(seller.id, data, this.units, this.#origin)
        this.#models.set(data, priced)
      }
      return priced
    }
    return undefined
  }

  #find(pattern: (provider: ProviderData) => MatchData | undefined, text: string): ProviderData | undefined {
    return this.#providers.find(provider => {
      const match = pattern(provider)
      return match !== undefined && matches(match, text)
    })
  }
}

/** `gpt-5.2-20251211` as `gpt-5.2-2025-12-11`: gateways drop the dashes that the price data has. */
function dashedDate(modelId: string): string {
  return modelId.replace(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, (whole, year, month, day) => {
    const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
    return date.getUTCMonth() === Number(month) - 1 ? `-${year}-${month}-${day}` : whole
  })
}

function activity(constraint: ConstraintData | undefined): (timeMs: number) => boolean {
  if (constraint === undefined) return () => true
  if (constraint.type === 'start_date') {
    const startMs = Date.parse(`${constraint.start_date}T00:00:00Z`)
    return timeMs => timeMs >= startMs
  }
  const startMs = timeOfDayMs(constraint.start_time)
  const endMs = timeOfDayMs(constraint.end_time)
  return timeMs => {
    const ms = ((timeMs % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay
    return endMs < startMs ? ms >= startMs || ms < endMs : ms >= startMs && ms < endMs
  }
}

/** `16:30:00Z`, `09:00:00+08:00` as milliseconds of the UTC day. */
function timeOfDayMs(text: string): number {
  return ((Date.parse(`1970-01-02T${text}`) % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay
}
