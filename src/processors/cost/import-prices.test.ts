import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'
import { importPrices } from './import-prices.ts'
import { PriceBook } from './price-book.ts'
import type { PriceData } from './price-data.ts'
import { CallCost } from './price-vector.ts'
import { call, run } from './priced-spans.oracle.ts'
import { Units } from './units.ts'

const data = JSON.parse(readFileSync(join(import.meta.dirname, 'price-data.generated.json'), 'utf8')) as PriceData
const units = new Units(data.units)

function usage(counts: Readonly<Record<string, number>>): Float64Array {
  const vector = new Float64Array(units.count)
  for (const [key, count] of Object.entries(counts)) vector[units.byUsageKey(key)!.index] = count
  return vector
}

t.test('prices of LiteLLM are read with tiers, cache and batches', async t => {
  const imported = importPrices(
    JSON.stringify({
      sample_spec: { litellm_provider: 'one of ...' },
      'openai/gpt-x': {
        litellm_provider: 'openai',
        input_cost_per_token: 2e-6,
        input_cost_per_token_above_200k_tokens: 4e-6,
        output_cost_per_token: 8e-6,
        cache_read_input_token_cost: 5e-7,
        input_cost_per_token_batches: 1e-6,
      },
    }),
    data.units,
    '2026-01-01',
  )
  const book = new PriceBook(imported)
  const model = book.model(book.provider('openai')!, 'gpt-x')!
  const cost = new CallCost()
  model.vectorAt(0, undefined).price(usage({ input_tokens: 1000, cache_read_tokens: 400, output_tokens: 10 }), cost)
  t.ok(Math.abs(cost.total - (600 * 2 + 400 * 0.5 + 10 * 8) / 1e6) < 1e-15)
  model.vectorAt(0, undefined).price(usage({ input_tokens: 200_001 }), cost)
  t.ok(Math.abs(cost.total - 200_001 * 4e-6) < 1e-12)
  model.vectorAt(0, { processing: 'batch' }).price(usage({ input_tokens: 1000 }), cost)
  t.ok(Math.abs(cost.total - 1e-3) < 1e-15)
})

t.test('prices of models.dev are read', async t => {
  const imported = importPrices(
    JSON.stringify({ acme: { models: { m1: { cost: { input: 1, output: 2, cache_read: 0.1 } }, m2: {} } } }),
    data.units,
    '2026-01-01',
  )
  const book = new PriceBook(imported)
  t.equal(book.providerOfModel('m1')?.id, 'acme')
  t.equal(book.model(book.provider('acme')!, 'm2'), undefined)
})

t.test('our own file and that of genai-prices are read', async t => {
  t.equal(importPrices(JSON.stringify(data), {}, '').providers.length, data.providers.length)
  const genai = [
    { id: 'x', api_pattern: 'https://x', models: [{ id: 'm', match: { equals: 'm' }, prices: { input_mtok: 1 } }] },
  ]
  const book = new PriceBook(importPrices(JSON.stringify(genai), data.units, '2026-01-01'))
  t.equal(book.model(book.provider('x')!, 'M')?.modelId, 'm')
})

for (const text of ['{}', '[1]', '{"a": 1}', 'nonsense']) {
  t.test(`refuses ${text} as prices`, async t => {
    t.throws(() => importPrices(text, data.units, '2026-01-01'))
  })
}

/** What a call of the imported model costs. */
function costOf(
  file: object,
  model: string,
  counts: Readonly<Record<string, number>>,
  context?: Record<string, string>,
) {
  const book = new PriceBook(importPrices(JSON.stringify(file), data.units, '2026-01-01'))
  const provider = book.providerOfModel(model)!
  const cost = new CallCost()
  book.model(provider, model)!.vectorAt(0, context).price(usage(counts), cost)
  return { provider: provider.id, cost: cost.total }
}

