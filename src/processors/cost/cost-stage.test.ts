import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calcPrice } from '@pydantic/genai-prices'
import t from 'tap'
import type { Spend } from '../../component/spend.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues, type PlainAttributes } from '../../testkit/plain-attributes.ts'
import { costConfig } from './config.ts'
import { CostCompanion } from './cost-companion.ts'
import { CostStage } from './cost-stage.ts'
import { fuzzCostShortcut } from './shortcut.fuzz.ts'
import { countName, parseCountName, spendLabels } from './spend-counts.ts'

interface SpanInput {
  name?: string
  attributes?: PlainAttributes
  events?: PlainAttributes[]
  spanId?: string
  traceId?: string
  endNs?: bigint
}

const endNs = BigInt(Date.UTC(2026, 10, 1)) * 1_000_000n

let nextId = 1

function request(
  spans: readonly SpanInput[],
  resource: PlainAttributes = { 'service.name': 'shop' },
  scope = 'test',
): Uint8Array {
  return encodePlain('traces', {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [
          {
            scope: { name: scope },
            spans: spans.map(span => ({
              traceId: Buffer.from(span.traceId ?? '00112233445566778899aabbccddeeff', 'hex'),
              spanId: Buffer.from(span.spanId ?? (nextId++).toString(16).padStart(16, '0'), 'hex'),
              name: span.name ?? 'chat',
              startTimeUnixNano: String(endNs - 2_000_000_000n),
              endTimeUnixNano: String(span.endNs ?? endNs),
              attributes: keyValues(span.attributes ?? {}),
              events: (span.events ?? []).map(event => ({ name: 'usage', attributes: keyValues(event) })),
            })),
          },
        ],
      },
    ],
  })
}

/** PlainAttributes of every span that comes out, as JavaScript values. */
function attributesOf(bytes: Uint8Array): Record<string, unknown>[] {
  const groups = decodePlain('traces', bytes)['resourceSpans'] as Plain[]
  const spans = groups.flatMap(group => (group['scopeSpans'] as Plain[]).flatMap(scope => scope['spans'] as Plain[]))
  return spans.map(span =>
    Object.fromEntries(
      ((span['attributes'] ?? []) as { key: string; value: Plain }[]).map(({ key, value }) => {
        const [kind, content] = Object.entries(value)[0] ?? []
        return [key, kind === 'intValue' ? Number(content) : content]
      }),
    ),
  )
}

function run(
  yaml: string,
  spans: readonly SpanInput[],
  stage = new CostStage(parseConfig(costConfig, yaml), { scopes: [] }, 'traces'),
) {
  const bytes = request(spans)
  const out = new StageWalk('traces', [stage]).run(bytes)
  return { bytes, out, spans: attributesOf(out), counts: stage.takeCounts(), stage }
}

function price(usage: Record<string, number>, model: string, providerId: string): number {
  return calcPrice(usage, model, { providerId, timestamp: new Date(Number(endNs / 1_000_000n)) })!.total_price
}

const gpt = price({ input_tokens: 1200, output_tokens: 300 }, 'gpt-4o', 'openai')
const gptCached = price({ input_tokens: 1200, output_tokens: 300, cache_read_tokens: 1000 }, 'gpt-4o', 'openai')
const claude = price(
  { input_tokens: 5200, output_tokens: 80, cache_read_tokens: 5000, cache_write_tokens: 100 },
  'claude-sonnet-4-5',
  'anthropic',
)

