import type { Timer } from '../../clock/clock.ts'
import type { Component, ComponentSettings, ConnectorNext } from '../../component/component.ts'
import { asConsumeError, ConsumeError, type Consumer } from '../../component/consumer.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import type { CostConnectorConfig } from './config.ts'
import { type MetricsRequest, MetricsWriter } from './metrics-writer.ts'
import { SpendCollector } from './spend-collector.ts'

/**
 * Sums what spans cost and sends it on as metrics at every interval. The spans end here; whoever wants them lists another
 * exporter beside this one. Metrics that the pipeline behind refuses wait for the next interval, and no others are made
 * before they are gone: what comes in meanwhile is in the sums.
 */
export class CostConnector implements Component, Consumer {
  readonly #settings: ComponentSettings
  readonly #next: ConnectorNext
  readonly #collector: SpendCollector
  readonly #writer: MetricsWriter
  readonly #flushMs: number
  readonly #removeHold: () => void
  readonly #removeGauge: () => void
  #waiting: MetricsRequest | undefined
  #timer: Timer | undefined
  #flushing: Promise<void> | undefined

  constructor(config: CostConnectorConfig, settings: ComponentSettings, next: ConnectorNext) {
    this.#settings = settings
    this.#next = next
    this.#flushMs = config.flushMs
    this.#collector = new SpendCollector(config, this.#nowNs())
    this.#writer = new MetricsWriter(config)
    this.#removeHold = settings.ledger.holds(signal => (signal === 'metrics' ? (this.#waiting?.pointCount ?? 0) : 0))
    this.#removeGauge = settings.metrics.observe(
      {
        name: 'sluice_cost_connector_series',
        description: 'Combinations of labels that are summed.',
        unit: '{series}',
      },
      () => this.#collector.seriesCount,
    )
  }

  async start(): Promise<void> {
    this.#timer ??= this.#settings.clock.every(this.#flushMs, () => void this.#flush())
  }

  async shutdown(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#flush()
    // What waited is gone, or will never go: then the sums behind it get their one try.
    await this.#flush()
    const lost = this.#waiting
    if (lost !== undefined) {
      this.#waiting = undefined
      this.#settings.ledger.dropped('metrics', 'shutdown', lost.pointCount)
      this.#settings.logger.warn('cost metrics were not taken before the end', { data_points: lost.pointCount })
    }
    this.#removeHold()
    this.#removeGauge()
  }

  async consume(batch: OtlpBatch): Promise<void> {
    this.#collector.add(batch.bytes, this.#settings.clock.nowMs())
    this.#settings.ledger.exported('traces', batch.itemCount)
  }

  /** One at a time; never rejects. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#send().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #send(): Promise<void> {
    const { ledger, logger } = this.#settings
    const request = this.#waiting ?? this.#take()
    if (request === undefined) return
    this.#waiting = undefined
    try {
      const next = this.#next.all('metrics')
      if (next === undefined) {
        throw new ConsumeError('retryable', 'no pipeline takes metrics here', { reason: 'no_pipeline' })
      }
      await next.consume({ signal: 'metrics', bytes: request.bytes, itemCount: request.pointCount })
    } catch (error) {
      const refusal = asConsumeError(error)
      if (refusal.kind !== 'permanent') {
        this.#waiting = request
        return
      }
      ledger.dropped('metrics', refusal.reason, request.pointCount)
      logger.warn('cost metrics were refused for good', { reason: refusal.reason, error: refusal.message })
    }
  }

  /** What the interval has cost, as metrics; the next one begins. */
  #take(): MetricsRequest | undefined {
    const timeNs = this.#nowNs()
    const request = this.#writer.write(this.#collector.series, timeNs)
    this.#collector.startInterval(timeNs, this.#settings.clock.nowMs())
    if (request !== undefined) this.#settings.ledger.received('metrics', request.pointCount)
    return request
  }

  #nowNs(): bigint {
    return BigInt(Math.round(this.#settings.clock.wallMs())) * 1_000_000n
  }
}
