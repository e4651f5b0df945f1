import type { StageCompanion } from '../component/component.ts'
import { formatId } from '../component/component.ts'
import { ConsumeError } from '../component/consumer.ts'
import type { StageResult } from '../component/stage-processor.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import type { OwnedScope } from '../telemetry/metric-registry.ts'
import type { Counter } from '../telemetry/metrics.ts'
import { WireError } from '../wire/wire-error.ts'
import type { StagePart, StageStep } from './graph-plan.ts'
import { metricsFor, type Surroundings, settingsFor } from './instance.ts'
import { incomingItems, outgoingItems } from './processor-metrics.ts'

/** Runs a stage on one request, on this thread or on another. */
export interface StageRunner {
  run(batch: OtlpBatch): StageResult | Promise<StageResult>
  /** Frees what it holds. */
  shutdown?(): void
}

/** `contexts` are those of the processors' companions, in order. */
export type MakeRunner = (step: StageStep, contexts: readonly unknown[]) => StageRunner

/** A running stage with what stands beside it on the main thread: counters and companions. */
export class StageInstance {
  readonly step: StageStep
  readonly #runner: StageRunner
  readonly #parts: readonly PartCounts[]

  constructor(step: StageStep, around: Surroundings, makeRunner: MakeRunner) {
    this.step = step
    this.#parts = step.parts.map(part => new PartCounts(part, step, around))
    this.#runner = makeRunner(
      step,
      this.#parts.map(part => part.companion?.context),
    )
  }

  /** Rejects with a permanent refusal where the request is malformed. */
  async run(batch: OtlpBatch): Promise<StageResult> {
    try {
      return await this.#runner.run(batch)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      const reason = error.reason === 'budget' ? 'element_budget' : 'malformed'
      throw new ConsumeError('permanent', `request refused: ${error.message}`, { reason, cause: error })
    }
  }

  /** Counts what the stage did to a request of `itemCount` items. */
  record(itemCount: number, { counts }: StageResult): void {
    let items = itemCount
    counts.forEach(({ dropped, metrics }, i) => {
      this.#parts[i]?.record(items, items - dropped, metrics)
      items -= dropped
    })
  }

  shutdown(): void {
    this.#runner.shutdown?.()
    for (const part of this.#parts) part.shutdown()
  }
}

class PartCounts {
  readonly companion: StageCompanion | undefined
  readonly #scope: OwnedScope
  readonly #incoming: Counter
  readonly #outgoing: Counter
  readonly #byName = new Map<string, Counter>()

  constructor({ id, factory, config }: StagePart, { pipeline }: StageStep, around: Surroundings) {
    const signal: Signal = pipeline.signal
    const place = { key: `processor:${pipeline.id}:${formatId(id)}`, kind: 'processor', id, pipeline } as const
    this.#scope = metricsFor(place, around)
    this.companion = factory.createCompanion?.(config, settingsFor(place, around, this.#scope), signal)
    this.#incoming = this.#scope.counter(incomingItems, { 'otel.signal': signal })
    this.#outgoing = this.#scope.counter(outgoingItems, { 'otel.signal': signal })
  }

  record(incoming: number, outgoing: number, counts: readonly (readonly [name: string, count: number])[]): void {
    this.#incoming.add(incoming)
    this.#outgoing.add(outgoing)
    if (this.companion !== undefined) this.companion.recordCounts(counts)
    else for (const [name, count] of counts) this.#named(name).add(count)
  }

  shutdown(): void {
    this.companion?.shutdown?.()
    this.#scope.release()
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
