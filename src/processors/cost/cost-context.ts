/** What the companion tells the stages. */
export interface CostContext {
  /** Attribute keys that budgets are kept by. */
  readonly scopes: readonly string[]
  /** Where the stages on all threads remember calls. */
  readonly calls?: SharedArrayBuffer
  /** Two words: how many instances in this agent price spans, and how many log records that report calls. */
  readonly pricers?: SharedArrayBuffer
  /** Whether calls that an agent of ours has priced are booked, with what it found, instead of left alone. */
  readonly countsPriced?: boolean
}

/** Places of `pricers`. */
export const spanPricers = 0
export const eventPricers = 1
