import { defineStatelessProcessor } from '../../component/component.ts'
import { AttributesStage } from './attributes-stage.ts'
import { attributesConfig } from './config.ts'

export const attributesProcessor = defineStatelessProcessor({
  type: 'attributes',
  signals: ['traces', 'metrics', 'logs'],
  stability: 'beta',
  summary: 'Inserts, updates, deletes, hashes, extracts and converts attributes of spans, log records and data points.',
  config: attributesConfig,
  createStage: (config, signal) => new AttributesStage(config, signal),
})
