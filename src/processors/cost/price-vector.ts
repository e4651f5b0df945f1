import type { RateData, RatesData } from './price-data.ts'
import { isPartOf, type Unit, type Units } from './units.ts'

const toInput = 0
const toOutput = 1
const toOther = 2
const cacheRead = 1
const cacheWrite = 2
/** Instead of an index: a price per call counts one, whatever the usage says. */
const oneCall = -1

/** What a call cost, in the price's currency; reused by its owner. */
export class CallCost {
  input = 0
  output = 0
  /** What is neither input nor output: requests, searches. */
  other = 0
  cacheRead = 0
  cacheWrite = 0
  total = 0
}

/**
 * One model's prices, flat: units from the most specific to the least, each with the place of the units that are part of
 * it, since a cached token is paid once, as cached. A call costs a loop over a handful of numbers.
 */
export class PriceVector {
  readonly #units: readonly Unit[]
  readonly #rates: readonly RateData[]
  /** The same where a rate has no tiers; NaN where it has. */
  readonly #flatRates: Float64Array
  /** The places, all smaller than its own, of the priced units inside each unit: unit by unit, and where each one's end. */
  readonly #parts: Uint8Array
  readonly #partsEnd: Uint16Array
  /** Where each unit's cost goes, and where its count comes from, decided once. */
  readonly #goesTo: Uint8Array
  readonly #cache: Uint8Array
  readonly #usageIndex: Int32Array
  readonly #per: Float64Array
  readonly #remainders: Float64Array
  readonly #hasTiers: boolean
  readonly #inputTokens: number
  /** Whether input and output tokens alone say what a call without other counts costs. */
  readonly isByTokens: boolean
  /** Places of these two; -1 where they have no price. */
  readonly #inputPlace: number
  readonly #outputPlace: number

  constructor(rates: RatesData, units: Units) {
    const priced = Object.entries(rates)
      .flatMap(([priceKey, rate]) => {
        const unit = units.byPriceKey(priceKey)
        return unit === undefined ? [] : [{ unit, rate }]
      })
      .sort((a, b) => b.unit.dimensionCount - a.unit.dimensionCount || (a.unit.usageKey < b.unit.usageKey ? -1 : 1))
    this.#units = priced.map(({ unit }) => unit)
    this.#rates = priced.map(({ rate }) => rate)
    this.#flatRates = Float64Array.from(this.#rates, rate => (typeof rate === 'number' ? rate : Number.NaN))
    const parts = this.#units.map(whole => this.#units.flatMap((part, place) => (isPartOf(part, whole) ? [place] : [])))
    this.#parts = Uint8Array.from(parts.flat())
    let partsEnd = 0
    this.#partsEnd = Uint16Array.from(parts, ({ length }) => {
      partsEnd += length
      return partsEnd
    })
    this.#remainders = new Float64Array(priced.length)
    this.#goesTo = Uint8Array.from(this.#units, ({ direction }) =>
      direction === 'input' ? toInput : direction === 'output' ? toOutput : toOther,
    )
    this.#cache = Uint8Array.from(this.#units, ({ direction, dimensions: { token_type: type } }) =>
      direction !== 'input' ? 0 : type === 'cache_read' ? cacheRead : type === 'cache_write' ? cacheWrite : 0,
    )
    this.#usageIndex = Int32Array.from(this.#units, ({ usageKey, index }) =>
      usageKey === 'requests' ? oneCall : index,
    )
    this.#per = Float64Array.from(this.#units, ({ per }) => per)
    this.#hasTiers = this.#rates.some(rate => typeof rate === 'object')
    this.#inputTokens = units.byUsageKey('input_tokens')?.index ?? -1
    this.isByTokens = !this.#usageIndex.includes(oneCall)
    this.#inputPlace = this.#units.findIndex(({ usageKey }) => usageKey === 'input_tokens')
    this.#outputPlace = this.#units.findIndex(({ usageKey }) => usageKey === 'output_tokens')
  }

  /** Whether nothing of it costs anything. */
  get isFree(): boolean {
    return this.#rates.every(rate => rate === 0)
  }

  /** Priced usage keys, the most specific first. */
  get usageKeys(): readonly string[] {
    return this.#units.map(unit => unit.usageKey)
  }

  /**
   * Prices `usage`, one count per unit index. Parts that exceed their whole never make a negative cost: the whole then has
   * no remainder. A `requests` unit counts as one call whatever `usage` says.
   */
  price(usage: Float64Array, out: CallCost): void {
    out.input = out.output = out.other = out.cacheRead = out.cacheWrite = 0
    const inputTokens = this.#hasTiers && this.#inputTokens >= 0 ? usage[this.#inputTokens]! : 0
    const remainders = this.#remainders
    const parts = this.#parts
    const partsEnd = this.#partsEnd
    const usageIndex = this.#usageIndex
    let part = 0
    for (let place = 0; place < remainders.length; place++) {
      const index = usageIndex[place]!
      let count = index === oneCall ? 1 : usage[index]!
      for (; part < partsEnd[place]!; part++) count -= remainders[parts[part]!]!
      if (count < 0) count = 0
      remainders[place] = count
      if (count === 0) continue
      const flatRate = this.#flatRates[place]!
      const rate = Number.isNaN(flatRate) ? rateAt(this.#rates[place]!, inputTokens) : flatRate
      const cost = (rate * count) / this.#per[place]!
      const goesTo = this.#goesTo[place]
      if (goesTo === toInput) out.input += cost
      else if (goesTo === toOutput) out.output += cost
      else out.other += cost
      if (this.#cache[place] === cacheRead) out.cacheRead += cost
      else if (this.#cache[place] === cacheWrite) out.cacheWrite += cost
    }
    out.total = out.input + out.output + out.other
  }

  /** The same where nothing but these two was counted, and `isByTokens`. */
  priceTokens(input: number, output: number, out: CallCost): void {
    out.other = out.cacheRead = out.cacheWrite = 0
    out.input = this.#costAt(this.#inputPlace, input, input)
    out.output = this.#costAt(this.#outputPlace, output, input)
    out.total = out.input + out.output
  }

  #costAt(place: number, count: number, inputTokens: number): number {
    if (place < 0 || count === 0) return 0
    const flatRate = this.#flatRates[place]!
    const rate = Number.isNaN(flatRate) ? rateAt(this.#rates[place]!, inputTokens) : flatRate
    return (rate * count) / this.#per[place]!
  }
}

/** Tiers are cliffs: crossing one moves all units of the call to its price. */
function rateAt(rate: RateData, inputTokens: number): number {
  if (typeof rate === 'number') return rate
  let price = rate.base
  for (const tier of rate.tiers) if (inputTokens > tier.start) price = tier.price
  return price
}
