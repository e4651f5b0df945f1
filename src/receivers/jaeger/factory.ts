import { defineReceiver } from '../../component/component.ts'
import { jaegerReceiverConfig } from './config.ts'
import { JaegerReceiver } from './jaeger-receiver.ts'

export const jaegerReceiver = defineReceiver({
  type: 'jaeger',
  signals: ['traces'],
  stability: 'beta',
  summary: "Spans of Jaeger's clients and agents, over gRPC, HTTP and UDP.",
  config: jaegerReceiverConfig,
  create: (config, settings, next) => new JaegerReceiver(config, settings, next),
})
