import { dirname } from 'node:path'
import type { ComponentSettings } from '../component/component.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { errorCode } from '../storage/file-system.ts'
import type { DamagedRange } from '../storage/segment.ts'
import type { Counter, Gauge } from '../telemetry/metrics.ts'

/** Queues whose disk refuses, by storage directory and code of the error: what one has said of a disk, others need not. */
const faultyQueues = new Map<string, Set<StorageHealth>>()

/**
 * Says once that a disk refuses, however many queues lie on it, and once that it works again; each queue's gauge is its alarm.
 */
export class StorageHealth {
  readonly #component: ComponentSettings
  readonly #directory: string
  readonly #labels: { readonly data_type: Signal }
  readonly #faults: Counter
  readonly #isFaulty: Gauge
  readonly #damagedItems: Counter
  #lastCode: string | undefined
  /** Of a queue that was closed nobody says that its disk works again. */
  #isClosed = (): boolean => false

  constructor(component: ComponentSettings, signal: Signal, directory: string) {
    this.#component = component
    this.#directory = directory
    this.#labels = { data_type: signal }
    const { metrics } = component
    this.#faults = metrics.counter(
      { name: 'sluice_storage_faults', description: 'Failed operations on the queue on disk.', unit: '{operations}' },
      this.#labels,
    )
    this.#isFaulty = metrics.gauge(
      { name: 'sluice_storage_faulty', description: '1 while the disk refuses the queue.', unit: '1' },
      this.#labels,
    )
    this.#damagedItems = metrics.counter(
      {
        name: 'sluice_storage_damaged_items',
        description: 'Items in damaged records of the queue on disk.',
        unit: '{items}',
      },
      this.#labels,
    )
    this.#isFaulty.set(0)
  }

  observe(bytesOnDisk: () => number, isClosed: () => boolean): () => void {
    this.#isClosed = isClosed
    const description = { name: 'sluice_storage_bytes', description: 'Size of the queue on disk.', unit: 'By' }
    return this.#component.metrics.observe(description, bytesOnDisk, this.#labels)
  }

  failed(error: unknown): void {
    this.#faults.add(1)
    this.#isFaulty.set(1)
    const code = errorCode(error) ?? (error as Error).name
    if (code === this.#lastCode) return
    this.#leave()
    this.#lastCode = code
    const wasTold = this.#othersWith(code).size > 0
    this.#othersWith(code).add(this)
    const message = error instanceof Error ? error.message : String(error)
    if (!wasTold) {
      this.#component.logger.error('The queue on disk cannot be written: senders are told to come again', {
        directory: this.#directory,
        error: message,
      })
    }
    this.#component.report({ status: 'recoverable', message: `${this.#directory}: ${message}` })
  }

  healed(): void {
    this.#isFaulty.set(0)
    const code = this.#lastCode
    if (code === undefined) return
    this.#leave()
    if (this.#othersWith(code).size === 0) {
      this.#component.logger.info('The queue on disk works again', { directory: this.#directory })
    }
    this.#component.report({ status: 'ok', message: '' })
  }

  #leave(): void {
    if (this.#lastCode !== undefined) this.#othersWith(this.#lastCode).delete(this)
    this.#lastCode = undefined
  }

  #othersWith(code: string): Set<StorageHealth> {
    const key = `${dirname(this.#directory)}\0${code}`
    const queues = faultyQueues.get(key) ?? new Set()
    for (const queue of queues) if (queue.#isClosed()) queues.delete(queue)
    faultyQueues.set(key, queues)
    return queues
  }

  damaged(range: DamagedRange): void {
    this.#damagedItems.add(range.itemCount)
    const { cause } = range
    this.#component.logger.error(
      range.bytes.length > 0
        ? 'A part of the queue on disk is damaged and was put aside'
        : 'A part of the queue on disk is lost',
      {
        directory: this.#directory,
        segment: range.segment,
        offset: range.offset,
        bytes: range.bytes.length,
        items: range.itemCount,
        ...(cause === undefined ? {} : { error: cause instanceof Error ? cause.message : String(cause) }),
      },
    )
  }
}
