import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { routingConfig } from './config.ts'
import { RoutingConnector } from './routing-connector.ts'

const resource = (tenant: string, count: number) => ({
  resource: { attributes: [{ key: 'tenant', value: { stringValue: tenant } }] },
  scopeSpans: [{ spans: Array.from({ length: count }, () => ({ name: 'x' })) }],
})
const bytes = encodePlain('traces', { resourceSpans: [resource('a', 3), resource('b', 2), resource('c', 1)] })
const batch: OtlpBatch = { signal: 'traces', bytes, itemCount: 6 }
const row = (tenant: string, pipelines: string) =>
  `  - {condition: 'attributes["tenant"] == "${tenant}"', pipelines: [${pipelines}]}\n`

function connect(yaml: string, refusing: readonly string[] = []) {
  const taken: Record<string, number> = {}
  const settings = componentSettings('routing')
  const get = (id: string) => ({
    consume: async ({ itemCount }: OtlpBatch) => {
      if (refusing.includes(id)) throw new ConsumeError('overloaded', 'full', { reason: 'queue_full', retryDelayMs: 5 })
      taken[id] = (taken[id] ?? 0) + itemCount
      // What a pipeline accepts, its exporter exports.
      settings.ledger.exported('traces', itemCount)
    },
  })
  const next = { pipelines: () => [], get, all: () => undefined }
  const connector = new RoutingConnector(parseConfig(routingConfig, yaml), settings, next)
  return { connector, taken, ledger: settings.ledger }
}

t.test('gives every pipeline its items, and drops and counts what has no way', async t => {
  const { connector, taken, ledger } = connect(`table:\n${row('a', 'traces/a, traces/all')}${row('b', 'traces/all')}`)
  ledger.received('traces', 6)
  await connector.consume(batch)
  t.same(taken, { 'traces/a': 3, 'traces/all': 5 })
  t.same([...ledger.entry('traces').dropped], [['no_route', 1]])
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('the default pipelines get what no row takes', async t => {
  const { connector, taken, ledger } = connect(`default_pipelines: [traces/rest]\ntable:\n${row('a', 'traces/a')}`)
  ledger.received('traces', 6)
  await connector.consume(batch)
  t.same(taken, { 'traces/a': 3, 'traces/rest': 3 })
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('one refusal refuses the whole, with its hint, and the books balance', async t => {
  const { connector, ledger } = connect(`table:\n${row('a', 'traces/a')}${row('b', 'traces/b')}`, ['traces/b'])
  ledger.received('traces', 6)
  await t.rejects(connector.consume(batch), { message: 'full' })
  ledger.rejected('traces', 'queue_full', 6) // the receiver's part
  t.same([...ledger.entry('traces').dropped], [])
  t.equal(ledger.imbalance('traces'), 0)
})
