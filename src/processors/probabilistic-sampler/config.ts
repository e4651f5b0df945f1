import { bool, type ConfigOf, defineConfig, float, oneOf, string, uint } from '../../config/declare.ts'
import { probabilityMin } from '../../pdata/sampling-threshold.ts'

/** Reads `processors.probabilistic_sampler`. Names, defaults and limits are the Collector's. */
export const probabilisticSamplerConfig = defineConfig(
  {
    samplingPercentage: float(
      'sampling_percentage',
      0,
      'Share to keep, in percent; 100 and more keeps all, 0 keeps none.',
    ),
    mode: oneOf(
      'mode',
      ['hash_seed', 'proportional', 'equalizing'],
      'hash_seed',
      'By a hash of the trace id; or by its randomness, multiplied with what was sampled before, or at least so rare.',
    ),
    hashSeed: uint('hash_seed', 0, 'Seed of the hash: equal at all agents that must keep the same traces.', {
      max: 0xffffffff,
    }),
    failClosed: bool(
      'fail_closed',
      true,
      'Drop what cannot be decided: no trace id, a threshold or randomness in conflict.',
    ),
    samplingPrecision: uint('sampling_precision', 4, 'Hexadecimal digits of the threshold that is written down.', {
      min: 1,
      max: 14,
    }),
    attributeSource: oneOf(
      'attribute_source',
      ['traceID', 'record'],
      'traceID',
      'Logs: whether the trace id or the attribute `from_attribute` decides.',
    ),
    fromAttribute: string('from_attribute', '', 'Logs: attribute whose value is hashed.'),
    samplingPriority: string('sampling_priority', '', 'Logs: attribute with a percentage of its own.'),
  },
  (config, problems) => {
    const { samplingPercentage: percentage } = config
    if (!Number.isFinite(percentage)) problems.error(['sampling_percentage'], 'must be a finite number')
    else if (percentage < 0) problems.error(['sampling_percentage'], 'must not be negative')
    else if (percentage > 0 && percentage / 100 < probabilityMin) {
      problems.error(
        ['sampling_percentage'],
        'is smaller than 2^-56, which cannot be written down',
        'write 0 to keep none',
      )
    }
  },
)

export type ProbabilisticSamplerConfig = ConfigOf<typeof probabilisticSamplerConfig>