for (const [dialect, attributes, expected] of [
  [
    'OpenTelemetry, new',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 1200,
      'gen_ai.usage.output_tokens': 300,
      'gen_ai.usage.cache_read.input_tokens': 1000,
    },
    gptCached,
  ],
  [
    'OpenTelemetry, old',
    {
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.prompt_tokens': 1200,
      'gen_ai.usage.completion_tokens': 300,
    },
    gpt,
  ],
  [
    'a raw Anthropic body, cached tokens beside the input',
    {
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 80,
      'gen_ai.usage.cache_read_input_tokens': 5000,
      'gen_ai.usage.cache_creation_input_tokens': 100,
    },
    claude,
  ],
  [
    'OpenInference',
    {
      'openinference.span.kind': 'LLM',
      'llm.provider': 'openai',
      'llm.model_name': 'gpt-4o',
      'llm.token_count.prompt': 1200,
      'llm.token_count.completion': 300,
      'llm.token_count.prompt_details.cache_read': 1000,
    },
    gptCached,
  ],
  [
    'OpenLLMetry',
    {
      'traceloop.span.kind': 'llm',
      'gen_ai.system': 'OpenAI',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.prompt_tokens': 1200,
      'gen_ai.usage.completion_tokens': 300,
      'llm.usage.total_tokens': 1500,
    },
    gpt,
  ],
  [
    'Vercel AI SDK, inner span',
    {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.id': 'gpt-4o',
      'ai.model.provider': 'openai.chat',
      'ai.usage.inputTokens': 1200,
      'ai.usage.outputTokens': 300,
      'ai.usage.cachedInputTokens': 1000,
    },
    gptCached,
  ],
  [
    'Langfuse',
    {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': 'gpt-4o',
      'langfuse.observation.usage_details': '{"input": 1200, "output": 300}',
    },
    gpt,
  ],
  [
    'plain names of an agent',
    { 'agent.model': 'gpt-4o', 'agent.provider': 'openai', 'agent.input_tokens': 1200, 'agent.output_tokens': 300 },
    gpt,
  ],
  ['llm.* names', { 'llm.model': 'gpt-4o', 'llm.input_tokens': 1200, 'llm.output_tokens': 300 }, gpt],
  ['the plainest names', { model: 'openai/gpt-4o', input_tokens: '1200', output_tokens: 300.0 }, gpt],
] as [string, PlainAttributes, number][]) {
  t.test(`prices a call written as ${dialect}`, async t => {
    const { spans } = run('{}', [{ attributes }])
    t.ok(Math.abs((spans[0]!['gen_ai.usage.cost'] as number) - expected) <= expected * 1e-12, `${expected}`)
    t.equal(spans[0]!['sluice.cost.status'], 'priced')
  })
}

for (const [what, span] of [
  [
    'an agent',
    {
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': 5,
      },
    },
  ],
  [
    'a chain',
    { attributes: { 'openinference.span.kind': 'CHAIN', 'llm.model_name': 'gpt-4o', 'llm.token_count.prompt': 5 } },
  ],
  [
    'an outer AI SDK span',
    { attributes: { 'ai.operationId': 'ai.generateText', 'ai.model.id': 'gpt-4o', 'ai.usage.inputTokens': 5 } },
  ],
  [
    'an agent run by its name',
    { name: 'agent run', attributes: { model_name: 'gpt-4o', 'gen_ai.usage.input_tokens': 5 } },
  ],
  ['an HTTP span with a model of cars', { attributes: { model: 'T', 'server.address': 'x' } }],
  ['a span without attributes', {}],
] as [string, SpanInput][]) {
  t.test(`${what} has no price and comes out byte for byte`, async t => {
    const { bytes, out, counts } = run('{}', [span])
    t.equal(out, bytes)
    t.equal(counts.size, 0)
  })
}

const call = {
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 1200,
  'gen_ai.usage.output_tokens': 300,
}

t.test('an unknown model is marked and counted, never zero', async t => {
  const { spans, counts } = run('{}', [{ attributes: { ...call, 'gen_ai.request.model': 'my-own-7b' } }])
  t.equal(spans[0]!['sluice.cost.status'], 'unknown_model')
  t.notOk('gen_ai.usage.cost' in spans[0]!)
  t.same([...counts.keys()].map(parseCountName), [
    { kind: 'unpriced', values: ['openai', 'my-own-7b', 'unknown_model'] },
  ])
})

t.test("a model on a machine of one's own is nobody else's", async t => {
  const { spans } = run('{}', [{ attributes: { ...call, 'gen_ai.provider.name': 'ollama' } }])
  t.equal(spans[0]!['sluice.cost.status'], 'unknown_model')
})

t.test('a model behind an unknown gateway is an estimate', async t => {
  const { spans } = run('{}', [{ attributes: { ...call, 'gen_ai.provider.name': 'acme-gateway' } }])
  t.equal(spans[0]!['sluice.cost.status'], 'estimated')
})

