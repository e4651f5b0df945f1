import {
  bool,
  byteSize,
  type ConfigOf,
  componentRef,
  defineConfig,
  duration,
  float,
  list,
  oneOf,
  optional,
  section,
  string,
  uint,
} from '../declare.ts'
import { durabilityLevels } from '../durability.ts'

/** How failed requests are tried again. */
export const retryConfig = defineConfig(
  {
    enabled: bool('enabled', true, 'Try failed requests again.'),
    initialIntervalMs: duration('initial_interval', '5s', 'Wait before the first retry.'),
    randomizationFactor: float('randomization_factor', 0.5, 'Spread of each wait, as a share of it.', {
      min: 0,
      max: 1,
    }),
    multiplier: float('multiplier', 1.5, 'Growth of the wait from retry to retry.', { min: 0 }),
    maxIntervalMs: duration('max_interval', '30s', 'Longest wait.'),
    maxElapsedTimeMs: duration('max_elapsed_time', '5m', 'Give a request up after that time; 0 means never.'),
  },
  (config, problems) => {
    const { enabled, initialIntervalMs, maxIntervalMs, maxElapsedTimeMs } = config
    if (!enabled || maxElapsedTimeMs === 0) return
    if (maxElapsedTimeMs < initialIntervalMs) {
      problems.error(['max_elapsed_time'], 'must not be below initial_interval', 'raise it, or write 0 for no limit')
    } else if (maxElapsedTimeMs < maxIntervalMs) {
      problems.error(['max_elapsed_time'], 'must not be below max_interval', 'lower max_interval as well')
    }
  },
)
export type RetryConfig = ConfigOf<typeof retryConfig>

const partitionConfig = defineConfig({
  metadataKeys: list(
    'metadata_keys',
    string('', ''),
    [],
    'Batches hold items of one combination of these metadata keys.',
  ),
})

const queueBatchConfig = defineConfig(
  {
    flushTimeoutMs: duration('flush_timeout', '200ms', 'Longest time the oldest item waits before a send.'),
    minSize: uint('min_size', 8192, 'Size that triggers a send, in units of sizer.'),
    maxSize: uint('max_size', 0, 'Largest request, in units of sizer; 0 means no split.'),
    sizer: oneOf(
      'sizer',
      ['items', 'bytes', 'requests', ''],
      '',
      'Unit of the sizes; empty takes that of the queue, else items.',
    ),
    partition: section('partition', partitionConfig, 'What must not be mixed in one request.'),
  },
  (config, problems) => {
    if (config.maxSize !== 0 && config.maxSize < config.minSize) {
      problems.error(['max_size'], `must be 0 (no limit) or at least min_size (${config.minSize})`)
    }
  },
)

const policies = ['refuse', 'drop_oldest', 'drop_newest'] as const

const queueLimitsConfig = defineConfig({
  bytes: section(
    'bytes',
    defineConfig({
      max: byteSize(
        'max',
        0,
        'Most bytes; 0 means: in memory a quarter of the memory, 256 MiB at most; on disk no limit.',
      ),
      policy: oneOf('policy', policies, 'refuse', 'What happens to a batch for which there is no room.'),
    }),
    'Limit by bytes.',
  ),
  items: section(
    'items',
    defineConfig({
      max: uint('max', 0, 'Most items; 0 means no limit.'),
      policy: oneOf('policy', policies, 'refuse', 'What happens to a batch for which there is no room.'),
    }),
    'Limit by spans, data points, log records.',
  ),
  age: section(
    'age',
    defineConfig({
      max: duration('max', '0s', 'Longest time that a batch waits; 0 means no limit.'),
      policy: oneOf(
        'policy',
        policies,
        'drop_oldest',
        'drop_oldest drops what is older; the others concern new batches.',
      ),
    }),
    'Limit by age.',
  ),
})

export interface QueueDefaults {
  readonly enabled?: boolean
  readonly queueSize?: number
  readonly numConsumers?: number
}

/** `sending_queue`, with the defaults of one exporter. */
function queueConfigWith(defaults: QueueDefaults) {
  return defineConfig(
    {
      enabled: bool('enabled', defaults.enabled ?? true, 'Put requests into a queue and answer the sender at once.'),
      numConsumers: uint('num_consumers', defaults.numConsumers ?? 10, 'Most requests under way at once.', { min: 1 }),
      queueSize: uint('queue_size', defaults.queueSize ?? 1000, 'Room of the queue, in units of sizer.', { min: 1 }),
      sizer: oneOf('sizer', ['requests', 'items', 'bytes'], 'requests', 'Unit of queue_size.'),
      blockOnOverflow: bool(
        'block_on_overflow',
        false,
        'Let the sender wait for room rather than refuse. For bytes that no key limits it waits up to a second in any case.',
        {
          formerly: ['blocking'],
        },
      ),
      waitForResult: bool('wait_for_result', false, "Answer the sender only with the backend's answer."),
      storage: componentRef('storage', undefined, 'Id of a storage extension: the queue survives restarts.'),
      batch: optional('batch', queueBatchConfig, 'Merge requests before they are sent.'),
      overflow: oneOf('overflow', policies, 'refuse', 'What happens where queue_size leaves no room: Sluice only.'),
      limits: section('limits', queueLimitsConfig, 'Limits beside queue_size: Sluice only.'),
      durability: oneOf(
        'durability',
        durabilityLevels,
        '',
        'When the sender is told "accepted": in memory, written (survives kill -9), synced (survives loss of power), or ' +
          'delivered. Empty means process with storage, node where the storage has fsync, else memory. Sluice only.',
      ),
      deadLetters: bool(
        'dead_letters',
        true,
        'With storage: keep what the backend refuses for good in a file. Sluice only.',
      ),
    },
    (config, problems) => {
      if (config.waitForResult && config.storage !== undefined) {
        problems.error(['wait_for_result'], 'cannot be true together with storage', 'choose one')
      }
      if ((config.durability === 'process' || config.durability === 'node') && config.storage === undefined) {
        problems.error(['durability'], `${config.durability} needs storage`, 'name a file_storage extension in storage')
      }
      const { batch } = config
      if (batch === undefined || config.sizer === 'requests') return
      const sameUnit = batch.sizer === '' || batch.sizer === config.sizer
      if (sameUnit && batch.minSize > config.queueSize) {
        problems.error(['batch', 'min_size'], `must not be above queue_size (${config.queueSize})`, 'raise queue_size')
      }
    },
  )
}

export const queueConfig = queueConfigWith({})
export type QueueConfig = ConfigOf<typeof queueConfig>

export interface ExporterDefaults extends QueueDefaults {
  readonly timeout?: string
}

/**
 * `timeout`, `retry_on_failure` and `sending_queue`, to be spread into an exporter's shape. Exporters over HTTP take
 * `timeout` from `httpClientShape` and spread only `queueShape`.
 */
export function queueShape(defaults: ExporterDefaults = {}) {
  return {
    retry: section('retry_on_failure', retryConfig, 'How failed requests are tried again.'),
    queue: section('sending_queue', queueConfigWith(defaults), 'The queue in front of the backend.'),
    durability: oneOf('durability', durabilityLevels, '', 'Short for sending_queue.durability. Sluice only.'),
  } as const
}

export function timeoutShape(timeout = '5s') {
  return { timeoutMs: duration('timeout', timeout, 'Longest time for one attempt; 0 means no limit.') } as const
}
