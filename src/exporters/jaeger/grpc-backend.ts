import type { ComponentSettings } from '../../component/component.ts'
import { authHeaders } from '../../exporter-helper/client-auth.ts'
import type { Attempt, Backend, ExportRequest, ExportResult } from '../../exporter-helper/export-request.ts'
import { accepted } from '../../exporter-helper/export-request.ts'
import { resultOfGrpc, resultOfTransportError } from '../../exporter-helper/otlp-answers.ts'
import { grpcProxyFromEnvironment } from '../../exporter-helper/proxy-environment.ts'
import { readTraces } from '../../pdata/trace-objects.ts'
import type { GrpcClient } from '../../transport/client.ts'
import { createGrpcClient } from '../../transport/grpc-client.ts'
import type { ClientTls } from '../../transport/tls.ts'
import { loadClientTls, type Stoppable } from '../../transport/tls-files.ts'
import type { JaegerExporterConfig } from './config.ts'
import { encodePostSpans } from './encode-proto.ts'
import { jaegerBatches } from './jaeger-batches.ts'
import { notCarriedCounter } from './not-carried.ts'

const path = '/jaeger.api_v2.CollectorService/PostSpans'
const responseBytesMax = 64 * 1024
const connectTimeoutMs = 20_000

/** Calls PostSpans of api_v2. */
export class JaegerGrpcBackend implements Backend {
  readonly #config: JaegerExporterConfig
  readonly #settings: ComponentSettings
  #client: GrpcClient | undefined
  #tls: (ClientTls & Stoppable) | undefined

  constructor(config: JaegerExporterConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
  }

  async start(): Promise<void> {
    const { tls, auth, keepalive, headers, compression, authority, userAgent, endpoint, balancerName, waitForReady } =
      this.#config
    const { logger, clock, host } = this.#settings
    authHeaders(auth?.authenticator, host, undefined)
    const isSecure = /^https:/i.test(endpoint) || (!tls.insecure && !/^http:/i.test(endpoint))
    if (isSecure) {
      this.#tls = loadClientTls(tls, clock, problem => {
        if (problem === '') logger.info('TLS files are right again')
        else logger.warn('TLS files changed and cannot be used: keeping the old ones', { error: problem })
      })
    }
    const target = endpoint.replace(/^https?:\/\//i, '')
    this.#client = createGrpcClient({
      target,
      tls: this.#tls,
      authority: authority === '' ? undefined : authority,
      userAgent: userAgent === '' ? 'sluice-jaeger' : userAgent,
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
    const batches = jaegerBatches(request.parts.flatMap(readTraces), notCarriedCounter(this.#settings))
    if (batches.length === 0) return accepted
    const headers = authHeaders(this.#config.auth?.authenticator, this.#settings.host, request.metadata)
    const { timeoutMs, signal } = attempt
    try {
      const response = await client.send({ path, headers, parts: [encodePostSpans(batches)], timeoutMs, signal })
      return response.status === 0 ? accepted : resultOfGrpc(response)
    } catch (error) {
      return resultOfTransportError(error)
    }
  }

  async shutdown(): Promise<void> {
    await this.#client?.shutdown()
    this.#tls?.stop()
  }
}
