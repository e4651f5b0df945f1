import type { ComponentSettings } from '../component/component.ts'
import { revealedHeaders } from '../config/revealed-headers.ts'
import type { GrpcClientConfig } from '../config/sections/grpc.ts'
import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import type { GrpcClient, GrpcResponse } from '../transport/client.ts'
import { createGrpcClient } from '../transport/grpc-client.ts'
import { authHeaders } from './client-auth.ts'
import { type WatchedTls, watchClientTls } from './client-tls.ts'
import type { Attempt } from './export-request.ts'
import { parseEndpoint } from './grpc-endpoint.ts'
import { grpcProxyFromEnvironment } from './proxy-environment.ts'

const connectTimeoutMs = 20_000

export interface GrpcSenderSettings {
  /** Sent where the configuration names none. */
  readonly userAgent: string
  /** Largest answer that is read. */
  readonly responseBytesMax: number
}

export interface GrpcCall {
  /** `/package.Service/Method` */
  readonly path: string
  /** The message, in pieces. */
  readonly parts: readonly Uint8Array[]
  readonly metadata: ClientMetadata | undefined
}

/** Calls a backend as the Collector's gRPC client keys say: headers, compression, TLS, balancer, proxy and authenticator. */
export class GrpcSender {
  readonly #config: GrpcClientConfig
  readonly #settings: ComponentSettings
  readonly #senderSettings: GrpcSenderSettings
  #client: GrpcClient | undefined
  #tls: WatchedTls | undefined

  constructor(config: GrpcClientConfig, settings: ComponentSettings, senderSettings: GrpcSenderSettings) {
    this.#config = config
    this.#settings = settings
    this.#senderSettings = senderSettings
  }

  /** Reads certificates and finds the authenticator; throws what a user must mend. Connects at the first call. */
  start(): void {
    const { tls, auth, keepalive, headers, compression, authority, userAgent, endpoint, balancerName, waitForReady } =
      this.#config
    const { clock, host } = this.#settings
    const { target, isSecure } = parseEndpoint(endpoint, tls.insecure)
    authHeaders(auth?.authenticator, host, undefined)
    if (isSecure) this.#tls = watchClientTls(tls, this.#settings)
    this.#client = createGrpcClient({
      target,
      tls: this.#tls,
      authority: authority === '' ? undefined : authority,
      userAgent: userAgent === '' ? this.#senderSettings.userAgent : userAgent,
      headers: revealedHeaders(headers),
      compression: compression === '' || compression === 'none' ? 'identity' : compression,
      pingIntervalMs: keepalive?.timeMs ?? 0,
      pingTimeoutMs: keepalive?.timeoutMs ?? 0,
      pingWithoutCalls: keepalive?.permitWithoutStream ?? false,
      connectTimeoutMs,
      responseBytesMax: this.#senderSettings.responseBytesMax,
      balancer: balancerName === 'round_robin' ? 'round_robin' : 'pick_first',
      waitForReady,
      proxyUrl: grpcProxyFromEnvironment(target, process.env),
      clock,
    })
  }

  async call({ path, parts, metadata }: GrpcCall, { timeoutMs, signal }: Attempt): Promise<GrpcResponse> {
    if (this.#client === undefined) throw new Error('the exporter was not started')
    const headers = authHeaders(this.#config.auth?.authenticator, this.#settings.host, metadata)
    return this.#client.send({ path, headers, parts, timeoutMs, signal })
  }

  async shutdown(): Promise<void> {
    await this.#client?.shutdown()
    this.#tls?.stop()
  }
}
