import type { Timer } from '../../clock/clock.ts'
import type { ComponentSettings } from '../../component/component.ts'
import { ConsumeError } from '../../component/consumer.ts'
import {
  accepted,
  type Backend,
  type ExportRequest,
  type ExportResult,
  malformed,
} from '../../exporter-helper/export-request.ts'
import { mergeRequests } from '../../pdata/merge.ts'
import { otlpToJson } from '../../pdata/otlp-to-json.ts'
import { compressSync } from '../../transport/compress.ts'
import { WireError } from '../../wire/wire-error.ts'
import { type FileConfig, hasLines } from './config.ts'
import { RotatingFile } from './rotating-file.ts'

const newline = Buffer.from('\n')
/** What has gathered is written at this size, whatever the interval. */
const gatheredBytesMax = 1 << 20

/** The path itself is wrong: no retry mends that. */
const hopeless: ReadonlySet<string> = new Set(['ENAMETOOLONG', 'EISDIR', 'ERR_INVALID_ARG_VALUE'])

interface Waiting {
  resolve(result: ExportResult): void
}

/**
 * Gathers records and writes them together. A request is accepted when its record is in the file, so a sender that has no
 * queue before it waits for `flush_interval` at most.
 */
export class FileBackend implements Backend {
  readonly #config: FileConfig
  readonly #settings: ComponentSettings
  readonly #file: RotatingFile
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #waiting: Waiting[] = []
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(config: FileConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#file = new RotatingFile(config, settings.clock)
  }

  start(): Promise<void> {
    return this.#file.open()
  }

  send(request: ExportRequest, attempt: { readonly signal: AbortSignal }): Promise<ExportResult> {
    let record: Uint8Array[]
    try {
      record = this.#encode(request)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return Promise.resolve(malformed(error.message))
    }
    return new Promise(resolve => {
      this.#waiting.push({ resolve })
      for (const part of record) {
        this.#gathered.push(part)
        this.#gatheredBytes += part.length
      }
      const { flushIntervalMs } = this.#config
      if (flushIntervalMs === 0 || this.#gatheredBytes >= gatheredBytesMax || attempt.signal.aborted) this.#flush()
      else this.#timer ??= this.#settings.clock.after(flushIntervalMs, () => this.#flush())
      attempt.signal.addEventListener('abort', () => this.#flush(), { once: true })
    })
  }

  async shutdown(): Promise<void> {
    this.#flush()
    await this.#writing
    await this.#file.close()
  }

  #encode(request: ExportRequest): Uint8Array[] {
    const { format, compression, compressionParams } = this.#config
    const merged = mergeRequests(request.parts)
    const plain = format === 'json' ? otlpToJson(request.signal, merged) : merged
    const body = compression === 'zstd' ? compressSync('zstd', plain, compressionParams.level || undefined) : plain
    if (hasLines(this.#config)) return [body, newline]
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    return [length, body]
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const waiting = this.#waiting
    if (waiting.length === 0) return
    const bytes = Buffer.concat(this.#gathered)
    this.#waiting = []
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#writing = this.#writing.then(() => this.#write(bytes, waiting))
  }

  async #write(bytes: Uint8Array, waiting: readonly Waiting[]): Promise<void> {
    let result = accepted
    try {
      await this.#file.write(bytes)
    } catch (error) {
      await this.#file.close().catch(() => undefined)
      const { code = '', message } = error as NodeJS.ErrnoException
      const refusal = new ConsumeError(
        hopeless.has(code) ? 'permanent' : 'retryable',
        `writing ${this.#config.path} failed: ${message}`,
        { reason: 'file_error', cause: error },
      )
      result = { kind: 'refused', refusal }
    }
    for (const each of waiting) each.resolve(result)
  }
}
