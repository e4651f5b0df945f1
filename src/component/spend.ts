/** Characters of a scope's value that count: what is longer than any name costs memory for each of thousands. */
export const scopeValueLengthMax = 512

/** Money that a piece of telemetry stands for, as the `cost` processor found it. */
export interface Spend {
  /** When the call ended, milliseconds since the Unix epoch. */
  readonly timeMs: number
  /** In the budgets' currency, US dollars by default. */
  readonly amount: number
  /** Values of the attributes that `SpendSink.scopes` asked for, in that order; empty where the span has none. */
  readonly scopeValues: readonly string[]
}

/** Who wants to know what was spent; an extension implements it, the `cost` processor calls it. */
export interface SpendSink {
  /** Attribute keys whose values come with each spend; `trace_id` is the trace's id in hex. */
  readonly scopes: readonly string[]
  /** Never throws and never waits: the telemetry does not stand still for accounting. */
  recordSpend(spend: Spend): void
}

export function isSpendSink(component: object): component is SpendSink {
  return 'recordSpend' in component && 'scopes' in component
}
