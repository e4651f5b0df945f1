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

interface TokenCounts {
  readonly input: number
  readonly output: number
}

/** Counts of text as `NormalizedUsage` has them: whole and parts. */
interface TextCounts extends TokenCounts {
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

/** Units of these, parts before their whole, as prices have them too. */
const textUnits = [
  'cache_read_tokens',
  'cache_write_tokens',
  'input_tokens',
  'output_reasoning_tokens',
  'output_tokens',
] as const

/**
 * One model's prices, flat: units from the most specific to the least, each with the place of the units that are part of
 * it, since a cached token is paid once, as cached. A call costs a loop over a handful of numbers.
 */
export class PriceVector {
  readonly #units: readonly Unit[]
  readonly #rates: readonly RateData[]
  /** The price of a unit, below all tiers. */
  readonly #baseRates: Float64Array
  /** Above how many input tokens of the call another price holds, place by place, and where those of each end. */
  readonly #tierStarts: Float64Array
  readonly #tierRates: Float64Array
  readonly #tiersEnd: Uint16Array
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
  /** -1 where they have no price. */
  readonly #tokenPlaces: TokenCounts
  /** Rate and divisor of input and output where neither has tiers: all that most calls need, in one place. */
  readonly #flatTokens: Float64Array | undefined
  /** The same of all counts of text, each with a one before it, or three numbers that make nothing of it where it has no price. */
  readonly #flatText: Float64Array | undefined

  constructor(rates: RatesData, units: Units) {
    const priced = Object.entries(rates)
      .flatMap(([priceKey, rate]) => {
        const unit = units.byPriceKey(priceKey)
        return unit === undefined ? [] : [{ unit, rate }]
      })
      .sort((a, b) => b.unit.dimensionCount - a.unit.dimensionCount || (a.unit.usageKey < b.unit.usageKey ? -1 : 1))
    this.#units = priced.map(({ unit }) => unit)
    this.#rates = priced.map(({ rate }) => rate)
    this.#baseRates = Float64Array.from(this.#rates, rate => (typeof rate === 'number' ? rate : rate.base))
    const tiers = this.#rates.map(rate => (typeof rate === 'number' ? [] : rate.tiers))
    this.#tierStarts = Float64Array.from(tiers.flat(), ({ start }) => start)
    this.#tierRates = Float64Array.from(tiers.flat(), ({ price }) => price)
    let tiersEnd = 0
    this.#tiersEnd = Uint16Array.from(tiers, ({ length }) => {
      tiersEnd += length
      return tiersEnd
    })
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
    const placeOf = (wanted: string) => this.#units.findIndex(({ usageKey }) => usageKey === wanted)
    this.#tokenPlaces = { input: placeOf('input_tokens'), output: placeOf('output_tokens') }
    this.#flatTokens = this.#flatTokenRates()
    this.#flatText = this.#flatTextRates()
  }

  #flatTokenRates(): Float64Array | undefined {
    const places = [this.#tokenPlaces.input, this.#tokenPlaces.output]
    if (places.some(place => typeof this.#rates[place] === 'object')) return undefined
    return Float64Array.from(
      places.flatMap(place => (place < 0 ? [0, 1] : [this.#baseRates[place]!, this.#per[place]!])),
    )
  }

  /** Undefined where a unit of text has tiers, or they stand in another order, in which their costs would be summed. */
  #flatTextRates(): Float64Array | undefined {
    const places = textUnits.map(unit => this.#units.findIndex(({ usageKey }) => usageKey === unit))
    const [read, write, input, reasoning, output] = places as [number, number, number, number, number]
    const isInOrder = (parts: readonly number[]) => {
      const known = parts.filter(place => place >= 0)
      return known.every((place, i) => i === 0 || place > known[i - 1]!)
    }
    if (!this.isByTokens || !isInOrder([read, write, input]) || !isInOrder([reasoning, output])) return undefined
    if (places.some(place => typeof this.#rates[place] === 'object')) return undefined
    return Float64Array.from(
      places.flatMap(place => (place < 0 ? [0, 0, 1] : [1, this.#baseRates[place]!, this.#per[place]!])),
    )
  }

  /** Whether tokens may cost nothing: they have a price, if only those of one side, or nothing of it costs anything. */
  get mayBeZero(): boolean {
    const { input, output } = this.#tokenPlaces
    return input >= 0 || output >= 0 || this.#rates.every(rate => rate === 0)
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
      const cost = (this.#rateAt(place, inputTokens) * count) / this.#per[place]!
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
  priceTokens({ input, output }: TokenCounts, out: CallCost): void {
    const flat = this.#flatTokens
    out.other = out.cacheRead = out.cacheWrite = 0
    if (flat !== undefined) {
      out.input = (flat[0]! * input) / flat[1]!
      out.output = (flat[2]! * output) / flat[3]!
    } else {
      const { input: inputPlace, output: outputPlace } = this.#tokenPlaces
      out.input = inputPlace < 0 ? 0 : (this.#rateAt(inputPlace, input) * input) / this.#per[inputPlace]!
      out.output = outputPlace < 0 ? 0 : (this.#rateAt(outputPlace, input) * output) / this.#per[outputPlace]!
    }
    out.total = out.input + out.output
  }

  /** Whether `priceText` may be asked. */
  get pricesText(): boolean {
    return this.#flatText !== undefined
  }

  /** The same where nothing but text was counted, and of the cache's kinds none by itself. */
  priceText(usage: TextCounts, out: CallCost): void {
    const flat = this.#flatText!
    const read = flat[0]! * usage.cacheRead
    const write = flat[3]! * usage.cacheWrite
    const input = Math.max(0, flat[6]! * usage.input - read - write)
    const reasoning = flat[9]! * usage.reasoning
    const output = Math.max(0, flat[12]! * usage.output - reasoning)
    out.other = 0
    out.cacheRead = (flat[1]! * read) / flat[2]!
    out.cacheWrite = (flat[4]! * write) / flat[5]!
    out.input = out.cacheRead + out.cacheWrite + (flat[7]! * input) / flat[8]!
    out.output = (flat[10]! * reasoning) / flat[11]! + (flat[13]! * output) / flat[14]!
    out.total = out.input + out.output
  }

  /** Tiers are cliffs: crossing one moves all units of the call to its price. */
  #rateAt(place: number, inputTokens: number): number {
    let rate = this.#baseRates[place]!
    const end = this.#tiersEnd[place]!
    for (let tier = place === 0 ? 0 : this.#tiersEnd[place - 1]!; tier < end; tier++) {
      if (inputTokens > this.#tierStarts[tier]!) rate = this.#tierRates[tier]!
    }
    return rate
  }
}
