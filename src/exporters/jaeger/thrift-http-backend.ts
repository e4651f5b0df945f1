import type { ComponentSettings } from '../../component/component.ts'
import type { HttpClientConfig } from '../../config/sections/http.ts'
import type { Attempt, Backend, ExportRequest, ExportResult } from '../../exporter-helper/export-request.ts'
import { HttpSender } from '../../exporter-helper/http-sender.ts'
import { resultOfHttp, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import { readTraces } from '../../pdata/trace-objects.ts'
import { encodeThriftBatch } from './encode-thrift.ts'
import { type JaegerBatch, jaegerBatches } from './jaeger-batches.ts'
import { notCarriedCounter } from './not-carried.ts'

const headers = Object.freeze(['content-type', 'application/x-thrift', 'user-agent', 'sluice-jaeger'])

/** What became of a request whose batches go out one by one. */
interface Progress {
  /** Batches that were taken or refused for good. */
  doneCount: number
  rejectedCount: number
  message: string
}

/**
 * Posts batches of thrift, one for each process. A retry goes on where the attempt before ended, so that batches that
 * were taken are not sent again.
 */
export class JaegerThriftHttpBackend implements Backend {
  readonly #settings: ComponentSettings
  readonly #sender: HttpSender
  readonly #url: URL
  /** By the request's first part, which a retry sends again. */
  readonly #progress = new WeakMap<Uint8Array, Progress>()

  constructor(config: HttpClientConfig, settings: ComponentSettings) {
    this.#settings = settings
    this.#sender = new HttpSender(config, settings)
    this.#url = new URL(config.endpoint)
  }

  async start(): Promise<void> {
    this.#sender.start([this.#url])
  }

  async send(request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    const batches = jaegerBatches(request.parts.flatMap(readTraces), notCarriedCounter(this.#settings))
    const [key] = request.parts
    const progress = (key === undefined ? undefined : this.#progress.get(key)) ?? {
      doneCount: 0,
      rejectedCount: 0,
      message: '',
    }
    if (key !== undefined) this.#progress.set(key, progress)
    for (const batch of batches.slice(progress.doneCount)) {
      const result = await this.#post(batch, request, attempt)
      const isFinal = result.kind === 'refused' && result.refusal.kind === 'permanent'
      if (result.kind !== 'accepted' && !(isFinal && batches.length > 1)) return result
      if (result.kind === 'refused') {
        progress.rejectedCount += batch.spans.length
        progress.message = result.refusal.message
      }
      progress.doneCount++
    }
    if (key !== undefined) this.#progress.delete(key)
    return { kind: 'accepted', rejectedCount: progress.rejectedCount, message: progress.message }
  }

  async #post(batch: JaegerBatch, request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    try {
      const post = { parts: [encodeThriftBatch(batch)], headers, metadata: request.metadata }
      const response = await this.#sender.post(this.#url, post, attempt)
      if (response.status >= 200 && response.status < 300) return { kind: 'accepted' }
      return resultOfHttp('traces', this.#url.href, response, this.#settings.clock.wallMs())
    } catch (error) {
      return resultOfTransportError(error)
    }
  }

  shutdown(): Promise<void> {
    return this.#sender.shutdown()
  }
}
