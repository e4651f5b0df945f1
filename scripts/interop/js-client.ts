/** Sends 20 spans, 3 metric points and 5 log records. Arguments: endpoint, protocol, compression (gzip or none). */
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

const [endpoint = '', protocol = '', compression = 'none'] = process.argv.slice(2)
const kind = { grpc: 'grpc', 'http/protobuf': 'proto', 'http/json': 'http' }[protocol]
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`)
const { OTLPMetricExporter } = await import(`@opentelemetry/exporter-metrics-otlp-${kind}`)
const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kind}`)
const settings = (path: string) => ({ url: protocol === 'grpc' ? endpoint : `${endpoint}${path}`, compression })

const resource = resourceFromAttributes({ 'service.name': 'interop-js' })
const tracing = new TracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(settings('/v1/traces')) })],
})
for (let i = 0; i < 20; i++) {
  const attributes = { i, text: 'naïve – ☂', ratio: 0.5, flag: true, list: ['a', 'b'] }
  const span = tracing.getTracer('interop').startSpan(`span ${i}`, { attributes })
  span.addEvent('event')
  span.end()
}
const exporter = new OTLPMetricExporter(settings('/v1/metrics'))
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
const metering = new MeterProvider({ resource, readers: [reader] })
metering.getMeter('interop').createCounter('counter').add(7)
metering.getMeter('interop').createHistogram('histogram').record(12.5)
metering.getMeter('interop').createGauge('gauge').record(3)
const logging = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(settings('/v1/logs')) })],
})
for (let i = 0; i < 5; i++) logging.getLogger('interop').emit({ body: `log ${i}`, severityNumber: 9 })
await tracing.shutdown()
await metering.shutdown()
await logging.shutdown()
