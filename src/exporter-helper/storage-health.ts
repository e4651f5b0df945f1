import type { ComponentSettings } from '../component/component.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { errorCode } from '../storage/file-system.ts'
import type { DamagedRange } from '../storage/segment.ts'
import type { Counter, Gauge } from '../telemetry/metrics.ts'

/** Says once that a queue's disk refuses, and once that it works again; the gauge is the alarm. */
export class StorageHealth {
  readonly #component: ComponentSettings
  readonly #directory: string
  readonly #labels: { readonly data_type: Signal }
  readonly #faults: Counter
  readonly #isFaulty: Gauge
  readonly #damagedItems: Counter
  #lastCode: string | undefined

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

  observe(bytesOnDisk: () => number): () => void {
    const description = { name: 'sluice_storage_bytes', description: 'Size of the queue on disk.', unit: 'By' }
    return this.#component.metrics.observe(description, bytesOnDisk, this.#labels)
  }

  failed(error: unknown): void {
    this.#faults.add(1)
    this.#isFaulty.set(1)
    const code = errorCode(error) ?? (error as Error).name
    if (code === this.#lastCode) return
    this.#lastCode = code
    const message = error instanceof Error ? error.message : String(error)
    this.#component.logger.error('The queue on disk cannot be written: senders are told to come again', {
      directory: this.#directory,
      error: message,
    })
    this.#component.report({ status: 'recoverable', message: `${this.#directory}: ${message}` })
  }

  healed(): void {
    this.#isFaulty.set(0)
    if (this.#lastCode === undefined) return
    this.#lastCode = undefined
    this.#component.logger.info('The queue on disk works again', { directory: this.#directory })
    this.#component.report({ status: 'ok', message: '' })
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
