// Log records by which coding agents report calls that no span shows.

import { calcPrice } from '@pydantic/genai-prices'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'
import { fuzzEventShortcut } from './shortcut.fuzz.ts'
import { parseCountName } from './spend-counts.ts'

type Attributes = Readonly<Record<string, string | number>>
interface RecordInput {
  readonly attributes: Attributes
  readonly scope?: string
  readonly eventName?: string
  readonly spanId?: string
  readonly timeMs?: number
}

const timeMs = Date.UTC(2026, 10, 1)

function requestOf(records: readonly RecordInput[]): Uint8Array {
  return encodePlain('logs', {
    resourceLogs: [
      {
        resource: { attributes: keyValues({ 'service.name': 'cli' }) },
        scopeLogs: records.map(record => ({
          scope: { name: record.scope ?? '' },
          logRecords: [
            {
              timeUnixNano: `${record.timeMs ?? timeMs}000000`,
              body: { stringValue: 'something happened' },
              attributes: keyValues(record.attributes),
              ...(record.eventName !== undefined && { eventName: record.eventName }),
              ...(record.spanId !== undefined && {
                traceId: Buffer.alloc(16, 1),
                spanId: Buffer.from(record.spanId, 'hex'),
              }),
            },
          ],
        })),
      },
    ],
  })
}

function run(records: readonly RecordInput[], yaml = '{}', scopes: readonly string[] = []) {
  const stage = new CostStage(parseConfig(costConfig, yaml), { scopes }, 'logs')
  const request = requestOf(records)
  const bytes = new StageWalk('logs', [stage]).run(request)
  const out = decodePlain('logs', bytes)
  const written = ((out['resourceLogs'] as Plain[])[0]!['scopeLogs'] as Plain[]).map(group => {
    const pairs = (group['logRecords'] as Plain[])[0]!['attributes'] as { key: string; value: Plain }[] | undefined
    return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))
  })
  return { written, isSame: bytes === request, counts: stage.takeCounts() }
}

const price = (usage: Record<string, number>, model: string, providerId: string) =>
  calcPrice(usage, model, { providerId, timestamp: new Date(timeMs) })!.total_price

const claude = {
  scope: 'com.anthropic.claude_code.events',
  attributes: {
    'session.id': 's1',
    'event.name': 'api_request',
    model: 'claude-sonnet-4-5-20250929',
    input_tokens: '4000',
    output_tokens: '300',
    cache_read_tokens: '3000',
    cache_creation_tokens: '500',
    cost_usd: '0.0199',
    duration_ms: '2100',
  },
}
const gemini = {
  scope: 'gemini-cli',
  attributes: {
    'event.name': 'gemini_cli.api_response',
    model: 'gemini-2.5-pro',
    input_token_count: 1000,
    output_token_count: 200,
    cached_content_token_count: 400,
    thoughts_token_count: 150,
    tool_token_count: 50,
    total_token_count: 1400,
  },
}
const codex = {
  scope: 'codex_otel',
  attributes: {
    'event.name': 'codex.sse_event',
    'event.kind': 'response.completed',
    'conversation.id': 'c1',
    model: 'gpt-5-codex',
    input_token_count: '5000',
    output_token_count: '700',
    cached_token_count: '4000',
    reasoning_token_count: '300',
    tool_token_count: '5700',
  },
}

t.test('Claude Code says what a request cost', async t => {
  const { written, counts } = run([claude], '{}', ['session.id'])
  t.match(written, [{ 'gen_ai.usage.cost': 0.0199, 'sluice.cost.status': 'reported' }])
  const byKind = [...counts].map(([name, count]) => ({ ...parseCountName(name), count }))
  t.match(
    byKind.find(({ kind }) => kind === 'cost'),
    { values: ['anthropic', /sonnet-4-5/, 'inference', 'cli', '', ''], count: 0.0199 },
  )
  t.match(
    byKind.find(({ kind }) => kind === 'spend'),
    { values: ['s1'], count: 0.0199 },
  )
})

for (const [title, record, expected] of [
  [
    'Claude Code, with cached tokens beside the input',
    claude,
    price(
      { input_tokens: 7500, output_tokens: 300, cache_read_tokens: 3000, cache_write_tokens: 500 },
      'claude-sonnet-4-5-20250929',
      'anthropic',
    ),
  ],
  [
    'Gemini CLI, with thinking and tools beside output and input',
    gemini,
    price({ input_tokens: 1050, output_tokens: 350, cache_read_tokens: 400 }, 'gemini-2.5-pro', 'google'),
  ],
  [
    'Codex, with cached tokens in the input',
    codex,
    price({ input_tokens: 5000, output_tokens: 700, cache_read_tokens: 4000 }, 'gpt-5-codex', 'openai'),
  ],
] as [string, RecordInput, number][]) {
  t.test(`prices an event of ${title}`, async t => {
    const { written } = run([record], '{overwrite: true}')
    const cost = written[0]!['gen_ai.usage.cost'] as number
    t.ok(Math.abs(cost - expected) <= expected * 1e-12, `${expected}, found ${cost}`)
    t.equal(written[0]!['sluice.cost.status'], 'priced')
    const parts = ['input', 'output', 'other'].map(part => Number(written[0]![`sluice.cost.${part}`] ?? 0))
    t.ok(Math.abs(parts.reduce((a, b) => a + b, 0) - expected) <= expected * 1e-12)
  })
}

t.test('the name of a record itself says it too', async t => {
  const { 'event.name': _, ...attributes } = gemini.attributes
  const { written } = run([{ ...gemini, attributes, eventName: 'gemini_cli.api_response' }])
  t.equal(written[0]!['sluice.cost.status'], 'priced')
})

t.test('an event inside a span that reports the same call has no price of its own', async t => {
  const spanId = '00f067aa0ba902b7'
  const { written, counts } = run([
    { ...claude, spanId },
    { ...gemini, spanId },
    { ...codex, spanId },
    { ...claude, spanId: '0000000000000000' },
  ])
  t.same(
    written.map(record => record['sluice.cost.status']),
    ['duplicate', 'duplicate', 'priced', 'reported'],
  )
  t.same(
    written.map(record => typeof record['gen_ai.usage.cost']),
    ['undefined', 'undefined', 'number', 'number'],
  )
  t.equal([...counts].filter(([name]) => name.startsWith('unpriced')).length, 2)
})

t.test('other records come out byte for byte', async t => {
  const usage = { model: 'gpt-4o', input_tokens: 5, output_tokens: 5 }
  for (const record of [
    { attributes: usage },
    { attributes: { ...usage, 'event.name': 'api_request' }, scope: 'my.app' },
    { attributes: { ...codex.attributes, 'event.kind': 'response.created' } },
    { attributes: { 'event.name': 'gemini_cli.api_response', model: 'gemini-2.5-pro' } },
    { attributes: { ...usage, 'event.name': 'gen_ai.client.inference.operation.details' } },
    { attributes: usage, eventName: 'gen_ai.client.inference.operation.details' },
    { attributes: {} },
    { attributes: { 'event.name': 7 } },
  ]) {
    t.ok(run([record]).isSame, JSON.stringify(record))
  }
})

t.test('an unknown model of an event is marked, never zero', async t => {
  const { written } = run([{ ...codex, attributes: { ...codex.attributes, model: 'house-model' } }])
  t.match(written, [{ 'sluice.cost.status': 'unknown_model' }])
  t.equal(written[0]!['gen_ai.usage.cost'], undefined)
})

t.test('records that report no call are told without views, and to the same bytes', async t => {
  t.ok(fuzzEventShortcut(5, 400) > 150)
})
