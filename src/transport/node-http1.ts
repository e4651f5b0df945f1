import http from 'node:http'
import type net from 'node:net'
import type tls from 'node:tls'
import type { HeaderList } from './headers.ts'
import type { Connection } from './listener.ts'
import { NodeExchange, type PeerIdentity } from './node-exchange.ts'
import type { CloseReason, RequestHandler, ServerChanges, ServerSettings } from './server.ts'

/** Speaks HTTP/1.1 on sockets that a listener accepted: node:http's parser, our own deadlines. */
export class NodeHttp1 {
  #settings: ServerSettings
  #server: http.Server
  readonly #connections = new WeakMap<net.Socket, Http1Connection>()
  handler: RequestHandler

  constructor(settings: ServerSettings) {
    this.#settings = settings
    this.handler = settings.handler
    this.#server = this.#createParser()
  }

  reconfigure(changes: ServerChanges): void {
    this.#settings = { ...this.#settings, ...changes }
    this.#server = this.#createParser()
  }

  /** Node's own time-outs only run on a server that listens; those of the connection below replace them. */
  #createParser(): http.Server {
    const { limits } = this.#settings
    const server = http.createServer({
      maxHeaderSize: limits.headerBytesMax,
      insecureHTTPParser: false,
      requireHostHeader: true,
      keepAliveTimeout: 0,
      headersTimeout: 0,
      requestTimeout: 0,
      noDelay: true,
    })
    server.maxHeadersCount = limits.headerPairsMax + 1
    server.on('request', (request, response) => this.#begin(request, response))
    server.on('checkContinue', (request, response) => this.#begin(request, response, true))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#connections.get(socket as net.Socket)?.refuse(error)
    })
    return server
  }

  serve(socket: net.Socket, closed: (reason: CloseReason) => void): Connection {
    const connection = new Http1Connection(socket, this.#settings, closed)
    this.#connections.set(socket, connection)
    this.#server.emit('connection', socket)
    socket.resume()
    return connection
  }

  #begin(request: http.IncomingMessage, response: http.ServerResponse, expectsContinue = false): void {
    const connection = this.#connections.get(request.socket)!
    if (request.rawHeaders.length / 2 > this.#settings.limits.headerPairsMax) {
      this.#settings.events.requestRefused('headers_too_large')
      connection.refuse({ code: 'HPE_HEADER_OVERFLOW' } as NodeJS.ErrnoException)
      return
    }
    connection.begin(new Http1Exchange(this.handler, request, response, connection), request, expectsContinue)
  }
}

class Http1Connection implements Connection {
  readonly #socket: net.Socket
  readonly #settings: ServerSettings
  readonly peer: PeerIdentity
  /** More than one where the peer pipelines. */
  readonly #exchanges = new Set<Http1Exchange>()
  #idleSinceMs: number
  #idleBytesRead = 0
  #headersSinceMs = 0
  #closeReason: CloseReason = 'peer'
  isDraining = false

