import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { countItems } from '../../pdata/count.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { generateRequest } from '../../testkit/otlp-generator.ts'
import { flattenItems } from '../../testkit/otlp-items.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { countConfig } from './config.ts'
import { CountConnector } from './count-connector.ts'

function connect(yaml = '', refusal?: ConsumeError) {
  const taken: OtlpBatch[] = []
  const settings = componentSettings('count')
  const next = {
    consume: async (batch: OtlpBatch) => {
      if (refusal !== undefined) throw refusal
      taken.push(batch)
      settings.ledger.exported('metrics', batch.itemCount)
    },
  }
  const pipelines = { pipelines: () => [], get: () => undefined, all: () => next }
  const connector = new CountConnector(parseConfig(countConfig, yaml), settings, pipelines)
  return { connector, taken, settings }
}

function batchOf(signal: Signal, request: Plain): OtlpBatch {
  const bytes = encodePlain(signal, request)
  return { signal, bytes, itemCount: countItems(signal, bytes) }
}

/** `name attributes` to its count, over all resources. */
function countsOf(batch: OtlpBatch | undefined): Record<string, number> {
  const counts: Record<string, number> = {}
  if (batch === undefined) return counts
  const items = flattenItems('metrics', batch.bytes)
  t.equal(items.length, batch.itemCount, 'the batch holds as many points as it says')
  for (const item of items) {
    const point = item['point'] as Plain
    const attributes = ((point['attributes'] ?? []) as Plain[]).map(pair => Object.values(pair['value'] as Plain)[0])
    const key = [(item['metric'] as Plain)['name'], ...attributes].join(' ')
    counts[key] = (counts[key] ?? 0) + Number(point['asInt'])
  }
  return counts
}

const span = (name: string, attributes: Record<string, string>, events = 0) => ({
  name,
  attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  events: Array.from({ length: events }, () => ({ name: 'e' })),
})
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
const traces = batchOf('traces', {
  resourceSpans: [
    { resource, scopeSpans: [{ spans: [span('a', { tenant: 'x' }, 2), span('b', { tenant: 'y' }), span('a', {})] }] },
    { scopeSpans: [{ spans: [span('a', { tenant: 'x' })] }] },
  ],
})

t.test('counts everything under the default names, by resource', async t => {
  const { connector, taken, settings } = connect()
  settings.ledger.received('traces', 4)
  await connector.consume(traces)
  t.same(countsOf(taken[0]), { 'trace.span.count': 4, 'trace.span.event.count': 2 })
  const bytes = taken[0]?.bytes ?? new Uint8Array(0)
  const groups = decodePlain('metrics', bytes)['resourceMetrics'] as Plain[]
  t.same(groups[0]?.['resource'], resource)
  t.equal(groups.length, 2)
  t.match(flattenItems('metrics', bytes)[0], { kind: 'sum', data: { isMonotonic: true, aggregationTemporality: 1 } })
  t.equal(settings.ledger.imbalance('traces'), 0)
  t.equal(settings.ledger.imbalance('metrics'), 0)
})

t.test('counts by condition and attribute, with the default value or not at all', async t => {
  const { connector, taken } = connect(`spans:
  by.tenant: { attributes: [{ key: tenant }] }
  by.tenant.or.none: { attributes: [{ key: tenant, default_value: none }, { key: service.name, default_value: 7 }] }
  only.a: { conditions: ['name == "a" and attributes["tenant"] != nil', 'name == "zzz"'] }
spanevents:
  never: { conditions: ['attributes["x"] == "y"'] }
`)
  await connector.consume(traces)
  t.same(countsOf(taken[0]), {
    'by.tenant x': 2,
    'by.tenant y': 1,
    'by.tenant.or.none x shop': 1,
    'by.tenant.or.none y shop': 1,
    'by.tenant.or.none none shop': 1,
    'by.tenant.or.none x 7': 1,
    'only.a': 2,
  })
})

