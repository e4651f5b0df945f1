import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { costConfig, overrideConfig } from './config.ts'
import { globMatcher } from './glob.ts'
import { importPrices } from './import-prices.ts'
import { Override } from './overrides.ts'
import { PriceBook } from './price-book.ts'
import type { PriceData } from './price-data.ts'
import { CallCost } from './price-vector.ts'
import { Units } from './units.ts'

const data = JSON.parse(readFileSync(join(import.meta.dirname, 'price-data.generated.json'), 'utf8')) as PriceData
const units = new Units(data.units)

function usage(counts: Record<string, number>): Float64Array {
  const vector = new Float64Array(units.count)
  for (const [key, count] of Object.entries(counts)) vector[units.byUsageKey(key)!.index] = count
  return vector
}

for (const [pattern, text, expected] of [
  ['*', '', true],
  ['gpt-4o*', 'gpt-4o-mini', true],
  ['gpt-4o*', 'a-gpt-4o', false],
  ['*-preview', 'o1-preview', true],
  ['g?t', 'GPT', true],
  ['g?t', 'gt', false],
  ['a*b*c', 'aXbXbXc', true],
  ['a*b', 'ab-', false],
  ['', '', true],
] as const) {
  t.test(`${pattern} ${expected ? 'means' : 'does not mean'} "${text}"`, async t => {
    t.equal(globMatcher(pattern)(text), expected)
  })
}

t.test('a hostile pattern takes time linear in the text', async t => {
  const before = performance.now()
  t.notOk(globMatcher('*a*a*a*a*a*a*a*a*a*a*b')('a'.repeat(2000)))
  t.ok(performance.now() - before < 2000)
})

t.test('an override holds in its days, for its provider and models', async t => {
  const override = new Override(
    parseConfig(
      overrideConfig,
      '{match: {provider: azure, model: "gpt-*", model_regex: "^gpt-[45]"}, effective_from: 2026-01-01, effective_to: 2026-07-01, input_per_mtok: 2}',
    ),
    0,
    units,
  )
  t.notOk(override.isActive(Date.parse('2025-12-31T23:59:59Z')))
  t.ok(override.isActive(Date.parse('2026-01-01')))
  t.notOk(override.isActive(Date.parse('2026-07-01')))
  t.ok(override.matches(['az.ai.openai', 'azure'], ['gpt-4o']))
  t.notOk(override.matches(['openai'], ['gpt-4o']))
  t.notOk(override.matches(['azure'], ['gpt-3.5']))
})

t.test('free is a price, a multiplier alone is none', async t => {
  t.equal(new Override(parseConfig(overrideConfig, '{free: true}'), 0, units).vector !== undefined, true)
  t.equal(new Override(parseConfig(overrideConfig, '{multiplier: 0.8}'), 0, units).vector, undefined)
})

t.test('tiers of an override are cliffs', async t => {
  const { vector } = new Override(
    parseConfig(overrideConfig, '{input_per_mtok: 1, tiers: [{above: 1000, input_per_mtok: 2}]}'),
    0,
    units,
  )
  const cost = new CallCost()
  vector!.price(usage({ input_tokens: 1001 }), cost)
  t.equal(cost.total, 2002 / 1e6)
})

t.test('a machine by the hour costs its share of the second', async t => {
  const override = new Override(parseConfig(overrideConfig, '{per_gpu_hour: 3.6, concurrency: 4}'), 0, units)
  t.equal(override.perSecond, 0.00025)
})

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

t.test('a pattern that is none is refused with its place', async t => {
  t.throws(() => parseConfig(costConfig, '{overrides: [{match: {model_regex: "(gpt"}, free: true}]}'), /model_regex/)
  t.throws(() => parseConfig(costConfig, '{profiles: [nobody]}'), /profiles\[0\]/)
})
