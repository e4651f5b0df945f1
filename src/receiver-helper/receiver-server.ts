import type { ComponentSettings, Deadline } from '../component/component.ts'
import { formatId } from '../component/component.ts'
import { parseListenAddress } from '../config/listen-address.ts'
import type { GrpcServerConfig } from '../config/sections/grpc.ts'
import type { HttpServerConfig } from '../config/sections/http.ts'
import type { TlsServerConfig } from '../config/sections/tls.ts'
import type { Counter } from '../telemetry/metrics.ts'
import { createServer } from '../transport/create-server.ts'
import { defaultKeepalive, defaultLimits, type KeepaliveSettings, type TransportLimits } from '../transport/limits.ts'
import type {
  CloseReason,
  ListenAddress,
  RequestHandler,
  Server,
  ServerChanges,
  TransportEvents,
} from '../transport/server.ts'
import type { ServerTls } from '../transport/tls.ts'
import { loadServerTls, type Stoppable } from '../transport/tls-files.ts'

/** A handler that can be told to send everybody away. */
export interface DrainableHandler extends RequestHandler {
  isDraining: boolean
}

/** What of a receiver's configuration concerns its socket. */
export interface ReceiverServerConfig {
  readonly listen: ListenAddress
  readonly http1: boolean
  readonly http2: boolean
  readonly tls: TlsServerConfig | undefined
  readonly limits: TransportLimits
  readonly keepalive: KeepaliveSettings
}

/** A Collector file's gRPC server: HTTP/2 only. */
export function grpcServerSettings(
  config: Pick<GrpcServerConfig, 'endpoint' | 'transport' | 'tls' | 'maxConcurrentStreams' | 'keepalive'>,
): ReceiverServerConfig {
  const parameters = config.keepalive?.serverParameters
  const policy = config.keepalive?.enforcementPolicy
  const { maxConcurrentStreams } = config
  return {
    listen: listenAddressOf(config.endpoint, config.transport),
    http1: false,
    http2: true,
    tls: config.tls,
    limits: {
      ...defaultLimits,
      ...(maxConcurrentStreams > 0 ? { streamsMax: maxConcurrentStreams } : {}),
      // gRPC clients keep one connection for good, and keepalive is what finds the dead ones.
      idleTimeoutMs: grpcIdleTimeoutMs,
    },
    keepalive: {
      connectionIdleMsMax: parameters?.maxConnectionIdleMs ?? defaultKeepalive.connectionIdleMsMax,
      connectionAgeMsMax: parameters?.maxConnectionAgeMs ?? defaultKeepalive.connectionAgeMsMax,
      connectionAgeGraceMs: parameters?.maxConnectionAgeGraceMs ?? defaultKeepalive.connectionAgeGraceMs,
      pingIntervalMs: parameters?.timeMs ?? defaultKeepalive.pingIntervalMs,
      pingTimeoutMs: parameters?.timeoutMs ?? defaultKeepalive.pingTimeoutMs,
      peerPingIntervalMsMin: policy?.minTimeMs ?? defaultKeepalive.peerPingIntervalMsMin,
      peerPingsWithoutStream: policy?.permitWithoutStream ?? defaultKeepalive.peerPingsWithoutStream,
    },
  }
}

const grpcIdleTimeoutMs = 300_000

/** A Collector file's HTTP server: HTTP/1.1, and HTTP/2 for those who ask for it. */
export function httpServerSettings(
  config: Pick<
    HttpServerConfig,
    'endpoint' | 'transport' | 'tls' | 'readTimeoutMs' | 'readHeaderTimeoutMs' | 'writeTimeoutMs' | 'idleTimeoutMs'
  >,
): ReceiverServerConfig {
  const orDefault = (value: number, fallback: number) => (value > 0 ? value : fallback)
  return {
    listen: listenAddressOf(config.endpoint, config.transport),
    http1: true,
    http2: true,
    tls: config.tls,
    limits: {
      ...defaultLimits,
      headersTimeoutMs: orDefault(config.readHeaderTimeoutMs, defaultLimits.headersTimeoutMs),
      bodyTimeoutMs: orDefault(config.readTimeoutMs, defaultLimits.bodyTimeoutMs),
      writeTimeoutMs: orDefault(config.writeTimeoutMs, defaultLimits.writeTimeoutMs),
      idleTimeoutMs: orDefault(config.idleTimeoutMs, defaultLimits.idleTimeoutMs),
    },
    keepalive: defaultKeepalive,
  }
}

