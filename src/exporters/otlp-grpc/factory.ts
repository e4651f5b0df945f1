import { defineExporter } from '../../component/component.ts'
import { createExporter } from '../../exporter-helper/exporter.ts'
import { otlpGrpcConfig } from './config.ts'
import { OtlpGrpcBackend } from './otlp-grpc-backend.ts'

const signals = ['traces', 'metrics', 'logs', 'profiles'] as const

export const otlpGrpcExporter = defineExporter({
  type: 'otlp_grpc',
  aliases: ['otlp'],
  signals,
  stability: 'beta',
  summary: 'Sends OTLP over gRPC.',
  config: otlpGrpcConfig,
  create(config, settings) {
    const { timeoutMs, retry, queue, requestBytesMax } = config
    const backend = new OtlpGrpcBackend(config, settings)
    return createExporter({ backend, signals, timeoutMs, retry, queue, requestBytesMax }, settings)
  },
})
