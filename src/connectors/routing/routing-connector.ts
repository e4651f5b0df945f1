import type { Component, ComponentSettings, ConnectorNext } from '../../component/component.ts'
import { asConsumeError, ConsumeError, type Consumer } from '../../component/consumer.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import type { RoutingConfig } from './config.ts'
import { Router } from './router.ts'

/** One batch for one pipeline. */
interface Delivery {
  readonly pipelineId: string
  readonly batch: OtlpBatch
}

const urgency = { overloaded: 2, retryable: 1, permanent: 0 }

/** Sends each item to the pipelines of the first row that matches it, else to the default pipelines. */
export class RoutingConnector implements Component, Consumer {
  readonly #config: RoutingConfig
  readonly #settings: ComponentSettings
  readonly #next: ConnectorNext
  readonly #routers = new Map<Signal, Router>()
  readonly #errors: Counter

  constructor(config: RoutingConfig, settings: ComponentSettings, next: ConnectorNext) {
    this.#config = config
    this.#settings = settings
    this.#next = next
    this.#errors = settings.metrics.counter({
      name: 'sluice_routing_condition_errors',
      description: 'Conditions that could not be evaluated for an item.',
      unit: '{errors}',
    })
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  /**
   * Accepts when every pipeline that got a part accepted it. Otherwise it refuses as a whole, with the refusal that lets
   * the data arrive where it still can; parts that were accepted may come again, and count as copies.
   */
  async consume(batch: OtlpBatch): Promise<void> {
    const { ledger } = this.#settings
    const deliveries: Delivery[] = []
    const { parts, untakenCount } = this.#router(batch.signal).route(batch)
    for (const part of parts) {
      const ids = this.#config.table[part.row]?.pipelines ?? this.#config.defaultPipelines
      for (const pipelineId of ids) deliveries.push({ pipelineId, batch: part.batch })
    }
    // Parts that are the batch itself share its memory.
    batch.memory?.share(deliveries.filter(delivery => delivery.batch === batch).length)
    const unroutedCount = this.#config.defaultPipelines.length === 0 ? untakenCount : 0
    const routedCount = batch.itemCount - unroutedCount
    const { acceptedCount, refusals } = await this.#deliver(deliveries)
    if (refusals.length > 0) {
      ledger.copied(batch.signal, acceptedCount)
      throw refusals.reduce((worst, refusal) => (urgency[refusal.kind] > urgency[worst.kind] ? refusal : worst))
    }
    ledger.copied(batch.signal, acceptedCount - routedCount)
    ledger.dropped(batch.signal, 'no_route', unroutedCount)
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<{ acceptedCount: number; refusals: ConsumeError[] }> {
    const refusals: ConsumeError[] = []
    let acceptedCount = 0
    await Promise.all(
      deliveries.map(async ({ pipelineId, batch }) => {
        try {
          const next = this.#next.get(pipelineId)
          if (next === undefined) throw notJoined(pipelineId)
          await next.consume(batch)
          acceptedCount += batch.itemCount
        } catch (error) {
          refusals.push(asConsumeError(error))
        }
      }),
    )
    return { acceptedCount, refusals }
  }

  #router(signal: Signal): Router {
    const known = this.#routers.get(signal)
    if (known !== undefined) return known
    const router = new Router(signal, this.#config, () => this.#errors.add(1))
    this.#routers.set(signal, router)
    return router
  }
}

function notJoined(pipelineId: string): ConsumeError {
  const message = `the pipeline ${pipelineId} is not there, or does not name this connector among its receivers`
  return new ConsumeError('retryable', message, { reason: 'no_pipeline' })
}
