import t from 'tap'
import { Ledger } from './ledger.ts'
import { accountsOf, closedAccounts, joinAccounts } from './ledger-account.ts'
import { ledgerLines } from './ledger-metrics.ts'
import { MetricRegistry } from './metric-registry.ts'
import { joinSnapshots, lastingPart, snapshotOf } from './metric-snapshot.ts'
import { renderPrometheus } from './prometheus-text.ts'

function ledgerOf(received: number, exported: number, queued: number): Ledger {
  const ledger = new Ledger()
  ledger.received('traces', received)
  ledger.exported('traces', exported)
  ledger.holds(() => queued)
  return ledger
}

t.test('books of several processes add up, reason by reason', async t => {
  const first = ledgerOf(10, 6, 1)
  first.dropped('traces', 'sampled', 3)
  const second = ledgerOf(20, 15, 0)
  second.copied('traces', 2)
  second.dropped('traces', 'sampled', 4)
  second.rejected('traces', 'malformed', 3)
  second.received('logs', 1)
  second.exported('logs', 1)
  t.strictSame(ledgerLines(joinAccounts([accountsOf(first), JSON.parse(JSON.stringify(accountsOf(second)))])), [
    'traces: 30 received + 2 copied = 21 exported + 1 queued + 7 dropped (sampled 7) + 3 rejected (malformed 3)',
    'logs: 1 received = 1 exported + 0 queued + 0 dropped + 0 rejected',
  ])
})

t.test('a process that is gone holds nothing: what it held and what was on its way is dropped, by name', async t => {
  const closed = closedAccounts(accountsOf(ledgerOf(10, 4, 5)), 'shard_died')
  t.strictSame(ledgerLines(joinAccounts([closed])), [
    'traces: 10 received = 4 exported + 0 queued + 6 dropped (shard_died 6) + 0 rejected',
  ])
  const clean = closedAccounts(accountsOf(ledgerOf(3, 3, 0)), 'shard_died')
  t.strictSame(clean['traces']?.dropped, {})
})

function registryOf(scale: number): MetricRegistry {
  const registry = new MetricRegistry()
  const scope = registry.scope({ receiver: 'otlp' })
  scope.counter({ name: 'c', description: '', unit: '1' }).add(scale)
  scope.gauge({ name: 'g', description: '', unit: '1' }).set(scale)
  scope.observe({ name: 'g_max', description: '', unit: '1', joinedBy: 'max' }, () => scale)
  scope.observe({ name: 'g_min', description: '', unit: '1', joinedBy: 'min' }, () => scale)
  scope.histogram({ name: 'h', description: '', unit: '1' }, [1, 10]).record(scale)
  if (scale > 1) scope.counter({ name: 'c', description: '', unit: '1' }, { only: 'second' }).add(1)
  return registry
}

t.test('metrics of several processes become those of one', async t => {
  const parts = [1, 5].map(scale => JSON.parse(JSON.stringify(snapshotOf(registryOf(scale).families()))))
  const text = renderPrometheus(joinSnapshots(parts), { withSuffixes: false, resource: {} })
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  t.strictSame(lines, [
    'c{receiver="otlp"} 6',
    'c{receiver="otlp",only="second"} 1',
    'g{receiver="otlp"} 6',
    'g_max{receiver="otlp"} 5',
    'g_min{receiver="otlp"} 1',
    'h_bucket{receiver="otlp",le="1"} 1',
    'h_bucket{receiver="otlp",le="10"} 2',
    'h_bucket{receiver="otlp",le="+Inf"} 2',
    'h_sum{receiver="otlp"} 6',
    'h_count{receiver="otlp"} 2',
  ])
})

t.test('of a process that is gone only what goes up still counts', async t => {
  const names = lastingPart(snapshotOf(registryOf(1).families())).map(({ description }) => description.name)
  t.strictSame(names, ['c', 'h'])
})
