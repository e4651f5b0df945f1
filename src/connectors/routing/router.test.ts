import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { countItems } from '../../pdata/count.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { generateRequest } from '../../testkit/otlp-generator.ts'
import { flattenItems } from '../../testkit/otlp-items.ts'
import { encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { routingConfig } from './config.ts'
import { Router } from './router.ts'

const routerOf = (signal: Signal, table: string) =>
  new Router(signal, parseConfig(routingConfig, `default_pipelines: [x]\nerror_mode: ignore\ntable:\n${table}`))

function batchOf(signal: Signal, request: Plain, more: Partial<OtlpBatch> = {}): OtlpBatch {
  const bytes = encodePlain(signal, request)
  return { signal, bytes, itemCount: countItems(signal, bytes), ...more }
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const spans = (tenant: string, ...names: string[]) => ({
  resource: { attributes: [attribute('tenant', tenant)] },
  scopeSpans: [{ spans: names.map(name => ({ name, attributes: [attribute('route', `/${name}`)] })) }],
})

/** Names of the spans of each part, by row. */
function namesByRow(router: Router, batch: OtlpBatch): Record<number, unknown[]> {
  const parts = router.route(batch).parts.map(({ row, batch: part }) => {
    t.equal(countItems('traces', part.bytes), part.itemCount, 'the part holds what it says')
    return [row, flattenItems('traces', part.bytes).map(item => (item['record'] as Plain)['name'])] as const
  })
  return Object.fromEntries(parts)
}

t.test('the first row that matches takes the item, and what none takes comes last', async t => {
  const router = routerOf(
    'traces',
    `  - {condition: 'attributes["tenant"] == "acme"', pipelines: [a]}
  - {context: span, condition: 'attributes["route"] == "/health"', pipelines: [b]}
  - {context: span, statement: 'route() where resource.attributes["tenant"] == "beta" and not IsMatch(name, "^h")', pipelines: [c]}`,
  )
  const request = {
    resourceSpans: [spans('acme', 'health', 'one'), spans('beta', 'two', 'health', 'hat'), spans('', 'three')],
  }
  t.same(namesByRow(router, batchOf('traces', request)), {
    0: ['health', 'one'],
    1: ['health'],
    2: ['two'],
    3: ['hat', 'three'],
  })
})

t.test('a batch that goes one way as a whole stays the same bytes', async t => {
  const router = routerOf('traces', `  - {condition: 'attributes["tenant"] == "acme"', pipelines: [a]}`)
  for (const [tenant, row] of [
    ['acme', 0],
    ['other', 1],
  ] as const) {
    const batch = batchOf('traces', { resourceSpans: [spans(tenant, 'a', 'b')] })
    const { parts } = router.route(batch)
    t.equal(parts.length, 1)
    t.equal(parts[0]?.row, row)
    t.equal(parts[0]?.batch, batch)
  }
})

t.test('a row by request looks at the metadata of the client', async t => {
  const router = routerOf(
    'traces',
    `  - {context: request, condition: 'request["X-Tenant"] == "acme"', pipelines: [a]}`,
  )
  const request = { resourceSpans: [spans('', 'a')] }
  const metadata = { headers: new Map([['x-tenant', ['acme']]]) }
  t.equal(router.route(batchOf('traces', request, { metadata })).parts[0]?.row, 0)
  t.equal(router.route(batchOf('traces', request)).parts[0]?.row, 1)
})

for (const signal of ['traces', 'metrics', 'logs'] as const) {
  t.test(
    `${signal}: the parts of any request hold each item once, by the row that an independent reader gives it`,
    async t => {
      const random = new SeededRandom(7)
      const context = { traces: 'span', metrics: 'datapoint', logs: 'log' }[signal]
      const router = routerOf(
        signal,
        `  - {condition: 'attributes["a"] == "GET"', pipelines: [a]}
  - {context: ${context}, condition: 'IsString(attributes["http.method"])', pipelines: [b]}`,
      )
      for (let i = 0; i < 150; i++) {
        const batch = batchOf(signal, generateRequest(random, signal, { fieldChance: 0.8 }))
        const items = flattenItems(signal, batch.bytes)
        const { parts } = router.route(batch)
        for (const row of [0, 1, 2]) {
          const part = parts.find(candidate => candidate.row === row)
          const expected = items.filter(item => expectedRow(item) === row)
          t.same(part === undefined ? [] : flattenItems(signal, part.batch.bytes), expected)
        }
      }
    },
  )
}

function expectedRow(item: Plain): number {
  const record = (item['record'] ?? item['point']) as Plain
  const resource = ((item['group'] as Plain)['resource'] ?? {}) as Plain
  const first = (message: Plain, key: string) =>
    ((message['attributes'] ?? []) as Plain[]).find(entry => (entry['key'] ?? '') === key)
  const value = (first(resource, 'a')?.['value'] ?? {}) as Plain
  if (value['stringValue'] === 'GET') return 0
  return 'stringValue' in ((first(record, 'http.method')?.['value'] ?? {}) as Plain) ? 1 : 2
}

t.test('a row that copies leaves the items for the rows behind it', async t => {
  const router = routerOf(
    'traces',
    `  - {condition: 'attributes["tenant"] == "acme"', action: copy, pipelines: [a]}
  - {context: span, condition: 'name == "one"', pipelines: [b]}
  - {context: span, condition: 'IsMatch(name, "^t")', action: copy, pipelines: [c]}`,
  )
  const request = { resourceSpans: [spans('acme', 'one', 'two'), spans('beta', 'one', 'three', 'four')] }
  const batch = batchOf('traces', request)
  t.same(namesByRow(router, batch), {
    0: ['one', 'two'],
    1: ['one', 'one'],
    2: ['two', 'three'],
    3: ['two', 'three', 'four'],
  })
  t.equal(router.route(batch).untakenCount, 1, 'four')
})

t.test('copies of all and the rest are the same bytes', async t => {
  const router = routerOf('traces', `  - {statement: 'route()', action: copy, pipelines: [a]}`)
  const batch = batchOf('traces', { resourceSpans: [spans('acme', 'one', 'two')] })
  const { parts, untakenCount } = router.route(batch)
  t.same(
    parts.map(part => part.row),
    [0, 1],
  )
  t.ok(parts.every(part => part.batch === batch))
  t.equal(untakenCount, 0)
})

t.test('a statement edits what it takes, and the rows behind it see that', async t => {
  const router = routerOf(
    'traces',
    `  - {context: span, statement: 'delete_key(attributes, "route") where name == "one"', action: copy, pipelines: [a]}
  - {context: span, condition: 'attributes["route"] == nil', pipelines: [b]}`,
  )
  const batch = batchOf('traces', { resourceSpans: [spans('acme', 'one', 'two')] })
  t.same(namesByRow(router, batch), { 0: ['one'], 1: ['one'], 2: ['two'] })
  const routes = router
    .route(batch)
    .parts.map(part =>
      flattenItems('traces', part.batch.bytes).map(
        item => ((item['record'] as Plain)['attributes'] as Plain[])?.length,
      ),
    )
  t.same(routes, [[undefined], [undefined], [1]])
})

t.test('a row by metric takes whole metrics, and of what rows by point left only that', async t => {
  const router = routerOf(
    'metrics',
    `  - {context: datapoint, condition: 'attributes["x"] == "1"', pipelines: [a]}
  - {context: metric, condition: 'name == "m"', pipelines: [b]}`,
  )
  const metric = (name: string) => ({
    name,
    gauge: { dataPoints: [{ asInt: '1', attributes: [attribute('x', '1')] }, { asInt: '2' }] },
  })
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric('m'), metric('n')] }] }] }
  const parts = router
    .route(batchOf('metrics', request))
    .parts.map(({ row, batch }) => [
      row,
      flattenItems('metrics', batch.bytes).map(
        item => `${(item['metric'] as Plain)['name']}${(item['point'] as Plain)['asInt']}`,
      ),
    ])
  t.same(parts, [
    [0, ['m1', 'n1']],
    [1, ['m2']],
    [2, ['n2']],
  ])
})

