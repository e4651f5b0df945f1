/** Kinds of tokens, as `gen_ai.token.type` names them. */
export const tokenTypes = ['input', 'output', 'cache_read', 'cache_write', 'reasoning'] as const

/** Why a call has no cost. `not_priced`: no `cost` processor has seen it. */
export const unpricedReasons = ['unknown_model', 'no_usage', 'not_priced'] as const
export type UnpricedReason = (typeof unpricedReasons)[number]

/** What one combination of labels has cost. */
export class SpendSeries {
  /** The resource's payload as it came; empty for the series of all others. */
  readonly resource: Uint8Array
  /** The labels as fields of a data point. */
  readonly attributes: Uint8Array
  readonly startNs: bigint
  lastMs = 0
  cost = 0
  calls = 0
  readonly tokens = new Float64Array(tokenTypes.length)
  readonly unpriced = new Float64Array(unpricedReasons.length)
  /** The most expensive span of the interval: trace id, span id and end time in 32 bytes; -1 as long as there is none. */
  exemplarCost = -1
  readonly exemplar = new Uint8Array(32)

  readonly provider: string
  /** Whether its calls count as Google's Gemini does. */
  readonly isGemini: boolean

  constructor(
    resource: Uint8Array,
    attributes: Uint8Array,
    startNs: bigint,
    { provider, model }: { readonly provider: string; readonly model: string },
  ) {
    this.provider = provider
    this.isGemini = provider === 'google' && model.startsWith('gemini')
    this.resource = resource
    this.attributes = attributes
    this.startNs = startNs
  }
}
