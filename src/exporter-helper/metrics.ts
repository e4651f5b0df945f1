import type { Signal } from '../pdata/otlp-batch.ts'
import type { MetricDescription, MetricScope } from '../telemetry/metrics.ts'

const suffixes: Record<Signal, readonly [name: string, noun: string]> = {
  traces: ['spans', 'spans'],
  metrics: ['metric_points', 'metric points'],
  logs: ['log_records', 'log records'],
  profiles: ['profiles', 'profiles'],
}

const countBounds = [10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000]
const byteBounds = [1e3, 1e4, 1e5, 5e5, 1e6, 2e6, 4e6, 8e6, 16e6]

const describe = (name: string, description: string, unit: string): MetricDescription => ({ name, description, unit })

/** The Collector's exporter metrics for one signal, and what is ours beside them. */
export function exporterMetrics(scope: MetricScope, signal: Signal) {
  const [suffix, noun] = suffixes[signal]
  const labels = { data_type: signal }
  const items = (what: string, description: string) =>
    scope.counter(describe(`otelcol_exporter_${what}_${suffix}`, `Number of ${noun} ${description}`, `{${noun}}`))
  return {
    sent: items('sent', 'successfully sent to the destination.'),
    sendFailed: items('send_failed', 'in failed attempts to send to the destination.'),
    enqueueFailed: items('enqueue_failed', 'failed to be added to the sending queue.'),
    batchSize: scope.histogram(
      describe('otelcol_exporter_queue_batch_send_size', 'Items in the requests sent.', '{items}'),
      countBounds,
      labels,
    ),
    batchSizeBytes: scope.histogram(
      describe('otelcol_exporter_queue_batch_send_size_bytes', 'Bytes in the requests sent, uncompressed.', 'By'),
      byteBounds,
      labels,
    ),
    retries: scope.counter(
      describe('sluice_exporter_retries', 'Attempts after the first one of a request.', '{attempts}'),
      labels,
    ),
    splits: scope.counter(
      describe(
        'sluice_exporter_splits',
        'Requests cut in two because the backend found them too large, or something in them wrong.',
        '{requests}',
      ),
      labels,
    ),
    observeQueue(read: { size(): number; capacity(): number; inFlight(): number }): () => void {
      const removals = [
        scope.observe(
          describe(
            'otelcol_exporter_queue_size',
            'Current size of the sending queue, in units of its sizer.',
            '{units}',
          ),
          read.size,
          labels,
        ),
        scope.observe(
          describe('otelcol_exporter_queue_capacity', 'Room of the sending queue, in units of its sizer.', '{units}'),
          read.capacity,
          labels,
        ),
        scope.observe(
          describe('otelcol_exporter_in_flight_requests', 'Requests under way to the destination.', '{requests}'),
          read.inFlight,
          labels,
        ),
      ]
      return () => {
        for (const remove of removals) remove()
      }
    },
  }
}
export type ExporterMetrics = ReturnType<typeof exporterMetrics>
