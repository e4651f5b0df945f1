import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { encodeDouble, encodeString } from '../../pdata/value.ts'
import type { CostConfig } from './config.ts'
import type { CallCost } from './price-vector.ts'
import type { CostStatus } from './pricer.ts'

/** What is written of one call. */
export interface CostResult {
  readonly status: CostStatus | 'duplicate'
  readonly cost: CallCost
  readonly priceId: string
  readonly priceSource: string
  readonly asOf: string
}

type Part = 'total' | 'input' | 'output'

/** Names that other backends read. Sources: their documentation, as of 2026-09. */
const profileKeys: Readonly<Record<CostConfig['profiles'][number], Partial<Record<Part, string>>>> = {
  langfuse: {},
  openinference: { total: 'llm.cost.total', input: 'llm.cost.prompt', output: 'llm.cost.completion' },
  logfire: { total: 'operation.cost' },
  sentry: { total: 'gen_ai.cost.total_tokens', input: 'gen_ai.cost.input_tokens', output: 'gen_ai.cost.output_tokens' },
  otel: { total: 'gen_ai.usage.cost.amount' },
}

const genAiCost = new AttributeKey('gen_ai.usage.cost')
const statusKey = new AttributeKey('sluice.cost.status')
const priceIdKey = new AttributeKey('sluice.cost.price_id')
const asOfKey = new AttributeKey('sluice.cost.price_as_of')
const sourceKey = new AttributeKey('sluice.cost.source')
const currencyKey = new AttributeKey('sluice.cost.currency')
const langfuseDetails = new AttributeKey('langfuse.observation.cost_details')
const otelCurrency = new AttributeKey('gen_ai.usage.cost.currency')
const otelSource = new AttributeKey('gen_ai.usage.cost.source')
const localValue = encodeString('local')
const providerValue = encodeString('provider')
const rememberedTextsMax = 1024

const breakdownKeys = (['input', 'output', 'cacheRead', 'cacheWrite', 'other'] as const).map(part => ({
  part,
  key: new AttributeKey(`sluice.cost.${part.replace(/[A-Z]/, letter => `_${letter.toLowerCase()}`)}`),
}))

/** Writes a call's cost onto its span under the names that the configuration asks for. */
export class CostWriter {
  readonly #config: CostConfig
  readonly #profileKeys: readonly { part: Part; key: AttributeKey }[]
  readonly #currency: Uint8Array
  readonly #texts = new Map<string, Uint8Array>()

  constructor(config: CostConfig) {
    this.#config = config
    this.#currency = encodeString(config.currency)
    this.#profileKeys = config.profiles.flatMap(profile =>
      Object.entries(profileKeys[profile]).map(([part, text]) => ({ part: part as Part, key: new AttributeKey(text) })),
    )
  }

  write(attributes: AttributeList, result: CostResult): void {
    const { status, cost } = result
    if (status === 'priced' || status === 'estimated' || status === 'reported') this.#writeCost(attributes, result)
    if (!this.#config.breakdown) return
    attributes.set(statusKey, this.#text(status))
    if (status !== 'priced' && status !== 'estimated') return
    for (const { part, key } of breakdownKeys) if (cost[part] > 0) attributes.set(key, encodeDouble(cost[part]))
    attributes.set(priceIdKey, this.#text(result.priceId))
    attributes.set(sourceKey, this.#text(result.priceSource))
    attributes.set(asOfKey, this.#text(result.asOf))
    if (this.#config.currency !== 'USD') attributes.set(currencyKey, this.#currency)
  }

  #writeCost(attributes: AttributeList, { status, cost }: CostResult): void {
    const total = encodeDouble(cost.total)
    attributes.set(genAiCost, total)
    for (const { part, key } of this.#profileKeys) {
      if (part === 'total') attributes.set(key, total)
      else if (status !== 'reported') attributes.set(key, encodeDouble(cost[part]))
    }
    const { profiles } = this.#config
    if (profiles.includes('langfuse') && status !== 'reported') {
      const details = { input: cost.input, output: cost.output, total: cost.total }
      attributes.set(langfuseDetails, encodeString(JSON.stringify(details)))
    }
    if (profiles.includes('otel')) {
      attributes.set(otelCurrency, this.#currency)
      attributes.set(otelSource, status === 'reported' ? providerValue : localValue)
    }
  }

  /** Few texts come again and again. */
  #text(text: string): Uint8Array {
    let value = this.#texts.get(text)
    if (value === undefined) {
      value = encodeString(text)
      if (this.#texts.size >= rememberedTextsMax) this.#texts.clear()
      this.#texts.set(text, value)
    }
    return value
  }
}
