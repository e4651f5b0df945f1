import { defineReceiver } from '../../component/component.ts'
import { zipkinReceiverConfig } from './config.ts'
import { ZipkinReceiver } from './zipkin-receiver.ts'

export const zipkinReceiver = defineReceiver({
  type: 'zipkin',
  signals: ['traces'],
  stability: 'beta',
  summary: "Spans of Zipkin's clients, v1 and v2, over HTTP.",
  config: zipkinReceiverConfig,
  create: (config, settings, next) => new ZipkinReceiver(config, settings, next),
})
