import { type Clock, sleep } from '../../clock/clock.ts'
import { asConsumeError, type Consumer } from '../../component/consumer.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import type { Ledger } from '../../telemetry/ledger.ts'
import type { Logger } from '../../telemetry/logger.ts'

const retryMsMin = 100
const retryMsMax = 5_000

/**
 * Decided spans on their way to the next consumer. Their senders were answered long ago, so a refusal that may pass is
 * waited out here, in order; what is refused for good is dropped and counted.
 */
export class Outbox {
  readonly #next: Consumer
  readonly #clock: Clock
  readonly #ledger: Ledger
  readonly #logger: Logger
  readonly #batches: OtlpBatch[] = []
  readonly #stop = new AbortController()
  #items = 0
  #bytes = 0
  #running: Promise<void> | undefined
  #isStuck = false

  constructor(next: Consumer, clock: Clock, ledger: Ledger, logger: Logger) {
    this.#next = next
    this.#clock = clock
    this.#ledger = ledger
    this.#logger = logger
  }

  get itemCount(): number {
    return this.#items
  }

  get heldBytes(): number {
    return this.#bytes
  }

  /** The batch must have its bytes' memory for itself. */
  add(batch: OtlpBatch): void {
    const { bytes } = batch
    this.#batches.push({ ...batch, memory: BatchMemory.of(bytes, bytes.buffer.byteLength) })
    this.#items += batch.itemCount
    this.#bytes += batch.bytes.length
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Sends what there is until `deadlineMs`; the rest is dropped and counted. */
  async shutdown(deadlineMs: number): Promise<void> {
    const timer = this.#clock.after(Math.max(0, deadlineMs - this.#clock.nowMs()), () => this.#stop.abort())
    await this.#running
    timer.cancel()
    for (const batch of this.#batches.splice(0)) this.#settle(batch, 'shutdown')
  }

  async #run(): Promise<void> {
    let waitMs = retryMsMin
    while (this.#batches.length > 0 && !this.#stop.signal.aborted) {
      const batch = this.#batches[0]!
      try {
        // One hold stays here, for another attempt.
        batch.memory?.share(2)
        await this.#next.consume(batch)
        this.#batches.shift()
        this.#settle(batch, undefined)
        waitMs = retryMsMin
        if (this.#isStuck) this.#logger.info('sampled spans flow again')
        this.#isStuck = false
      } catch (error) {
        const refusal = asConsumeError(error)
        if (refusal.kind === 'permanent') {
          this.#batches.shift()
          this.#settle(batch, refusal.reason)
          this.#logger.error('sampled spans were refused for good', { reason: refusal.reason, spans: batch.itemCount })
          continue
        }
        if (!this.#isStuck) this.#logger.warn('sampled spans are refused, they wait', { reason: refusal.reason })
        this.#isStuck = true
        await sleep(this.#clock, Math.max(refusal.retryDelayMs ?? 0, waitMs), this.#stop.signal)
        waitMs = Math.min(waitMs * 2, retryMsMax)
      }
    }
  }

  #settle(batch: OtlpBatch, dropReason: string | undefined): void {
    this.#items -= batch.itemCount
    this.#bytes -= batch.bytes.length
    batch.memory?.release(batch.bytes)
    if (dropReason !== undefined) this.#ledger.dropped('traces', dropReason, batch.itemCount)
  }
}