function listenAddressOf(endpoint: string, transport: string): ListenAddress {
  if (transport === 'unix') return { path: endpoint }
  const address = parseListenAddress(endpoint)
  if (address === undefined) throw new Error(`endpoint "${endpoint}" is not host:port`)
  return address
}

/**
 * Of the budget of bytes in flight, what one more connection may stand for. An idle one takes 8.5 KB: together half as much as
 * the budget, an eighth of the memory.
 */
const connectionBytes = 16_384

/**
 * The listening socket of a receiver with its TLS files, counters and graceful end. A reload keeps it while its address
 * stays: handler, limits and TLS are swapped underneath.
 */
export class ReceiverServer {
  readonly #settings: ComponentSettings
  readonly #transport: string
  readonly #closes = new Map<CloseReason, Counter>()
  readonly #toldReasons = new Set<CloseReason>()
  #config: ReceiverServerConfig
  #handler: DrainableHandler
  #server: Server | undefined
  #tls: (ServerTls & Stoppable) | undefined

  /** `transport` is the label of its metrics: `grpc`, `http`. */
  constructor(settings: ComponentSettings, transport: string, config: ReceiverServerConfig, handler: DrainableHandler) {
    this.#settings = settings
    this.#transport = transport
    this.#config = this.#withRoom(config)
    this.#handler = handler
  }

  /** Where it listens; empty before the start. */
  get address(): string {
    return this.#server?.address ?? ''
  }

  get port(): number {
    return this.#server?.port ?? 0
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return
    const { clock, logger } = this.#settings
    const { listen, http1, http2, limits, keepalive } = this.#config
    this.#tls = this.#loadTls(this.#config.tls)
    const server = createServer({
      listen,
      http1,
      http2,
      limits,
      keepalive,
      clock,
      tls: this.#tls,
      handler: this.#handler,
      events: this.#events(),
    })
    try {
      await server.start()
    } catch (error) {
      this.#tls?.stop()
      throw new Error(`cannot listen on ${addressText(listen)}: ${reasonOf(error, listen)}`, { cause: error })
    }
    this.#server = server
    logger.info(`Starting ${this.#transport.toUpperCase()} server`, { endpoint: server.address })
  }

  /** Whether `config` can be put in force on this socket. */
  keepsAddress(config: ReceiverServerConfig): boolean {
    const { listen, http1, http2 } = this.#config
    return addressText(listen) === addressText(config.listen) && http1 === config.http1 && http2 === config.http2
  }

