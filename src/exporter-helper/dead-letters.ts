import { join } from 'node:path'
import { sleep, type Timer } from '../clock/clock.ts'
import type { ComponentSettings } from '../component/component.ts'
import type { ConsumeError } from '../component/consumer.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { LockedError } from '../storage/directory-lock.ts'
import { nodeFileSystem } from '../storage/node-file-system.ts'
import { SegmentLog } from '../storage/segment-log.ts'
import type { Counter } from '../telemetry/metrics.ts'
import { deadLetterFolder, deadLetterKind, encodeDeadLetter } from './dead-letter.ts'

const bytesMax = 64 << 20
const idleMs = 1000
const lockedTriesMax = 5
const lockedWaitMs = 500

/**
 * Requests that the backend refused for good, beside the queue that they were in. The log is open only while there is
 * something to write, so that `sluice queue` can work on it while the agent runs.
 */
export class DeadLetters {
  readonly #directory: string
  readonly #component: ComponentSettings
  readonly #kept: Counter
  readonly #notKept: Counter
  #log: SegmentLog | undefined
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(queueDirectory: string, signal: Signal, component: ComponentSettings) {
    this.#directory = join(queueDirectory, deadLetterFolder)
    this.#component = component
    const counter = (name: string, description: string) =>
      component.metrics.counter({ name, description, unit: '{items}' }, { data_type: signal })
    this.#kept = counter('sluice_dead_letter_items', 'Items refused for good and kept as dead letters.')
    this.#notKept = counter('sluice_dead_letter_lost_items', 'Items refused for good that could not be kept.')
  }

  /** Never rejects: what cannot be kept is counted, and dropped as it would have been. */
  keep(parts: readonly Uint8Array[], itemCount: number, refusal: ConsumeError): Promise<void> {
    const { reason, message, httpStatus, grpcStatus } = refusal
    const payload = encodeDeadLetter({ reason, message, httpStatus, grpcStatus }, parts)
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#write(payload, itemCount)
        this.#kept.add(itemCount)
      } catch (error) {
        this.#notKept.add(itemCount)
        this.#component.logger.warn('A dead letter could not be kept', { error: (error as Error).message })
      }
    })
    return this.#writing
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#closeLog()
  }

  async #write(payload: Uint8Array, itemCount: number): Promise<void> {
    this.#timer?.cancel()
    const log = (this.#log ??= await this.#open())
    if (log.bytesOnDisk + payload.length > bytesMax) throw new Error(`there are ${bytesMax >> 20} MiB of them already`)
    await log.append({ kind: deadLetterKind, wallMs: this.#component.clock.wallMs(), itemCount, units: 0, payload })
    this.#timer = this.#component.clock.after(idleMs, () => {
      this.#writing = this.#writing.then(() => this.#closeLog())
    })
  }

  async #open(): Promise<SegmentLog> {
    const { clock, logger } = this.#component
    for (let tries = 1; ; tries++) {
      const log = new SegmentLog({
        fileSystem: nodeFileSystem,
        directory: this.#directory,
        createsDirectory: true,
        syncLevel: 'written',
        segmentBytesMax: 16 << 20,
        clock,
        events: {
          fault: error => logger.warn('Dead letters: the disk refuses', { error: String(error) }),
          healed: () => {},
          damaged: () => {},
          written: () => {},
        },
      })
      try {
        await log.open()
        return log
      } catch (error) {
        if (!(error instanceof LockedError) || tries >= lockedTriesMax) throw error
        await sleep(clock, lockedWaitMs)
      }
    }
  }

  async #closeLog(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const log = this.#log
    this.#log = undefined
    await log?.close().catch(error => this.#component.logger.warn('Dead letters', { error: String(error) }))
  }
}
