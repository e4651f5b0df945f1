import type { Socket } from 'node:net'
import type { HeaderList } from '../headers.ts'
import { admittedAheadBytesMax } from '../limits.ts'
import type { BodyFailure, CloseReason } from '../server.ts'
import type { ConnectionHost, ServerConnection } from '../server-connection.ts'
import { Drain } from './drain.ts'
import {
  cancel,
  enhanceYourCalm,
  noError,
  preface,
  protocolError,
  refusedStream,
  streamClosed,
  streamIdLargest,
} from './frame.ts'
import { encodeHeaders, encodeStatus } from './header-encoder.ts'
import type { HeaderBlock } from './hpack-decoder.ts'
import { Http2Connection } from './http2-connection.ts'
import { Http2Error } from './http2-error.ts'
import { type Http2Answer, type Http2Answerer, Http2Exchange } from './http2-exchange.ts'
import { noBytes } from './no-parts.ts'
import { type RequestHead, requestHead } from './request-head.ts'
import { ServerKeepalive } from './server-keepalive.ts'
import { TokenBucket } from './token-bucket.ts'

/** A stream's window holds most requests whole, so that they need no WINDOW_UPDATE; memory is what `admit` allows. */
const streamWindowBytes = 4 * 1024 * 1024
const connectionWindowBytes = 16 * 1024 * 1024
const frameBytesMax = 256 * 1024
/** A peer that does not read its answers is not read from either. */
const unsentBytesMax = 256 * 1024
/** Questions and answers of tools: nothing that stays. */
const conversationMsMax = 60_000

/** The server's end of an HTTP/2 connection: requests become exchanges, answers become frames. */
export class Http2ServerConnection extends Http2Connection<Http2Exchange> implements ServerConnection, Http2Answerer {
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  readonly #host: ConnectionHost
  readonly #keepalive: ServerKeepalive
  readonly #resets: TokenBucket
  readonly #openedMs: number
  #prefaceBytes = 0
  readonly #drain = new Drain()

  constructor(socket: Socket, host: ConnectionHost) {
    const { limits, keepalive } = host.settings
    super(socket, {
      headerBytesMax: limits.headerBytesMax,
      headerPairsMax: limits.headerPairsMax,
      streamWindowBytes,
      connectionWindowBytes,
      streamsMax: limits.streamsMax,
      frameBytesMax,
    })
    this.#host = host
    this.remoteAddress = host.remoteAddress
    this.isPeerAuthorized = host.isPeerAuthorized
    this.#openedMs = this.receivedMs = host.settings.clock.nowMs()
    this.#keepalive = new ServerKeepalive(keepalive, limits.idleTimeoutMs, this.#openedMs)
    this.#resets = new TokenBucket(limits.resetStreamsPerSecondMax, limits.resetStreamsPerSecondMax)
    this.sendSettings()
    this.planFlush()
  }

  protected override nowMs(): number {
    return this.#host.settings.clock.nowMs()
  }

