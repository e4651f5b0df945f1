import http2 from 'node:http2'
import type net from 'node:net'
import type { HeaderList } from './headers.ts'
import type { Connection } from './listener.ts'
import { NodeExchange, type PeerIdentity } from './node-exchange.ts'
import { headerMap, peerOf } from './node-http1.ts'
import type { CloseReason, RequestHandler, ServerChanges, ServerSettings } from './server.ts'

const { NGHTTP2_NO_ERROR, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, HTTP2_HEADER_STATUS } =
  http2.constants

const streamWindowBytes = 1024 * 1024
const connectionWindowBytes = 8 * 1024 * 1024
const pingStrikesMax = 2
const pingIntervalWithoutStreamMs = 7_200_000

/** Speaks HTTP/2 on sockets that a listener accepted: nghttp2's framing, our own deadlines. */
export class NodeHttp2 {
  #settings: ServerSettings
  handler: RequestHandler

  constructor(settings: ServerSettings) {
    this.#settings = settings
    this.handler = settings.handler
  }

  reconfigure(changes: ServerChanges): void {
    this.#settings = { ...this.#settings, ...changes }
  }

  serve(socket: net.Socket, closed: (reason: CloseReason) => void): Connection {
    const { limits } = this.#settings
    const session = http2.performServerHandshake(socket, {
      settings: {
        maxConcurrentStreams: limits.streamsMax,
        initialWindowSize: streamWindowBytes,
        maxHeaderListSize: limits.headerBytesMax,
        enablePush: false,
      },
      maxHeaderListPairs: limits.headerPairsMax + 4,
      maxSessionMemory: 64,
      streamResetBurst: limits.resetStreamsPerSecondMax,
      streamResetRate: limits.resetStreamsPerSecondMax,
    } as http2.ServerSessionOptions)
    return new Http2Connection(socket, session, this.#settings, () => this.handler, closed)
  }
}

class Http2Connection implements Connection {
  readonly #socket: net.Socket
  readonly #session: http2.ServerHttp2Session
  readonly #settings: ServerSettings
  readonly #peer: PeerIdentity
  readonly #exchanges = new Set<Http2Exchange>()
  readonly #openedAtMs: number
  #idleSinceMs: number
  #hasSettings = false
  #closeReason: CloseReason = 'peer'
  #agedAtMs = 0
  #lastReadBytes = 0
  #lastReadAtMs: number
  #pingSentAtMs = 0
  #lastPeerPingAtMs = Number.NEGATIVE_INFINITY
  #pingStrikes = 0

