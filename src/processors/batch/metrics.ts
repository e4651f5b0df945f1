import type { MetricScope } from '../../telemetry/metrics.ts'

const sizeBounds = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 20000, 30000, 50000,
  100000,
]
const byteBounds = [10, 25, 50, 75, 100, 250, 500, 750, 1e3, 2e3, 3e3, 5e3, 1e4, 5e4, 1e5, 5e5, 1e6, 2e6, 3e6, 5e6, 9e6]

/** The Collector's names. A request is counted by each exporter behind the processor that merges it. */
export function batchMetrics(scope: MetricScope) {
  return {
    sizes: scope.histogram(
      { name: 'otelcol_processor_batch_batch_send_size', description: 'Items in a merged request.', unit: '{items}' },
      sizeBounds,
    ),
    byteSizes: scope.histogram(
      { name: 'otelcol_processor_batch_batch_send_size_bytes', description: 'Bytes in a merged request.', unit: 'By' },
      byteBounds,
    ),
    sizeTriggers: scope.counter({
      name: 'otelcol_processor_batch_batch_size_trigger_send',
      description: 'Requests sent because they were full.',
      unit: '{requests}',
    }),
    timeoutTriggers: scope.counter({
      name: 'otelcol_processor_batch_timeout_trigger_send',
      description: 'Requests sent because their oldest item had waited long enough.',
      unit: '{requests}',
    }),
    observeCardinality: (read: () => number) =>
      scope.observe(
        {
          name: 'otelcol_processor_batch_metadata_cardinality',
          description: 'Combinations of metadata values seen.',
          unit: '{combinations}',
        },
        read,
      ),
  }
}
export type BatchMetrics = ReturnType<typeof batchMetrics>
