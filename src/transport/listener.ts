import { constants as cryptoConstants } from 'node:crypto'
import { lstat, unlink } from 'node:fs/promises'
import net from 'node:net'
import tls from 'node:tls'
import type { Clock, Timer } from '../clock/clock.ts'
import type { TransportLimits } from './limits.ts'
import type { CloseReason, HttpProtocol, ListenAddress, TransportEvents } from './server.ts'
import type { ServerTls } from './tls.ts'

/** One accepted socket and whoever speaks a protocol on it. */
export interface Connection {
  /** Requests in progress. */
  readonly isBusy: boolean
  /** It has not even said yet what it speaks. */
  readonly isSilent?: boolean
  /** Looks at the deadlines; called about once a second. */
  sweep(nowMs: number): void
  /** Tells the peer that no more requests are taken, and closes as soon as none is in progress. */
  drain(): void
  /** Cuts it off. */
  destroy(reason: CloseReason): void
}

export interface ListenerSettings {
  readonly listen: ListenAddress
  readonly tls?: ServerTls | undefined
  readonly http1: boolean
  readonly http2: boolean
  readonly limits: TransportLimits
  readonly clock: Clock
  readonly events: TransportEvents
  /** Takes the socket, with its first bytes unread. `closed` is called once, when the socket is closed. */
  serve?(socket: net.Socket, protocol: HttpProtocol, closed: (reason: CloseReason) => void): Connection
  /** Instead of `serve`: takes the socket as accepted (paused, half-open allowed); without ALPN it finds out itself. */
  accept?(socket: net.Socket, protocol: HttpProtocol | undefined, closed: (reason: CloseReason) => void): Connection
}

/**
 * Listens, counts connections against their limit, does TLS, and finds out by ALPN or by the first bytes which protocol a
 * peer speaks. What has not said so within the preface deadline is closed.
 */
export class Listener {
  #settings: ListenerSettings
  /** Never listens: takes over sockets that were accepted, so that a reload can turn TLS on, off or over. */
  #tlsServer: tls.Server | undefined
  readonly #servers: net.Server[] = []
  readonly #connections = new Set<Connection>()
  /** Sockets on which TLS is being negotiated, by their peer: node does not say which one a TLS socket is made of. */
  readonly #handshaking = new Map<string, net.Socket>()
  #openCount = 0
  #sweeper: Timer | undefined
  #stopWatchingTls: (() => void) | undefined
  #shutdown: Promise<void> | undefined
  #drained: (() => void) | undefined
  address = ''
  port = 0

  constructor(settings: ListenerSettings) {
    this.#settings = settings
  }

  get connectionCount(): number {
    return this.#openCount
  }

  async start(): Promise<void> {
    const { listen, clock, limits } = this.#settings
    this.#setTls()
    try {
      if ('path' in listen) await this.#listenOnPath(listen.path)
      else await this.#listenOnHost(listen.host, listen.port)
    } catch (error) {
      this.#stopListening()
      throw error
    }
    const shortestMs = Math.min(limits.prefaceTimeoutMs, limits.headersTimeoutMs, limits.bodyTimeoutMs, 4000)
    this.#sweeper = clock.every(Math.max(20, shortestMs / 4), () => this.#sweep())
  }

  /** New connections get what is in `changes`; open ones go on as they are. */
  reconfigure(changes: Pick<ListenerSettings, 'tls' | 'limits'>): void {
    this.#settings = { ...this.#settings, ...changes }
    this.#setTls()
  }

