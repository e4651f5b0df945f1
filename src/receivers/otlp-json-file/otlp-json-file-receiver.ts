import { glob, stat } from 'node:fs/promises'
import type { Timer } from '../../clock/clock.ts'
import type { Component, ComponentSettings, ReceiverNext } from '../../component/component.ts'
import { asConsumeError } from '../../component/consumer.ts'
import { countItems } from '../../pdata/count.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import { Intake } from '../../receiver-helper/intake.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import type { OtlpJsonFileConfig } from './config.ts'
import { LineReader } from './line-reader.ts'
import { signalOfLine } from './signal-of-line.ts'

/** Looks at the files again and again, and gives every complete line on. A refusal that may pass is waited out. */
export class OtlpJsonFileReceiver implements Component {
  readonly #config: OtlpJsonFileConfig
  readonly #settings: ComponentSettings
  readonly #intake: Intake
  readonly #badLines: Counter
  readonly #readers = new Map<string, LineReader>()
  #timer: Timer | undefined
  #reading: Promise<void> | undefined
  #isStarted = false
  #isStopped = false
  #lastError = ''

  constructor(config: OtlpJsonFileConfig, settings: ComponentSettings, next: ReceiverNext) {
    this.#config = config
    this.#settings = settings
    this.#intake = new Intake(settings, next, 'file')
    this.#badLines = settings.metrics.counter({
      name: 'sluice_otlp_json_file_bad_lines',
      description: 'Lines that are no OTLP/JSON request.',
      unit: '{lines}',
    })
  }

  async start(): Promise<void> {
    if (this.#isStarted) return
    this.#isStarted = true
    const { startAt, replayFile, pollIntervalMs } = this.#config
    for (const path of await this.#find()) {
      const offset = startAt === 'end' && !replayFile ? (await stat(path)).size : 0
      this.#readers.set(path, new LineReader(path, offset))
    }
    this.#poll()
    this.#timer = this.#settings.clock.every(pollIntervalMs, () => this.#poll())
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#reading
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
      for (const path of await this.#find()) {
        if (!this.#readers.has(path)) this.#readers.set(path, new LineReader(path, 0))
      }
    } catch (error) {
      this.#failed(error)
    }
    for (const reader of this.#readers.values()) {
      if (this.#isStopped) return
      try {
        await reader.read(
          line => this.#take(reader.path, line),
          () => this.#isStopped,
        )
        this.#lastError = ''
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#readers.delete(reader.path)
        else this.#failed(error)
      }
    }
  }

  async #take(path: string, line: Uint8Array): Promise<void> {
    const signal = signalOfLine(line)
    if (signal === undefined || !this.#intake.takes(signal)) {
      if (signal === undefined) this.#bad(path, 'it does not begin with resourceSpans, resourceMetrics or resourceLogs')
      return
    }
    let bytes: Uint8Array
    let itemCount: number
    try {
      bytes = jsonToOtlp(signal, line)
      itemCount = countItems(signal, bytes)
    } catch (error) {
      this.#bad(path, (error as Error).message)
      return
    }
    try {
      await this.#intake.take({ signal, bytes, itemCount })
    } catch (error) {
      const refusal = asConsumeError(error)
      // What is refused for good was counted; anything else is read again at the next look.
      if (refusal.kind !== 'permanent') throw refusal
    }
  }

  #bad(path: string, message: string): void {
    this.#badLines.add(1)
    this.#settings.logger.warn('A line is no OTLP/JSON request', { path, error: message })
  }

  #failed(error: unknown): void {
    const { message } = error as Error
    if (message === this.#lastError) return
    this.#lastError = message
    this.#settings.logger.warn('Reading stopped here for now', { error: message })
  }

  async #find(): Promise<string[]> {
    const { include, exclude } = this.#config
    const paths: string[] = []
    for await (const path of glob([...include], { exclude: [...exclude] })) paths.push(path)
    return paths.sort()
  }
}
