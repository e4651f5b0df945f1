import { fileURLToPath } from 'node:url'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, type LogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import protobuf from 'protobufjs'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

const protoFolder = fileURLToPath(new URL('../../../proto/', import.meta.url))
const root = new protobuf.Root()
root.resolvePath = (_origin, target) => protoFolder + target
root.loadSync(
  ['trace', 'metrics', 'logs'].map(name => `opentelemetry/proto/collector/${name}/v1/${name}_service.proto`),
)

const requestTypes: Record<string, string> = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  metrics: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
  logs: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
}

/** The independent reader's view, with ids as base64 and 64-bit numbers as text. */
function decode({ signal, bytes }: OtlpBatch): Record<string, never> {
  const type = root.lookupType(requestTypes[signal]!)
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, enums: Number }) as Record<string, never>
}

async function setUp(t: { teardown(action: () => Promise<void>): void }) {
  const batches: OtlpBatch[] = []
  const settings = componentSettings('otlp')
  const yaml = 'protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0"}}'
  const consumer = {
    async consume(batch: OtlpBatch) {
      batches.push(batch)
    },
  }
  const receiver = new OtlpReceiver(parseConfig(otlpReceiverConfig, yaml), settings, { get: () => consumer })
  await receiver.start()
  t.teardown(() => receiver.shutdown({ atMs: 0 }))
  const http = `http://127.0.0.1:${receiver.port('http')}`
  return { batches, settings, http, grpc: `http://127.0.0.1:${receiver.port('grpc')}` }
}

const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.instance.count': 3 })

t.test('traces of the official SDK arrive over gRPC, protobuf and JSON, gzip or not, alike', async t => {
  const { batches, http, grpc } = await setUp(t)
  const gzip = 'gzip' as never
  const exporters: SpanExporter[] = [
    new GrpcTraces({ url: grpc }),
    new GrpcTraces({ url: grpc, compression: gzip }),
    new ProtoTraces({ url: `${http}/v1/traces` }),
    new ProtoTraces({ url: `${http}/v1/traces`, compression: gzip }),
    new JsonTraces({ url: `${http}/v1/traces` }),
    new JsonTraces({ url: `${http}/v1/traces`, compression: gzip }),
  ]
  const provider = new TracerProvider({
    resource,
    spanProcessors: exporters.map(exporter => new SimpleSpanProcessor({ exporter })),
  })
  const tracer = provider.getTracer('checkout', '1.2.3')
  const span = tracer.startSpan('pay', { attributes: { amount: 12.5, currency: 'EUR', items: ['a', 'b'], paid: true } })
  span.addEvent('charged', { 'card.last4': '1234' })
  span.recordException(new Error('declined – ☂'))
  span.setStatus({ code: 2, message: 'declined' })
  span.end()
  await provider.forceFlush()
  await provider.shutdown()
  t.equal(batches.length, exporters.length)
  const [first, ...others] = batches.map(decode)
  t.match(first, {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: 'checkout', version: '1.2.3' },
            spans: [{ name: 'pay', status: { code: 2, message: 'declined' }, events: [{ name: 'charged' }, {}] }],
          },
        ],
      },
    ],
  })
  for (const other of others) t.same(other, first)
})

t.test('metrics of the official SDK arrive over gRPC, protobuf and JSON', async t => {
  const { batches, http, grpc } = await setUp(t)
  const exporters: PushMetricExporter[] = [
    new GrpcMetrics({ url: grpc }),
    new ProtoMetrics({ url: `${http}/v1/metrics` }),
    new JsonMetrics({ url: `${http}/v1/metrics` }),
  ]
  const readers = exporters.map(
    exporter => new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 }),
  )
  const provider = new MeterProvider({ resource, readers })
  const meter = provider.getMeter('shop')
  meter.createCounter('orders').add(7, { kind: 'web' })
  meter.createHistogram('latency').record(12.5)
  meter.createObservableGauge('depth').addCallback(result => result.observe(3))
  for (const reader of readers) await reader.forceFlush()
  await provider.shutdown()
  const decoded = batches.slice(0, 3).map(decode)
  t.equal(batches[0]!.itemCount, 3)
  for (const one of decoded) {
    t.match(one, {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                { name: 'orders', sum: { isMonotonic: true, dataPoints: [{ asDouble: 7 }] } },
                { name: 'latency', histogram: { dataPoints: [{ count: '1', sum: 12.5 }] } },
                { name: 'depth', gauge: { dataPoints: [{ asDouble: 3 }] } },
              ],
            },
          ],
        },
      ],
    })
  }
})

t.test('logs of the official SDK arrive over gRPC, protobuf and JSON, alike', async t => {
  const { batches, http, grpc } = await setUp(t)
  const exporters: LogRecordExporter[] = [
    new GrpcLogs({ url: grpc }),
    new ProtoLogs({ url: `${http}/v1/logs` }),
    new JsonLogs({ url: `${http}/v1/logs` }),
  ]
  const provider = new LoggerProvider({
    resource,
    processors: exporters.map(exporter => new SimpleLogRecordProcessor({ exporter })),
  })
  provider.getLogger('shop').emit({
    body: { text: 'paid', list: [1, 2.5, 'x'], nothing: null },
    severityNumber: 9,
    severityText: 'INFO',
    attributes: { 'user.id': 'u1' },
    timestamp: 1_700_000_000_123,
  })
  await provider.forceFlush()
  await provider.shutdown()
  t.equal(batches.length, 3)
  const [first, ...others] = batches.map(decode)
  t.match(first, {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 9, severityText: 'INFO' }] }] }],
  })
  for (const other of others) t.same(other, first)
})