  constructor(socket: net.Socket, settings: ServerSettings, closed: (reason: CloseReason) => void) {
    this.#socket = socket
    this.#settings = settings
    this.peer = peerOf(socket)
    this.#idleSinceMs = settings.clock.nowMs()
    // The first bytes are there already, unread: the head must follow in time.
    this.#headersSinceMs = this.#idleSinceMs
    socket.on('error', () => {
      if (this.#closeReason === 'peer') this.#closeReason = 'peer_reset'
    })
    socket.on('close', () => {
      for (const exchange of [...this.#exchanges]) exchange.abort()
      closed(this.#closeReason)
    })
  }

  get isBusy(): boolean {
    return this.#exchanges.size > 0
  }

  get nowMs(): number {
    return this.#settings.clock.nowMs()
  }

  begin(exchange: Http1Exchange, request: http.IncomingMessage, expectsContinue: boolean): void {
    this.#exchanges.add(exchange)
    this.#headersSinceMs = 0
    const length = request.headers['content-length']
    const wantsBody = exchange.begin(length === undefined ? undefined : Number(length))
    if (wantsBody && expectsContinue) exchange.sendContinue()
    request.on('data', (bytes: Uint8Array) => exchange.chunk(bytes))
    request.on('end', () => exchange.complete())
    request.on('error', () => exchange.abort())
  }

  /** The answer has been handed to the kernel, and nothing of the request is left to read. */
  finished(exchange: Http1Exchange): void {
    this.#exchanges.delete(exchange)
    if (this.isBusy) return
    this.#idleSinceMs = this.nowMs
    this.#idleBytesRead = this.#socket.bytesRead
    if (this.isDraining) this.destroy('shutdown')
  }

  sweep(nowMs: number): void {
    if (this.isBusy) for (const exchange of this.#exchanges) this.#sweepExchange(exchange, nowMs)
    else this.#sweepIdle(nowMs)
  }

  #sweepExchange(exchange: Http1Exchange, nowMs: number): void {
    const { limits } = this.#settings
    if (exchange.respondedAtMs > 0) {
      if (nowMs - exchange.respondedAtMs > limits.writeTimeoutMs) this.destroy('write_timeout')
    } else if (!exchange.isBodyDone) {
      const elapsedMs = nowMs - exchange.startedAtMs
      const bytesDue = (elapsedMs / 1000) * limits.bodyBytesPerSecondMin
      if (elapsedMs <= limits.bodyTimeoutMs || exchange.bodyBytes >= bytesDue) return
      this.isDraining = true
      this.#closeReason = 'body_timeout'
      exchange.fail('too_slow')
    }
  }

  #sweepIdle(nowMs: number): void {
    const { limits, keepalive } = this.#settings
    if (this.#headersSinceMs === 0 && this.#socket.bytesRead > this.#idleBytesRead) this.#headersSinceMs = nowMs
    const idleMs = nowMs - this.#idleSinceMs
    if (this.#headersSinceMs > 0) {
      if (nowMs - this.#headersSinceMs > limits.headersTimeoutMs) this.destroy('headers_timeout')
    } else if (idleMs > limits.idleTimeoutMs) {
      this.destroy('idle')
    } else if (keepalive.connectionIdleMsMax > 0 && idleMs > keepalive.connectionIdleMsMax) {
      this.destroy('idle')
    }
  }

  /** Answers what is no HTTP, and closes. */
  refuse(error: NodeJS.ErrnoException): void {
    const isGone = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE'
    if (this.#socket.destroyed || isGone) {
      if (isGone && this.#closeReason === 'peer') this.#closeReason = 'peer_reset'
      this.#socket.destroy()
      return
    }
    const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW'
    this.#closeReason = isTooLarge ? 'headers_too_large' : 'protocol_error'
    const status = isTooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
    for (const exchange of this.#exchanges) exchange.fail('malformed')
    if (this.#socket.writable) this.#socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    this.#socket.destroySoon()
  }

  drain(): void {
    this.isDraining = true
    if (!this.isBusy) this.destroy('shutdown')
  }

  destroy(reason: CloseReason): void {
    if (this.#closeReason === 'peer') this.#closeReason = reason
    // What was answered goes out first; the sweep ends a peer that does not read.
    if (reason === 'shutdown' || reason === 'idle') this.#socket.destroySoon()
    else this.#socket.destroy()
  }
}

class Http1Exchange extends NodeExchange {
  readonly protocol = 'http/1.1'
  readonly #request: http.IncomingMessage
  readonly #response: http.ServerResponse
  readonly #connection: Http1Connection
  respondedAtMs = 0

  constructor(
    handler: RequestHandler,
    request: http.IncomingMessage,
    response: http.ServerResponse,
    connection: Http1Connection,
  ) {
    super(handler, request.method ?? '', request.url ?? '/', connection.peer, connection.nowMs)
    this.#request = request
    this.#response = response
    this.#connection = connection
    response.on('finish', () => {
      if (request.readableEnded) connection.finished(this)
      else request.once('end', () => connection.finished(this))
    })
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  headers(): Map<string, string[]> {
    return headerMap(this.#request.rawHeaders)
  }

  sendContinue(): void {
    this.#response.writeContinue()
  }

  protected send(status: number, headers: HeaderList, body: Uint8Array): void {
    const isWhole = this.#request.complete
    const closes = this.#connection.isDraining || (!isWhole && Number(this.header('content-length') ?? 1e9) > 65_536)
    const all = [...headers, 'content-length', String(body.length)]
    if (closes) all.push('connection', 'close')
    this.respondedAtMs = this.#connection.nowMs
    this.#response.writeHead(status, all)
    this.#response.end(body)
  }

  protected stop(): void {
    this.#request.socket.destroySoon()
  }
}

export function peerOf(socket: net.Socket): PeerIdentity {
  const address = socket.remoteAddress ?? ''
  return {
    remoteAddress: address.startsWith('::ffff:') ? address.slice(7) : address,
    isAuthorized: (socket as tls.TLSSocket).authorized === true,
  }
}

/** Names and values in turn, as a map by lower-case name, without pseudo-headers. */
export function headerMap(rawHeaders: readonly string[]): Map<string, string[]> {
  const map = new Map<string, string[]>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (name.startsWith(':')) continue
    const values = map.get(name)
    if (values === undefined) map.set(name, [rawHeaders[i + 1]!])
    else values.push(rawHeaders[i + 1]!)
  }
  return map
}