t.test('a count is of the time of what was counted; of now where that says nothing', async t => {
  const { connector, taken, settings } = connect()
  const nowNs = BigInt(settings.clock.wallMs()) * 1_000_000n
  const timed = (startTimeUnixNano: string, endTimeUnixNano: string, times: readonly string[] = []) => ({
    startTimeUnixNano,
    endTimeUnixNano,
    events: times.map(timeUnixNano => ({ timeUnixNano })),
  })
  const [base, next] = ['1700000000123456', '1700000000123457']
  const request = {
    resourceSpans: [
      { resource, scopeSpans: [{ spans: [timed(`${next}002`, `${next}003`), timed(`${base}788`, `${next}001`, [])] }] },
      { scopeSpans: [{ spans: [timed('0', `${base}999`, [`${next}000`, `${base}123`]), timed('0', '0')] }] },
      { scopeSpans: [{ spans: [{}] }] },
    ],
  }
  await connector.consume(batchOf('traces', request))
  const times = flattenItems('metrics', taken[0]!.bytes).map(item => {
    const { startTimeUnixNano, timeUnixNano } = item['point'] as Plain
    return [(item['metric'] as Plain)['name'], String(startTimeUnixNano), String(timeUnixNano)]
  })
  t.same(times, [
    ['trace.span.count', `${base}788`, `${next}003`],
    ['trace.span.count', `${base}999`, `${base}999`],
    ['trace.span.event.count', `${base}123`, `${next}000`],
    ['trace.span.count', String(nowNs), String(nowNs)],
  ])
})

t.test('an attribute is looked for in the item, then its scope, then its resource', async t => {
  const { connector, taken } = connect('spans: { a: { attributes: [{ key: service.name }] } }')
  const by = (name: string) => ({ attributes: [{ key: 'service.name', value: { stringValue: name } }] })
  const scopeSpans = [{ scope: by('lib'), spans: [by('own'), {}] }, { spans: [{}] }]
  await connector.consume(batchOf('traces', { resourceSpans: [{ resource, scopeSpans }] }))
  t.same(countsOf(taken[0]), { 'a own': 1, 'a lib': 1, 'a shop': 1 })
})

t.test('a condition that fails counts nothing, and is counted itself', async t => {
  const { connector, taken, settings } = connect(`spans:
  a: { conditions: ['Double(attributes["tenant"]) > 1.0 or ParseJSON(name)["x"] == 1', 'name == "b"'] }
`)
  await connector.consume(traces)
  t.same(countsOf(taken[0]), { a: 1, 'trace.span.event.count': 2 })
  t.equal(settings.metrics.counter({ name: 'sluice_count_condition_errors', description: '', unit: '' }).value, 4)
})

t.test('refuses what cannot be counted', async t => {
  for (const [yaml, message] of [
    [`spans: { a: { conditions: ['name = "b"'] } }`, /conditions/],
    [`logs: { a: { conditions: ['span.name == "b"'] } }`, /span/],
    ['metrics: { a: { attributes: [{ key: x }] } }', /metrics have no attributes/],
    ['spans: { a: { attributes: [{ key: x }, { key: x }] } }', /listed twice/],
  ] as const) {
    t.throws(() => parseConfig(countConfig, yaml), { message })
  }
})

t.test('nothing counted makes no metrics', async t => {
  const { connector, taken } = connect('logs: { none: { conditions: ["false"] } }')
  await connector.consume(batchOf('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] }))
  t.equal(taken.length, 0)
})

t.test('a refusal of the metrics pipeline is handed on, and the books balance', async t => {
  const refusal = new ConsumeError('overloaded', 'full', { reason: 'queue_full' })
  const { connector, settings } = connect('', refusal)
  settings.ledger.received('traces', 4)
  await t.rejects(connector.consume(traces), { message: 'full' })
  settings.ledger.rejected('traces', 'queue_full', 4) // the receiver's part
  t.equal(settings.ledger.imbalance('traces'), 0)
  t.equal(settings.ledger.imbalance('metrics'), 0)
})

for (const [signal, name] of [
  ['traces', 'trace.span.count'],
  ['metrics', 'metric.datapoint.count'],
  ['logs', 'log.record.count'],
] as const) {
  t.test(`${signal}: agrees with an independent count of any request`, async t => {
    const random = new SeededRandom(11)
    const { connector, taken } = connect()
    for (let i = 0; i < 60; i++) {
      const batch = batchOf(signal, generateRequest(random, signal, { fieldChance: 0.8 }))
      taken.length = 0
      await connector.consume(batch)
      t.equal(countsOf(taken[0])[name] ?? 0, flattenItems(signal, batch.bytes).length)
    }
  })
}
