import type { ComponentSettings } from '../../component/component.ts'
import { authHeaders } from '../../exporter-helper/client-auth.ts'
import type { Attempt, Backend, ExportRequest, ExportResult } from '../../exporter-helper/export-request.ts'
import { resultOfGrpc, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import { grpcProxyFromEnvironment } from '../../exporter-helper/proxy-environment.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { GrpcClient } from '../../transport/client.ts'
import { createGrpcClient } from '../../transport/grpc-client.ts'
import type { ClientTls } from '../../transport/tls.ts'
import { loadClientTls, type Stoppable } from '../../transport/tls-files.ts'
import type { OtlpGrpcConfig } from './config.ts'
import { parseEndpoint } from './endpoint.ts'

/** Source: https://github.com/open-telemetry/opentelemetry-proto, the services of collector/ */
const methods: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  profiles: '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
}

const responseBytesMax = 4 * 1024 * 1024
const connectTimeoutMs = 20_000
const defaultUserAgent = 'sluice-otlp-grpc'

/** Calls the Export method of each signal. */
export class OtlpGrpcBackend implements Backend {
  readonly #config: OtlpGrpcConfig
  readonly #settings: ComponentSettings
  #client: GrpcClient | undefined
  #tls: (ClientTls & Stoppable) | undefined

  constructor(config: OtlpGrpcConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
  }

  async start(): Promise<void> {
    const { tls, auth, keepalive, headers, compression, authority, userAgent, endpoint, balancerName, waitForReady } =
      this.#config
    const { logger, clock, host } = this.#settings
    const { target, isSecure } = parseEndpoint(endpoint, tls.insecure)
    authHeaders(auth?.authenticator, host, undefined)
    if (isSecure) {
      this.#tls = loadClientTls(tls, clock, problem => {
        if (problem === '') logger.info('TLS files are right again')
        else logger.warn('TLS files changed and cannot be used: keeping the old ones', { error: problem })
      })
    }
    this.#client = createGrpcClient({
      target,
      tls: this.#tls,
      authority: authority === '' ? undefined : authority,
      userAgent: userAgent === '' ? defaultUserAgent : userAgent,
      headers: Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value.reveal()]),
      compression: compression === '' || compression === 'none' ? 'identity' : compression,
      pingIntervalMs: keepalive?.timeMs ?? 0,
      pingTimeoutMs: keepalive?.timeoutMs ?? 0,
      pingWithoutCalls: keepalive?.permitWithoutStream ?? false,
      connectTimeoutMs,
      responseBytesMax,
      balancer: balancerName === 'round_robin' ? 'round_robin' : 'pick_first',
      waitForReady,
      proxyUrl: grpcProxyFromEnvironment(target, process.env),
      clock,
    })
  }

  async send(request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    const client = this.#client
    if (client === undefined) throw new Error('the exporter was not started')
    const headers = authHeaders(this.#config.auth?.authenticator, this.#settings.host, request.metadata)
    const { timeoutMs, signal } = attempt
    try {
      return resultOfGrpc(
        await client.send({ path: methods[request.signal], headers, parts: request.parts, timeoutMs, signal }),
      )
    } catch (error) {
      return resultOfTransportError(error)
    }
  }

  async shutdown(): Promise<void> {
    await this.#client?.shutdown()
    this.#tls?.stop()
  }
}
