import { type Component, defineExporter } from '../../component/component.ts'
import type { Consumer } from '../../component/consumer.ts'
import { defineConfig } from '../../config/declare.ts'

/** Takes everything, keeps nothing: for tests and for measuring what stands before it. */
export const nopExporter = defineExporter({
  type: 'nop',
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'stable',
  summary: 'Takes everything and keeps nothing.',
  config: defineConfig({}),
  create(_config, { ledger }): Component & Consumer {
    return {
      async start() {},
      async shutdown() {},
      async consume(batch) {
        ledger.exported(batch.signal, batch.itemCount)
      },
    }
  },
})
