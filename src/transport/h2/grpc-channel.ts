import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Timer } from '../../clock/clock.ts'
import { type GrpcClientSettings, TransportError } from '../client.ts'
import { connectErrorText } from '../connect-error.ts'
import type { GrpcTarget } from '../grpc-target.ts'
import { openSocket, type SocketAddress } from '../open-socket.ts'
import { Http2ClientConnection } from './http2-client-connection.ts'

const resolveIntervalMs = 30_000
const backoffFirstMs = 1000
const backoffMs = { factor: 1.6, most: 120_000 }

interface Waiting {
  readonly resolve: (connection: Http2ClientConnection) => void
  readonly reject: (error: TransportError) => void
}

/** One address of the target, and the connection to it. */
interface Endpoint {
  readonly key: string
  readonly address: SocketAddress
  connection: Http2ClientConnection | undefined
  isConnecting: boolean
  failures: number
  retryAtMs: number
}

/**
 * The connections of one gRPC target. Names are resolved anew whenever a connection is lost, and for `round_robin` every
 * half minute, so that a headless service's new pods get their share.
 */
export class GrpcChannel {
  readonly #settings: GrpcClientSettings
  readonly #target: GrpcTarget
  readonly #proxy: URL | undefined
  readonly #sweeper: Timer
  #endpoints: Endpoint[] = []
  /** Connections that take no more calls but still have some. */
  readonly #retired = new Set<Http2ClientConnection>()
  readonly #waiting = new Set<Waiting>()
  #next = 0
  #resolvedMs = Number.NEGATIVE_INFINITY
  #isResolving = false
  #needsNames = true
  #retryTimer: Timer | undefined
  #rounds = 0
  #isShutDown = false

  constructor(settings: GrpcClientSettings, target: GrpcTarget) {
    this.#settings = settings
    this.#target = target
    this.#proxy = settings.proxyUrl === undefined ? undefined : new URL(settings.proxyUrl)
    this.#sweeper = settings.clock.every(1000, () => this.#sweep())
  }

