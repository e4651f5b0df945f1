import { defineConnector } from '../../component/component.ts'
import { routingConfig } from './config.ts'
import { RoutingConnector } from './routing-connector.ts'

export const routingConnector = defineConnector({
  type: 'routing',
  routes: [
    ['traces', 'traces'],
    ['metrics', 'metrics'],
    ['logs', 'logs'],
  ],
  stability: 'alpha',
  summary: 'Sends items to pipelines by conditions on attributes.',
  config: routingConfig,
  create: (config, settings, next) => new RoutingConnector(config, settings, next),
})
