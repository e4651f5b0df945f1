import { defineExporter } from '../../component/component.ts'
import { createExporter } from '../../exporter-helper/exporter.ts'
import { zipkinExporterConfig } from './config.ts'
import { ZipkinBackend } from './zipkin-backend.ts'

const signals = ['traces'] as const

export const zipkinExporter = defineExporter({
  type: 'zipkin',
  signals,
  stability: 'beta',
  summary: 'Sends spans to Zipkin, v2 as JSON or protobuf.',
  config: zipkinExporterConfig,
  create(config, settings) {
    const { timeoutMs, retry, queue, requestBytesMax } = config
    const backend = new ZipkinBackend(config, settings)
    return createExporter({ backend, signals, timeoutMs, retry, queue, requestBytesMax }, settings)
  },
})
