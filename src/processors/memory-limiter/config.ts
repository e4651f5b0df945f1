import { type ConfigOf, defineConfig, duration, uint } from '../../config/declare.ts'

/** Keys and defaults of the Collector's memory limiter, but for `check_interval`, which it leaves to the user. */
export const memoryLimiterConfig = defineConfig(
  {
    checkIntervalMs: duration('check_interval', '1s', 'Time between measurements of memory; must be above 0.'),
    limitMib: uint('limit_mib', 0, 'Hard limit in MiB; wins over limit_percentage.'),
    spikeLimitMib: uint('spike_limit_mib', 0, 'Room below the hard limit, in MiB; 0 means 20 % of limit_mib.'),
    limitPercentage: uint(
      'limit_percentage',
      0,
      "Hard limit in percent of the container's memory limit, else of the machine's memory.",
      { max: 100 },
    ),
    spikeLimitPercentage: uint(
      'spike_limit_percentage',
      0,
      'Room below the hard limit, in percent of the same memory; 0 means 20 % of the limit.',
      { max: 100 },
    ),
    minGcIntervalSoftMs: duration(
      'min_gc_interval_when_soft_limited',
      '10s',
      'Shortest time between forced garbage collections above the soft limit.',
    ),
    minGcIntervalHardMs: duration('min_gc_interval_when_hard_limited', '0s', 'The same above the hard limit.'),
    maxGcIntervalSoftMs: duration('max_gc_interval_when_soft_limited', '30s', 'Read for compatibility.', {
      noEffect: 'the interval between forced collections does not grow',
    }),
    maxGcIntervalHardMs: duration('max_gc_interval_when_hard_limited', '30s', 'Read for compatibility.', {
      noEffect: 'the interval between forced collections does not grow',
    }),
  },
  (config, problems) => {
    if (config.checkIntervalMs === 0) {
      problems.error(['check_interval'], 'must be greater than zero', 'write check_interval: 1s')
    }
    if (config.limitMib === 0 && config.limitPercentage === 0) {
      problems.error([], 'needs limit_mib or limit_percentage', 'write limit_percentage: 80')
    }
    if (config.limitMib > 0 && config.spikeLimitMib >= config.limitMib) {
      problems.error(['spike_limit_mib'], `must be smaller than limit_mib (${config.limitMib})`)
    }
    if (config.limitMib === 0 && config.limitPercentage > 0 && config.spikeLimitPercentage >= config.limitPercentage) {
      problems.error(['spike_limit_percentage'], `must be smaller than limit_percentage (${config.limitPercentage})`)
    }
  },
)
export type MemoryLimiterConfig = ConfigOf<typeof memoryLimiterConfig>