  constructor(
    socket: net.Socket,
    session: http2.ServerHttp2Session,
    settings: ServerSettings,
    handler: () => RequestHandler,
    closed: (reason: CloseReason) => void,
  ) {
    this.#socket = socket
    this.#session = session
    this.#settings = settings
    this.#peer = peerOf(socket)
    this.#openedAtMs = this.#idleSinceMs = this.#lastReadAtMs = settings.clock.nowMs()
    session.setLocalWindowSize(connectionWindowBytes)
    session.once('remoteSettings', () => {
      this.#hasSettings = true
    })
    session.on('stream', (stream, headers, _flags, rawHeaders) => {
      this.#begin(handler(), stream, headers, rawHeaders as unknown as string[])
    })
    session.on('ping', () => this.#countPing())
    session.on('error', error => {
      if (this.#closeReason !== 'peer') return
      const { code } = error as NodeJS.ErrnoException
      this.#closeReason = code === 'ECONNRESET' || code === 'EPIPE' ? 'peer_reset' : 'protocol_error'
    })
    socket.on('error', () => {
      if (this.#closeReason === 'peer') this.#closeReason = 'peer_reset'
    })
    socket.on('close', () => {
      for (const exchange of [...this.#exchanges]) exchange.abort()
      session.destroy()
      closed(this.#closeReason)
    })
  }

  get isBusy(): boolean {
    return this.#exchanges.size > 0
  }

  #begin(
    handler: RequestHandler,
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): void {
    const { limits, clock, events } = this.#settings
    stream.on('error', () => undefined)
    let pairs = 0
    for (let i = 0; i < rawHeaders.length; i += 2) if (!rawHeaders[i]!.startsWith(':')) pairs++
    if (pairs > limits.headerPairsMax) {
      events.requestRefused('headers_too_large')
      stream.respond({ [HTTP2_HEADER_STATUS]: 431 }, { endStream: true })
      stream.close(NGHTTP2_NO_ERROR)
      return
    }
    const exchange = new Http2Exchange(handler, stream, headers, rawHeaders, this.#peer, clock.nowMs())
    this.#exchanges.add(exchange)
    stream.once('close', () => {
      this.#exchanges.delete(exchange)
      exchange.abort()
      this.#idleSinceMs = clock.nowMs()
    })
    exchange.answered = () => {
      this.#pingStrikes = 0
    }
    const length = headers['content-length']
    exchange.begin(length === undefined ? undefined : Number(length))
    stream.on('data', (bytes: Uint8Array) => exchange.chunk(bytes))
    stream.on('end', () => exchange.complete())
    stream.on('aborted', () => exchange.abort())
  }

  /** grpc-go's rule: three PINGs that come too soon, with no answer of ours between them, and the peer has to go. */
  #countPing(): void {
    const { keepalive, clock } = this.#settings
    const nowMs = clock.nowMs()
    const isIdle = this.#exchanges.size === 0 && !keepalive.peerPingsWithoutStream
    const intervalMs = isIdle ? pingIntervalWithoutStreamMs : keepalive.peerPingIntervalMsMin
    if (nowMs - this.#lastPeerPingAtMs < intervalMs) this.#pingStrikes++
    this.#lastPeerPingAtMs = nowMs
    if (this.#pingStrikes <= pingStrikesMax) return
    this.#session.goaway(NGHTTP2_ENHANCE_YOUR_CALM, undefined, Buffer.from('too_many_pings'))
    this.destroy('too_many_pings')
  }

  sweep(nowMs: number): void {
    const { limits, keepalive } = this.#settings
    if (!this.#hasSettings) {
      if (nowMs - this.#openedAtMs > limits.prefaceTimeoutMs) this.destroy('preface_timeout')
      return
    }
    for (const exchange of this.#exchanges) exchange.sweep(nowMs, limits)
    if (this.#exchanges.size === 0) {
      const idleMs = nowMs - this.#idleSinceMs
      const { connectionIdleMsMax } = keepalive
      if (idleMs > limits.idleTimeoutMs || (connectionIdleMsMax > 0 && idleMs > connectionIdleMsMax)) {
        this.#close('idle')
        return
      }
    }
    this.#sweepAge(nowMs)
    this.#sweepKeepalive(nowMs)
  }

  #sweepAge(nowMs: number): void {
    const { connectionAgeMsMax, connectionAgeGraceMs } = this.#settings.keepalive
    if (connectionAgeMsMax <= 0) return
    if (this.#agedAtMs === 0) {
      if (nowMs - this.#openedAtMs <= connectionAgeMsMax) return
      this.#agedAtMs = nowMs
      this.#close('max_age')
    } else if (connectionAgeGraceMs > 0 && nowMs - this.#agedAtMs > connectionAgeGraceMs) {
      this.destroy('max_age')
    }
  }

  #sweepKeepalive(nowMs: number): void {
    const { pingIntervalMs, pingTimeoutMs } = this.#settings.keepalive
    if (pingIntervalMs <= 0) return
    if (this.#socket.bytesRead !== this.#lastReadBytes) {
      this.#lastReadBytes = this.#socket.bytesRead
      this.#lastReadAtMs = nowMs
      this.#pingSentAtMs = 0
    } else if (this.#pingSentAtMs > 0) {
      if (nowMs - this.#pingSentAtMs > pingTimeoutMs) this.destroy('keepalive_timeout')
    } else if (nowMs - this.#lastReadAtMs > pingIntervalMs) {
      this.#pingSentAtMs = nowMs
      // The answer is seen as bytes that were read.
      this.#session.ping(() => undefined)
    }
  }

  drain(): void {
    this.#close('shutdown')
  }

  /** GOAWAY; the session closes when its last stream has. */
  #close(reason: CloseReason): void {
    if (this.#closeReason === 'peer') this.#closeReason = reason
    this.#session.close()
  }

  destroy(reason: CloseReason): void {
    if (this.#closeReason === 'peer') this.#closeReason = reason
    this.#session.destroy()
    this.#socket.destroySoon()
  }
}

class Http2Exchange extends NodeExchange {
  readonly protocol = 'h2'
  readonly #stream: http2.ServerHttp2Stream
  readonly #headers: http2.IncomingHttpHeaders
  readonly #rawHeaders: readonly string[]
  #respondedAtMs = 0
  #nowMs: number
  answered: () => void = () => undefined

  constructor(
    handler: RequestHandler,
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    rawHeaders: readonly string[],
    peer: PeerIdentity,
    nowMs: number,
  ) {
    super(handler, headers[':method'] ?? '', headers[':path'] ?? '/', peer, nowMs)
    this.#stream = stream
    this.#headers = headers
    this.#rawHeaders = rawHeaders
    this.#nowMs = nowMs
  }

  header(name: string): string | undefined {
    const value = this.#headers[name] ?? (name === 'host' ? this.#headers[':authority'] : undefined)
    return Array.isArray(value) ? value.join(', ') : value
  }

  headers(): Map<string, string[]> {
    return headerMap(this.#rawHeaders)
  }

  sweep(nowMs: number, limits: ServerSettings['limits']): void {
    this.#nowMs = nowMs
    if (this.#respondedAtMs > 0) {
      if (nowMs - this.#respondedAtMs > limits.writeTimeoutMs) this.#stream.close(NGHTTP2_CANCEL)
    } else if (!this.isBodyDone) {
      const elapsedMs = nowMs - this.startedAtMs
      const bytesDue = (elapsedMs / 1000) * limits.bodyBytesPerSecondMin
      if (elapsedMs > limits.bodyTimeoutMs && this.bodyBytes < bytesDue) this.fail('too_slow')
    }
  }

  protected send(status: number, headers: HeaderList, body: Uint8Array, trailers?: HeaderList): void {
    const stream = this.#stream
    this.#respondedAtMs = this.#nowMs
    this.answered()
    if (stream.destroyed || stream.closed) return
    const head = headerObject(headers)
    head[HTTP2_HEADER_STATUS] = status
    // The peer need not send the rest of a request that has been answered. A reset would overtake frames that wait to be
    // written, which happens in the next turn of the event loop.
    stream.once('finish', () => {
      setImmediate(() => {
        if (!stream.readableEnded) stream.close(NGHTTP2_NO_ERROR)
      })
    })
    if (trailers === undefined) {
      if (body.length > 0) head['content-length'] = body.length
      stream.respond(head, { endStream: body.length === 0 })
      if (body.length > 0) stream.end(body)
      return
    }
    stream.respond(head, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers(headerObject(trailers)))
    stream.end(body)
  }

  protected stop(): void {
    this.#stream.close(NGHTTP2_REFUSED_STREAM)
  }
}

function headerObject(list: HeaderList): http2.OutgoingHttpHeaders {
  const headers: http2.OutgoingHttpHeaders = {}
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i]!
    const before = headers[name]
    headers[name] =
      before === undefined ? list[i + 1] : [...(Array.isArray(before) ? before : [String(before)]), list[i + 1]!]
  }
  return headers
}