  /** A connection with room for a call now; undefined where none is there. */
  pick(): Http2ClientConnection | undefined {
    const endpoints = this.#endpoints
    for (let i = 0; i < endpoints.length; i++) {
      const position = (this.#next + i) % endpoints.length
      const { connection } = endpoints[position]!
      if (connection === undefined || !connection.hasRoom) continue
      this.#next = position + 1
      return connection
    }
    return undefined
  }

  /** Waits for a connection. Rejects with the failure to connect, unless calls wait until one is ready. */
  acquire(): { connection: Promise<Http2ClientConnection>; giveUp: () => void } {
    let entry: Waiting | undefined
    const connection = new Promise<Http2ClientConnection>((resolve, reject) => {
      entry = { resolve, reject }
      this.#waiting.add(entry)
      this.#connect()
    })
    return { connection, giveUp: () => void this.#waiting.delete(entry!) }
  }

  /** A call has ended: whoever waits for room may have it. */
  roomFreed(): void {
    if (this.#waiting.size > 0) this.#serveWaiting()
  }

  shutdown(): void {
    this.#isShutDown = true
    this.#sweeper.cancel()
    this.#retryTimer?.cancel()
    this.#rejectWaiting(new TransportError('aborted', 'the client is shutting down'))
    for (const { connection } of this.#endpoints) connection?.close()
    for (const connection of [...this.#retired]) connection.close()
    this.#endpoints = []
  }

  get #isRoundRobin(): boolean {
    return this.#settings.balancer === 'round_robin'
  }

  #sweep(): void {
    const { clock } = this.#settings
    const nowMs = clock.nowMs()
    for (const { connection } of this.#endpoints) connection?.check(nowMs)
    for (const connection of this.#retired) connection.check(nowMs)
    if (!this.#isRoundRobin || this.#endpoints.length === 0) return
    if (nowMs - this.#resolvedMs >= resolveIntervalMs) this.#needsNames = true
    const isDue = this.#endpoints.some(
      each => each.connection === undefined && !each.isConnecting && nowMs >= each.retryAtMs,
    )
    if (this.#needsNames || isDue) this.#connect()
  }

  /** Makes sure that something is under way which will serve those who wait, or fail them. */
  #connect(): void {
    if (this.#isShutDown || this.#isResolving) return
    if (this.#needsNames) {
      this.#isResolving = true
      this.#resolve().then(
        addresses => this.#resolved(addresses),
        error => this.#unresolved(error),
      )
      return
    }
    if (this.#isRoundRobin) {
      const nowMs = this.#settings.clock.nowMs()
      const hasConnection = this.#endpoints.some(each => each.connection !== undefined)
      for (const each of this.#endpoints) {
        if (each.connection !== undefined || each.isConnecting) continue
        if (!hasConnection || nowMs >= each.retryAtMs) this.#open(each)
      }
    } else if (!this.#endpoints.some(each => each.connection !== undefined || each.isConnecting)) {
      this.#open(this.#endpoints[0]!)
    }
  }

  async #resolve(): Promise<SocketAddress[]> {
    const { host, port, path } = this.#target
    if (path !== undefined) return [{ path }]
    // With a proxy the name is the proxy's to resolve.
    if (isIP(host) !== 0 || this.#proxy !== undefined) return [{ host, port }]
    const addresses = await (this.#settings.lookup ?? systemLookup)(host)
    if (addresses.length === 0) throw new Error(`${host} has no address`)
    return addresses.map(address => ({ host: address, port }))
  }

  #resolved(addresses: SocketAddress[]): void {
    this.#isResolving = false
    if (this.#isShutDown) return
    this.#needsNames = false
    this.#resolvedMs = this.#settings.clock.nowMs()
    const known = new Map(this.#endpoints.map(each => [each.key, each]))
    this.#endpoints = addresses.map(address => {
      const key = JSON.stringify(address)
      const before = known.get(key)
      known.delete(key)
      return before ?? { key, address, connection: undefined, isConnecting: false, failures: 0, retryAtMs: 0 }
    })
    // An address that is gone gets no more calls; those on their way are finished.
    for (const { connection } of known.values()) connection?.retire()
    if (this.#waiting.size > 0 || this.#isRoundRobin) this.#connect()
  }

  #unresolved(error: Error): void {
    this.#isResolving = false
    this.#allFailed(new TransportError('connect', error.message, error))
  }

  #open(endpoint: Endpoint): void {
    const { tls, clock, connectTimeoutMs } = this.#settings
    endpoint.isConnecting = true
    openSocket({
      address: endpoint.address,
      serverName: tls?.serverName ?? this.#target.host,
      tls,
      protocol: 'h2',
      proxy: this.#proxy,
      connectTimeoutMs,
      clock,
    }).then(
      socket => {
        endpoint.isConnecting = false
        if (this.#isShutDown || !this.#endpoints.includes(endpoint)) {
          socket.destroy()
          return
        }
        endpoint.failures = 0
        this.#rounds = 0
        this.#opened(endpoint, socket)
      },
      error => {
        endpoint.isConnecting = false
        this.#openFailed(endpoint, error)
      },
    )
  }

  #opened(endpoint: Endpoint, socket: Awaited<ReturnType<typeof openSocket>>): void {
    const { clock, responseBytesMax, pingIntervalMs, pingTimeoutMs, pingWithoutCalls } = this.#settings
    const connection = new Http2ClientConnection(socket, {
      clock,
      responseBytesMax: responseBytesMax + 5,
      pingIntervalMs,
      pingTimeoutMs,
      pingWithoutCalls,
      retired: retired => this.#connectionRetired(endpoint, retired),
    })
    let cause = 'the connection ended before the answer'
    socket.on('data', (bytes: Buffer) => connection.receive(bytes, 0, bytes.length))
    socket.on('drain', () => connection.drained())
    socket.on('error', error => {
      cause = connectErrorText(error)
    })
    socket.on('end', () => {
      connection.closed(cause)
      socket.destroySoon()
    })
    socket.on('close', () => {
      connection.closed(cause)
      this.#retired.delete(connection)
    })
    socket.resume()
    endpoint.connection = connection
    this.#serveWaiting()
  }

  #connectionRetired(endpoint: Endpoint, connection: Http2ClientConnection): void {
    if (endpoint.connection === connection) endpoint.connection = undefined
    this.#needsNames = true
    if (this.#isShutDown) return
    if (!connection.socket.destroyed) this.#retired.add(connection)
    // One that was taken away before it served anybody counts as a failure to connect.
    if (!connection.isReady) this.#backOff(endpoint)
    if (this.#waiting.size > 0) this.#connect()
  }

  #backOff(endpoint: Endpoint): void {
    endpoint.failures++
    const delayMs = Math.min(backoffMs.most, backoffFirstMs * backoffMs.factor ** (endpoint.failures - 1))
    endpoint.retryAtMs = this.#settings.clock.nowMs() + delayMs * (0.8 + Math.random() * 0.4)
  }

  #openFailed(endpoint: Endpoint, error: TransportError): void {
    this.#backOff(endpoint)
    if (this.#isShutDown) return
    const position = this.#endpoints.indexOf(endpoint)
    if (!this.#isRoundRobin && position >= 0 && position + 1 < this.#endpoints.length) {
      this.#open(this.#endpoints[position + 1]!)
      return
    }
    if (this.#endpoints.some(each => each.connection !== undefined || each.isConnecting)) return
    this.#allFailed(error)
  }

  #allFailed(error: TransportError): void {
    this.#needsNames = true
    if (this.#settings.waitForReady !== true) {
      this.#rejectWaiting(error)
      return
    }
    if (this.#waiting.size === 0 || this.#retryTimer !== undefined) return
    const delayMs = Math.min(backoffMs.most, backoffFirstMs * backoffMs.factor ** this.#rounds++)
    this.#retryTimer = this.#settings.clock.after(delayMs * (0.8 + Math.random() * 0.4), () => {
      this.#retryTimer = undefined
      if (this.#waiting.size > 0) this.#connect()
    })
  }

  #serveWaiting(): void {
    for (const entry of this.#waiting) {
      const connection = this.pick()
      if (connection === undefined) return
      this.#waiting.delete(entry)
      entry.resolve(connection)
    }
  }

  #rejectWaiting(error: TransportError): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const entry of waiting) entry.reject(error)
  }
}

async function systemLookup(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(each => each.address)
}
