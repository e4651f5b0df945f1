import { providerAliases } from './model-id.ts'
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
  // Below the name that replaces it.
  ['input_cost_per_token_cache_hit', 'cache_read_mtok', 1e6],
  ['output_cost_per_token', 'output_mtok', 1e6],
  ['cache_read_input_token_cost', 'cache_read_mtok', 1e6],
  ['cache_creation_input_token_cost', 'cache_write_mtok', 1e6],
  ['cache_creation_input_token_cost_above_1hr', 'cache_write_1h_mtok', 1e6],
  ['output_cost_per_reasoning_token', 'output_reasoning_mtok', 1e6],
  ['input_cost_per_audio_token', 'input_audio_mtok', 1e6],
  ['output_cost_per_audio_token', 'output_audio_mtok', 1e6],
  ['cache_read_input_audio_token_cost', 'cache_audio_read_mtok', 1e6],
  ['input_cost_per_image_token', 'input_image_mtok', 1e6],
  ['output_cost_per_image_token', 'output_image_mtok', 1e6],
  ['cache_read_input_image_token_cost', 'cache_image_read_mtok', 1e6],
  ['input_cost_per_video_token', 'input_video_mtok', 1e6],
  ['output_cost_per_video_token', 'output_video_mtok', 1e6],
  ['citation_cost_per_token', 'output_citation_mtok', 1e6],
  ['ocr_cost_per_page', 'input_document_kpages', 1000],
  ['input_cost_per_character', 'input_mchars', 1e6],
  ['input_cost_per_second', 'audio_hours', 3600],
  ['input_cost_per_request', 'requests_kcount', 1000],
  ['input_cost_per_query', 'rerank_searches_kcount', 1000],
]

/** Thousands of input tokens above which some models have other prices. */
const liteLlmThresholds = [32, 100, 128, 200, 256, 272, 512]
const liteLlmVariants = [
  ['_batches', { processing: 'batch' }],
  ['_flex', { service_tier: 'flex' }],
  ['_priority', { service_tier: 'priority' }],
  ['_balanced', { service_tier: 'balanced' }],
  ['_ultrafast', { service_tier: 'ultrafast' }],
] as const

function liteLlm(root: Json): ProviderData[] {
  const models: [providerId: string, model: ModelData][] = []
  // `azure/gpt-5` before `azure/eu/gpt-5`: the plain name means the plain price.
  const entries = Object.entries(root).sort(([a], [b]) => a.split('/').length - b.split('/').length)
  for (const [key, value] of entries) {
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
    models.push([providerId, model])
  }
  return plainProviders(models)
}

function liteLlmPrices(model: Json, suffix: string): RatesData {
  const rates: Record<string, RateData> = {}
  for (const [name, priceKey, factor] of liteLlmRates) {
    const base = model[`${name}${suffix}`]
    if (typeof base !== 'number') continue
    const tiers = liteLlmThresholds.flatMap(thousands => {
      const price = model[`${name}_above_${thousands}k_tokens${suffix}`]
      return typeof price === 'number' ? [{ start: thousands * 1000, price: price * factor }] : []
    })
    rates[priceKey] = tiers.length === 0 ? base * factor : { base: base * factor, tiers }
  }
  return suffix === '' ? { ...rates, ...rangedRates(model['tiered_pricing']) } : rates
}

