import { type ComponentSettings, defineExporter } from '../../component/component.ts'
import type { Backend } from '../../exporter-helper/export-request.ts'
import { createExporter } from '../../exporter-helper/exporter.ts'
import { type JaegerExporterConfig, jaegerExporterConfig } from './config.ts'
import { JaegerGrpcBackend } from './grpc-backend.ts'
import { JaegerThriftHttpBackend } from './thrift-http-backend.ts'
import { JaegerThriftUdpBackend } from './thrift-udp-backend.ts'

const signals = ['traces'] as const

export const jaegerExporter = defineExporter({
  type: 'jaeger',
  signals,
  stability: 'deprecated',
  summary: 'Sends spans to an old Jaeger, over gRPC, HTTP or UDP; a current one takes OTLP.',
  config: jaegerExporterConfig,
  create(config, settings) {
    const { retry, queue, requestBytesMax } = config
    const timeoutMs = config.thriftHttp?.timeoutMs ?? config.timeoutMs
    const backend = backendOf(config, settings)
    return createExporter({ backend, signals, timeoutMs, retry, queue, requestBytesMax }, settings)
  },
})

function backendOf(config: JaegerExporterConfig, settings: ComponentSettings): Backend {
  const { thriftHttp, thriftCompact } = config
  if (thriftHttp !== undefined) return new JaegerThriftHttpBackend(thriftHttp, settings)
  if (thriftCompact !== undefined) return new JaegerThriftUdpBackend(thriftCompact, settings)
  return new JaegerGrpcBackend(config, settings)
}
