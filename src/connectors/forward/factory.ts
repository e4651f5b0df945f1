import { defineConnector } from '../../component/component.ts'
import { forwardConfig } from './config.ts'
import { ForwardConnector } from './forward-connector.ts'

export const forwardConnector = defineConnector({
  type: 'forward',
  routes: [
    ['traces', 'traces'],
    ['metrics', 'metrics'],
    ['logs', 'logs'],
    ['profiles', 'profiles'],
  ],
  stability: 'beta',
  summary: 'Joins pipelines of one signal: what ends one begins the others.',
  config: forwardConfig,
  create: (_config, _settings, next) => new ForwardConnector(next),
})
