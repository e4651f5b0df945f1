import type { ComponentSettings } from '../../component/component.ts'
import { formatId } from '../../component/component.ts'
import {
  type Attempt,
  type Backend,
  type ExportRequest,
  type ExportResult,
  malformed,
} from '../../exporter-helper/export-request.ts'
import { HttpSender } from '../../exporter-helper/http-sender.ts'
import { resultOfHttp, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import { readTraces } from '../../pdata/trace-objects.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { ZipkinExporterConfig } from './config.ts'
import { encodeZipkinProto } from './encode-proto.ts'
import { type ZipkinSpan, zipkinSpans } from './zipkin-spans.ts'

const headers = {
  json: Object.freeze(['content-type', 'application/json', 'user-agent', 'sluice-zipkin']),
  proto: Object.freeze(['content-type', 'application/x-protobuf', 'user-agent', 'sluice-zipkin']),
}

/** Posts spans in Zipkin's v2 format to the endpoint. */
export class ZipkinBackend implements Backend {
  readonly #config: ZipkinExporterConfig
  readonly #settings: ComponentSettings
  readonly #sender: HttpSender
  readonly #url: URL

  constructor(config: ZipkinExporterConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#sender = new HttpSender(config, settings)
    this.#url = new URL(config.endpoint)
  }

  async start(): Promise<void> {
    this.#sender.start([this.#url])
  }

  async send(request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    const { format, defaultServiceName } = this.#config
    try {
      const { spans, invalidCount } = zipkinSpans(request.parts.flatMap(readTraces), defaultServiceName)
      const message = invalidCount === 0 ? '' : `${invalidCount} spans have no trace or span id, which Zipkin demands`
      if (spans.length === 0) return { kind: 'accepted', rejectedCount: invalidCount, message }
      const parts = [format === 'json' ? encodeJson(spans) : encodeZipkinProto(spans)]
      const post = { parts, headers: headers[format], metadata: request.metadata }
      const response = await this.#sender.post(this.#url, post, attempt)
      const isSuccess = response.status >= 200 && response.status < 300
      if (isSuccess) return { kind: 'accepted', rejectedCount: invalidCount, message }
      return resultOfHttp('traces', this.#url.href, response, this.#settings.clock.wallMs())
    } catch (error) {
      if (error instanceof WireError) return malformed(`${formatId(this.#settings.id)}: ${error.message}`)
      return resultOfTransportError(error)
    }
  }

  shutdown(): Promise<void> {
    return this.#sender.shutdown()
  }
}

function encodeJson(spans: readonly ZipkinSpan[]): Uint8Array {
  return Buffer.from(JSON.stringify(spans))
}
