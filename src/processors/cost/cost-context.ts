/** What the companion tells the stages. */
export interface CostContext {
  /** Attribute keys that budgets are kept by. */
  readonly scopes: readonly string[]
  /** Where the stages on all threads remember calls. */
  readonly calls?: SharedArrayBuffer
  /** Whether calls that an agent of ours has priced are booked, with what it found, instead of left alone. */
  readonly countsPriced?: boolean
}
