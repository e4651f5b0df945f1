import type { Consumer } from '../component/consumer.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import type { Counter, MetricDescription, MetricScope } from '../telemetry/metrics.ts'

export const incomingItems: MetricDescription = {
  name: 'otelcol_processor_incoming_items',
  description: 'Number of items passed to the processor',
  unit: '{items}',
}
export const outgoingItems: MetricDescription = {
  name: 'otelcol_processor_outgoing_items',
  description: 'Number of items emitted from the processor',
  unit: '{items}',
}

/** Counts what enters a processor, whatever becomes of it. */
export function countIncoming(consumer: Consumer, scope: MetricScope, signal: Signal): Consumer {
  return new CountedConsumer(consumer, scope.counter(incomingItems, { 'otel.signal': signal }))
}

/** Counts what a processor gives to the next consumer. */
export function countOutgoing(consumer: Consumer, scope: MetricScope, signal: Signal): Consumer {
  return new CountedConsumer(consumer, scope.counter(outgoingItems, { 'otel.signal': signal }))
}

class CountedConsumer implements Consumer {
  readonly #consumer: Consumer
  readonly #counter: Counter

  constructor(consumer: Consumer, counter: Counter) {
    this.#consumer = consumer
    this.#counter = counter
  }

  consume(batch: OtlpBatch): Promise<void> {
    this.#counter.add(batch.itemCount)
    return this.#consumer.consume(batch)
  }
}
