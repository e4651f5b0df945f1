import type { ComponentSettings, ReceiverNext } from '../component/component.ts'
import { formatId } from '../component/component.ts'
import { acceptedAtOnce, asConsumeError, ConsumeError } from '../component/consumer.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import type { Counter, Labels } from '../telemetry/metrics.ts'
import type { Refusal } from './refusal.ts'

/** Nouns of the Collector's metric names. */
const itemNouns: Record<Signal, string> = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
  profiles: 'profile_samples',
}

interface ItemCounters {
  readonly accepted: Counter
  readonly refused: Counter
}

/**
 * The way from a receiver into its pipelines: every item is written into the ledger and counted as accepted or refused,
 * under the Collector's names. One for each receiver and transport.
 */
export class Intake {
  readonly #settings: ComponentSettings
  readonly #next: ReceiverNext
  readonly #labels: Labels
  readonly #items = new Map<Signal, ItemCounters>()
  readonly #refusedRequests = new Map<string, Counter>()

  /** `transport` is the label's value: `grpc`, `http`, `udp`. */
  constructor(settings: ComponentSettings, next: ReceiverNext, transport: string) {
    this.#settings = settings
    this.#next = next
    this.#labels = { receiver: formatId(settings.id), transport }
  }

  /** Whether any pipeline takes this signal now. */
  takes(signal: Signal): boolean {
    return this.#next.get(signal) !== undefined
  }

  /**
   * Gives a request to the pipelines; its bytes must not change afterwards. Resolves when the sender may be told that it
   * was accepted, rejects with `ConsumeError`. A request without items is a success that nobody needs to hear of.
   * Its memory comes with it where the caller is the only user and gives it away. `acceptedAtOnce` where all of it is done
   * already.
   */
  take(batch: OtlpBatch): Promise<void> {
    const { signal, itemCount } = batch
    if (itemCount === 0) return acceptedAtOnce
    this.#settings.ledger.received(signal, itemCount)
    let consumed: Promise<void>
    try {
      const consumer = this.#next.get(signal)
      // A reload took the pipeline away while the body came in: the next try is told so by its path.
      if (consumer === undefined) {
        throw new ConsumeError('retryable', `no pipeline takes ${signal} any more`, { reason: 'pipeline_gone' })
      }
      consumed = consumer.consume(batch)
    } catch (error) {
      return Promise.reject(this.#refused(signal, itemCount, error))
    }
    if (consumed !== acceptedAtOnce) return this.#taken(signal, itemCount, consumed)
    this.#countersOf(signal).accepted.add(itemCount)
    return acceptedAtOnce
  }

  async #taken(signal: Signal, itemCount: number, consumed: Promise<void>): Promise<void> {
    try {
      await consumed
    } catch (error) {
      throw this.#refused(signal, itemCount, error)
    }
    this.#countersOf(signal).accepted.add(itemCount)
  }

  #refused(signal: Signal, itemCount: number, error: unknown): ConsumeError {
    const refusal = asConsumeError(error)
    this.#settings.ledger.rejected(signal, refusal.reason, itemCount)
    this.#countersOf(signal).refused.add(itemCount)
    return refusal
  }

  /** Counts a request that was answered with anything but success; the log hears of each reason once. */
  countRefusal({ reason, message, cause }: Refusal): void {
    const { logger } = this.#settings
    let counter = this.#refusedRequests.get(reason)
    if (counter === undefined) {
      counter = this.#refusedCounter(reason)
      this.#refusedRequests.set(reason, counter)
      // The pipeline says for itself why it refuses.
      if (reason !== 'internal_error' && !(cause instanceof ConsumeError)) {
        const { transport } = this.#labels
        const text = 'Refused a request; further ones for this reason are only counted'
        logger.warn(text, { transport, reason, error: message })
      }
    }
    if (reason === 'internal_error') logger.error('A request failed', { error: cause })
    counter.add(1)
  }

  #refusedCounter(reason: string): Counter {
    return this.#settings.metrics.counter(
      {
        name: 'otelcol_receiver_refused_requests',
        description: 'Number of requests that were answered with anything but success, by reason.',
        unit: '{requests}',
      },
      { ...this.#labels, reason },
    )
  }

  #countersOf(signal: Signal): ItemCounters {
    let counters = this.#items.get(signal)
    if (counters === undefined) {
      const noun = itemNouns[signal]
      const { metrics } = this.#settings
      const describe = (outcome: string, description: string) =>
        metrics.counter(
          { name: `otelcol_receiver_${outcome}_${noun}`, description, unit: `{${noun.replace('_', ' ')}}` },
          this.#labels,
        )
      const words = noun.replace('_', ' ')
      counters = {
        accepted: describe('accepted', `Number of ${words} successfully pushed into the pipeline.`),
        refused: describe('refused', `Number of ${words} that could not be pushed into the pipeline.`),
      }
      this.#items.set(signal, counters)
    }
    return counters
  }
}