  #setTls(): void {
    const { tls: tlsSettings } = this.#settings
    this.#stopWatchingTls?.()
    this.#stopWatchingTls = undefined
    this.#tlsServer = undefined
    if (tlsSettings === undefined) return
    const server = this.#createTlsServer(tlsSettings)
    this.#tlsServer = server
    this.#stopWatchingTls = tlsSettings.onChange(() => server.setSecureContext(tlsSettings.current()))
  }

  shutdown(deadlineMs: number): Promise<void> {
    this.#shutdown ??= this.#drain(deadlineMs)
    return this.#shutdown
  }

  async #drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#settings
    this.#stopListening()
    const drained = new Promise<void>(resolve => {
      this.#drained = resolve
    })
    for (const connection of [...this.#connections]) connection.drain()
    for (const socket of this.#handshaking.values()) socket.destroy()
    if (this.#openCount > 0) {
      const timer = clock.after(Math.max(0, deadlineMs - clock.nowMs()), () => {
        for (const connection of [...this.#connections]) connection.destroy('shutdown')
      })
      await drained
      timer.cancel()
    }
    this.#sweeper?.cancel()
  }

  #stopListening(): void {
    for (const server of this.#servers) if (server.listening) server.close()
    this.#stopWatchingTls?.()
  }

  async #listenOnPath(path: string): Promise<void> {
    const server = this.#createServer()
    try {
      await listen(server, { path })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await isStaleSocket(path))) throw error
      await unlink(path)
      await listen(server, { path })
    }
    this.address = path
  }

  /** `localhost` means both loopback addresses: clients differ in which one they try first. */
  async #listenOnHost(host: string, port: number): Promise<void> {
    const first = this.#createServer()
    const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host]
    await listen(first, { port, ...(hosts[0] === '' ? {} : { host: hosts[0]! }) })
    const bound = first.address() as net.AddressInfo
    this.port = bound.port
    this.address = `${bound.address.includes(':') ? `[${bound.address}]` : bound.address}:${bound.port}`
    if (hosts[1] === undefined) return
    const second = this.#createServer()
    try {
      await listen(second, { port: bound.port, host: hosts[1] })
    } catch (error) {
      this.#servers.pop()
      const code = (error as NodeJS.ErrnoException).code ?? ''
      // Without IPv6 there is nobody to miss; somebody else on the same port would get telemetry meant for us.
      if (code === 'EADDRINUSE' && port !== 0) throw error
    }
  }

  #createServer(): net.Server {
    const isRaw = this.#settings.accept !== undefined
    const server = net.createServer({ allowHalfOpen: isRaw, pauseOnConnect: isRaw }, (socket: net.Socket) => {
      const isFull = this.#openCount >= this.#settings.limits.connectionsMax
      if (this.#shutdown !== undefined || (isFull && !this.#makeRoom())) {
        socket.on('error', () => undefined)
        socket.destroy()
        this.#settings.events.connectionClosed(this.#shutdown === undefined ? 'connections_max' : 'shutdown')
        return
      }
      this.#opened()
      if (this.#tlsServer === undefined) this.#accept(socket)
      else this.#handshake(socket, this.#tlsServer)
    })
    this.#servers.push(server)
    return server
  }

  /** A peer that leaves in the middle of a handshake must not be kept half open until the handshake's deadline. */
  #handshake(socket: net.Socket, server: tls.Server): void {
    socket.allowHalfOpen = false
    const key = peerKey(socket)
    this.#handshaking.set(key, socket)
    socket.once('close', () => this.#handshaking.delete(key))
    server.emit('connection', socket)
  }

  #createTlsServer(settings: ServerTls): tls.Server {
    const { http1, http2, limits } = this.#settings
    const protocols = [...(http2 ? ['h2'] : []), ...(http1 ? ['http/1.1'] : [])]
    const server = tls.createServer({
      ...settings.current(),
      ALPNProtocols: protocols,
      requestCert: settings.requiresClientCertificate,
      rejectUnauthorized: settings.requiresClientCertificate,
      handshakeTimeout: limits.headersTimeoutMs,
      // A resumed session would skip the check of the client's certificate.
      ...(settings.requiresClientCertificate ? { secureOptions: cryptoConstants.SSL_OP_NO_TICKET } : {}),
    })
    server.on('secureConnection', socket => {
      this.#handshaking.delete(peerKey(socket))
      socket.allowHalfOpen = this.#settings.accept !== undefined
      this.#accept(socket)
    })
    server.on('tlsClientError', () => this.#closed(this.#shutdown === undefined ? 'tls_error' : 'shutdown'))
    return server
  }

  /**
   * At the limit a connection without work gives way to a new one: first the oldest that never said a word, so that whoever
   * holds connections open keeps nobody else out. False where all are at work.
   */
  #makeRoom(): boolean {
    let victim: Connection | undefined
    for (const connection of this.#connections) {
      if (connection.isBusy) continue
      victim ??= connection
      if (connection.isSilent !== true) continue
      victim = connection
      break
    }
    if (victim === undefined) return false
    this.#connections.delete(victim)
    victim.destroy('connections_max')
    return true
  }

  #opened(): void {
    this.#openCount++
    this.#settings.events.connectionOpened()
  }

  #closed(reason: CloseReason): void {
    this.#openCount--
    this.#settings.events.connectionClosed(reason)
    if (this.#openCount === 0) this.#drained?.()
  }

  #accept(socket: net.Socket): void {
    socket.setNoDelay(true)
    const alpn = (socket as tls.TLSSocket).alpnProtocol
    if (this.#settings.accept !== undefined) {
      this.#add(closed =>
        this.#settings.accept!(socket, alpn === 'h2' || alpn === 'http/1.1' ? alpn : undefined, closed),
      )
      return
    }
    if (alpn === 'h2') this.#serve(socket, 'h2')
    else if (alpn === 'http/1.1') this.#serve(socket, 'http/1.1')
    else this.#sniff(socket)
  }

  #sniff(socket: net.Socket): void {
    const { clock, limits } = this.#settings
    let received: Uint8Array = new Uint8Array(0)
    const waiting: Connection = {
      isBusy: false,
      isSilent: true,
      sweep: nowMs => {
        if (nowMs - openedAtMs > limits.prefaceTimeoutMs) waiting.destroy('preface_timeout')
      },
      drain: () => waiting.destroy('shutdown'),
      destroy: reason => {
        closeReason = reason
        socket.destroy()
      },
    }
    const openedAtMs = clock.nowMs()
    let closeReason: CloseReason = 'peer'
    const failed = () => {
      if (closeReason === 'peer') closeReason = 'peer_reset'
    }
    const closed = () => {
      this.#connections.delete(waiting)
      this.#closed(closeReason)
    }
    const read = (bytes: Uint8Array) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
      const protocol = protocolOf(received)
      if (protocol === undefined) return
      if (protocol === 'other' || !this.#speaks(protocol)) {
        closeReason = 'wrong_protocol'
        if (protocol === 'http/1.1') socket.end(http2Only)
        socket.destroySoon()
        return
      }
      socket.off('data', read)
      socket.off('error', failed)
      socket.off('close', closed)
      this.#connections.delete(waiting)
      socket.pause()
      socket.unshift(received)
      this.#serve(socket, protocol)
    }
    this.#connections.add(waiting)
    socket.on('error', failed)
    socket.on('close', closed)
    socket.on('data', read)
  }

  #speaks(protocol: HttpProtocol): boolean {
    return protocol === 'h2' ? this.#settings.http2 : this.#settings.http1
  }

  #serve(socket: net.Socket, protocol: HttpProtocol): void {
    this.#add(closed => this.#settings.serve!(socket, protocol, closed))
  }

  #add(open: (closed: (reason: CloseReason) => void) => Connection): void {
    const connection = open(reason => {
      this.#connections.delete(connection)
      this.#closed(reason)
    })
    this.#connections.add(connection)
    if (this.#shutdown !== undefined) connection.drain()
  }

  #sweep(): void {
    const nowMs = this.#settings.clock.nowMs()
    for (const connection of this.#connections) connection.sweep(nowMs)
  }
}

