import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { countItems } from '../../pdata/count.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { costConfig } from '../../processors/cost/config.ts'
import { CostStage } from '../../processors/cost/cost-stage.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { flattenItems } from '../../testkit/otlp-items.ts'
import { encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { costConnectorConfig } from './config.ts'
import { CostConnector } from './cost-connector.ts'

type Attributes = Readonly<Record<string, string | number>>
interface SpanInput {
  readonly attributes: Attributes
  readonly spanId?: string
  readonly name?: string
}

const traceId = '00112233445566778899aabbccddeeff'
const endNs = BigInt(Date.UTC(2026, 10, 1)) * 1_000_000n

let nextId = 1

function batchOf(spans: readonly SpanInput[], resource: Attributes = { 'service.name': 'shop' }): OtlpBatch {
  const bytes = encodePlain('traces', {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [
          {
            spans: spans.map(({ attributes, spanId, name }) => ({
              traceId: Buffer.from(traceId, 'hex'),
              spanId: Buffer.from(spanId ?? (nextId++).toString(16).padStart(16, '0'), 'hex'),
              name: name ?? 'chat',
              endTimeUnixNano: String(endNs),
              attributes: keyValues(attributes),
            })),
          },
        ],
      },
    ],
  })
  return { signal: 'traces', bytes, itemCount: countItems('traces', bytes) }
}

/** The same, as the processor leaves it. */
function priced(spans: readonly SpanInput[], resource?: Attributes, yaml = '{}'): OtlpBatch {
  const batch = batchOf(spans, resource)
  const stage = new CostStage(parseConfig(costConfig, yaml), { scopes: [] }, 'traces')
  return { ...batch, bytes: new StageWalk('traces', [stage]).run(batch.bytes) }
}

function connect(yaml = '') {
  const taken: OtlpBatch[] = []
  const state: { refusal: ConsumeError | undefined } = { refusal: undefined }
  const settings = componentSettings('cost')
  const next = {
    consume: async (batch: OtlpBatch) => {
      if (state.refusal !== undefined) throw state.refusal
      taken.push(batch)
      settings.ledger.exported('metrics', batch.itemCount)
    },
  }
  const pipelines = { pipelines: () => [], get: () => undefined, all: () => next }
  const connector = new CostConnector(parseConfig(costConnectorConfig, yaml), settings, pipelines)
  const consume = (batch: OtlpBatch) => {
    settings.ledger.received('traces', batch.itemCount)
    return connector.consume(batch)
  }
  const isBalanced = () => settings.ledger.imbalance('traces') === 0 && settings.ledger.imbalance('metrics') === 0
  return { connector, taken, settings, state, consume, isBalanced }
}

function labelsOf(point: Plain): Record<string, unknown> {
  const pairs = (point['attributes'] ?? []) as { key: string; value: { stringValue: string } }[]
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue]))
}

interface Found {
  readonly name: string
  readonly labels: Record<string, unknown>
  readonly value: number
  readonly item: Plain
}

function pointsOf(batch: OtlpBatch | undefined): Found[] {
  if (batch === undefined) return []
  const items = flattenItems('metrics', batch.bytes)
  t.equal(items.length, batch.itemCount, 'the batch holds as many points as it says')
  return items.map(item => {
    const point = item['point'] as Plain
    const value = Number(point['asInt'] ?? point['asDouble'])
    return { name: (item['metric'] as Plain)['name'] as string, labels: labelsOf(point), value, item }
  })
}

const call = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 1_000_000,
  'gen_ai.usage.output_tokens': 100_000,
}
const callCost = 2.5 + 1 // gpt-4o: 2.50 USD and 10 USD a million

