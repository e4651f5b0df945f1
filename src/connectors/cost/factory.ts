import { defineConnector } from '../../component/component.ts'
import { type CostConnectorConfig, costConnectorConfig } from './config.ts'
import { CostConnector } from './cost-connector.ts'

export const costConnector = defineConnector<CostConnectorConfig>({
  type: 'cost',
  routes: [['traces', 'metrics']],
  stability: 'beta',
  summary: 'Sums what the cost processor wrote on spans as metrics of cost, calls and tokens.',
  config: costConnectorConfig,
  refusesShards: ({ temporality }) =>
    temporality === 'cumulative'
      ? 'each shard would send a total of its own under the same name; delta adds up'
      : undefined,
  create: (config, settings, next) => new CostConnector(config, settings, next),
})