t.test('steps of models.dev hold above their own sizes, and not above the one that older readers are told', async t => {
  const cost = {
    input: 2,
    output: 8,
    tiers: [{ tier: { type: 'context', size: 272_000 }, input: 4, output: 12 }],
    context_over_200k: { input: 4, output: 12 },
  }
  const file = { openai: { models: { m: { cost } } } }
  t.equal(costOf(file, 'm', { input_tokens: 250_000 }).cost, 0.5)
  t.equal(costOf(file, 'm', { input_tokens: 300_000, output_tokens: 1000 }).cost, 1.2 + 0.012)
  const older = { openai: { models: { m: { cost: { ...cost, tiers: undefined } } } } }
  t.equal(costOf(older, 'm', { input_tokens: 250_000 }).cost, 1)
})

t.test('a mode of models.dev that asks for a service tier is the price of that tier', async t => {
  const fast = { cost: { input: 5, output: 30 }, provider: { body: { service_tier: 'priority' } } }
  const file = { openai: { models: { m: { cost: { input: 2, output: 8 }, experimental: { modes: { fast } } } } } }
  t.equal(costOf(file, 'm', { input_tokens: 1e6 }, { service_tier: 'priority' }).cost, 5)
  t.equal(costOf(file, 'm', { input_tokens: 1e6 }).cost, 2)
})

t.test('ranges of LiteLLM are steps', async t => {
  const file = {
    'dashscope/qwen-flash': {
      litellm_provider: 'dashscope',
      tiered_pricing: [
        { range: [256_000, 1_000_000], input_cost_per_token: 2.5e-7, output_cost_per_token: 2e-6 },
        { range: [0, 256_000], input_cost_per_token: 5e-8, output_cost_per_token: 4e-7 },
      ],
    },
  }
  t.equal(costOf(file, 'qwen-flash', { input_tokens: 100_000 }).cost, 0.005)
  t.equal(costOf(file, 'qwen-flash', { input_tokens: 400_000 }).cost, 0.1)
})

t.test('makers go before those who sell their models, under the ids of the bundled prices', async t => {
  const models = (input: number) => ({ models: { 'gemini-9': { cost: { input, output: 1 } } } })
  const file = {
    aihubmix: models(9),
    'google-vertex': models(2),
    xai: { models: { 'grok-9': { cost: { input: 3 } } } },
  }
  t.same(costOf(file, 'gemini-9', { input_tokens: 1e6 }), { provider: 'google', cost: 2 })
  t.same(costOf(file, 'grok-9', { input_tokens: 1e6 }), { provider: 'x-ai', cost: 3 })
  const price = (litellm_provider: string, input_cost_per_token: number) => ({ litellm_provider, input_cost_per_token })
  const regions = {
    'azure/eu/gpt-9': price('azure', 5e-6),
    'azure/gpt-9': price('azure', 4e-6),
    'vertex_ai/claude-9': price('vertex_ai-anthropic_models', 1e-6),
  }
  t.same(costOf(regions, 'gpt-9', { input_tokens: 1e6 }), { provider: 'azure', cost: 4 })
  t.same(costOf(regions, 'claude-9', { input_tokens: 1e6 }), { provider: 'google', cost: 1 })
})

t.test(
  "a file goes before the bundled prices, but its base model's price not before that of the model itself",
  async t => {
    const path = join(
      t.testdir({
        'api.json': JSON.stringify({ openai: { models: { 'gpt-4o': { cost: { input: 1000, output: 1000 } } } } }),
      }),
      'api.json',
    )
    const stage = () =>
      new CostStage(parseConfig(costConfig, `price_file: ${JSON.stringify(path)}`), { scopes: [] }, 'traces')
    const of = (model: string) => {
      const attributes = { ...call, 'gen_ai.request.model': model, 'gen_ai.usage.input_tokens': 1_000_000 }
      return run([{ attributes }], stage())[0]?.cost
    }
    t.equal(of('gpt-4o'), 1000)
    t.equal(of('ft:gpt-4o-2024-08-06:acme::x1'), 3.75)
  },
)
