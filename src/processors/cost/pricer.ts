import { type CallNames, namesSlots } from '../../model-calls/call-names.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallSpan } from '../../model-calls/call-span.ts'
import {
  addThinking,
  type CacheCounting,
  NormalizedUsage,
  normalizeUsage,
  providerCounting,
} from '../../model-calls/usage.ts'
import type { CostConfig } from './config.ts'
import { type ModelEntry, ModelMemo } from './model-memo.ts'
import type { PriceOrigin, ProcessingContext } from './price-book.ts'
import { PriceSource } from './price-source.ts'
import { CallCost, type PriceVector } from './price-vector.ts'
import { UsageVector } from './usage-vector.ts'

/** How a call's cost came about; the value of `sluice.cost.status`. */
export type CostStatus =
  | 'priced'
  | 'estimated' // by another seller of the same model
  | 'reported' // the span had a cost already
  | 'unknown_model'
  | 'no_usage'

const secondsMinGroqWhisper = 10

/** How calls with these names are priced that were processed as usual and count nothing but text. */
interface UsualPrice {
  readonly names: CallNames
  readonly counting: CacheCounting
  readonly entry: ModelEntry
  readonly ofProvider: CacheCounting
  readonly isGemini: boolean
  readonly vector: PriceVector
  readonly origin: PriceOrigin
  readonly status: CostStatus
  readonly mayBeZero: boolean
}

/** Prices one call after the other; the results stand in its fields until the next. */
export class Pricer {
  readonly cost = new CallCost()
  readonly usage = new NormalizedUsage()
  entry: ModelEntry | undefined
  /** Where the price is from; undefined where there is none of ours. */
  origin: PriceOrigin | undefined
  readonly source: PriceSource
  readonly #config: CostConfig
  readonly #memo: ModelMemo
  readonly #vector: UsageVector
  /** By the slot of the names; of the generation of the prices. */
  readonly #usual: (UsualPrice | undefined)[] = new Array(namesSlots).fill(undefined)
  #generation = 0

  constructor(config: CostConfig) {
    this.#config = config
    this.source = new PriceSource(config)
    this.#memo = new ModelMemo(this.source)
    this.#vector = new UsageVector(this.source.units)
  }

  /** Prices the call that `reader` has read last. (No number is an argument: each would be an object for every call.) */
  price(reader: CallReader, counting: CacheCounting): CostStatus {
    const usual = this.#usual[reader.names!.slot]
    if (usual !== undefined && usual.names === reader.names && usual.counting === counting) {
      const status = this.#priceUsual(reader, usual)
      if (status !== undefined) return status
    }
    const status = this.#priceAny(reader, counting)
    this.#rememberUsual(reader, counting, status)
    return status
  }

  /** Undefined where the call is none of these, and nothing is known of it yet. */
  #priceUsual(reader: CallReader, usual: UsualPrice): CostStatus | undefined {
    if (this.#generation !== this.source.generation || !isUsual(reader)) return undefined
    const { cost, usage } = this
    const { vector } = usual
    if (!normalizeUsage(reader.usage, usual.ofProvider, usage)) return undefined
    if (usual.isGemini) addThinking(reader.usage, usage)
    this.entry = usual.entry
    this.origin = usual.origin
    if (usage.isPlain) vector.priceTokens(usage, cost)
    else if (isText(usage)) vector.priceText(usage, cost)
    else return undefined
    return cost.total === 0 && usage.input + usage.output > 0 && !usual.mayBeZero ? 'no_usage' : usual.status
  }

