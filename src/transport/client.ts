import type { Clock } from '../clock/clock.ts'
import type { HeaderList } from './headers.ts'
import type { ClientTls } from './tls.ts'

/** One request. `parts` are the body, sent one after the other without being joined; they must not change until done. */
export interface ClientRequest {
  /** Path and query. */
  readonly path: string
  /** Beside the client's own, which they override. */
  readonly headers: HeaderList
  readonly parts: readonly Uint8Array[]
  /** From the call to the last byte of the answer, connecting included; 0 means none. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export interface ClientResponse {
  readonly status: number
  /** By lower-case name. */
  header(name: string): string | undefined
  trailer(name: string): string | undefined
  readonly body: Uint8Array
  /** True where the client holds nothing of the request any more, neither here nor in a socket. Absent: it may. */
  readonly isRequestLetGo?: boolean
}

/** Why there is no answer. Whether the peer acted on the request is unknown unless the kind is `connect`. */
export type TransportFailure =
  | 'connect' // no connection: nothing was sent
  | 'lost' // the connection ended before the answer
  | 'timeout'
  | 'aborted' // the caller's signal, or `shutdown`
  | 'response_too_large' // OTLP: not to be retried
  | 'protocol' // an answer that the protocol does not allow

export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly kind: TransportFailure
  /** HTTP status of an answer that breaks a rule only behind it, so that what the server did is known all the same. */
  readonly status: number | undefined

  constructor(kind: TransportFailure, message: string, cause?: unknown, status?: number) {
    super(message, { cause })
    this.kind = kind
    this.status = status
  }
}

export interface HttpClientSettings {
  /** Scheme, host and port; its path is not used. `unix:///path` is a Unix socket. */
  readonly endpoint: URL
  readonly tls?: ClientTls | undefined
  /** Sent with every request. */
  readonly headers: HeaderList
  /** 0 means no limit. */
  readonly connectionsMax: number
  /** Most that are kept without a request; 0, or absent, means no limit. Not kept to by a proxy that is asked over TLS. */
  readonly idleConnectionsMax?: number | undefined
  readonly idleTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Of the body of a refusal (status 300 and above) no more than the first 64 KiB are kept. */
  readonly responseBytesMax: number
  /** `http://host:port` of a proxy; CONNECT is used for TLS. */
  readonly proxyUrl?: string | undefined
  readonly clock: Clock
}

export interface HttpClient {
  /** Sends a POST. Rejects with `TransportError`; any answered status resolves. Redirects are answers like any other. */
  send(request: ClientRequest): Promise<ClientResponse>
  /** Cuts off what is in progress. Safe to call twice. */
  shutdown(): Promise<void>
}

export interface GrpcClientSettings {
  /** `host:port`, `dns:///host:port`, `unix:///path`; without a port 443 or 80 by TLS. */
  readonly target: string
  /** Absent: plain text. */
  readonly tls?: ClientTls | undefined
  /** Overrides `:authority`. */
  readonly authority?: string | undefined
  readonly userAgent: string
  /** Sent with every call, as metadata. */
  readonly headers: HeaderList
  /** Encoding of requests; the parts are framed and compressed by the client. */
  readonly compression: GrpcEncoding
  readonly compressionLevel?: number | undefined
  /** 0 means never. */
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  readonly pingWithoutCalls: boolean
  readonly connectTimeoutMs: number
  readonly responseBytesMax: number
  /** `pick_first` (default): the first address that answers. `round_robin`: all addresses of the name, in turn. */
  readonly balancer?: 'pick_first' | 'round_robin' | undefined
  /** Calls wait for a connection until their own deadline, rather than fail with the first failure to connect. */
  readonly waitForReady?: boolean | undefined
  /** `http://host:port` of a proxy to ask with CONNECT. */
  readonly proxyUrl?: string | undefined
  /** The addresses of a name; the system's resolver where it is absent. */
  readonly lookup?: ((host: string) => Promise<readonly string[]>) | undefined
  readonly clock: Clock
}

export type GrpcEncoding = 'identity' | 'gzip' | 'zstd' | 'snappy' | 'deflate'

export interface GrpcResponse {
  /** The number of `grpc-status`; 2 (UNKNOWN) where an answer has none, or what the HTTP status maps to. */
  readonly status: number
  /** Decoded `grpc-message`, at most 1 KiB, without control characters. */
  readonly message: string
  /** From `RetryInfo` in `grpc-status-details-bin`. */
  readonly retryDelayMs: number | undefined
  /** The answer's message without its prefix, decompressed; empty where the status is not 0. */
  readonly body: Uint8Array
  header(name: string): string | undefined
  trailer(name: string): string | undefined
  /** True where the client holds nothing of the request any more, neither here nor in a socket. Absent: it may. */
  readonly isRequestLetGo?: boolean
}

export interface GrpcClient {
  /** A unary call: `path` is `/package.Service/Method`, `parts` the message. Rejects with `TransportError`. */
  send(request: ClientRequest): Promise<GrpcResponse>
  shutdown(): Promise<void>
}
