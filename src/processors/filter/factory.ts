import { defineStatelessProcessor } from '../../component/component.ts'
import { filterConfig } from './config.ts'
import { FilterStage } from './filter-stage.ts'

export const filterProcessor = defineStatelessProcessor({
  type: 'filter',
  signals: ['traces', 'metrics', 'logs'],
  stability: 'beta',
  summary: 'Drops spans, events, metrics, data points and log records by condition or by properties.',
  config: filterConfig,
  createStage: (config, signal) => new FilterStage(config, signal),
})
