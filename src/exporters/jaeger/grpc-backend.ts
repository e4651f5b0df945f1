import type { ComponentSettings } from '../../component/component.ts'
import type { Attempt, Backend, ExportRequest, ExportResult } from '../../exporter-helper/export-request.ts'
import { accepted } from '../../exporter-helper/export-request.ts'
import { GrpcSender } from '../../exporter-helper/grpc-sender.ts'
import { resultOfGrpc, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import { readTraces } from '../../pdata/trace-objects.ts'
import type { JaegerExporterConfig } from './config.ts'
import { encodePostSpans } from './encode-proto.ts'
import { jaegerBatches } from './jaeger-batches.ts'
import { notCarriedCounter } from './not-carried.ts'

const path = '/jaeger.api_v2.CollectorService/PostSpans'
const responseBytesMax = 64 * 1024

/** Calls PostSpans of api_v2. */
export class JaegerGrpcBackend implements Backend {
  readonly #settings: ComponentSettings
  readonly #sender: GrpcSender

  constructor(config: JaegerExporterConfig, settings: ComponentSettings) {
    this.#settings = settings
    this.#sender = new GrpcSender(config, settings, { userAgent: 'sluice-jaeger', responseBytesMax })
  }

  async start(): Promise<void> {
    this.#sender.start()
  }

  async send({ parts, metadata }: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    const batches = jaegerBatches(parts.flatMap(readTraces), notCarriedCounter(this.#settings))
    if (batches.length === 0) return accepted
    try {
      const response = await this.#sender.call({ path, parts: [encodePostSpans(batches)], metadata }, attempt)
      return response.status === 0 ? accepted : resultOfGrpc(response)
    } catch (error) {
      return resultOfTransportError(error)
    }
  }

  shutdown(): Promise<void> {
    return this.#sender.shutdown()
  }
}
