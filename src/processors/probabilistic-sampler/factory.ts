import { type ComponentSettings, defineStatelessProcessor, type StageCompanion } from '../../component/component.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import { type ProbabilisticSamplerConfig, probabilisticSamplerConfig } from './config.ts'
import { parseDecisionName } from './decision-counts.ts'
import { LogSampler } from './log-sampler.ts'
import { SpanSampler } from './span-sampler.ts'

export const probabilisticSamplerProcessor = defineStatelessProcessor<ProbabilisticSamplerConfig>({
  type: 'probabilistic_sampler',
  stability: 'beta',
  signals: ['traces', 'logs'],
  summary: 'Keeps a share of traces or log records, consistently, and writes the share down.',
  config: probabilisticSamplerConfig,
  createStage: (config, signal) => (signal === 'logs' ? new LogSampler(config) : new SpanSampler(config)),
  createCompanion: (_config, settings, signal) => decisionMetrics(settings, signal),
})

function decisionMetrics({ metrics }: ComponentSettings, signal: string): StageCompanion {
  const items = signal === 'logs' ? 'logs' : 'traces'
  const description = {
    name: `otelcol_processor_probabilistic_sampler_count_${items}_sampled`,
    description: `Count of ${items} that were sampled or not`,
    unit: `{${items}}`,
  }
  // Asking for a counter by its labels costs more than the decisions on a dozen spans.
  const byName = new Map<string, Counter>()
  const counterOf = (name: string) => {
    let counter = byName.get(name)
    if (counter === undefined) {
      counter = metrics.counter(description, parseDecisionName(name))
      byName.set(name, counter)
    }
    return counter
  }
  return {
    recordCounts(counts) {
      for (const [name, count] of counts) counterOf(name).add(count)
    },
  }
}