t.test('a condition that fails matches nothing, or refuses the request', async t => {
  const table = `[{context: span, condition: 'ParseJSON(name)["x"] == 1', pipelines: [a]}]`
  const batch = batchOf('traces', { resourceSpans: [spans('', 'a', 'b')] })
  let errors = 0
  const ignoring = parseConfig(routingConfig, `{error_mode: silent, table: ${table}}`)
  const { parts } = new Router('traces', ignoring, () => errors++).route(batch)
  t.same([parts.length, parts[0]?.row, errors], [1, 1, 2])
  const propagating = new Router('traces', parseConfig(routingConfig, `{table: ${table}}`))
  t.throws(() => propagating.route(batch), { name: 'ConsumeError', kind: 'permanent', reason: 'condition_failed' })
})

t.test('rows for items of other signals take nothing', async t => {
  const router = routerOf('traces', `  - {context: log, condition: 'true', pipelines: [a]}`)
  t.equal(router.route(batchOf('traces', { resourceSpans: [spans('', 'a')] })).parts[0]?.row, 1)
})

const quoted = (text: string) => JSON.stringify(text)
for (const [row, message] of [
  [`condition: ${quoted('attributes["a"] = "b"')}`, /found = at character 17/],
  [`condition: ${quoted('attributes["a"] == "b" attributes')}`, /attributes/],
  [`condition: ${quoted('attribute["a"] == "b"')}`, /attribute/],
  [`condition: ${quoted('IsMatch(name, "(")')}`, /./],
  [`condition: ${quoted('Nope(name) == "x"')}`, /Nope/],
  [`statement: ${quoted('set(attributes["a"], 1)')}`, /set is not route, delete_key or delete_matching_keys/],
  [`statement: ${quoted('route("x")')}`, /no arguments/],
  [`context: span, statement: ${quoted('delete_key(resource.attributes, "x")')}`, /cannot change the resource/],
  [`context: request, condition: ${quoted('attributes["a"] == "b"')}`, /request\["header"\] == "value"/],
  [
    `context: request, statement: ${quoted('route() where request["a"] == "b"')}`,
    /cannot be used in the context request/,
  ],
  [`condition: 'true', statement: 'route()'`, /cannot stand beside condition/],
  [`context: span`, /must say when items go this way/],
] as const) {
  t.test(`refuses ${row} when the configuration is read`, async t => {
    t.throws(() => parseConfig(routingConfig, `table: [{${row}, pipelines: [a]}]`), { message })
  })
}