t.test('sums cost, calls and tokens by who is to pay, with the most expensive span as the exemplar', async t => {
  const { connector, taken, settings, consume, isBalanced } = connect('metrics_flush_interval: 10s')
  await connector.start()
  const agent = { ...call, 'gen_ai.agent.name': 'planner', team: 'search' }
  await consume(
    priced([
      { attributes: call },
      { attributes: { ...call, 'gen_ai.usage.input_tokens': 2_000_000 }, spanId: '00000000000000aa' },
      { attributes: call },
      { attributes: agent },
      { attributes: { ...call, 'gen_ai.operation.name': 'invoke_agent' } },
      { attributes: { 'http.route': '/' } },
      { attributes: { ...call, 'gen_ai.request.model': 'my-own-7b' } },
    ]),
  )
  t.same(taken, [])
  await settings.clock.advance(10_000)
  t.equal(taken.length, 1)
  const labels = {
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.operation.name': 'chat',
    'service.name': 'shop',
  }
  const agentLabels = { ...labels, 'gen_ai.agent.name': 'planner', team: 'search' }
  const unknown = { ...labels, 'gen_ai.request.model': 'my-own-7b' }
  const points = pointsOf(taken[0])
  t.same(
    points.map(({ name, labels, value }) => [name, labels, value]),
    [
      ['sluice.cost', labels, 3 * callCost + 2.5],
      ['sluice.cost', agentLabels, callCost],
      ['sluice.cost.calls', labels, 3],
      ['sluice.cost.calls', agentLabels, 1],
      ['sluice.cost.tokens', { ...labels, 'gen_ai.token.type': 'input' }, 4_000_000],
      ['sluice.cost.tokens', { ...labels, 'gen_ai.token.type': 'output' }, 300_000],
      ['sluice.cost.tokens', { ...agentLabels, 'gen_ai.token.type': 'input' }, 1_000_000],
      ['sluice.cost.tokens', { ...agentLabels, 'gen_ai.token.type': 'output' }, 100_000],
      ['sluice.cost.tokens', { ...unknown, 'gen_ai.token.type': 'input' }, 1_000_000],
      ['sluice.cost.tokens', { ...unknown, 'gen_ai.token.type': 'output' }, 100_000],
      ['sluice.cost.unpriced_calls', { ...unknown, reason: 'unknown_model' }, 1],
    ],
  )
  const { item } = points[0]!
  t.match(item, { metric: { unit: '{USD}' }, kind: 'sum', data: { isMonotonic: true, aggregationTemporality: 1 } })
  const exemplars = (item['point'] as Plain)['exemplars'] as Plain[]
  t.equal(exemplars.length, 1)
  t.equal(exemplars[0]!['traceId'], traceId)
  t.equal(exemplars[0]!['spanId'], '00000000000000aa')
  t.equal(exemplars[0]!['asDouble'], callCost + 2.5)
  t.equal(String(exemplars[0]!['timeUnixNano']), String(endNs))
  t.same((item['group'] as Plain)['resource'], { attributes: keyValues({ 'service.name': 'shop' }) })
  t.ok(isBalanced())
  await settings.clock.advance(10_000)
  t.equal(taken.length, 1, 'an interval without a call says nothing')
  await connector.shutdown()
})

t.test('delta intervals follow each other; cumulative sums go on until they expire', async t => {
  for (const [temporality, values, starts, code] of [
    ['delta', [callCost, callCost], [0, 60], 1],
    ['cumulative', [callCost, 2 * callCost], [0, 0], 2],
  ] as const) {
    const { connector, taken, settings, consume } = connect(`{temporality: ${temporality}, metrics_expiration: 3m}`)
    const startMs = settings.clock.wallMs()
    await connector.start()
    for (let i = 0; i < 2; i++) {
      await consume(priced([{ attributes: call }]))
      await settings.clock.advance(60_000)
    }
    const points = taken.map(batch => pointsOf(batch)[0]!)
    t.same(
      points.map(({ value }) => value),
      values,
    )
    const seconds = (point: Plain, key: string) => (Number(point[key]) / 1e6 - startMs) / 1000
    t.same(
      points.map(({ item }) => seconds(item['point'] as Plain, 'startTimeUnixNano')),
      starts,
    )
    t.same(
      points.map(({ item }) => seconds(item['point'] as Plain, 'timeUnixNano')),
      [60, 120],
    )
    t.match(points[1]!.item['data'], { aggregationTemporality: code })
    await settings.clock.advance(600_000)
    t.equal(taken.length, temporality === 'delta' ? 2 : 4)
    const last = pointsOf(taken.at(-1))[0]!.item['point'] as Plain
    t.equal('exemplars' in last, temporality === 'delta', 'an exemplar is of its own interval')
    await connector.shutdown()
  }
})

