import type { Component, ComponentSettings, ConnectorNext } from '../../component/component.ts'
import { asConsumeError, ConsumeError, type Consumer } from '../../component/consumer.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import type { CountConfig } from './config.ts'
import { CountWalk } from './count-walk.ts'

/** Makes metrics that say how many items went by. The items themselves end here. */
export class CountConnector implements Component, Consumer {
  readonly #config: CountConfig
  readonly #settings: ComponentSettings
  readonly #next: ConnectorNext
  readonly #walks = new Map<Signal, CountWalk>()
  readonly #errors: Counter

  constructor(config: CountConfig, settings: ComponentSettings, next: ConnectorNext) {
    this.#config = config
    this.#settings = settings
    this.#next = next
    this.#errors = settings.metrics.counter({
      name: 'sluice_count_condition_errors',
      description: 'Conditions that could not be evaluated for an item.',
      unit: '{errors}',
    })
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  async consume(batch: OtlpBatch): Promise<void> {
    const { ledger } = this.#settings
    const next = this.#next.all('metrics')
    if (next === undefined) {
      throw new ConsumeError('retryable', 'no pipeline takes metrics here', { reason: 'no_pipeline' })
    }
    const counted = this.#walk(batch.signal).count(batch, this.#nowNs())
    if (counted !== undefined) {
      const { bytes, pointCount } = counted
      ledger.received('metrics', pointCount)
      try {
        await next.consume({ signal: 'metrics', bytes, itemCount: pointCount })
      } catch (error) {
        const refusal = asConsumeError(error)
        ledger.rejected('metrics', refusal.reason, pointCount)
        throw refusal
      }
    }
    // What was counted has reached its end.
    ledger.exported(batch.signal, batch.itemCount)
  }

  #walk(signal: Signal): CountWalk {
    const known = this.#walks.get(signal)
    if (known !== undefined) return known
    const walk = new CountWalk(signal, this.#config, () => this.#errors.add(1))
    this.#walks.set(signal, walk)
    return walk
  }

  #nowNs(): bigint {
    return BigInt(Math.round(this.#settings.clock.wallMs())) * 1_000_000n
  }
}
