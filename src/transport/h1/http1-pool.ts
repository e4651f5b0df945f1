import type { Timer } from '../../clock/clock.ts'
import { type HttpClientSettings, TransportError } from '../client.ts'
import { proxyErrorText } from '../connect-error.ts'
import { clientWriteTimeoutMs } from '../limits.ts'
import { openSocket, type SocketAddress } from '../open-socket.ts'
import type { ClientTls } from '../tls.ts'
import { Http1ClientConnection } from './http1-client-connection.ts'

/** What the machine trusts. */
const defaultTls: ClientTls = { current: () => ({}), serverName: undefined, skipsVerification: false }

/** Whoever needs a connection. Exactly one of the two is called, once, unless it gives up before. */
export interface ConnectionWaiter {
  connected(connection: Http1ClientConnection, isReused: boolean): void
  unconnected(error: TransportError): void
}

/**
 * Connections to one endpoint. The one used last is used next, so that those nobody needs grow old and are closed. Each
 * new one resolves the name anew and takes the certificates of that moment.
 */
export class Http1Pool {
  readonly #settings: HttpClientSettings
  readonly #tls: ClientTls | undefined
  readonly #address: SocketAddress
  readonly #proxy: URL | undefined
  /** The proxy that the requests themselves go to. */
  readonly #askedProxy: URL | undefined
  readonly #idle: Http1ClientConnection[] = []
  readonly #open = new Set<Http1ClientConnection>()
  readonly #waiting = new Set<ConnectionWaiter>()
  readonly #shutdown = new AbortController()
  #openingCount = 0
  #sweeper: Timer | undefined
  /** Looks for servers that have stopped to read, while there are connections. */
  #checker: Timer | undefined

  constructor(settings: HttpClientSettings) {
    const { endpoint, tls, proxyUrl } = settings
    this.#settings = settings
    this.#tls = endpoint.protocol === 'https:' ? (tls ?? defaultTls) : undefined
    const proxy = proxyUrl === undefined || endpoint.protocol === 'unix:' ? undefined : new URL(proxyUrl)
    // A plain request is the proxy's to send on; TLS needs a way through it.
    const isAsked = proxy !== undefined && this.#tls === undefined
    this.#address = isAsked ? addressOf(proxy) : addressOf(endpoint)
    this.#proxy = isAsked ? undefined : proxy
    this.#askedProxy = isAsked ? proxy : undefined
  }

  acquire(waiter: ConnectionWaiter): void {
    const nowMs = this.#settings.clock.nowMs()
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!connection.isClosed && nowMs - connection.idleSinceMs < connection.idleMsMax) {
        waiter.connected(connection, true)
        return
      }
      connection.close()
    }
    this.#waiting.add(waiter)
    this.#openAnother()
  }

  giveUp(waiter: ConnectionWaiter): void {
    this.#waiting.delete(waiter)
  }

  shutdown(): void {
    this.#shutdown.abort()
    this.#sweeper?.cancel()
    this.#checker?.cancel()
    for (const connection of [...this.#open]) connection.close()
    this.#idle.length = 0
  }

  #openAnother(): void {
    const { connectionsMax, connectTimeoutMs, clock } = this.#settings
    if (this.#shutdown.signal.aborted || this.#openingCount >= this.#waiting.size) return
    if (connectionsMax > 0 && this.#open.size + this.#openingCount >= connectionsMax) return
    this.#openingCount++
    let connection: Http1ClientConnection | undefined
    let isTooTalkative = false
    openSocket({
      address: this.#address,
      serverName: this.#tls?.serverName,
      tls: this.#tls,
      protocol: 'http/1.1',
      proxy: this.#proxy,
      connectTimeoutMs,
      clock,
      onBytes(bytes, end) {
        if (connection === undefined) isTooTalkative = true
        else connection.receive(bytes, 0, end)
      },
      signal: this.#shutdown.signal,
    }).then(
      socket => {
        this.#openingCount--
        const opened = new Http1ClientConnection(socket, {
          responseBytesMax: this.#settings.responseBytesMax,
          idle: each => this.#freed(each),
          closed: each => this.#closed(each),
        })
        connection = opened
        this.#open.add(opened)
        this.#checker ??= this.#settings.clock.every(clientWriteTimeoutMs / 12, () => this.#check())
        socket.on('data', (bytes: Buffer) => opened.receive(bytes, 0, bytes.length))
        // Whoever answers before it is asked would be one answer ahead for ever.
        if (isTooTalkative || this.#shutdown.signal.aborted) opened.close()
        this.#give(opened, false)
      },
      error => {
        this.#openingCount--
        const [waiter] = this.#waiting
        if (waiter !== undefined) this.#waiting.delete(waiter)
        waiter?.unconnected(this.#explained(error as TransportError))
        this.#openAnother()
      },
    )
  }

  #explained(error: TransportError): TransportError {
    if (this.#askedProxy === undefined) return error
    return new TransportError(error.kind, proxyErrorText(this.#askedProxy, error), error)
  }

  #give(connection: Http1ClientConnection, isReused: boolean): void {
    const [waiter] = this.#waiting
    if (waiter !== undefined) {
      this.#waiting.delete(waiter)
      if (connection.isClosed) waiter.unconnected(new TransportError('connect', 'the connection was closed at once'))
      else waiter.connected(connection, isReused)
    } else if (this.#isFull) {
      connection.close()
    } else if (!connection.isClosed) {
      connection.idleSinceMs = this.#settings.clock.nowMs()
      this.#idle.push(connection)
      this.#sweeper ??= this.#sweepAfter(this.#settings.idleTimeoutMs)
    }
  }

  get #isFull(): boolean {
    const { idleConnectionsMax = 0 } = this.#settings
    return idleConnectionsMax > 0 && this.#idle.length >= idleConnectionsMax
  }

  #freed(connection: Http1ClientConnection): void {
    this.#give(connection, true)
  }

  #closed(connection: Http1ClientConnection): void {
    this.#open.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#openAnother()
  }

  #check(): void {
    const nowMs = this.#settings.clock.nowMs()
    for (const connection of [...this.#open]) connection.check(nowMs)
    if (this.#open.size > 0) return
    this.#checker?.cancel()
    this.#checker = undefined
  }

  #sweepAfter(delayMs: number): Timer {
    return this.#settings.clock.after(Math.max(1, delayMs), () => this.#sweep())
  }

  #sweep(): void {
    this.#sweeper = undefined
    const { idleTimeoutMs, clock } = this.#settings
    const oldestMs = clock.nowMs() - idleTimeoutMs
    // The oldest come first.
    while (this.#idle.length > 0 && this.#idle[0]!.idleSinceMs <= oldestMs) this.#idle.shift()!.close()
    if (this.#idle.length > 0) this.#sweeper = this.#sweepAfter(this.#idle[0]!.idleSinceMs - oldestMs)
  }
}

function addressOf(url: URL): SocketAddress {
  if (url.protocol === 'unix:') return { path: decodeURIComponent(url.pathname) }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) }
}
