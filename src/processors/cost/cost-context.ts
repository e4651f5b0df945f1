/** What the companion tells the stages. */
export interface CostContext {
  /** Attribute keys that budgets are kept by. */
  readonly scopes: readonly string[]
  /** Where the stages on all threads remember calls. */
  readonly calls?: SharedArrayBuffer
  /** A word that is not 0 while log records that report calls are priced in this agent too. */
  readonly pricesEvents?: SharedArrayBuffer
  /** Whether calls that an agent of ours has priced are booked, with what it found, instead of left alone. */
  readonly countsPriced?: boolean
}
