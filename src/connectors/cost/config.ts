import { bool, type ConfigOf, defineConfig, duration, oneOf, string, uint } from '../../config/declare.ts'

/** Reads `connectors.cost`. The flush and expiration keys are those of the Collector's `spanmetrics`. */
export const costConnectorConfig = defineConfig(
  {
    flushMs: duration('metrics_flush_interval', '60s', 'How often metrics are sent on; the rest goes at shutdown.'),
    temporality: oneOf(
      'temporality',
      ['delta', 'cumulative'],
      'delta',
      '`delta` sends what the interval cost, `cumulative` everything since the series began.',
    ),
    seriesMax: uint(
      'series_max',
      2000,
      'Combinations of resource, provider, model, operation, agent and team; what comes beyond is summed as `other`.',
      { min: 1 },
    ),
    expirationMs: duration(
      'metrics_expiration',
      '1h',
      'With `cumulative`: how long a series without a call is still sent; 0s means for ever.',
    ),
    exemplars: bool('exemplars', true, 'Name the most expensive span of each series and interval.'),
    cacheCounting: oneOf(
      'cache_counting',
      ['auto', 'inclusive', 'exclusive'],
      'auto',
      'Whether input counts include cached tokens, as the `cost` processor has it.',
    ),
    currency: string(
      'currency',
      'USD',
      'Currency of the costs, as the `cost` processor has it: the unit of `sluice.cost`.',
    ),
  },
  (config, problems) => {
    if (config.flushMs <= 0) problems.error(['metrics_flush_interval'], 'must be more than 0s', 'leave it out for 60s')
  },
)
export type CostConnectorConfig = ConfigOf<typeof costConnectorConfig>
