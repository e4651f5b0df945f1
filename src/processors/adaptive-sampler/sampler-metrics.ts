import type { Counter, Gauge, MetricScope } from '../../telemetry/metrics.ts'
import type { Controller } from './controller.ts'

const probability = {
  name: 'sluice_adaptive_sampler_probability',
  description: 'Share of traces kept, by key and by whether they go first',
  unit: '1',
}
const arriving = {
  name: 'sluice_adaptive_sampler_arriving_traces',
  description: 'Traces arriving per second, by key, each counted for as many as it stands for',
  unit: '{trace}/s',
}
const traces = {
  name: 'sluice_adaptive_sampler_traces',
  description: 'Traces by outcome and by what decided: rate, error, slow, expensive',
  unit: '{trace}',
}
const adjusted = {
  name: 'sluice_adaptive_sampler_adjusted_traces',
  description: 'How many traces the kept ones stand for',
  unit: '{trace}',
}
const spanCount = { name: 'sluice_adaptive_sampler_spans', description: 'Spans by outcome', unit: '{span}' }

/** Why and how much, for whoever looks. Keys are bounded by the controller. */
export class SamplerMetrics {
  readonly #scope: MetricScope
  readonly #controller: Controller
  readonly #gauges = new Map<string, Gauge>()
  readonly #counters = new Map<string, Counter>()
  readonly #adjusted: Counter
  readonly #keptSpans: Counter
  readonly #droppedSpans: Counter

  constructor(scope: MetricScope, controller: Controller) {
    this.#scope = scope
    this.#controller = controller
    this.#adjusted = scope.counter(adjusted)
    this.#keptSpans = scope.counter(spanCount, { sampled: 'true' })
    this.#droppedSpans = scope.counter(spanCount, { sampled: 'false' })
  }

  start(): void {
    this.refresh()
  }

  shutdown(): void {
    this.#gauges.clear()
  }

  trace(isKept: boolean, reason: string, adjustedCount: number): void {
    const name = `${isKept} ${reason}`
    let counter = this.#counters.get(name)
    if (counter === undefined) {
      counter = this.#scope.counter(traces, { sampled: String(isKept), reason })
      this.#counters.set(name, counter)
    }
    counter.add(1)
    if (isKept) this.#adjusted.add(adjustedCount)
  }

  spans(kept: number, dropped: number): void {
    this.#keptSpans.add(kept)
    this.#droppedSpans.add(dropped)
  }

  refresh(): void {
    for (const share of this.#controller.shares()) {
      this.#gauge(probability, share.name, 'ordinary').set(share.ordinary.probability)
      this.#gauge(probability, share.name, 'first').set(share.first.probability)
      this.#gauge(arriving, share.name, 'ordinary').set(share.ordinary.arriving[0]!.perSecond)
      this.#gauge(arriving, share.name, 'first').set(share.first.arriving[0]!.perSecond)
    }
  }

  #gauge(description: typeof probability, key: string, stratum: string): Gauge {
    const name = `${description.name} ${stratum} ${key}`
    let gauge = this.#gauges.get(name)
    if (gauge === undefined) {
      gauge = this.#scope.gauge(description, { key, stratum })
      this.#gauges.set(name, gauge)
    }
    return gauge
  }
}
