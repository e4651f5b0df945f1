import type { Timer } from '../../clock/clock.ts'
import type { Component, ComponentSettings, ReceiverNext } from '../../component/component.ts'
import { asConsumeError } from '../../component/consumer.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { Intake } from '../../receiver-helper/intake.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import { hasLines, type OtlpJsonFileConfig } from './config.ts'
import type { FollowedFile } from './followed-file.ts'
import { FollowedFiles } from './followed-files.ts'
import { recordReader } from './read-record.ts'
import { frames, lines } from './record-splitter.ts'

/** Looks at the files again and again, and gives every complete record on. A refusal that may pass is waited out. */
export class OtlpJsonFileReceiver implements Component {
  readonly #config: OtlpJsonFileConfig
  readonly #settings: ComponentSettings
  readonly #intake: Intake
  readonly #badRecords: Counter
  readonly #files: FollowedFiles
  readonly #readRecord: ReturnType<typeof recordReader>
  #timer: Timer | undefined
  #reading: Promise<void> | undefined
  #isStarted = false
  #isStopped = false
  #lastError = ''

  constructor(config: OtlpJsonFileConfig, settings: ComponentSettings, next: ReceiverNext) {
    this.#config = config
    this.#settings = settings
    this.#intake = new Intake(settings, next, 'file')
    this.#files = new FollowedFiles(config.include, config.exclude, hasLines(config) ? lines : frames)
    this.#readRecord = recordReader(config, signal => this.#intake.takes(signal))
    this.#badRecords = settings.metrics.counter({
      name: 'sluice_otlp_json_file_bad_lines',
      description: 'Lines that are no OTLP/JSON request.',
      unit: '{lines}',
    })
  }

  async start(): Promise<void> {
    if (this.#isStarted) return
    this.#isStarted = true
    const { startAt, replayFile, pollIntervalMs } = this.#config
    await this.#files.find(startAt === 'end' && !replayFile)
    this.#poll()
    this.#timer = this.#settings.clock.every(pollIntervalMs, () => this.#poll())
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#reading
    await this.#files.close()
  }

  #poll(): void {
    if (this.#isStopped) return
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined
    })
  }

  async #readAll(): Promise<void> {
    try {
      // Files that appear later are read from their beginning.
      await this.#files.find(false)
      this.#lastError = ''
    } catch (error) {
      if ((error as Error).message !== this.#lastError) this.#failed('', error)
      this.#lastError = (error as Error).message
    }
    for (const file of this.#files.inOrder()) {
      if (this.#isStopped) return
      await this.#readFile(file)
    }
  }

  async #readFile(file: FollowedFile): Promise<void> {
    try {
      const hadMore = await file.read(
        record => this.#take(file.path, record),
        () => this.#isStopped,
      )
      file.lastError = ''
      await this.#files.release(file, hadMore)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      // Gone since it was found; the next look finds out.
      if (code === 'ENOENT' || message === file.lastError) return
      file.lastError = message
      this.#failed(file.path, error)
    }
  }

  async #take(path: string, record: Uint8Array): Promise<void> {
    let batch: OtlpBatch | undefined
    try {
      batch = this.#readRecord(record)
    } catch (error) {
      this.#badRecords.add(1)
      this.#settings.logger.warn('A line is no OTLP/JSON request', { path, error: (error as Error).message })
      return
    }
    if (batch === undefined) return
    try {
      await this.#intake.take(batch)
    } catch (error) {
      const refusal = asConsumeError(error)
      // What is refused for good was counted; anything else is read again at the next look.
      if (refusal.kind !== 'permanent') throw refusal
    }
  }

  #failed(path: string, error: unknown): void {
    this.#settings.logger.warn('Reading stopped here for now', { path, error: (error as Error).message })
  }
}
