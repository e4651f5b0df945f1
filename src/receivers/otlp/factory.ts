import { defineReceiver } from '../../component/component.ts'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

export const otlpReceiver = defineReceiver({
  type: 'otlp',
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'stable',
  summary: 'OTLP over gRPC and HTTP.',
  config: otlpReceiverConfig,
  create: (config, settings, next) => new OtlpReceiver(config, settings, next),
})
