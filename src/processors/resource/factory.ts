import { defineStatelessProcessor } from '../../component/component.ts'
import { resourceConfig } from './config.ts'
import { ResourceStage } from './resource-stage.ts'

export const resourceProcessor = defineStatelessProcessor({
  type: 'resource',
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'beta',
  summary: 'Inserts, updates, deletes, hashes, extracts and converts attributes of resources.',
  config: resourceConfig,
  createStage: config => new ResourceStage(config),
})
