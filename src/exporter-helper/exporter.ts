import { existsSync } from 'node:fs'
import type { Component, ComponentSettings, Deadline } from '../component/component.ts'
import type { Consumer } from '../component/consumer.ts'
import type { QueueConfig, RetryConfig } from '../config/sections/exporter-queue.ts'
import type { MergeRule, OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import { BackendHealth } from './backend-health.ts'
import { DeadLetters } from './dead-letters.ts'
import type { Backend } from './export-request.ts'
import { exporterMetrics } from './metrics.ts'
import { openJournal, storageOf } from './open-journal.ts'
import { SendingQueue } from './sending-queue.ts'

export interface ExporterSettings {
  readonly backend: Backend
  readonly signals: readonly Signal[]
  /** For one attempt; 0 means none. */
  readonly timeoutMs: number
  readonly retry: RetryConfig
  readonly queue: QueueConfig
  /** Largest request, before compression, that is sent without being cut; 0 means no limit. */
  readonly requestBytesMax?: number
}

/** The component around a backend: a queue for each signal, and the life cycle of both. */
export function createExporter(settings: ExporterSettings, component: ComponentSettings): Component & Consumer {
  return new Exporter(settings, component)
}

class Exporter implements Component, Consumer {
  readonly #settings: ExporterSettings
  readonly #component: ComponentSettings
  readonly #health: BackendHealth
  readonly #queues = new Map<Signal, SendingQueue>()
  #isStarted = false
  #isOnDisk = false
  #end: Promise<void> | undefined

  constructor(settings: ExporterSettings, component: ComponentSettings) {
    this.#settings = settings
    this.#component = component
    this.#health = new BackendHealth(component)
  }

  async start(): Promise<void> {
    if (this.#isStarted) return
    await this.#settings.backend.start?.()
    this.#isStarted = true
    const { queue, signals } = this.#settings
    // What an earlier run left is sent whether or not new batches of that signal come. Signals that never came cost a start
    // nothing: with all four a start opened three queues that most files do not use.
    this.#isOnDisk = storageOf(queue, this.#component, '') !== undefined
    for (const signal of this.#isOnDisk ? signals : []) {
      if (existsSync(storageOf(queue, this.#component, signal)?.path ?? '')) this.#queueOf(signal)
    }
    for (const queue of this.#queues.values()) queue.start()
  }

  consume(batch: OtlpBatch): Promise<void> {
    return this.#queueOf(batch.signal).consume(batch)
  }

  async handOver(successor: Component, deadline: Deadline): Promise<void> {
    if (!(successor instanceof Exporter)) return
    const queues = [...this.#queues]
    await Promise.all(queues.map(([signal, queue]) => queue.handOver(successor.#queueOf(signal), deadline)))
  }

  shutdown(deadline: Deadline): Promise<void> {
    this.#end ??= this.#drain(deadline)
    return this.#end
  }

  async #drain(deadline: Deadline): Promise<void> {
    const left = await Promise.all([...this.#queues.values()].map(queue => queue.drain(deadline)))
    const leftItems = left.reduce((sum, items) => sum + items, 0)
    const { logger } = this.#component
    if (leftItems > 0 && this.#isOnDisk) {
      logger.info('The queue on disk keeps what was not delivered for the next start', { items: leftItems })
    } else if (leftItems > 0) {
      logger.error('The shutdown came before everything was delivered', { items: leftItems })
    }
    await this.#settings.backend.shutdown?.()
  }

  /** A signal costs nothing until its first batch. */
  #queueOf(signal: Signal): SendingQueue {
    let queue = this.#queues.get(signal)
    if (queue === undefined) {
      queue = this.#createQueue(signal)
      this.#queues.set(signal, queue)
      if (this.#isStarted) queue.start()
    }
    return queue
  }

  #createQueue(signal: Signal): SendingQueue {
    const { backend, timeoutMs, retry, queue, requestBytesMax } = this.#settings
    const directory = storageOf(queue, this.#component, signal)
    return new SendingQueue({
      signal,
      backend,
      component: this.#component,
      health: this.#health,
      metrics: exporterMetrics(this.#component.metrics, signal),
      retry,
      timeoutMs,
      numConsumers: queue.numConsumers,
      isQueued: queue.enabled,
      waitsForResult: queue.waitForResult || queue.durability === 'end_to_end',
      rule: ruleOf(queue),
      metadataKeys: (queue.batch?.partition.metadataKeys ?? []).map(name => name.toLowerCase()),
      requestBytesMax: requestBytesMax ?? 0,
      journal: openJournal(queue, signal, this.#component),
      deadLetters:
        directory === undefined || !queue.deadLetters
          ? undefined
          : new DeadLetters(directory.path, signal, this.#component),
    })
  }
}

function ruleOf(queue: QueueConfig): MergeRule | undefined {
  const { batch } = queue
  if (batch === undefined || !queue.enabled) return undefined
  const unit = batch.sizer === '' ? queue.sizer : batch.sizer
  return {
    timeoutMs: batch.flushTimeoutMs,
    sizer: unit === 'bytes' ? 'bytes' : 'items',
    sizeMin: batch.minSize,
    sizeMax: batch.maxSize,
  }
}
