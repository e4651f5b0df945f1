import type { ModelData, PriceData, ProviderData, RateData, RatesData, UnitData } from './price-data.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Reads a price file of any known form: our own, genai-prices' data.json, LiteLLM's model_prices_and_context_window.json,
 * or models.dev's api.json. Throws an `Error` that says what is missing where it is none of them.
 */
export function importPrices(text: string, units: Readonly<Record<string, UnitData>>, asOf: string): PriceData {
  const parsed: unknown = JSON.parse(text)
  const source = (name: string, providers: readonly ProviderData[]): PriceData => ({
    source: name,
    asOf,
    units,
    providers,
  })
  if (Array.isArray(parsed))
    return source(
      'genai-prices',
      parsed.map(provider => genaiProvider(asObject(provider))),
    )
  const root = asObject(parsed)
  if (Array.isArray(root['providers']) && isObject(root['units'])) return root as unknown as PriceData
  if (Array.isArray(root['providers'])) {
    return source(
      'genai-prices',
      root['providers'].map(provider => genaiProvider(asObject(provider))),
    )
  }
  const values = Object.values(root)
  if (values.some(value => isObject(value) && isObject(value['models']))) return source('models.dev', modelsDev(root))
  if (values.some(value => isObject(value) && 'litellm_provider' in value)) return source('litellm', liteLlm(root))
  throw new Error('is no price file that is known here: genai-prices, LiteLLM or models.dev')
}

function genaiProvider(json: Json): ProviderData {
  const models = (Array.isArray(json['models']) ? json['models'] : []).map(model => {
    const { id, match, prices, price_variants: variants } = asObject(model)
    return {
      id,
      match,
      prices: Array.isArray(prices) ? prices.map(price => withConstraintType(asObject(price))) : [{ prices }],
      ...(Array.isArray(variants) && { variants }),
    } as unknown as ModelData
  })
  return {
    id: String(json['id']),
    apiPattern: String(json['api_pattern'] ?? '(?!)'),
    ...(isObject(json['provider_match']) && { providerMatch: json['provider_match'] }),
    ...(isObject(json['model_match']) && { modelMatch: json['model_match'] }),
    ...(Array.isArray(json['fallback_model_providers']) && { fallbacks: json['fallback_model_providers'] }),
    models,
  } as unknown as ProviderData
}

/** Older files tell constraints apart by their keys alone. */
function withConstraintType(price: Json): Json {
  const constraint = price['constraint']
  if (!isObject(constraint) || 'type' in constraint) return price
  const type = 'start_date' in constraint ? 'start_date' : 'time_of_date'
  return { ...price, constraint: { ...constraint, type } }
}

/** Price per token by LiteLLM's name, and the price key that it is a million of. */
const liteLlmRates: readonly (readonly [name: string, priceKey: string, factor: number])[] = [
  ['input_cost_per_token', 'input_mtok', 1e6],
  ['output_cost_per_token', 'output_mtok', 1e6],
  ['cache_read_input_token_cost', 'cache_read_mtok', 1e6],
  ['cache_creation_input_token_cost', 'cache_write_mtok', 1e6],
  ['cache_creation_input_token_cost_above_1hr', 'cache_write_1h_mtok', 1e6],
  ['output_cost_per_reasoning_token', 'output_reasoning_mtok', 1e6],
  ['input_cost_per_audio_token', 'input_audio_mtok', 1e6],
  ['output_cost_per_audio_token', 'output_audio_mtok', 1e6],
  ['input_cost_per_character', 'input_mchars', 1e6],
  ['input_cost_per_second', 'audio_hours', 3600],
  ['input_cost_per_request', 'requests_kcount', 1000],
  ['input_cost_per_query', 'rerank_searches_kcount', 1000],
]

const liteLlmVariants = [
  ['_batches', { processing: 'batch' }],
  ['_flex', { service_tier: 'flex' }],
  ['_priority', { service_tier: 'priority' }],
] as const

function liteLlm(root: Json): ProviderData[] {
  const byProvider = new Map<string, ModelData[]>()
  for (const [key, value] of Object.entries(root)) {
    if (!isObject(value) || key === 'sample_spec') continue
    const providerId = String(value['litellm_provider'] ?? 'unknown')
    const id = key.includes('/') ? key.slice(key.lastIndexOf('/') + 1) : key
    const prices = liteLlmPrices(value, '')
    if (Object.keys(prices).length === 0) continue
    const variants = liteLlmVariants.flatMap(([suffix, when]) => {
      const rates = liteLlmPrices(value, suffix)
      return Object.keys(rates).length === 0 ? [] : [{ when, prices: rates }]
    })
    const model: ModelData = {
      id,
      match: { or: [...new Set([id, key])].map(equals => ({ equals })) },
      prices: [{ prices }],
      ...(variants.length > 0 && { variants }),
    }
    byProvider.set(providerId, [...(byProvider.get(providerId) ?? []), model])
  }
  return [...byProvider].map(([id, models]) => plainProvider(id, models))
}

function liteLlmPrices(model: Json, suffix: string): RatesData {
  const rates: Record<string, RateData> = {}
  for (const [name, priceKey, factor] of liteLlmRates) {
    const base = model[`${name}${suffix}`]
    if (typeof base !== 'number') continue
    const tiers = [128, 200, 256, 272].flatMap(thousands => {
      const price = model[`${name}_above_${thousands}k_tokens${suffix}`]
      return typeof price === 'number' ? [{ start: thousands * 1000, price: price * factor }] : []
    })
    rates[priceKey] = tiers.length === 0 ? base * factor : { base: base * factor, tiers }
  }
  return rates
}

const modelsDevRates: Readonly<Record<string, string>> = {
  input: 'input_mtok',
  output: 'output_mtok',
  reasoning: 'output_reasoning_mtok',
  cache_read: 'cache_read_mtok',
  cache_write: 'cache_write_mtok',
  input_audio: 'input_audio_mtok',
  output_audio: 'output_audio_mtok',
}

function modelsDev(root: Json): ProviderData[] {
  return Object.entries(root).flatMap(([id, value]) => {
    if (!isObject(value) || !isObject(value['models'])) return []
    const models = Object.entries(value['models']).flatMap(([modelId, model]): ModelData[] => {
      const cost = isObject(model) ? model['cost'] : undefined
      if (!isObject(cost)) return []
      const large = cost['context_over_200k']
      const rates: Record<string, RateData> = {}
      for (const [name, priceKey] of Object.entries(modelsDevRates)) {
        const base = cost[name]
        if (typeof base !== 'number') continue
        const over = isObject(large) ? large[name] : undefined
        rates[priceKey] = typeof over === 'number' ? { base, tiers: [{ start: 200_000, price: over }] } : base
      }
      return [{ id: modelId, match: { equals: modelId }, prices: [{ prices: rates }] }]
    })
    return [plainProvider(id, models)]
  })
}

function plainProvider(id: string, models: readonly ModelData[]): ProviderData {
  return {
    id,
    apiPattern: '(?!)',
    modelMatch: { or: models.map(model => model.match) },
    models,
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asObject(value: unknown): Json {
  if (!isObject(value)) throw new Error('has something else where an object belongs')
  return value
}
