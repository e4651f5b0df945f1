import type { ComponentSettings } from '../../component/component.ts'
import { ConsumeError } from '../../component/consumer.ts'
import {
  type Attempt,
  type Backend,
  type ExportRequest,
  type ExportResult,
  malformed,
} from '../../exporter-helper/export-request.ts'
import { HttpSender } from '../../exporter-helper/http-sender.ts'
import { resultOfHttp, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import { mergeRequests } from '../../pdata/merge.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { otlpToJson } from '../../pdata/otlp-to-json.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { OtlpHttpConfig } from './config.ts'
import { signalUrls } from './signal-urls.ts'

const protobufHeaders = Object.freeze(['content-type', 'application/x-protobuf', 'user-agent', 'sluice-otlp-http'])
const jsonHeaders = Object.freeze(['content-type', 'application/json', 'user-agent', 'sluice-otlp-http'])

/** Posts requests to the signals' URLs. */
export class OtlpHttpBackend implements Backend {
  readonly #config: OtlpHttpConfig
  readonly #settings: ComponentSettings
  readonly #sender: HttpSender
  readonly #urls: ReadonlyMap<Signal, URL>

  constructor(config: OtlpHttpConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#sender = new HttpSender(config, settings)
    this.#urls = signalUrls(config)
  }

  async start(): Promise<void> {
    this.#sender.start([...this.#urls.values()])
  }

  async send(request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    const { signal, metadata } = request
    const url = this.#urls.get(signal)
    if (url === undefined) {
      const message = `neither endpoint nor ${signal}_endpoint is configured`
      return { kind: 'refused', refusal: new ConsumeError('permanent', message, { reason: 'no_endpoint' }) }
    }
    const isJson = this.#config.encoding === 'json'
    try {
      const parts = isJson ? [otlpToJson(signal, mergeRequests(request.parts))] : request.parts
      const headers = isJson ? jsonHeaders : protobufHeaders
      const response = await this.#sender.post(url, { parts, headers, metadata }, attempt)
      return resultOfHttp(signal, url.href, response, this.#settings.clock.wallMs())
    } catch (error) {
      return error instanceof WireError ? malformed(error.message) : resultOfTransportError(error)
    }
  }

  shutdown(): Promise<void> {
    return this.#sender.shutdown()
  }
}
