import type { ComponentSettings } from '../../component/component.ts'
import type { Attempt, Backend, ExportRequest, ExportResult } from '../../exporter-helper/export-request.ts'
import { GrpcSender } from '../../exporter-helper/grpc-sender.ts'
import { resultOfGrpc, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { OtlpGrpcConfig } from './config.ts'

/** Source: https://github.com/open-telemetry/opentelemetry-proto, the services of collector/ */
const methods: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  profiles: '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
}

const responseBytesMax = 4 * 1024 * 1024

/** Calls the Export method of each signal. */
export class OtlpGrpcBackend implements Backend {
  readonly #sender: GrpcSender

  constructor(config: OtlpGrpcConfig, settings: ComponentSettings) {
    this.#sender = new GrpcSender(config, settings, { userAgent: 'sluice-otlp-grpc', responseBytesMax })
  }

  async start(): Promise<void> {
    this.#sender.start()
  }

  async send({ signal, parts, metadata }: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    try {
      return resultOfGrpc(await this.#sender.call({ path: methods[signal], parts, metadata }, attempt))
    } catch (error) {
      return resultOfTransportError(error)
    }
  }

  shutdown(): Promise<void> {
    return this.#sender.shutdown()
  }
}
