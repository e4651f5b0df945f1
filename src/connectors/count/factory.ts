import { defineConnector } from '../../component/component.ts'
import { countConfig } from './config.ts'
import { CountConnector } from './count-connector.ts'

export const countConnector = defineConnector({
  type: 'count',
  routes: [
    ['traces', 'metrics'],
    ['metrics', 'metrics'],
    ['logs', 'metrics'],
  ],
  stability: 'alpha',
  summary: 'Counts spans, span events, metrics, data points and log records as metrics.',
  config: countConfig,
  create: (config, settings, next) => new CountConnector(config, settings, next),
})
