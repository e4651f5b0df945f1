import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calcPrice, type Provider, updatePrices } from '@pydantic/genai-prices'
import t from 'tap'
import { PriceBook } from './price-book.ts'
import type { PriceData } from './price-data.ts'
import { CallCost, PriceVector } from './price-vector.ts'

const data = JSON.parse(readFileSync(join(import.meta.dirname, 'price-data.generated.json'), 'utf8')) as PriceData
const book = new PriceBook(data)

// The package is the oracle: it gets the same data, in its own form.
const oracleProviders = data.providers.map(provider => ({
  id: provider.id,
  name: provider.id,
  api_pattern: provider.apiPattern,
  ...(provider.providerMatch && { provider_match: provider.providerMatch }),
  ...(provider.modelMatch && { model_match: provider.modelMatch }),
  ...(provider.fallbacks && { fallback_model_providers: provider.fallbacks }),
  models: provider.models.map(({ id, match, prices }) => ({ id, match, prices })),
})) as unknown as Provider[]
updatePrices(({ setProviderData }) => setProviderData(oracleProviders))

const usages: Record<string, number>[] = [
  { input_tokens: 1000, output_tokens: 100 },
  { input_tokens: 0, output_tokens: 0 },
  { input_tokens: 230_000, output_tokens: 3_000 },
  { input_tokens: 250_001, output_tokens: 8_000, cache_read_tokens: 100_000, cache_write_tokens: 50_000 },
  { input_tokens: 12_345, output_tokens: 6_789, cache_read_tokens: 345, output_reasoning_tokens: 789 },
  { input_tokens: 128_001, output_tokens: 1, cache_write_tokens: 1_000, cache_write_1h_tokens: 400 },
  { input_tokens: 5_000, output_tokens: 500, input_audio_tokens: 2_000, output_audio_tokens: 100, web_searches: 3 },
]
const times = ['2024-01-01T00:10:00Z', '2025-07-01T12:00:00Z', '2026-11-01T20:00:00Z']

function usageVector(usage: Record<string, number>): Float64Array {
  const vector = new Float64Array(book.units.count)
  for (const [key, count] of Object.entries(usage)) vector[book.units.byUsageKey(key)!.index] = count
  return vector
}

const textKeys = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_reasoning_tokens',
])

function textCounts(usage: Record<string, number>) {
  return {
    input: usage['input_tokens'] ?? 0,
    output: usage['output_tokens'] ?? 0,
    cacheRead: usage['cache_read_tokens'] ?? 0,
    cacheWrite: usage['cache_write_tokens'] ?? 0,
    reasoning: usage['output_reasoning_tokens'] ?? 0,
  }
}

function exactId(provider: PriceData['providers'][number], modelId: string): boolean {
  return book.model(provider, modelId)?.modelId === modelId
}

t.test('every model costs what the price package says, for a grid of usages and times', async t => {
  const cost = new CallCost()
  let compared = 0
  let sameByTokens = 0
  let sameAsText = 0
  let worst = 0
  for (const provider of data.providers) {
    for (const { id } of provider.models) {
      if (!exactId(provider, id)) continue
      const priced = book.model(provider, id)!
      for (const time of times) {
        const vector = priced.vectorAt(Date.parse(time), undefined)
        for (const usage of usages) {
          let expected: ReturnType<typeof calcPrice>
          try {
            expected = calcPrice(usage, id, { providerId: provider.id, timestamp: new Date(time) })
          } catch {
            continue // usage that this model's units make contradictory
          }
          if (expected === null) continue
          vector.price(usageVector(usage), cost)
          worst = Math.max(worst, Math.abs(cost.total - expected.total_price) / Math.max(expected.total_price, 1e-9))
          compared++
          if (vector.pricesText && Object.keys(usage).every(key => textKeys.has(key))) {
            const asText = new CallCost()
            vector.priceText(textCounts(usage), asText)
            if (JSON.stringify(asText) !== JSON.stringify(cost)) t.fail(`${id} differs as text`)
            else sameAsText++
          }
          if (!vector.isByTokens || !Object.keys(usage).every(key => /^(?:input|output)_tokens$/.test(key))) continue
          const byTokens = new CallCost()
          vector.priceTokens({ input: usage['input_tokens'] ?? 0, output: usage['output_tokens'] ?? 0 }, byTokens)
          if (JSON.stringify(byTokens) !== JSON.stringify(cost)) t.fail(`${id} differs by tokens alone`)
          else sameByTokens++
        }
      }
    }
  }
  t.ok(compared > 20_000, `${compared} comparisons`)
  t.ok(sameByTokens > 2000, `${sameByTokens} of them by tokens alone`)
  t.ok(sameAsText > 5000, `${sameAsText} of them as text`)
  t.ok(worst <= 1e-12, `worst relative difference ${worst}`)
})

t.test('a batch costs what the provider asks for batches', async t => {
  const provider = data.providers.find(({ models }) => models.some(model => model.variants?.[0]?.when['processing']))!
  const model = provider.models.find(({ variants }) => variants?.[0]?.when['processing'] === 'batch')!
  const priced = book.model(provider, model.id)!
  const now = Date.parse('2026-11-01T00:00:00Z')
  const standard = new CallCost()
  const batch = new CallCost()
  priced.vectorAt(now, undefined).price(usageVector(usages[0]!), standard)
  priced.vectorAt(now, { processing: 'batch' }).price(usageVector(usages[0]!), batch)
  t.ok(batch.total > 0 && batch.total < standard.total)
  const unknown = new CallCost()
  priced.vectorAt(now, { processing: 'something' }).price(usageVector(usages[0]!), unknown)
  t.equal(unknown.total, standard.total)
})

t.test('a part that exceeds its whole never makes a negative cost', async t => {
  const cost = new CallCost()
  const vector = new PriceVector({ input_mtok: 10, cache_read_mtok: 1 }, book.units)
  vector.price(usageVector({ input_tokens: 5, cache_read_tokens: 1_000_000 }), cost)
  t.equal(cost.total, 1)
  t.equal(cost.cacheRead, 1)
})

t.test('tiers are cliffs on the input of the call', async t => {
  const cost = new CallCost()
  const vector = new PriceVector({ input_mtok: { base: 1, tiers: [{ start: 100, price: 2 }] } }, book.units)
  vector.price(usageVector({ input_tokens: 100 }), cost)
  t.equal(cost.total, 100 / 1e6)
  vector.price(usageVector({ input_tokens: 101 }), cost)
  t.equal(cost.total, 202 / 1e6)
})

t.test('providers are found by alias, by address and by model', async t => {
  t.equal(book.provider('gcp.vertex_ai')?.id, 'google')
  t.equal(book.provider('aws.bedrock')?.id, 'aws')
  t.equal(book.provider('nobody-at-all'), undefined)
  t.equal(book.providerOfApi('https://api.openai.com/v1/chat/completions')?.id, 'openai')
  t.equal(book.providerOfModel('claude-sonnet-4-5')?.id, 'anthropic')
})

t.test('a date without dashes finds the model that has them', async t => {
  const openai = book.provider('openai')!
  t.equal(book.model(openai, 'gpt-4o-20240806')?.modelId, book.model(openai, 'gpt-4o-2024-08-06')?.modelId)
  t.equal(book.model(openai, 'no-such-model-20240806'), undefined)
})
