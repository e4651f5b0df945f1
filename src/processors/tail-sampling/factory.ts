import { defineStatefulProcessor } from '../../component/component.ts'
import { type TailSamplingConfig, tailSamplingConfig } from './config.ts'
import { TailSampling } from './tail-sampling.ts'

export const tailSamplingProcessor = defineStatefulProcessor<TailSamplingConfig>({
  type: 'tail_sampling',
  stability: 'beta',
  signals: ['traces'],
  summary: 'Decides on whole traces after a wait: keeps errors, slow, costly or otherwise telling ones.',
  config: tailSamplingConfig,
  refusesShards: () => 'it decides on whole traces, and the spans of one come to several shards',
  create: (config, settings, next) => new TailSampling(config, settings, next),
})
