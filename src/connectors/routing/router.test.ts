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
  new Router(signal, parseConfig(routingConfig, `default_pipelines: [x]\ntable:\n${table}`).table)

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
  const parts = router.route(batch).map(({ row, batch: part }) => {
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
    const parts = router.route(batch)
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
  t.equal(router.route(batchOf('traces', request, { metadata }))[0]?.row, 0)
  t.equal(router.route(batchOf('traces', request))[0]?.row, 1)
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
  - {context: ${context}, condition: 'attributes["http.method"] != nil', pipelines: [b]}`,
      )
      for (let i = 0; i < 150; i++) {
        const batch = batchOf(signal, generateRequest(random, signal, { fieldChance: 0.8 }))
        const items = flattenItems(signal, batch.bytes)
        const parts = router.route(batch)
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
  return first(record, 'http.method') === undefined ? 2 : 1
}

for (const { condition, message } of [
  { condition: 'attributes["a"] = "b"', message: /cannot read/ },
  { condition: 'attributes["a"]', message: /expected ==/ },
  { condition: 'attribute["a"] == "b"', message: /"attribute" is unknown/ },
  { condition: 'attributes["a"] == "b" attributes', message: /not expected here/ },
  { condition: 'IsMatch(name, "(")', message: /not a regular expression/ },
  { condition: 'Concat(name) == "x"', message: /"Concat" is unknown/ },
]) {
  t.test(`refuses ${condition} when the configuration is read`, async t => {
    const yaml = `table: [{condition: ${JSON.stringify(condition)}, pipelines: [a]}]`
    t.throws(() => parseConfig(routingConfig, yaml), { message })
  })
}
