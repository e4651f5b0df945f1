/** What can be paid for, by usage key: `input_tokens`, `cache_read_tokens`, `web_searches`. */
export interface UnitData {
  readonly priceKey: string
  /** Units that one price pays for, such as 1,000,000 tokens. */
  readonly per: number
  /** A unit with more dimensions is part of every unit that has a subset of them. */
  readonly dimensions: Readonly<Record<string, string>>
}

export interface TierData {
  /** Input tokens above which `price` holds for all units of the call. */
  readonly start: number
  readonly price: number
}

export type RateData = number | { readonly base: number; readonly tiers: readonly TierData[] }
export type RatesData = Readonly<Record<string, RateData>>

export type ConstraintData =
  | { readonly type: 'start_date'; readonly start_date: string }
  | { readonly type: 'time_of_date'; readonly start_time: string; readonly end_time: string }

export type MatchData =
  | { readonly or: readonly MatchData[] }
  | { readonly and: readonly MatchData[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }

export interface ModelData {
  readonly id: string
  readonly match: MatchData
  /** The last entry whose constraint holds wins, the first where none does. */
  readonly prices: readonly { readonly constraint?: ConstraintData; readonly prices: RatesData }[]
  /** Rates that replace the standard ones for a way of processing, such as `{processing: batch}`; the first wins. */
  readonly variants?: readonly {
    readonly when: Readonly<Record<string, string>>
    readonly constraint?: ConstraintData
    readonly prices: RatesData
  }[]
}

export interface ProviderData {
  readonly id: string
  readonly apiPattern: string
  readonly providerMatch?: MatchData
  readonly modelMatch?: MatchData
  /** Providers whose models this one sells too. */
  readonly fallbacks?: readonly string[]
  readonly models: readonly ModelData[]
}

export interface PriceData {
  readonly source: string
  /** The day that the prices were true for, `YYYY-MM-DD`. */
  readonly asOf: string
  readonly units: Readonly<Record<string, UnitData>>
  readonly providers: readonly ProviderData[]
}

/** Whether `text`, already in lower case, is what the pattern means. Text is short: ids are cut before they get here. */
export function matches(pattern: MatchData, text: string): boolean {
  if ('or' in pattern) return pattern.or.some(part => matches(part, text))
  if ('and' in pattern) return pattern.and.every(part => matches(part, text))
  if ('equals' in pattern) return text === pattern.equals.toLowerCase()
  if ('starts_with' in pattern) return text.startsWith(pattern.starts_with.toLowerCase())
  if ('ends_with' in pattern) return text.endsWith(pattern.ends_with.toLowerCase())
  if ('contains' in pattern) return text.includes(pattern.contains.toLowerCase())
  return new RegExp(pattern.regex).test(text)
}
