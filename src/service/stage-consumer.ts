import type { Consumer } from '../component/consumer.ts'
import { type OtlpBatch, replaceBytes } from '../pdata/otlp-batch.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import type { StageInstance } from './stage-instance.ts'

/** Gives every batch through a stage to the next consumer, and counts what the stage did once that accepted the rest. */
export class StageConsumer implements Consumer {
  readonly #stage: StageInstance
  readonly #next: Consumer
  readonly #ledger: Ledger

  constructor(stage: StageInstance, next: Consumer, ledger: Ledger) {
    this.#stage = stage
    this.#next = next
    this.#ledger = ledger
  }

  async consume(batch: OtlpBatch): Promise<void> {
    const result = await this.#stage.run(batch)
    const left = replaceBytes(batch, result.bytes, result.itemCount, result.memory)
    if (left.itemCount > 0) await this.#next.consume(left)
    this.#stage.record(batch.itemCount, result)
    for (const { dropReason, dropped } of result.counts) this.#ledger.dropped(batch.signal, dropReason, dropped)
  }
}