t.test('a call without a usage has no cost', async t => {
  const { spans } = run('{}', [{ attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' } }])
  t.equal(spans[0]!['sluice.cost.status'], 'no_usage')
})

t.test('usage on an event of a streamed call counts', async t => {
  const { spans } = run('{}', [
    {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
      },
      events: [
        { 'gen_ai.usage.input_tokens': 1 },
        { 'gen_ai.usage.input_tokens': 1200, 'gen_ai.usage.output_tokens': 300 },
      ],
    },
  ])
  t.equal(spans[0]!['gen_ai.usage.cost'], gpt)
})

t.test('a cost that is there already stays, unless overwrite says otherwise', async t => {
  const attributes = { ...call, 'gen_ai.usage.cost': 0.5 }
  const kept = run('{}', [{ attributes }])
  t.match(kept.spans[0], { 'gen_ai.usage.cost': 0.5, 'sluice.cost.status': 'reported' })
  t.ok([...kept.counts].some(([name, count]) => parseCountName(name).kind === 'cost' && count === 0.5))
  t.match(run('{overwrite: true}', [{ attributes }]).spans[0], { 'gen_ai.usage.cost': gpt })
})

t.test('one call reported by two instrumentations is booked once; a span sent again is the same call', async t => {
  const attributes = { ...call, 'gen_ai.response.id': 'chatcmpl-1' }
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  const first = run(
    '',
    [
      { attributes, spanId: '00000000000000aa' },
      { attributes, spanId: '00000000000000bb' },
    ],
    stage,
  )
  t.same(
    first.spans.map(span => span['sluice.cost.status']),
    ['priced', 'duplicate'],
  )
  const again = run('', [{ attributes, spanId: '00000000000000aa' }], stage)
  t.equal(again.spans[0]!['sluice.cost.status'], 'priced')
  t.equal([...first.counts].find(([name]) => parseCountName(name).kind === 'calls')![1], 1)
})

t.test('a span that was priced before is left alone', async t => {
  const once = run('{}', [{ attributes: call }])
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  t.equal(new StageWalk('traces', [stage]).run(once.out), once.out)
  t.equal(stage.takeCounts().size, 0)
})

t.test('profiles write the names that other backends read', async t => {
  const { spans } = run('{profiles: [openinference, logfire, sentry, otel, langfuse], breakdown: false}', [
    { attributes: call },
  ])
  const span = spans[0]!
  for (const key of ['llm.cost.total', 'operation.cost', 'gen_ai.cost.total_tokens', 'gen_ai.usage.cost.amount'])
    t.equal(span[key], gpt, key)
  t.equal(JSON.parse(span['langfuse.observation.cost_details'] as string).total, gpt)
  t.notOk('sluice.cost.status' in span)
})

t.test('overrides go first, a discount alone keeps the price', async t => {
  const own = run('{overrides: [{match: {model: my-own-*}, input_per_mtok: 1, output_per_mtok: 2}]}', [
    { attributes: { ...call, 'gen_ai.request.model': 'my-own-7b' } },
  ])
  t.ok(Math.abs((own.spans[0]!['gen_ai.usage.cost'] as number) - 0.0018) < 1e-15)
  const discount = run('{overrides: [{match: {provider: openai}, multiplier: 0.5}]}', [{ attributes: call }])
  t.equal(discount.spans[0]!['gen_ai.usage.cost'], gpt / 2)
  const hour = run('{overrides: [{match: {provider: vllm}, per_gpu_hour: 3600}]}', [
    { attributes: { ...call, 'gen_ai.provider.name': 'vllm' } },
  ])
  t.equal(hour.spans[0]!['gen_ai.usage.cost'], 2)
  const free = run('{overrides: [{match: {provider: ollama}, free: true}]}', [
    { attributes: { ...call, 'gen_ai.provider.name': 'ollama' } },
  ])
  t.match(free.spans[0], { 'gen_ai.usage.cost': 0, 'sluice.cost.status': 'priced' })
})

t.test('a service tier uses the price data, and the multiplier where that has none', async t => {
  const tier = (model: string, yaml = '{}') =>
    run(yaml, [{ attributes: { ...call, 'gen_ai.request.model': model, 'openai.response.service_tier': 'flex' } }])
      .spans[0]!['gen_ai.usage.cost'] as number
  const standard = run('{}', [{ attributes: { ...call, 'gen_ai.request.model': 'gpt-5' } }]).spans[0]![
    'gen_ai.usage.cost'
  ] as number
  t.ok(tier('gpt-5') < standard)
  t.equal(tier('gpt-4o'), gpt)
  t.equal(tier('gpt-4o', '{tier_multipliers: {flex: 0.5}}'), gpt / 2)
})

t.test("a price file of one's own goes before the bundled prices", async t => {
  const file = join(t.testdir(), 'prices.json')
  writeFileSync(file, JSON.stringify({ 'gpt-4o': { litellm_provider: 'openai', input_cost_per_token: 1e-3 } }))
  const { spans } = run(`{price_file: ${file}}`, [{ attributes: call }])
  t.match(spans[0], { 'gen_ai.usage.cost': 1.2, 'sluice.cost.source': 'litellm' })
  const today = new Date().toISOString().slice(0, 10)
  t.equal(spans[0]!['sluice.cost.price_as_of'], today, 'the day of the file')
})

t.test('a price file that cannot be used is told of, and so is one that can again', async t => {
  const file = join(t.testdir(), 'prices.json')
  const told: string[] = []
  const tell = (message: string, fields?: Record<string, unknown>) =>
    told.push(`${message} ${fields?.['problem'] ?? ''}`)
  const settings = componentSettings('cost', { logger: { ...silentLogger, warn: tell, info: tell } })
  const config = parseConfig(costConfig, `{price_file: ${file}, max_age: 87600h}`)
  const companion = new CostCompanion(config, settings, 'traces')
  t.match(told.splice(0), [/cannot be used.*ENOENT/], 'at the start')
  writeFileSync(file, '{"gpt-4o": ')
  const { counts, spans } = run('', [{ attributes: call }], new CostStage(config, companion.context, 'traces'))
  companion.recordCounts([...counts])
  t.match(told.splice(0), [/cannot be used.*JSON/])
  t.equal(spans[0]!['gen_ai.usage.cost'], gpt)
  writeFileSync(file, JSON.stringify({ 'gpt-4o': { litellm_provider: 'openai', input_cost_per_token: 1e-3 } }))
  const again = run('', [{ attributes: call }], new CostStage(config, companion.context, 'traces'))
  companion.recordCounts([...again.counts])
  t.match(told, [/is in force/])
  companion.shutdown()
})

t.test('what is written of a price follows it through time', async t => {
  const yaml = '{overrides: [{match: {model: gpt-4o}, input_per_mtok: 1, effective_from: "2026-11-01"}]}'
  const stage = new CostStage(parseConfig(costConfig, yaml), { scopes: [] }, 'traces')
  const day = 86_400_000_000_000n
  const sources = [0n, day, 0n].map(earlierNs => {
    const out = new StageWalk('traces', [stage]).run(request([{ attributes: call, endNs: endNs - earlierNs }]))
    return attributesOf(out)[0]!
  })
  t.same(
    sources.map(span => [span['sluice.cost.source'], 'sluice.cost.price_as_of' in span]),
    [
      ['override 0', false],
      ['genai-prices', true],
      ['override 0', false],
    ],
  )
})

t.test('any paid operation has a price per call or per unit', async t => {
  const yaml =
    '{operations: [{name: sms, span_name: "send sms*", attributes: {vendor: "tw*"}, price: 0.75, per: 100, unit_attribute: sms.segments}]}'
  const { spans, counts } = run(yaml, [
    { name: 'send sms to x', attributes: { vendor: 'twilio', 'sms.segments': 4 } },
    { name: 'send sms to y', attributes: { vendor: 'other', 'sms.segments': 4 } },
    { name: 'send sms to z', attributes: { vendor: 'twilio' } },
  ])
  t.same(
    spans.map(span => span['operation.cost']),
    [0.03, undefined, 0.0075],
  )
  t.equal([...counts].find(([name]) => parseCountName(name).kind === 'calls')![1], 2)
})

t.test('the companion turns counts into metrics and tells the budgets', async t => {
  const spends: Spend[] = []
  const sink = {
    scopes: ['service.name', 'trace_id'],
    recordSpend: (spend: Spend) => spends.push(spend),
    start: async () => {},
    shutdown: async () => {},
  }
  const settings = componentSettings('cost', { host: testHost({ extension: () => sink }) })
  const config = parseConfig(costConfig, '{series_max: 2}')
  const companion = new CostCompanion(config, settings, 'traces')
  const stage = new CostStage(config, companion.context, 'traces')
  const { counts } = run(
    '',
    [
      { attributes: { ...call, 'gen_ai.agent.name': 'a' } },
      { attributes: { ...call, 'gen_ai.agent.name': 'a' } },
      { attributes: { ...call, 'gen_ai.agent.name': 'b' } },
      { attributes: { ...call, 'gen_ai.agent.name': 'c' } },
    ],
    stage,
  )
  companion.recordCounts([...counts])
  const labels = (agent: string) => ({
    provider: 'openai',
    model: 'gpt-4o',
    operation: 'inference',
    service: 'shop',
    agent,
    team: '',
  })
  t.ok(Math.abs(settings.registry.value('sluice_cost', labels('a'))! - 2 * gpt) < 1e-12)
  t.equal(settings.registry.value('sluice_cost_tokens', { ...labels('a'), token_type: 'input' }), 2400)
  const other = {
    provider: 'other',
    model: 'other',
    operation: 'other',
    service: 'other',
    agent: 'other',
    team: 'other',
  }
  t.ok(settings.registry.value('sluice_cost_calls', other)! > 0, 'a bound on the combinations of labels')
  t.match(spends, [{ scopeValues: ['shop', '00112233445566778899aabbccddeeff'] }])
  t.ok(Math.abs(spends[0]!.amount - 4 * gpt) < 1e-12)
  companion.shutdown()
})

t.test('what today has cost is summed whatever comes between, and over all combinations beyond the bound', async t => {
  const settings = componentSettings('cost')
  const companion = new CostCompanion(parseConfig(costConfig, '{series_max: 2}'), settings, 'traces')
  const record = (agent: string) =>
    companion.recordCounts([[countName('cost', ['openai', 'gpt-4o', 'chat', 'shop', agent, '']), 1]])
  const today = (agent: string) => {
    const values = agent === 'other' ? spendLabels.map(() => agent) : ['openai', 'gpt-4o', 'chat', 'shop', agent, '']
    return settings.registry.value(
      'sluice_cost_today',
      Object.fromEntries(spendLabels.map((label, i) => [label, values[i]!])),
    )
  }
  record('a')
  record('b')
  for (let i = 0; i < 20; i++) record(`agent ${i}`)
  record('a')
  t.equal(today('a'), 2)
  t.equal(today('b'), 1)
  t.equal(today('other'), 20)
  companion.shutdown()
})

t.test(
  'spends by scope: values of any type, of the span before those of its resource, none where there is none',
  async t => {
    const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: ['tenant', 'service.name'] }, 'traces')
    const { counts } = run(
      '',
      [
        { attributes: { ...call, tenant: 7 } },
        { attributes: { ...call, tenant: 7 } },
        { attributes: { ...call, tenant: true } },
        { attributes: { ...call, tenant: 0.5, 'service.name': 'own' } },
        { attributes: call },
        { attributes: { ...call, tenant: 'x'.repeat(600) } },
        { attributes: { ...call, tenant: `${'x'.repeat(600)}y` } },
      ],
      stage,
    )
    const spends = [...counts]
      .map(([name, amount]) => ({ ...parseCountName(name), calls: Math.round(amount / gpt) }))
      .filter(({ kind }) => kind === 'spend')
    t.same(
      spends.map(({ values, calls }) => [...values, calls]),
      [
        ['7', 'shop', 2],
        ['true', 'shop', 1],
        ['0.5', 'own', 1],
        ['', 'shop', 1],
        ['x'.repeat(512), 'shop', 2],
      ],
    )
    t.same([...run('', [{ attributes: call }], stage).counts.keys()].filter(name => name.startsWith('spend')).length, 1)
  },
)

