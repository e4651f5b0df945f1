import type { Component, ConnectorNext } from '../../component/component.ts'
import { ConsumeError, type Consumer } from '../../component/consumer.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'

/** Hands every batch on as it is, to all pipelines that name it as their receiver. */
export class ForwardConnector implements Component, Consumer {
  readonly #next: ConnectorNext

  constructor(next: ConnectorNext) {
    this.#next = next
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  async consume(batch: OtlpBatch): Promise<void> {
    const next = this.#next.all(batch.signal)
    if (next === undefined) {
      // Only while a reload takes the pipelines behind it away.
      throw new ConsumeError('retryable', `no pipeline takes ${batch.signal} here`, { reason: 'no_pipeline' })
    }
    await next.consume(batch)
  }
}
