import { type ConfigOf, defineConfig, duration, list, string, uint } from '../../config/declare.ts'

/** The Collector's keys and defaults. */
export const batchConfig = defineConfig(
  {
    timeoutMs: duration('timeout', '200ms', 'Longest time the oldest item waits before a send; 0 sends at once.'),
    sendBatchSize: uint(
      'send_batch_size',
      8192,
      'Items (spans, data points, log records) that trigger a send; 0 sends at once.',
    ),
    sendBatchMaxSize: uint(
      'send_batch_max_size',
      0,
      'Most items in one request, splitting larger ones; 0 means no limit.',
    ),
    metadataKeys: list(
      'metadata_keys',
      string('', ''),
      [],
      'Client metadata whose values are not mixed in one request, and which alone travels on.',
    ),
    metadataCardinalityMax: uint(
      'metadata_cardinality_limit',
      1000,
      'Most combinations of values of metadata_keys; 0 means no limit.',
    ),
  },
  (config, problems) => {
    const { sendBatchSize, sendBatchMaxSize, metadataKeys } = config
    if (sendBatchMaxSize > 0 && sendBatchMaxSize < sendBatchSize) {
      problems.error(
        ['send_batch_max_size'],
        `must be greater or equal to send_batch_size (${sendBatchSize})`,
        'raise it, or write 0 for no limit',
      )
    }
    const seen = new Set<string>()
    for (const [i, key] of metadataKeys.entries()) {
      const name = key.toLowerCase()
      if (seen.has(name)) {
        problems.error(['metadata_keys', i], `duplicate entry in metadata_keys: "${name}" (case-insensitive)`)
      }
      seen.add(name)
    }
  },
)
export type BatchConfig = ConfigOf<typeof batchConfig>
