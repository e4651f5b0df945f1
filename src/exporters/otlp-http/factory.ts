import { defineExporter } from '../../component/component.ts'
import { createExporter } from '../../exporter-helper/exporter.ts'
import { otlpHttpConfig } from './config.ts'
import { OtlpHttpBackend } from './otlp-http-backend.ts'

const signals = ['traces', 'metrics', 'logs', 'profiles'] as const

export const otlpHttpExporter = defineExporter({
  type: 'otlp_http',
  aliases: ['otlphttp'],
  signals,
  stability: 'beta',
  summary: 'Sends OTLP over HTTP, as protobuf or JSON.',
  config: otlpHttpConfig,
  create(config, settings) {
    const { timeoutMs, retry, queue, requestBytesMax } = config
    const backend = new OtlpHttpBackend(config, settings)
    return createExporter({ backend, signals, timeoutMs, retry, queue, requestBytesMax }, settings)
  },
})
