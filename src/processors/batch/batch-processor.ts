import type { Component, ComponentSettings } from '../../component/component.ts'
import { ConsumeError, type Consumer } from '../../component/consumer.ts'
import { metadataPartition } from '../../exporter-helper/metadata-partition.ts'
import type { ClientMetadata, MergeRule, OtlpBatch } from '../../pdata/otlp-batch.ts'
import type { BatchConfig } from './config.ts'
import { type BatchMetrics, batchMetrics } from './metrics.ts'

interface Partition {
  readonly rule: MergeRule
  readonly metadata: ClientMetadata | undefined
}

/**
 * Holds nothing: it marks batches with the rule by which the exporters behind it merge them, and its `consume` ends when
 * theirs does. So the sender hears "accepted" when the data is in their journals, and a refusal where it is not.
 */
export class BatchProcessor implements Component, Consumer {
  readonly #config: BatchConfig
  readonly #next: Consumer
  readonly #metrics: BatchMetrics
  readonly #metadataNames: readonly string[]
  readonly #partitions = new Map<string, Partition>()
  readonly #forgetMetrics: () => void

  constructor(config: BatchConfig, settings: ComponentSettings, next: Consumer) {
    this.#config = config
    this.#next = next
    this.#metadataNames = config.metadataKeys.map(name => name.toLowerCase())
    this.#metrics = batchMetrics(settings.metrics)
    this.#forgetMetrics = this.#metrics.observeCardinality(() => this.#partitions.size)
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.#forgetMetrics()
  }

  consume(batch: OtlpBatch): Promise<void> {
    let partition: Partition
    try {
      partition = this.#partitionOf(batch)
    } catch (error) {
      return Promise.reject(error)
    }
    const { signal, bytes, itemCount, memory } = batch
    const merge = partition.rule
    const { metadata } = partition
    return this.#next.consume(
      metadata === undefined
        ? { signal, bytes, itemCount, merge, memory }
        : { signal, bytes, itemCount, merge, metadata, memory },
    )
  }

  #partitionOf(batch: OtlpBatch): Partition {
    const { key, metadata } = metadataPartition(this.#metadataNames, batch.metadata)
    let partition = this.#partitions.get(key)
    if (partition === undefined) {
      const { metadataCardinalityMax } = this.#config
      if (metadataCardinalityMax > 0 && this.#partitions.size >= metadataCardinalityMax) {
        throw new ConsumeError('permanent', 'too many batcher metadata-value combinations', {
          reason: 'metadata_cardinality',
        })
      }
      partition = { rule: this.#createRule(), metadata }
      this.#partitions.set(key, partition)
    }
    return partition
  }

  #createRule(): MergeRule {
    const { timeoutMs, sendBatchSize, sendBatchMaxSize } = this.#config
    const metrics = this.#metrics
    // Either being 0 means that nothing waits: a request goes as it came, but is still cut to the maximum.
    const isImmediate = timeoutMs === 0 || sendBatchSize === 0
    return {
      timeoutMs: isImmediate ? 0 : timeoutMs,
      sizer: 'items',
      sizeMin: isImmediate ? 1 : sendBatchSize,
      sizeMax: sendBatchMaxSize,
      onSend(trigger, itemCount, byteCount) {
        metrics.sizes.record(itemCount)
        metrics.byteSizes.record(byteCount)
        if (trigger === 'size') metrics.sizeTriggers.add(1)
        else metrics.timeoutTriggers.add(1)
      },
    }
  }
}
