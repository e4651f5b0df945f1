import type { ComponentId } from '../component/component.ts'
import { formatId } from '../component/component.ts'
import { ConsumeError, type Consumer } from '../component/consumer.ts'
import type { StageResult } from '../component/stage-processor.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import type { MetricRegistry } from '../telemetry/metric-registry.ts'
import type { Counter, MetricScope } from '../telemetry/metrics.ts'
import { WireError } from '../wire/wire-error.ts'
import { incomingItems, outgoingItems } from './processor-metrics.ts'

/** Runs a stage on one request, here or elsewhere. */
export interface StageRunner {
  run(batch: OtlpBatch): StageResult | Promise<StageResult>
}

/** What a stage belongs to, for its counters. */
export interface StagePlace {
  readonly pipelineId: string
  readonly signal: Signal
  readonly processors: readonly ComponentId[]
}

/** Gives every batch through a stage to the next consumer, and counts what the stage did once that accepted the rest. */
export class StageConsumer implements Consumer {
  readonly #runner: StageRunner
  readonly #next: Consumer
  readonly #ledger: Ledger
  readonly #counters: readonly ProcessorCounters[]

  constructor(
    runner: StageRunner,
    place: StagePlace,
    next: Consumer,
    around: { ledger: Ledger; registry: MetricRegistry },
  ) {
    this.#runner = runner
    this.#next = next
    this.#ledger = around.ledger
    this.#counters = place.processors.map(id => {
      const scope = around.registry.scope({ processor: formatId(id), pipeline: place.pipelineId })
      return new ProcessorCounters(scope, place.signal)
    })
  }

  async consume(batch: OtlpBatch): Promise<void> {
    const result = await this.#run(batch)
    if (result.itemCount > 0) {
      const isSame = result.bytes === batch.bytes
      await this.#next.consume(isSame ? batch : { ...batch, bytes: result.bytes, itemCount: result.itemCount })
    }
    let itemCount = batch.itemCount
    result.counts.forEach((counts, i) => {
      this.#counters[i]?.count(itemCount, itemCount - counts.dropped, counts.metrics)
      itemCount -= counts.dropped
      this.#ledger.dropped(batch.signal, counts.dropReason, counts.dropped)
    })
  }

  async #run(batch: OtlpBatch): Promise<StageResult> {
    try {
      return await this.#runner.run(batch)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      throw new ConsumeError('permanent', `malformed request: ${error.message}`, { reason: 'malformed', cause: error })
    }
  }
}

class ProcessorCounters {
  readonly #scope: MetricScope
  readonly #incoming: Counter
  readonly #outgoing: Counter
  readonly #byName = new Map<string, Counter>()

  constructor(scope: MetricScope, signal: Signal) {
    this.#scope = scope
    this.#incoming = scope.counter(incomingItems, { 'otel.signal': signal })
    this.#outgoing = scope.counter(outgoingItems, { 'otel.signal': signal })
  }

  count(incoming: number, outgoing: number, more: readonly (readonly [name: string, count: number])[]): void {
    this.#incoming.add(incoming)
    this.#outgoing.add(outgoing)
    for (const [name, count] of more) this.#named(name).add(count)
  }

  #named(name: string): Counter {
    let counter = this.#byName.get(name)
    if (counter === undefined) {
      counter = this.#scope.counter({ name, description: 'Counted by the processor, see its README', unit: '1' })
      this.#byName.set(name, counter)
    }
    return counter
  }
}