function peerKey(socket: net.Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

const http2OnlyText = 'This port speaks gRPC (HTTP/2) only.\n'
/** The answer to HTTP/1.1 on a port that does not speak it. */
export const http2Only =
  'HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-type: text/plain\r\n' +
  `content-length: ${http2OnlyText.length}\r\n\r\n${http2OnlyText}`

/** Tells by the first bytes; undefined while they are too few. */
function protocolOf(bytes: Uint8Array): HttpProtocol | 'other' | undefined {
  const first = bytes[0]!
  // Methods are upper-case letters; 0x16 would be a TLS handshake, 0x80 and above an older one.
  if (first < 0x41 || first > 0x5a) return 'other'
  const isPreface = 'PRI * HTTP/2.0'
  for (let i = 0; i < 3; i++) {
    if (bytes[i] === undefined) return undefined
    if (bytes[i] !== isPreface.charCodeAt(i)) return 'http/1.1'
  }
  return 'h2'
}

function listen(server: net.Server, where: net.ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      resolve()
    })
  })
}

async function isStaleSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSocket() !== true) return false
  return new Promise(resolve => {
    const socket = net.connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    // Another error, such as a missing permission, says nothing about who listens there.
    socket.once('error', error => resolve((error as NodeJS.ErrnoException).code === 'ECONNREFUSED'))
  })
}
