import { defineStatefulProcessor } from '../../component/component.ts'
import { AdaptiveSampler } from './adaptive-sampler.ts'
import { type AdaptiveSamplerConfig, adaptiveSamplerConfig } from './config.ts'

export const adaptiveSamplerProcessor = defineStatefulProcessor<AdaptiveSamplerConfig>({
  type: 'adaptive_sampler',
  stability: 'beta',
  signals: ['traces'],
  summary: 'Keeps a number of traces, spans or bytes per second by moving a share that is written down.',
  config: adaptiveSamplerConfig,
  refusesShards: () => 'shards would keep different shares of one trace, and each as many as were asked for in all',
  create: (config, settings, next) => new AdaptiveSampler(config, settings, next),
})
