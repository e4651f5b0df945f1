import t from 'tap'
import { Ledger } from './ledger.ts'
import { ledgerLines, publishLedger } from './ledger-metrics.ts'
import { MetricRegistry } from './metric-registry.ts'
import { MetricsServer } from './metrics-server.ts'
import { renderPrometheus } from './prometheus-text.ts'

const plain = { withSuffixes: false, resource: {} }
const spans = { name: 'otelcol_exporter_sent_spans', description: 'Spans that were sent', unit: '{spans}' }

t.test('writes counters, gauges and histograms with help, type and sorted names', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope({ exporter: 'otlp/2' })
  scope.counter(spans).add(3)
  scope.gauge({ name: 'otelcol_exporter_queue_size', description: 'Queue\nsize', unit: '{batches}' }).set(1.5)
  const size = scope.histogram({ name: 'otelcol_a', description: 'Sizes', unit: 'By' }, [1, 10])
  for (const value of [0.5, 1, 7, 11]) size.record(value)
  t.equal(
    renderPrometheus(registry.families(), plain),
    `# HELP otelcol_a Sizes
# TYPE otelcol_a histogram
otelcol_a_bucket{exporter="otlp/2",le="1"} 2
otelcol_a_bucket{exporter="otlp/2",le="10"} 3
otelcol_a_bucket{exporter="otlp/2",le="+Inf"} 4
otelcol_a_sum{exporter="otlp/2"} 19.5
otelcol_a_count{exporter="otlp/2"} 4
# HELP otelcol_exporter_queue_size Queue\\nsize
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{exporter="otlp/2"} 1.5
# HELP otelcol_exporter_sent_spans Spans that were sent
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="otlp/2"} 3
`,
  )
})

t.test('escapes values, and makes names of labels that Prometheus takes', async t => {
  const registry = new MetricRegistry()
  registry.scope({ 'otel.signal': 'a "b"\\\n', '1x': 'y' }).counter(spans).add(1)
  t.match(renderPrometheus(registry.families(), plain), /\{otel_signal="a \\"b\\"\\\\\\n",_1x="y"\} 1/)
})

t.test('with suffixes as a Collector writes them with type and unit suffixes on', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope({})
  scope.counter(spans).add(1)
  scope.counter({ name: 'otelcol_process_cpu_seconds', description: 'CPU', unit: 's' }).add(2)
  scope.gauge({ name: 'otelcol_process_memory_rss', description: 'RSS', unit: 'By' }).set(3)
  const text = renderPrometheus(registry.families(), { withSuffixes: true, resource: { 'service.name': 'sluice' } })
  for (const line of [
    'otelcol_exporter_sent_spans_total 1',
    'otelcol_process_cpu_seconds_total 2',
    'otelcol_process_memory_rss_bytes 3',
    'target_info{service_name="sluice"} 1',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
})

t.test('one name and one set of labels is one series, whoever asks', async t => {
  const registry = new MetricRegistry()
  registry.scope({ a: '1' }).counter(spans, { b: '2' }).add(1)
  registry.scope({ b: '2' }).with({ a: '1' }).counter(spans).add(2)
  t.equal(registry.value(spans.name, { a: '1', b: '2' }), 3)
  t.throws(() => registry.scope({}).gauge(spans), /is a counter, not a gauge/)
})

t.test('a released scope takes its series along, but not those that a successor holds', async t => {
  const registry = new MetricRegistry()
  const before = registry.scope({ exporter: 'x' })
  before.counter(spans).add(5)
  const stop = before.observe({ name: 'otelcol_q', description: 'Queue', unit: '1' }, () => 1)
  const after = registry.scope({ exporter: 'x' })
  after.counter(spans).add(1)
  after.observe({ name: 'otelcol_q', description: 'Queue', unit: '1' }, () => 2)
  stop()
  before.release()
  t.equal(registry.value(spans.name), 6, 'the count goes on')
  t.equal(registry.value('otelcol_q'), 2, 'the successor is read')
  after.release()
  t.same(registry.families(), [])
})

t.test('the ledger as metrics and as a line, with what nobody explains', async t => {
  const registry = new MetricRegistry()
  const ledger = new Ledger()
  publishLedger(ledger, registry)
  ledger.received('traces', 10)
  ledger.copied('traces', 10)
  ledger.exported('traces', 12)
  ledger.dropped('traces', 'sampled', 3)
  ledger.rejected('traces', 'queue_full', 1)
  ledger.holds(() => 4)
  t.equal(registry.value('sluice_ledger_items', { signal: 'traces', account: 'dropped', reason: 'sampled' }), 3)
  t.equal(registry.value('sluice_ledger_imbalance_items'), 0)
  t.same(ledgerLines(ledger), [
    'traces: 10 received + 10 copied = 12 exported + 4 queued + 3 dropped (sampled 3) + 1 rejected (queue_full 1)',
  ])
  ledger.received('traces', 2)
  t.match(ledgerLines(ledger)[0], /^traces: 12 received .* != .* \(2 unexplained\)$/)
})

t.test('the endpoint answers /metrics and nothing else', async t => {
  const registry = new MetricRegistry()
  registry.scope({}).counter(spans).add(7)
  const server = new MetricsServer(registry, { ...plain, host: '127.0.0.1', port: 0 })
  await server.start()
  await server.start()
  t.teardown(() => server.shutdown())
  const url = `http://127.0.0.1:${server.address?.port}`
  const answer = await fetch(`${url}/metrics?x=1`)
  t.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.match(await answer.text(), /^otelcol_exporter_sent_spans 7$/m)
  t.equal((await fetch(`${url}/`)).status, 404)
  const refused = await fetch(`${url}/metrics`, { method: 'POST' })
  t.equal(refused.status, 405)
  t.equal(refused.headers.get('allow'), 'GET, HEAD')
  await server.shutdown()
  await server.shutdown()
  t.equal(server.address, undefined)
})
