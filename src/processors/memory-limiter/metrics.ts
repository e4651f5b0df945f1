import type { Signal } from '../../pdata/otlp-batch.ts'
import type { Counter, MetricScope } from '../../telemetry/metrics.ts'

const nouns: Readonly<Record<Signal, readonly [name: string, text: string]>> = {
  traces: ['spans', 'spans'],
  metrics: ['metric_points', 'metric points'],
  logs: ['log_records', 'log records'],
  profiles: ['profiles', 'profiles'],
}

export interface MemoryLimiterMetrics {
  readonly accepted: Counter
  readonly refused: Counter
}

export function memoryLimiterMetrics(scope: MetricScope, signal: Signal): MemoryLimiterMetrics {
  const [name, text] = nouns[signal]
  const counter = (verb: string, description: string) =>
    scope.counter({ name: `otelcol_processor_memory_limiter_${verb}_${name}`, description, unit: `{${name}}` })
  return {
    accepted: counter('accepted', `Number of ${text} passed to the next component`),
    refused: counter('refused', `Number of ${text} refused because memory is short; the sender may come again`),
  }
}

export function observeMemory(scope: MetricScope, usedBytes: () => number, softBytes: number): () => void {
  const removals = [
    scope.observe(
      { name: 'sluice_memory_limiter_used_bytes', description: 'Memory in use at the last check', unit: 'By' },
      usedBytes,
    ),
    scope.observe(
      {
        name: 'sluice_memory_limiter_soft_limit_bytes',
        description: 'Above this much everything is refused',
        unit: 'By',
      },
      () => softBytes,
    ),
  ]
  return () => {
    for (const remove of removals) remove()
  }
}
