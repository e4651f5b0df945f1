import { defineStatefulProcessor } from '../../component/component.ts'
import { BatchProcessor } from './batch-processor.ts'
import { batchConfig } from './config.ts'

export const batchProcessor = defineStatefulProcessor({
  type: 'batch',
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'beta',
  summary: 'Says how the exporters behind it merge requests.',
  config: batchConfig,
  create: (config, settings, next) => new BatchProcessor(config, settings, next),
})