t.test('telemetry is metered by service', async t => {
  const config = parseConfig(costConfig, '{telemetry: {per_gb: 1000, per_million_items: 2}}')
  const settings = componentSettings('cost')
  const companion = new CostCompanion(config, settings, 'traces')
  const stage = new CostStage(config, companion.context, 'traces')
  const { bytes, counts } = run('', [{}, {}, {}], stage)
  companion.recordCounts([...counts])
  const labels = { service: 'shop', position: 'before', 'otel.signal': 'traces' }
  t.equal(settings.registry.value('sluice_telemetry_items', labels), 3)
  const metered = settings.registry.value('sluice_telemetry_bytes', labels)!
  t.ok(metered > bytes.length - 8 && metered <= bytes.length)
  t.ok(Math.abs(settings.registry.value('sluice_telemetry_cost', labels)! - (metered * 1e-6 + 3 * 2e-6)) < 1e-15)
  companion.shutdown()
})

t.test('calls are priced to the same bytes and amounts without views of their spans', async t => {
  t.ok(fuzzCostShortcut(3, 160) > 60)
})

t.test('resources of one service and two teams are booked to their own teams', async t => {
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  const call = { 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.input_tokens': 1000 }
  const teams = ['red', 'blue'].map(team =>
    request([{ attributes: { 'gen_ai.operation.name': 'chat', ...call } }], { 'service.name': 'shop', team }),
  )
  new StageWalk('traces', [stage]).run(Buffer.concat(teams))
  const booked = [...stage.takeCounts().keys()].map(parseCountName).filter(({ kind }) => kind === 'cost')
  t.same(
    booked.map(({ values }) => values.at(-1)),
    ['red', 'blue'],
  )
})