  #rememberUsual(reader: CallReader, counting: CacheCounting, status: CostStatus): void {
    if (this.#generation !== this.source.generation) {
      this.#generation = this.source.generation
      this.#usual.fill(undefined)
    }
    if ((status !== 'priced' && status !== 'estimated') || !isUsual(reader)) return
    const { resolved } = this.entry!
    const vector = resolved.priced?.timeless
    if (resolved.overrides.length > 0 || vector === undefined || !vector.isByTokens || !vector.pricesText) return
    this.#usual[reader.names!.slot] = {
      names: reader.names!,
      counting,
      entry: this.entry!,
      ofProvider: providerCounting(counting, resolved.providerId),
      isGemini: resolved.isGemini,
      vector,
      origin: this.origin!,
      status,
      mayBeZero: vector.mayBeZero,
    }
  }

  #priceAny(reader: CallReader, counting: CacheCounting): CostStatus {
    const { cost } = this
    cost.input = cost.output = cost.other = cost.cacheRead = cost.cacheWrite = cost.total = 0
    this.entry = this.#memo.find(reader)
    this.origin = undefined
    const { resolved } = this.entry
    const hasUsage = normalizeUsage(reader.usage, providerCounting(counting, resolved.providerId), this.usage)
    if (resolved.isGemini) addThinking(reader.usage, this.usage)
    if (!this.#config.overwrite && !Number.isNaN(reader.existingCost)) {
      cost.total = reader.existingCost
      return 'reported'
    }
    let vector: PriceVector | undefined
    let factor = 1
    let perSecond = 0
    for (const override of resolved.overrides) {
      if (!override.isActive(endOf(reader.span))) continue
      if (override.vector === undefined) factor *= override.multiplier
      else {
        vector = override.vector
        factor = override.multiplier
        perSecond = override.perSecond
        this.origin = override.origin
      }
    }
    if (vector === undefined) {
      const { priced } = resolved
      if (priced === undefined) return 'unknown_model'
      this.origin = priced.origin
      const standard: PriceVector = priced.timeless ?? priced.vectorAt(endOf(reader.span), undefined)
      const context = processingOf(reader)
      vector = context === undefined ? standard : priced.vectorAt(endOf(reader.span), context)
      if (context !== undefined && vector === standard) factor *= this.#tierMultiplier(reader)
    }
    if (!hasUsage && perSecond === 0 && !vector.usageKeys.includes('requests')) return 'no_usage'
    const { usage } = this
    if (usage.isPlain && vector.isByTokens) vector.priceTokens(usage, cost)
    else if (vector.pricesText && isText(usage)) vector.priceText(usage, cost)
    else {
      this.#vector.fill(usage)
      if (usage.audioSeconds > 0) this.#setSeconds(resolved.providerId, resolved.modelId)
      vector.price(this.#vector.counts, cost)
    }
    if (perSecond > 0) cost.other += (perSecond * reader.span.durationMs) / 1000
    if (factor !== 1) scale(cost, factor)
    cost.total = cost.input + cost.output + cost.other
    // Seconds of speech or characters are paid for, and the span counts tokens: what it took is not known.
    if (cost.total === 0 && factor > 0 && usage.input + usage.output > 0 && !vector.mayBeZero) return 'no_usage'
    return resolved.isEstimate && this.origin === resolved.priced?.origin ? 'estimated' : 'priced'
  }

  /** Those that are paid for. */
  #setSeconds(providerId: string, modelId: string): void {
    const seconds = this.usage.audioSeconds
    const isShortened = providerId === 'groq' && modelId.startsWith('whisper-large-v3')
    this.#vector.setSeconds(isShortened ? Math.max(seconds, secondsMinGroqWhisper) : seconds)
  }

  #tierMultiplier({ serviceTier, processing }: CallReader): number {
    const { tierMultipliers } = this.#config
    return tierMultipliers[serviceTier] ?? tierMultipliers[processing] ?? 1
  }
}

/** Whether nobody has priced the call, and it was processed as usual. */
function isUsual({ existingCost, serviceTier, processing }: CallReader): boolean {
  return Number.isNaN(existingCost) && serviceTier === '' && processing === ''
}

/** Whether nothing else is counted, nor writes to the cache by how long they stay. */
function isText({ hasOthers, cacheWrite5m, cacheWrite1h }: NormalizedUsage): boolean {
  return !hasOthers && cacheWrite5m === 0 && cacheWrite1h === 0
}

/** Milliseconds since the Unix epoch; now where the record does not say. */
function endOf({ endMs }: CallSpan): number {
  return endMs > 0 ? endMs : Date.now()
}

function processingOf({ serviceTier, processing }: CallReader): ProcessingContext | undefined {
  if (serviceTier === '' && processing === '') return undefined
  const context: Record<string, string> = {}
  if (serviceTier !== '') context['service_tier'] = serviceTier
  if (serviceTier === 'fast') context['speed'] = serviceTier
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
