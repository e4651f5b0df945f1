import type { Socket } from 'node:net'
import { type HeaderList, headerIn } from '../headers.ts'
import { admittedAheadBytesMax } from '../limits.ts'
import { Outbox } from '../outbox.ts'
import type { BodyFailure, CloseReason } from '../server.ts'
import type { ConnectionHost, ServerConnection } from '../server-connection.ts'
import { answerHead, currentDateField, emptyLine, lengthField, wholeHead } from './answer-head.ts'
import { ChunkedReader } from './chunked-reader.ts'
import { HeadBuffer } from './head-buffer.ts'
import { Http1Error } from './head-fields.ts'
import { type Http1Answerer, Http1Exchange } from './http1-exchange.ts'
import { type Http1Head, parseHead } from './request-head.ts'

/** What a client may send ahead of the answer it waits for before it is no longer read. */
const aheadBytesMax = 64 * 1024
/** With that much of its answers unread a client is not served any further. */
const unsentBytesMax = 256 * 1024
/** A body that nobody wants is read to its end up to this length, so that the connection can be kept. */
const discardBytesMax = 1024 * 1024
const noBytes = new Uint8Array(0)
const plainHeaders: HeaderList = Object.freeze([])
const closeField = Buffer.from('connection: close\r\n', 'latin1')
const continueLine = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')

// What the next byte belongs to.
const atHead = 0
const inBody = 1
const atAnswer = 2 // the request is complete, its answer is not

/** The server's end of an HTTP/1.1 connection. Requests sent ahead are served one after the other, in order. */
export class Http1ServerConnection implements ServerConnection, Http1Answerer {
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #outbox: Outbox
  readonly #headBuffer: HeadBuffer
  #state = atHead
  #head: Http1Head | undefined
  #exchange: Http1Exchange | undefined
  #bodyLeft = 0
  #chunked: ChunkedReader | undefined
  /** The body is read only to find its end. */
  #discardedBytes = -1
  #ahead: Uint8Array[] = []
  #aheadBytes = 0
  #isParsing = false
  #isClosing = false
  #isLast = false
  #isDraining = false
  #hasEnded = false
  #isFlushPlanned = false
  #waitingSinceMs: number
  #nowMs: number

  constructor(socket: Socket, host: ConnectionHost) {
    const { limits, clock } = host.settings
    this.#socket = socket
    this.#host = host
    this.#outbox = new Outbox(socket)
    this.#headBuffer = new HeadBuffer(limits.headerBytesMax)
    this.remoteAddress = host.remoteAddress
    this.isPeerAuthorized = host.isPeerAuthorized
    this.#nowMs = this.#waitingSinceMs = clock.nowMs()
  }

  receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isClosing) return
    this.#nowMs = this.#host.settings.clock.nowMs()
    if (this.#isParsing || this.#ahead.length > 0) {
      this.#keepAhead(bytes, start, end)
      return
    }
    this.#parse(bytes, start, end, false)
    // Answers that were given while the bytes were read go out together.
    if (!this.#isFlushPlanned) this.#outbox.flush()
  }

  #keepAhead(bytes: Uint8Array, start: number, end: number): void {
    this.#ahead.push(Buffer.from(bytes.subarray(start, end)))
    this.#aheadBytes += end - start
    if (this.#aheadBytes > aheadBytesMax) this.#socket.pause()
  }

  /** `isOwn`: the bytes are not lent, so what is left over of them need not be copied. */
  #parse(bytes: Uint8Array, start: number, end: number, isOwn: boolean): void {
    this.#isParsing = true
    let offset = start
    try {
      while (offset < end && !this.#isClosing && this.#mayParse) {
        offset = this.#state === atHead ? this.#readHead(bytes, offset, end) : this.#readBody(bytes, offset, end)
      }
    } catch (error) {
      this.#refuse(error)
    }
    this.#isParsing = false
    if (offset === end || this.#isClosing) return
    const left = bytes.subarray(offset, end)
    this.#ahead.unshift(isOwn ? left : Buffer.from(left))
    this.#aheadBytes += left.length
    if (this.#aheadBytes > aheadBytesMax) this.#socket.pause()
  }

  /** One request at a time, and no new one while the peer leaves too many answers unread. */
  get #mayParse(): boolean {
    return this.#state === inBody || (this.#state === atHead && this.#outbox.pendingBytes <= unsentBytesMax)
  }

  /** Goes on with what was sent ahead, once its turn has come. */
  #parseAhead(): void {
    while (this.#ahead.length > 0 && !this.#isClosing && this.#mayParse) {
      const bytes = this.#ahead.shift()!
      this.#aheadBytes -= bytes.length
      this.#parse(bytes, 0, bytes.length, true)
    }
    if (this.#isClosing) return
    if (!this.#outbox.isEmpty) this.#planFlush()
    if (this.#aheadBytes <= aheadBytesMax && this.#socket.isPaused()) this.#socket.resume()
    if (this.#hasEnded && this.#ahead.length === 0 && this.#state === atHead) this.#close('peer')
  }

  // Requests.

  #readHead(bytes: Uint8Array, start: number, end: number): number {
    const { limits } = this.#host.settings
    if (this.#headBuffer.isEmpty) {
      this.#waitingSinceMs = this.#nowMs
      const headEnd = this.#head === undefined ? -1 : this.#headBuffer.matchLast(bytes, start, end)
      if (headEnd >= 0) {
        const head = this.#head!
        this.#startRequest(head.contentLength >= 0 ? head.withLength(this.#headBuffer.digits) : head)
        return headEnd
      }
    }
    const headEnd = this.#headBuffer.push(bytes, start, end)
    if (headEnd === -1) return end
    if (headEnd === -2) throw new Http1Error(431, 'a head above the limit')
    const { last } = this.#headBuffer
    const head = parseHead(last.toString('latin1'), limits.headerPairsMax)
    this.#headBuffer.vary(head.lengthStart, head.lengthEnd)
    this.#head = head
    this.#startRequest(head)
    return headEnd
  }

  #startRequest(head: Http1Head): void {
    const { handler } = this.#host
    const exchange = new Http1Exchange(this, head, handler, this.#nowMs)
    this.#exchange = exchange
    this.#state = inBody
    this.#discardedBytes = -1
    this.#bodyLeft = Math.max(0, head.contentLength)
    this.#chunked = head.isChunked
      ? new ChunkedReader(this.#host.settings.limits.headerBytesMax, (bytes, start, end) =>
          this.#keep(bytes, start, end),
        )
      : undefined
    if (!head.keepsAlive) this.#isLast = true
    exchange.bodyBytesMax = handler.head(exchange)
    if (exchange.isOver) exchange.isBodySettled = true
    else if (head.contentLength > exchange.bodyBytesMax) this.#failBody(exchange, 'too_large')
    else if (head.contentLength > 0) this.#reserve(exchange, head.contentLength)
    if (!exchange.isOver && head.expectsContinue && (head.isChunked || head.contentLength > 0)) {
      this.#outbox.append(continueLine)
      this.#planFlush()
    }
    if (this.#bodyLeft === 0 && this.#chunked === undefined) this.#endBody()
  }

  #reserve(exchange: Http1Exchange, length: number): void {
    exchange.expectedBytes = length
    if (length > admittedAheadBytesMax) return
    if (exchange.handler.admit(exchange, length)) exchange.body.reserve(length)
    else this.#failBody(exchange, 'not_admitted')
  }

  #readBody(bytes: Uint8Array, start: number, end: number): number {
    let offset: number
    if (this.#chunked !== undefined) {
      offset = this.#chunked.push(bytes, start, end)
      if (this.#chunked.isDone) this.#endBody()
    } else {
      offset = Math.min(end, start + this.#bodyLeft)
      this.#bodyLeft -= offset - start
      this.#keep(bytes, start, offset)
      if (this.#bodyLeft === 0) this.#endBody()
    }
    return offset
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange
    if (exchange === undefined || exchange.isBodySettled || exchange.isOver) {
      this.#discardedBytes += end - start
      if (this.#discardedBytes > discardBytesMax) this.#close('protocol_error')
      return
    }
    const received = exchange.receivedBytes + end - start
    exchange.receivedBytes = received
    // What is chunked, or longer than what is admitted ahead, is admitted as it comes.
    if (this.#chunked !== undefined || exchange.expectedBytes > admittedAheadBytesMax) {
      if (received > exchange.bodyBytesMax) {
        this.#failBody(exchange, 'too_large')
        return
      }
      if (!exchange.handler.admit(exchange, end - start)) {
        this.#failBody(exchange, 'not_admitted')
        return
      }
    }
    exchange.body.append(bytes, start, end, exchange.expectedBytes)
  }

  #endBody(): void {
    const exchange = this.#exchange
    this.#chunked = undefined
    if (exchange === undefined) {
      this.#nextRequest()
      return
    }
    this.#state = atAnswer
    if (exchange.isBodySettled || exchange.isOver) return
    exchange.isBodySettled = true
    exchange.handler.body(exchange, exchange.body.take())
  }

  #failBody(exchange: Http1Exchange, reason: BodyFailure): void {
    this.#tellFailure(exchange, reason)
    if (!exchange.isOver) exchange.respond(reason === 'too_large' ? 413 : 400, plainHeaders, noBytes)
  }

  #tellFailure(exchange: Http1Exchange, reason: BodyFailure): void {
    if (exchange.isBodySettled) return
    exchange.isBodySettled = true
    exchange.body.drop()
    exchange.handler.failed(exchange, reason)
  }

  // Answers.

  respond(exchange: Http1Exchange, status: number, headers: HeaderList, body: Uint8Array): void {
    exchange.isOver = true
    const isBodyRead = this.#state === atAnswer
    // A client that was not told to go on may or may not send its body: what follows cannot be told apart.
    const isUnclear = !isBodyRead && (exchange.head.expectsContinue || this.#bodyLeft > discardBytesMax)
    if (isUnclear || headerIn(headers, 'connection') === 'close') this.#isLast = true
    const outbox = this.#outbox
    const wallMs = this.#host.settings.clock.wallMs()
    const hasBody = status !== 204 && status !== 304
    if (hasBody && !this.#isLast) {
      outbox.append(wholeHead(status, headers, body.length, wallMs))
    } else {
      outbox.append(answerHead(status, headers))
      outbox.append(currentDateField(wallMs))
      if (this.#isLast) outbox.append(closeField)
      if (hasBody) outbox.append(lengthField(body.length))
      outbox.append(emptyLine)
    }
    if (exchange.method !== 'HEAD' && hasBody) outbox.append(body)
    this.#exchange = undefined
    this.#discardedBytes = 0
    exchange.body.drop()
    if (isUnclear) {
      this.#close('peer')
      return
    }
    // With nothing sent ahead there is no other answer that this one could go out with.
    if (isBodyRead && !this.#isParsing && this.#ahead.length === 0 && !this.#isFlushPlanned) outbox.flush()
    else this.#planFlush()
    if (isBodyRead) this.#nextRequest()
  }

  #nextRequest(): void {
    this.#state = atHead
    this.#waitingSinceMs = this.#nowMs
    if (this.#isLast) {
      this.#close(this.#isDraining ? 'shutdown' : 'peer')
      return
    }
    if (!this.#isParsing && (this.#ahead.length > 0 || this.#hasEnded)) this.#parseAhead()
  }

  #refuse(error: unknown): void {
    const status = error instanceof Http1Error ? error.status : 500
    const reason = status === 431 ? 'headers_too_large' : status === 505 ? 'wrong_protocol' : 'protocol_error'
    const exchange = this.#exchange
    this.#isLast = true
    if (exchange === undefined) {
      this.#host.settings.events.requestRefused(reason)
      // What does not even look like HTTP is not answered: it may be anything, an HTTP/2 preface gone wrong as well.
      if (status > 0) this.#answerPlain(status)
    } else {
      this.#tellFailure(exchange, 'malformed')
      if (!exchange.isOver) exchange.respond(status, plainHeaders, noBytes)
    }
    this.#close(reason)
  }

  #answerPlain(status: number): void {
    this.#outbox.append(answerHead(status, plainHeaders))
    this.#outbox.append(closeField)
    this.#outbox.append(lengthField(0))
    this.#outbox.append(emptyLine)
  }

  // Life of the connection.

  /** What is gathered while bytes are read goes out when they have been. */
  #planFlush(): void {
    if (this.#isFlushPlanned || this.#isParsing) return
    this.#isFlushPlanned = true
    process.nextTick(flushPlanned, this)
  }

  flushNow(): void {
    this.#isFlushPlanned = false
    this.#outbox.flush()
  }

  drained(): void {
    if (!this.#isParsing && !this.#isClosing) this.#parseAhead()
  }

  check(nowMs: number): void {
    if (this.#isClosing) return
    const { limits } = this.#host.settings
    const waitedMs = nowMs - this.#waitingSinceMs
    const exchange = this.#exchange
    if (exchange !== undefined && this.#state === inBody && !exchange.isBodySettled) {
      const elapsedMs = nowMs - exchange.startedMs
      const expected = (elapsedMs / 1000) * limits.bodyBytesPerSecondMin
      if (elapsedMs >= limits.bodyTimeoutMs && exchange.receivedBytes < expected) {
        this.#isLast = true
        this.#failBody(exchange, 'too_slow')
        this.#close('body_timeout')
      }
    } else if (exchange === undefined && this.#state === inBody) {
      if (waitedMs >= limits.bodyTimeoutMs) this.#close('body_timeout')
    } else if (this.#state === atHead && !this.#headBuffer.isEmpty) {
      if (waitedMs >= limits.headersTimeoutMs) this.#refuseSlowHead()
    } else if (this.#state === atHead && limits.idleTimeoutMs > 0 && waitedMs >= limits.idleTimeoutMs) {
      this.#close('idle')
    }
  }

  #refuseSlowHead(): void {
    this.#host.settings.events.requestRefused('headers_timeout')
    this.#answerPlain(408)
    this.#close('headers_timeout')
  }

  get isBusy(): boolean {
    return this.#exchange !== undefined
  }

  drain(): void {
    this.#isLast = this.#isDraining = true
    if (this.#exchange === undefined && this.#state === atHead && this.#headBuffer.isEmpty) this.#close('shutdown')
  }

  #close(reason: CloseReason): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#ahead = []
    this.#outbox.flush()
    this.#host.close(reason)
  }

  ended(): void {
    this.#hasEnded = true
    if (this.#isClosing) return
    const exchange = this.#exchange
    if (this.#state === inBody && exchange !== undefined) this.#tellFailure(exchange, 'aborted')
    if (this.#state !== atAnswer && this.#ahead.length === 0) this.#close('peer')
  }

  closed(): void {
    this.#isClosing = true
    const exchange = this.#exchange
    if (exchange === undefined) return
    exchange.isOver = true
    this.#tellFailure(exchange, 'aborted')
  }
}

function flushPlanned(connection: Http1ServerConnection): void {
  connection.flushNow()
}