  /**
   * Reads what `config` needs, and returns how to put it in force: so a reload that fails elsewhere changes nothing.
   * Throws where the TLS files do not parse.
   */
  prepare(config: ReceiverServerConfig, handler: DrainableHandler): { commit(): void; abandon(): void } {
    const isTlsSame = JSON.stringify(tlsIdentity(config.tls)) === JSON.stringify(tlsIdentity(this.#config.tls))
    const loaded = isTlsSame ? this.#tls : this.#loadTls(config.tls)
    return {
      commit: () => {
        const before = this.#tls
        this.#tls = loaded
        this.#config = this.#withRoom(config)
        this.#handler = handler
        const changes: ServerChanges = { tls: loaded, limits: this.#config.limits, keepalive: config.keepalive }
        this.#server?.reconfigure(changes)
        this.#server?.setHandler(handler)
        if (before !== loaded) before?.stop()
      },
      abandon: () => {
        if (loaded !== this.#tls) loaded?.stop()
      },
    }
  }

  async shutdown(deadline: Deadline): Promise<void> {
    this.#handler.isDraining = true
    await this.#server?.shutdown(deadline.atMs)
    this.#tls?.stop()
  }

  /** A gateway has thousands of clients that each keep a connection: more where there is memory for more. */
  #withRoom(config: ReceiverServerConfig): ReceiverServerConfig {
    const room = Math.floor(this.#settings.host.admission.bytesMax / connectionBytes)
    return { ...config, limits: { ...config.limits, connectionsMax: Math.max(config.limits.connectionsMax, room) } }
  }

  #loadTls(config: TlsServerConfig | undefined): (ServerTls & Stoppable) | undefined {
    if (config === undefined) return undefined
    const { clock, report, logger } = this.#settings
    return loadServerTls(config, clock, message => {
      report({ status: message === '' ? 'ok' : 'recoverable', message })
      if (message === '') logger.info('TLS files are right again')
      else logger.warn('TLS files changed and do not work: the old ones stay in use', { error: message })
    })
  }

  #tell(reason: CloseReason): void {
    if (this.#toldReasons.has(reason)) return
    const error = mistakeOf(reason, this.#config)
    if (error === '') return
    this.#toldReasons.add(reason)
    const message = 'Closed a connection; further ones for this reason are only counted'
    this.#settings.logger.warn(message, { endpoint: this.address, reason, error })
  }

  #events(): TransportEvents {
    const { metrics, id } = this.#settings
    const labels = { receiver: formatId(id), transport: this.#transport }
    const opened = metrics.counter(
      {
        name: 'otelcol_receiver_connections_opened',
        description: 'Number of connections that were accepted.',
        unit: '{connections}',
      },
      labels,
    )
    const count = (reason: CloseReason) => {
      let counter = this.#closes.get(reason)
      if (counter === undefined) {
        counter = metrics.counter(
          {
            name: 'otelcol_receiver_connections_closed',
            description: 'Number of connections that ended, or requests refused below HTTP, by reason.',
            unit: '{connections}',
          },
          { ...labels, reason },
        )
        this.#closes.set(reason, counter)
      }
      counter.add(1)
      this.#tell(reason)
    }
    return { connectionOpened: () => opened.add(1), connectionClosed: count, requestRefused: count }
  }
}

/** Whoever knocks at the wrong door looks for the mistake here: what the peer gets to see is often only a closed connection. */
function mistakeOf(reason: CloseReason, { tls, http1, limits }: ReceiverServerConfig): string {
  if (reason === 'connections_max') return `more than ${limits.connectionsMax} are open: idle ones give way to new ones`
  if (reason === 'tls_error')
    return 'no TLS handshake came about: plain text, or certificates that one side does not take'
  if (reason !== 'wrong_protocol') return ''
  const spoken = http1 ? 'HTTP' : 'gRPC'
  return tls === undefined
    ? `this port speaks ${spoken} without TLS; what came was TLS or another protocol`
    : `this port speaks ${spoken}; what came inside TLS was another protocol`
}

function addressText(listen: ListenAddress): string {
  return 'path' in listen ? listen.path : `${listen.host}:${listen.port}`
}

function reasonOf(error: unknown, listen: ListenAddress): string {
  const { code, message } = error as NodeJS.ErrnoException
  if ('path' in listen) {
    if (code === 'EADDRINUSE') return 'another process listens there, or what has that name is no socket'
    if (code === 'EINVAL') return 'the path of a socket may have 107 bytes, 103 on macOS'
    if (code === 'EACCES') return 'its directory is missing, or this user may not write there'
  }
  if (code === 'EADDRINUSE') return 'the address is in use by another process'
  if (code === 'EACCES') return 'this user may not use that address'
  return message
}

/** All of a TLS section, secrets included, for comparing two. */
function tlsIdentity(config: TlsServerConfig | undefined): unknown {
  if (config === undefined) return undefined
  return { ...config, certPem: config.certPem.reveal(), keyPem: config.keyPem.reveal(), caPem: config.caPem.reveal() }
}
