import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { MetricRegistry } from './metric-registry.ts'
import { joinSnapshots, snapshotOf } from './metric-snapshot.ts'
import { publishProcessMetrics } from './process-metrics.ts'
import { renderPrometheus } from './prometheus-text.ts'

async function publish(cpuMs: number, upMs: number): Promise<MetricRegistry> {
  const registry = new MetricRegistry()
  const clock = new ManualClock()
  const reader = {
    memoryUsage: () => ({ rss: 5, heapTotal: 4, heapUsed: 3, external: 2, arrayBuffers: 1 }),
    cpuUsage: () => ({ user: cpuMs * 1000, system: 0 }),
  }
  publishProcessMetrics(registry.scope({}), reader, clock)
  await clock.advance(upMs)
  return registry
}

t.test('names and types are those of a Collector, with suffixes and without', async t => {
  const families = (await publish(1500, 3000)).families()
  const plain = renderPrometheus(families, { withSuffixes: false, resource: {} }).split('\n')
  const suffixed = renderPrometheus(families, { withSuffixes: true, resource: {} }).split('\n')
  for (const [lines, line] of [
    [plain, '# TYPE otelcol_process_cpu_seconds counter'],
    [plain, 'otelcol_process_cpu_seconds 1.5'],
    [plain, 'otelcol_process_uptime 3'],
    [suffixed, '# TYPE otelcol_process_uptime_seconds_total counter'],
    [suffixed, 'otelcol_process_uptime_seconds_total 3'],
    [suffixed, 'otelcol_process_cpu_seconds_total 1.5'],
    [suffixed, 'otelcol_process_memory_rss_bytes 5'],
  ] as const) {
    t.ok(lines.includes(line), line)
  }
})

t.test('of several processes time on the processor adds up, and the longest uptime counts', async t => {
  const shards = [await publish(1500, 3000), await publish(500, 1000)]
  const joined = joinSnapshots(shards.map(shard => snapshotOf(shard.families())))
  const text = renderPrometheus(joined, { withSuffixes: false, resource: {} }).split('\n')
  t.ok(text.includes('otelcol_process_cpu_seconds 2'))
  t.ok(text.includes('otelcol_process_uptime 3'))
})