/** Prices of some models by ranges of input tokens: `[{range: [0, 256000], input_cost_per_token: 5e-8}, ...]`. */
function rangedRates(ranges: unknown): RatesData {
  if (!Array.isArray(ranges)) return {}
  const steps = ranges
    .filter(isObject)
    .map(step => ({ start: Array.isArray(step['range']) ? Number(step['range'][0]) : Number.NaN, step }))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.start - b.start)
  const rates: Record<string, RateData> = {}
  for (const [name, priceKey, factor] of liteLlmRates) {
    const priced = steps.flatMap(({ start, step }) => {
      const price = step[name]
      return typeof price === 'number' ? [{ start, price: price * factor }] : []
    })
    const [first, ...tiers] = priced
    if (first !== undefined) rates[priceKey] = tiers.length === 0 ? first.price : { base: first.price, tiers }
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
  const models = Object.entries(root).flatMap(([providerId, value]) => {
    if (!isObject(value) || !isObject(value['models'])) return []
    return Object.entries(value['models']).flatMap(([modelId, model]): [string, ModelData][] => {
      const cost = isObject(model) ? model['cost'] : undefined
      if (!isObject(cost)) return []
      const variants = modelsDevVariants(model as Json)
      const prices = modelsDevPrices(cost)
      const priced: ModelData = {
        id: modelId,
        match: { equals: modelId },
        prices: [{ prices }],
        ...(variants.length > 0 && { variants }),
      }
      return [[providerId, priced]]
    })
  })
  return plainProviders(models)
}

/** `tiers` has the exact thresholds; older files have `context_over_200k` alone, newer ones both. */
function modelsDevPrices(cost: Json): RatesData {
  const steps = Array.isArray(cost['tiers'])
    ? cost['tiers'].filter(isObject).map(tier => ({ start: isObject(tier['tier']) ? tier['tier']['size'] : 0, tier }))
    : isObject(cost['context_over_200k'])
      ? [{ start: 200_000, tier: cost['context_over_200k'] }]
      : []
  const rates: Record<string, RateData> = {}
  for (const [name, priceKey] of Object.entries(modelsDevRates)) {
    const base = cost[name]
    if (typeof base !== 'number') continue
    const tiers = steps
      .flatMap(({ start, tier }) => {
        const price = tier[name]
        return typeof start === 'number' && typeof price === 'number' ? [{ start, price }] : []
      })
      .sort((a, b) => a.start - b.start)
    rates[priceKey] = tiers.length === 0 ? base : { base, tiers }
  }
  return rates
}

/** A faster or cheaper way to ask for a model that the request names by its service tier. */
function modelsDevVariants(model: Json): NonNullable<ModelData['variants']> {
  const experimental = isObject(model['experimental']) ? model['experimental'] : {}
  const modes = isObject(experimental['modes']) ? Object.values(experimental['modes']) : []
  return modes.flatMap(mode => {
    if (!isObject(mode) || !isObject(mode['cost']) || !isObject(mode['provider'])) return []
    const { body } = mode['provider']
    const tier = isObject(body) ? body['service_tier'] : undefined
    return typeof tier === 'string' ? [{ when: { service_tier: tier }, prices: modelsDevPrices(mode['cost']) }] : []
  })
}

/** Under the ids that the bundled prices have too, the makers of models before those who sell others'. */
function plainProviders(models: readonly (readonly [name: string, model: ModelData])[]): ProviderData[] {
  const byId = new Map<string, ModelData[]>(modelMakers.map(id => [id, []]))
  for (const [name, model] of models) {
    const id = providerIdOf(name)
    const known = byId.get(id)
    if (known === undefined) byId.set(id, [model])
    else known.push(model)
  }
  return [...byId]
    .filter(([, known]) => known.length > 0)
    .map(([id, known]) => ({
      id,
      apiPattern: '(?!)',
      modelMatch: { or: known.map(model => model.match) },
      models: known,
    }))
}

const modelMakers = ['openai', 'anthropic', 'google', 'mistral', 'cohere', 'deepseek', 'x-ai', 'moonshotai', 'zai']

/** How names of these files begin that stand for a provider of several: `vertex_ai-anthropic_models`. */
const idsByStart = [
  ['vertex_ai', 'google'],
  ['google-vertex', 'google'],
  ['bedrock', 'aws'],
  ['amazon-bedrock', 'aws'],
  ['azure', 'azure'],
  ['fireworks', 'fireworks'],
  ['cohere', 'cohere'],
  ['text-completion-openai', 'openai'],
] as const

function providerIdOf(name: string): string {
  const found = idsByStart.find(([start]) => name.startsWith(start))
  return found?.[1] ?? providerAliases[name] ?? name
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asObject(value: unknown): Json {
  if (!isObject(value)) throw new Error('has something else where an object belongs')
  return value
}
