import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import { encodeString } from '../../pdata/value.ts'
import type { CostConfig } from './config.ts'
import { DoubleValue } from './double-value.ts'
import type { ModelEntry } from './model-memo.ts'
import type { CallCost } from './price-vector.ts'
import type { CostStatus } from './pricer.ts'

/** What is written of one call. */
export interface CostResult {
  readonly status: CostStatus | 'duplicate'
  readonly cost: CallCost
  /** The model that was found; what is written of it is the same for all its calls. */
  readonly entry: ModelEntry
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
const rememberedMax = 4096

const breakdownKeys = (['input', 'output', 'cacheRead', 'cacheWrite', 'other'] as const).map(part => ({
  part,
  key: new AttributeKey(`sluice.cost.${part.replace(/[A-Z]/, letter => `_${letter.toLowerCase()}`)}`),
}))

/** Writes a call's cost onto its span under the names that the configuration asks for. */
export class CostWriter {
  readonly #config: CostConfig
  readonly #profileKeys: readonly { part: Part; key: AttributeKey }[]
  readonly #currency: Uint8Array
  readonly #double = new DoubleValue()
  readonly #constants = new Map<ModelEntry, Map<string, readonly ConstantAttribute[]>>()

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
    if (status === 'priced' || status === 'estimated') {
      for (const { part, key } of breakdownKeys)
        if (cost[part] > 0) attributes.set(key, this.#double.encode(cost[part]))
    }
    for (const constant of this.#constantsOf(result)) {
      if (!attributes.insertConstant(constant)) attributes.set(constant.key, constant.value)
    }
  }

  #writeCost(attributes: AttributeList, { status, cost }: CostResult): void {
    attributes.set(genAiCost, this.#double.encode(cost.total))
    for (const { part, key } of this.#profileKeys) {
      if (part === 'total' || status !== 'reported') attributes.set(key, this.#double.encode(cost[part]))
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

  /** What says how the cost came about: encoded once for each model and status. */
  #constantsOf({ status, entry, priceSource, asOf }: CostResult): readonly ConstantAttribute[] {
    let byStatus = this.#constants.get(entry)
    if (byStatus === undefined) {
      if (this.#constants.size >= rememberedMax) this.#constants.clear()
      byStatus = new Map()
      this.#constants.set(entry, byStatus)
    }
    let constants = byStatus.get(status)
    if (constants === undefined) {
      const text = (key: AttributeKey, value: string) => new ConstantAttribute(key, encodeString(value))
      const made = [text(statusKey, status)]
      if (status === 'priced' || status === 'estimated') {
        const { providerId, modelId } = entry.resolved
        made.push(text(priceIdKey, `${providerId}/${modelId}`), text(sourceKey, priceSource), text(asOfKey, asOf))
        if (this.#config.currency !== 'USD') made.push(new ConstantAttribute(currencyKey, this.#currency))
      }
      constants = made
      byStatus.set(status, constants)
    }
    return constants
  }
}