t.test('at series_max the rest is other, under no resource', async t => {
  const { connector, taken, consume, settings } = connect('series_max: 2')
  const models = ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-5']
  await consume(priced(models.map(model => ({ attributes: { ...call, 'gen_ai.request.model': model } }))))
  t.equal(settings.registry.value('sluice_cost_connector_series'), 3)
  await connector.shutdown()
  const calls = pointsOf(taken[0]).filter(({ name }) => name === 'sluice.cost.calls')
  t.same(
    calls.map(({ labels, value }) => [labels['gen_ai.request.model'], value]),
    [
      ['gpt-4o', 1],
      ['gpt-4o-mini', 1],
      ['other', 2],
    ],
  )
  t.same((calls[2]!.item['group'] as Plain)['resource'], undefined)
  t.same(new Set(Object.values(calls[2]!.labels)), new Set(['other']))
})

t.test(
  'a call told twice counts once; a cost that was there, an operation and a call without processor count',
  async t => {
    const { connector, taken, consume } = connect()
    const twice = { ...call, 'gen_ai.response.id': 'chatcmpl-1', 'gen_ai.usage.cost': 0.25 }
    await consume(
      priced(
        [{ attributes: twice }, { attributes: twice }, { name: 'send sms', attributes: { 'sms.segments': 3 } }],
        {},
        '{operations: [{name: sms, span_name: send sms, price: 0.5, unit_attribute: sms.segments}]}',
      ),
    )
    await consume(batchOf([{ attributes: { ...call, 'gen_ai.request.model': 'gpt-5' } }], {}))
    await connector.shutdown()
    const points = pointsOf(taken[0]).filter(({ name }) => name !== 'sluice.cost.tokens')
    t.same(
      points.map(({ name, labels, value }) => [name, labels['gen_ai.operation.name'], value]),
      [
        ['sluice.cost', 'chat', 0.25],
        ['sluice.cost', 'sms', 1.5],
        ['sluice.cost.calls', 'chat', 1],
        ['sluice.cost.calls', 'sms', 1],
        ['sluice.cost.unpriced_calls', 'chat', 1],
      ],
    )
    t.equal(points[4]!.labels['reason'], 'not_priced')
  },
)

t.test('what is refused for now waits and the sums go on; nothing counts twice', async t => {
  const { connector, taken, settings, state, consume, isBalanced } = connect()
  await connector.start()
  state.refusal = new ConsumeError('overloaded', 'full', { reason: 'queue_full' })
  await consume(priced([{ attributes: call }]))
  await settings.clock.advance(60_000)
  await consume(priced([{ attributes: call }]))
  await settings.clock.advance(60_000)
  t.ok(isBalanced(), 'what waits is queued')
  t.equal(settings.ledger.queued('metrics'), 4)
  state.refusal = undefined
  await connector.shutdown()
  t.same(
    taken.map(batch => pointsOf(batch)[0]!.value),
    [callCost, callCost],
  )
  t.ok(isBalanced())
})

t.test('what nobody takes is dropped and counted, at once or at the end', async t => {
  for (const [kind, reason] of [
    ['permanent', 'bad_data'],
    ['retryable', 'shutdown'],
  ] as const) {
    const { connector, settings, state, consume, isBalanced } = connect()
    await connector.start()
    state.refusal = new ConsumeError(kind, 'no', { reason: 'bad_data' })
    await consume(priced([{ attributes: call }]))
    await settings.clock.advance(60_000)
    await connector.shutdown()
    t.same([...settings.ledger.entry('metrics').dropped], [[reason, 4]])
    t.ok(isBalanced())
  }
})
