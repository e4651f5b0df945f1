import { bool, type ConfigOf, defineConfig, duration, float, list, string, uint } from '../../config/declare.ts'

/** Reads `processors.adaptive_sampler`. */
export const adaptiveSamplerConfig = defineConfig(
  {
    maxTracesPerSecond: float('max_traces_per_second', 0, 'Traces to keep per second; 0 means no such target.', {
      min: 0,
    }),
    maxSpansPerSecond: float('max_spans_per_second', 0, 'Spans to keep per second; 0 means no such target.', {
      min: 0,
    }),
    maxBytesPerSecond: float('max_bytes_per_second', 0, 'Bytes of spans to keep per second; 0 means no such target.', {
      min: 0,
    }),
    keys: list(
      'keys',
      string('', '', ''),
      ['service.name'],
      'Attributes of span or resource whose values share the target fairly; `[]` makes one share of all.',
    ),
    keysMax: uint('keys_max', 200, 'Values that have a share of their own; the rest share one.', { min: 1 }),
    keepErrors: bool('keep_errors', true, 'Traces with a failed span go first.'),
    slowMs: duration('slow', '0s', 'Traces with a span this long go first; 0 means none.'),
    expensive: float('expensive', 0, 'Traces with a call that costs at least this go first; 0 means none.', { min: 0 }),
    ordinaryShare: float('ordinary_share', 0.1, 'Part of the target that ordinary traces keep whatever goes first.', {
      min: 0,
      max: 1,
    }),
    minProbability: float('min_probability', 0, 'Smallest share of a key that is kept, even above a target.', {
      min: 0,
      max: 1,
    }),
    decisionsMax: uint('decisions_max', 100_000, 'Traces whose decision is remembered for their later spans.', {
      min: 2,
    }),
    recordReason: bool('record_reason', true, 'Write why a span was kept as `sampling.reason`.'),
  },
  (config, problems) => {
    if (config.maxTracesPerSecond + config.maxSpansPerSecond + config.maxBytesPerSecond === 0) {
      problems.error([], 'needs a target', 'set max_traces_per_second, max_spans_per_second or max_bytes_per_second')
    }
  },
)

export type AdaptiveSamplerConfig = ConfigOf<typeof adaptiveSamplerConfig>
