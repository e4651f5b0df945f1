import { defineConnector } from '../../component/component.ts'
import { costConnectorConfig } from './config.ts'
import { CostConnector } from './cost-connector.ts'

export const costConnector = defineConnector({
  type: 'cost',
  routes: [['traces', 'metrics']],
  stability: 'beta',
  summary: 'Sums what the cost processor wrote on spans as metrics of cost, calls and tokens.',
  config: costConnectorConfig,
  create: (config, settings, next) => new CostConnector(config, settings, next),
})