  override receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#prefaceBytes < preface.length) {
      while (start < end && this.#prefaceBytes < preface.length) {
        if (bytes[start++] !== preface[this.#prefaceBytes++]) {
          this.fail(new Http2Error(protocolError, 'not a connection preface', 'wrong_protocol'))
          return
        }
      }
    }
    super.receive(bytes, start, end)
    if (this.outbox.pendingBytes > unsentBytesMax && !this.isClosing) this.socket.pause()
  }

  override drained(): void {
    super.drained()
    if (this.socket.isPaused()) this.socket.resume()
  }

  // Requests.

  protected override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > this.highestPeerId
  }

  protected override headersReceived(streamId: number, block: HeaderBlock, endsStream: boolean): void {
    const exchange = this.streams.get(streamId)
    if (exchange !== undefined) {
      this.#trailersReceived(exchange, block, endsStream)
      return
    }
    if (this.resetIds.has(streamId)) return
    if (this.endedIds.has(streamId)) throw new Http2Error(streamClosed, 'HEADERS on a closed stream')
    if (streamId % 2 === 0) throw new Http2Error(protocolError, 'HEADERS on a stream of the server')
    if (streamId <= this.highestPeerId) throw new Http2Error(protocolError, 'stream ids must grow')
    this.highestPeerId = streamId
    if (streamId > this.#drain.lastStreamId) {
      this.resetIds.add(streamId)
      return
    }
    if (this.streams.size >= this.settings.streamsMax) {
      this.#refuse(streamId, refusedStream, 'too_many_streams')
      return
    }
    const head = requestHead(block)
    if (!block.isOverLimit && head.problem !== '') {
      this.#refuse(streamId, protocolError, 'protocol_error')
      return
    }
    this.#start(streamId, head, { endsStream, isOverLimit: block.isOverLimit })
  }

  #refuse(streamId: number, code: number, reason: CloseReason): void {
    this.sendReset(streamId, code)
    this.#host.settings.events.requestRefused(reason)
    this.#countReset()
  }

  #countReset(): void {
    if (!this.#resets.take(this.receivedMs)) {
      throw new Http2Error(enhanceYourCalm, 'too many streams that come to nothing', 'too_many_streams')
    }
  }

  #start(streamId: number, head: RequestHead, how: { endsStream: boolean; isOverLimit: boolean }): void {
    const handler = this.#host.handler
    const exchange = new Http2Exchange(this, head, {
      id: streamId,
      sendWindow: this.peer.streamWindow,
      receiveWindow: this.settings.streamWindowBytes,
      handler,
      startedMs: this.receivedMs,
    })
    this.streams.set(streamId, exchange)
    exchange.isRemoteClosed = how.endsStream
    if (how.isOverLimit) {
      this.#host.settings.events.requestRefused('headers_too_large')
      exchange.isBodySettled = true
      exchange.respond(431, tooLargeHeaders, noBytes)
      return
    }
    exchange.bodyBytesMax = handler.head(exchange)
    if (exchange.isOver) return
    if (head.contentLength > exchange.bodyBytesMax) {
      this.#failBody(exchange, 'too_large')
      return
    }
    if (how.endsStream) {
      this.streamEnded(exchange)
      return
    }
    if (head.contentLength > 0) this.#reserve(exchange, head.contentLength)
  }

  #reserve(exchange: Http2Exchange, length: number): void {
    exchange.expectedBytes = length
    if (length > admittedAheadBytesMax) return
    if (exchange.handler.admit(exchange, length)) exchange.body.reserve(length)
    else this.#failBody(exchange, 'not_admitted')
  }

  #trailersReceived(exchange: Http2Exchange, block: HeaderBlock, endsStream: boolean): void {
    if (exchange.isRemoteClosed) {
      this.#fault(exchange, streamClosed)
      return
    }
    const isMalformed = !block.isWellFormed || block.fields.some(field => field.name.startsWith(':'))
    if (!endsStream || isMalformed) {
      this.#fault(exchange, protocolError)
      return
    }
    exchange.isRemoteClosed = true
    this.streamEnded(exchange)
  }

  #fault(exchange: Http2Exchange, code: number): void {
    this.resetStream(exchange, code)
    this.#countReset()
  }

  protected override dataReceived(exchange: Http2Exchange, bytes: Uint8Array, start: number, end: number): void {
    if (exchange.isBodySettled || exchange.isOver) {
      if (!exchange.isOver) exchange.hearer?.received(bytes.subarray(start, end))
      return
    }
    const { head } = exchange
    const received = exchange.receivedBytes + end - start
    exchange.receivedBytes = received
    if (head.contentLength >= 0 && received > head.contentLength) {
      this.#fault(exchange, protocolError)
      return
    }
    if (received > exchange.bodyBytesMax) {
      this.#failBody(exchange, 'too_large')
      return
    }
    if (head.contentLength < 0 || head.contentLength > admittedAheadBytesMax) {
      if (!exchange.handler.admit(exchange, end - start)) {
        this.#failBody(exchange, 'not_admitted')
        return
      }
      if (head.contentLength < 0 && head.isGrpc && received === end - start && received >= 5) {
        const length = ((bytes[start + 1]! << 24) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 8)) >>> 0
        exchange.expectedBytes = Math.min(5 + length + bytes[start + 4]!, exchange.bodyBytesMax)
      }
    }
    exchange.body.append(bytes, start, end, exchange.expectedBytes)
  }

  protected override streamEnded(exchange: Http2Exchange): void {
    const { head } = exchange
    if (exchange.isBodySettled || exchange.isOver) {
      if (exchange.isLocalClosed) this.#forgetExchange(exchange)
      else if (!exchange.isOver) exchange.hearer?.ended()
      return
    }
    if (head.contentLength >= 0 && head.contentLength !== exchange.receivedBytes) {
      this.#fault(exchange, protocolError)
      return
    }
    exchange.isBodySettled = true
    exchange.handler.body(exchange, exchange.body.take())
  }

  #failBody(exchange: Http2Exchange, reason: BodyFailure): void {
    this.#tellFailure(exchange, reason)
    if (!exchange.isOver) exchange.respond(reason === 'too_large' ? 413 : 400, plainHeaders, noBytes)
  }

  #tellFailure(exchange: Http2Exchange, reason: BodyFailure): void {
    if (exchange.isBodySettled) return
    exchange.isBodySettled = true
    exchange.body.drop()
    exchange.handler.failed(exchange, reason)
  }

  protected override streamReset(exchange: Http2Exchange, code: number, isByPeer: boolean): void {
    const wasOver = exchange.isOver
    exchange.isOver = true
    if (!wasOver) this.#tellFailure(exchange, isByPeer || code === cancel ? 'aborted' : 'malformed')
    this.#streamGone()
    if (isByPeer && !wasOver) this.#countReset()
  }

  // Answers.

  respond(exchange: Http2Exchange, answer: Http2Answer): void {
    exchange.isOver = true
    const { status, headers, body, trailers } = answer
    this.#keepalive.sent()
    const hasMore = body.length > 0 || trailers !== undefined
    this.sendHeaders(exchange.id, [encodeStatus(status), encodeHeaders(headers)], !hasMore)
    exchange.trailers = trailers === undefined ? undefined : encodeHeaders(trailers)
    if (body.length > 0) {
      exchange.parts = [body]
      exchange.bodyBytesLeft = body.length
    }
    this.sendBody(exchange)
  }

  /** A piece of an answer that goes on. */
  say(exchange: Http2Exchange, bytes: Uint8Array): void {
    if (exchange.isOver) return
    this.#beginAnswer(exchange)
    exchange.parts = [...exchange.parts.slice(exchange.partIndex), bytes]
    exchange.partIndex = 0
    exchange.bodyBytesLeft += bytes.length
    if (!exchange.isQueued) this.sendBody(exchange)
  }

  endAnswer(exchange: Http2Exchange, trailers: HeaderList): void {
    if (exchange.isOver) return
    this.#beginAnswer(exchange)
    exchange.isOver = true
    exchange.hasMore = false
    exchange.trailers = encodeHeaders(trailers)
    if (!exchange.isQueued) this.sendBody(exchange)
  }

  #beginAnswer(exchange: Http2Exchange): void {
    this.#keepalive.sent()
    if (exchange.hasMore) return
    exchange.hasMore = true
    this.sendHeaders(exchange.id, [encodeStatus(200), encodeHeaders(conversationHeaders)], false)
  }

  protected override bodySent(exchange: Http2Exchange): void {
    if (exchange.isRemoteClosed) {
      this.#forgetExchange(exchange)
    } else {
      // The answer came before the end of the request: the rest is not wanted (RFC 9113, section 8.1).
      this.streams.delete(exchange.id)
      this.sendReset(exchange.id, noError)
      exchange.body.drop()
      this.#streamGone()
    }
  }

  #forgetExchange(exchange: Http2Exchange): void {
    this.forget(exchange)
    this.#streamGone()
  }

  // Life of the connection.

  #streamGone(): void {
    if (this.streams.size > 0) return
    this.#keepalive.idleSince(this.receivedMs)
    if (this.#drain.isTold) this.#close(this.#drain.reason)
  }

  protected override pingReceived(): void {
    if (!this.#keepalive.mayPing(this.receivedMs, this.streams.size > 0)) {
      throw new Http2Error(enhanceYourCalm, 'too_many_pings', 'too_many_pings')
    }
  }

  protected override pingAcknowledged(bytes: Uint8Array, offset: number): void {
    if (this.#drain.isBegun && bytes[offset] === drainPing[0]) this.#sendLastGoaway()
    this.#keepalive.pingAnswered()
  }

  protected override goawayReceived(): void {
    // The peer opens no more streams; those that run are finished and then the peer closes, or idles out.
  }

  get isBusy(): boolean {
    return this.streams.size > 0
  }

  /** Says GOAWAY without refusing what is on its way. */
  drain(reason: CloseReason = 'shutdown'): void {
    if (this.#drain.isBegun || this.isClosing) return
    this.#drain.begin(reason, this.nowMs())
    this.sendGoaway(streamIdLargest, noError, reason)
    this.sendPing(drainPing, 0)
  }

  // After one round trip the peer knows: whatever comes now with a higher id it must send elsewhere.
  #sendLastGoaway(): void {
    const drain = this.#drain
    if (drain.isTold) return
    drain.lastStreamId = this.highestPeerId
    this.sendGoaway(this.highestPeerId, noError, drain.reason)
    if (this.streams.size === 0) this.#close(drain.reason)
  }

  /** Called by the listener a few times a second. */
  check(nowMs: number): void {
    if (this.isClosing) return
    const { limits } = this.#host.settings
    if (!this.peer.isKnown && nowMs - this.#openedMs >= limits.prefaceTimeoutMs) {
      this.fail(new Http2Error(protocolError, 'no preface', 'preface_timeout'))
      return
    }
    if (this.waitingSinceMs >= 0 && nowMs - this.waitingSinceMs >= limits.headersTimeoutMs) {
      this.fail(new Http2Error(enhanceYourCalm, 'a frame without end', 'headers_timeout'))
      return
    }
    if (this.#drain.isCutDue(nowMs)) {
      this.#cut()
      return
    }
    if (this.#drain.isLastDue(nowMs)) this.#sendLastGoaway()
    for (const exchange of this.streams.values()) this.#checkExchange(exchange, nowMs)
    this.#checkKeepalive(nowMs)
  }

  #checkExchange(exchange: Http2Exchange, nowMs: number): void {
    const { limits } = this.#host.settings
    if (!exchange.isRemoteClosed && !exchange.isBodySettled) {
      const elapsedMs = nowMs - exchange.startedMs
      const expected = (elapsedMs / 1000) * limits.bodyBytesPerSecondMin
      if (elapsedMs >= limits.bodyTimeoutMs && exchange.receivedBytes < expected) this.#failBody(exchange, 'too_slow')
    }
    if (exchange.hearer !== undefined && !exchange.isOver && nowMs - exchange.startedMs >= conversationMsMax) {
      this.#host.settings.events.requestRefused('body_timeout')
      this.resetStream(exchange, cancel)
      return
    }
    const blockedMs = exchange.blockedSinceMs
    if (blockedMs >= 0 && nowMs - blockedMs >= limits.writeTimeoutMs) {
      this.#host.settings.events.requestRefused('write_timeout')
      this.resetStream(exchange, cancel)
    }
  }

  #checkKeepalive(nowMs: number): void {
    const { keepalive } = this.#host.settings
    const due = this.#keepalive.due(nowMs, this.receivedMs, this.streams.size > 0)
    if (due === 'ping') this.sendPing(keepalivePing, 0)
    else if (due === 'dead') this.#destroy('keepalive_timeout')
    else if (due === 'idle') this.drain('idle')
    else if (due === 'old') {
      this.drain('max_age')
      const graceMs = keepalive.connectionAgeGraceMs
      if (graceMs > 0) this.#drain.cutAt(nowMs + graceMs)
    }
  }

  #cut(): void {
    for (const exchange of [...this.streams.values()]) this.resetStream(exchange, cancel)
    this.#close(this.#drain.reason)
  }

  #close(reason: CloseReason): void {
    if (this.isClosing) return
    this.isClosing = true
    this.outbox.flush()
    this.#host.close(reason)
  }

  #destroy(reason: CloseReason): void {
    this.isClosing = true
    this.#host.destroy(reason)
  }

  protected override failed(error: Http2Error): void {
    this.#host.close(error.reason)
  }

  /** The peer has sent its last byte. In HTTP/2 that means that it reads no answers either. */
  ended(): void {
    this.#close('peer')
  }

  /** The socket is gone. */
  closed(): void {
    this.isClosing = true
    for (const exchange of [...this.streams.values()]) {
      this.streams.delete(exchange.id)
      const wasOver = exchange.isOver
      exchange.isOver = true
      if (!wasOver) this.#tellFailure(exchange, 'aborted')
    }
  }
}

const drainPing = Uint8Array.of(0x64, 0x72, 0x61, 0x69, 0x6e, 0, 0, 0)
const keepalivePing = Uint8Array.of(0x6b, 0x65, 0x65, 0x70, 0, 0, 0, 0)
const plainHeaders: HeaderList = Object.freeze(['content-length', '0'])
/** Streams in both directions are gRPC's alone. */
const conversationHeaders: HeaderList = Object.freeze(['content-type', 'application/grpc'])
const tooLargeHeaders: HeaderList = Object.freeze(['content-length', '0'])
