import { defineExporter } from '../../component/component.ts'
import { createExporter } from '../../exporter-helper/exporter.ts'
import { debugConfig } from './config.ts'
import { DebugBackend } from './debug-backend.ts'

const signals = ['traces', 'metrics', 'logs', 'profiles'] as const

export const debugExporter = defineExporter({
  type: 'debug',
  aliases: ['logging'],
  signals,
  stability: 'beta',
  summary: 'Shows telemetry on the console.',
  config: debugConfig,
  create(config, settings) {
    const { retry, queue } = config
    const backend = new DebugBackend(config, settings)
    return createExporter({ backend, signals, timeoutMs: 0, retry, queue }, settings)
  },
})
