import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { costConfig, overrideConfig } from './config.ts'
import { globMatcher } from './glob.ts'
import { Override } from './overrides.ts'
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

t.test('a pattern that is none is refused with its place', async t => {
  t.throws(() => parseConfig(costConfig, '{overrides: [{match: {model_regex: "(gpt"}, free: true}]}'), /model_regex/)
  t.throws(() => parseConfig(costConfig, '{profiles: [nobody]}'), /profiles\[0\]/)
})
