import type { Socket } from 'node:net'
import { BodyBuffer } from '../body-buffer.ts'
import { TransportError, type TransportFailure } from '../client.ts'
import { connectErrorText } from '../connect-error.ts'
import { clientWriteTimeoutMs } from '../limits.ts'
import { WriteWatch } from '../write-watch.ts'
import { ChunkedReader } from './chunked-reader.ts'
import { HeadBuffer } from './head-buffer.ts'
import { Http1Error } from './head-fields.ts'
import { parseResponseHead, type ResponseHead } from './response-head.ts'

const headerBytesMax = 64 * 1024
const headerPairsMax = 256
/** Of what a refusal says, more than this is read over and not kept. */
const refusalBytesMax = 64 * 1024
/** Interim answers (1xx) before the one that counts. */
const interimMax = 16
/** A server that says how long it waits may be a little ahead of us. */
const keepAliveMarginMs = 1000
const noBytes = new Uint8Array(0)

/** Who waits for the answer. Exactly one of the two is called, once. */
export interface AnswerSink {
  /** `isSent`: the kernel has the whole request. */
  answered(head: ResponseHead, body: Uint8Array, isSent: boolean): void
  /** `isUnsent`: the server cannot have acted on the request, since not all of it had left. */
  failed(error: TransportError, isUnsent: boolean): void
}

export interface Http1ClientSettings {
  readonly responseBytesMax: number
  /** The exchange is over; `isReusable` says whether the connection takes another one. */
  readonly idle: (connection: Http1ClientConnection) => void
  /** Called once. */
  readonly closed: (connection: Http1ClientConnection) => void
}

/** The client's end of an HTTP/1.1 connection: one request at a time, never one ahead of an answer. */
export class Http1ClientConnection {
  readonly #socket: Socket
  readonly #settings: Http1ClientSettings
  readonly #headBuffer = new HeadBuffer(headerBytesMax)
  #sink: AnswerSink | undefined
  /** Of the last complete head; the same object while the same bytes come. */
  #lastHead: ResponseHead | undefined
  /** Of the answer that is being read; undefined before it. */
  #head: ResponseHead | undefined
  #interimCount = 0
  #body = new BodyBuffer()
  #bodyBytes = 0
  #chunked: ChunkedReader | undefined
  #hasAnswerBegun = false
  /** The kernel has the whole request: the server may act on it. */
  #isSent = false
  /** The answer is complete and left the connection fit for another request. */
  #isFree = false
  #isClosed = false
  readonly #writes = new WriteWatch()
  /** When it was last given back, and until when the server is known to keep it. The pool's. */
  idleSinceMs = 0
  idleMsMax = Number.POSITIVE_INFINITY

  constructor(socket: Socket, settings: Http1ClientSettings) {
    this.#socket = socket
    this.#settings = settings
    // A peer that vanished without a word is found out, should nobody have set a deadline.
    socket.setKeepAlive(true, 60_000)
    socket.on('end', () => this.#ended())
    socket.on('error', error => this.#lost(error))
    socket.on('close', () => {
      this.#lost(undefined)
      this.#isClosed = true
      settings.closed(this)
    })
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#socket.destroyed
  }

  /** Sends a request. `pieces` must not change until the sink has been called. */
  start(pieces: readonly Uint8Array[], sink: AnswerSink): void {
    const socket = this.#socket
    this.#sink = sink
    this.#head = undefined
    this.#hasAnswerBegun = false
    this.#interimCount = 0
    this.#isSent = false
    if (pieces.length === 1) {
      socket.write(pieces[0]!)
      // What the kernel did not take at once counts as sent all the same: a callback for each small request costs more.
      this.#isSent = true
      return
    }
    socket.cork()
    const last = pieces.length - 1
    for (let i = 0; i < last; i++) socket.write(pieces[i]!)
    socket.write(pieces[last]!, this.#onSent)
    socket.uncork()
  }

  readonly #onSent = (error: Error | null | undefined): void => {
    if (error == null) this.#isSent = true
  }

  /** Nobody waits for the answer any more. Its sink is not called. */
  abandon(): void {
    this.#sink = undefined
    this.#socket.destroy()
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Ends it where the server has stopped to read. Called now and then. */
  check(nowMs: number): void {
    if (this.#writes.stalledMs(this.#socket, nowMs) < clientWriteTimeoutMs) return
    this.#fail('timeout', `the server read nothing of the request for ${clientWriteTimeoutMs} ms`)
    this.#socket.destroy()
  }

  /** Bytes of the server; they are lent. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    let offset = start
    try {
      while (offset < end && this.#sink !== undefined) {
        this.#hasAnswerBegun = true
        offset = this.#head === undefined ? this.#readHead(bytes, offset, end) : this.#readBody(bytes, offset, end)
      }
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error
      const status = this.#head?.status ?? this.#statusBegun()
      this.#fail('protocol', `the answer is not valid HTTP: ${error.message}`, error, status)
    }
    const isFree = this.#isFree
    this.#isFree = false
    if (this.#sink !== undefined) return
    // What is left was not asked for: it would be taken for the answer to the next request.
    if (offset < end || !isFree) this.#socket.destroy()
    else this.#settings.idle(this)
  }

  /** The status of a head that was refused for something behind it. */
  #statusBegun(): number | undefined {
    const status = /^HTTP\/1\.[01] ([2-5][0-9]{2})[ \r\n]/.exec(this.#headBuffer.begun.toString('latin1', 0, 16))?.[1]
    return status === undefined ? undefined : Number(status)
  }

  #readHead(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#lastHead === undefined ? -1 : this.#headBuffer.matchLast(bytes, start, end)
    if (known >= 0) {
      this.#begin(this.#lastHead!)
      return known
    }
    const headEnd = this.#headBuffer.push(bytes, start, end)
    if (headEnd === -2) throw new Http1Error(431, `a head above ${headerBytesMax} bytes`)
    if (headEnd === -1) {
      this.#refuseEarly()
      return end
    }
    this.#lastHead = parseResponseHead(this.#headBuffer.last.toString('latin1'), headerPairsMax)
    this.#begin(this.#lastHead)
    return headEnd
  }

  /** What does not begin like HTTP is not waited for until its limit: such servers wait for us as well. */
  #refuseEarly(): void {
    if (!this.#headBuffer.startsLike(httpStart)) throw new Http1Error(400, 'no HTTP/1.1')
  }

  #begin(head: ResponseHead): void {
    if (head.status < 200) {
      // Nobody asked for another protocol.
      if (head.status === 101) throw new Http1Error(400, 'status 101 to a request without an upgrade')
      if (++this.#interimCount > interimMax) throw new Http1Error(400, 'too many interim answers')
      return
    }
    this.#head = head
    this.#bodyBytes = 0
    const bytesMax = this.#settings.responseBytesMax
    if (head.framing === 'none') this.#answered(noBytes)
    else if (head.framing === 'length' && head.contentLength > bytesMax) this.#tooLarge()
    else if (head.framing === 'chunked') {
      this.#chunked = new ChunkedReader(headerBytesMax, (bytes, start, end) => this.#keep(bytes, start, end))
    }
  }

  #readBody(bytes: Uint8Array, start: number, end: number): number {
    if (this.#chunked !== undefined) {
      const chunked = this.#chunked
      const offset = chunked.push(bytes, start, end)
      if (chunked.isDone && this.#sink !== undefined) this.#answered(asBuffer(this.#body.take()))
      return offset
    }
    const head = this.#head!
    if (head.framing === 'close') {
      this.#keep(bytes, start, end)
      return end
    }
    const offset = Math.min(end, start + head.contentLength - this.#bodyBytes)
    this.#keep(bytes, start, offset)
    if (this.#bodyBytes === head.contentLength) this.#answered(asBuffer(this.#body.take()))
    return offset
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#bodyBytes += end - start
    const { status, contentLength } = this.#head!
    if (this.#bodyBytes > this.#settings.responseBytesMax) this.#tooLarge()
    else if (status < 300) this.#body.append(bytes, start, end, Math.max(0, contentLength))
    else if (this.#body.length < refusalBytesMax) {
      const keptEnd = Math.min(end, start + refusalBytesMax - this.#body.length)
      this.#body.append(bytes, start, keptEnd, Math.min(refusalBytesMax, Math.max(0, contentLength)))
    }
  }

  #tooLarge(): void {
    const { status } = this.#head!
    const bytesMax = this.#settings.responseBytesMax
    this.#fail('response_too_large', `the answer (status ${status}) is larger than ${bytesMax} bytes`)
  }

  #answered(body: Uint8Array): void {
    const sink = this.#sink
    const head = this.#head!
    if (sink === undefined) return
    this.#reset()
    this.idleMsMax = head.keepAliveMs < 0 ? Number.POSITIVE_INFINITY : head.keepAliveMs - keepAliveMarginMs
    // An answer that came before all of the request had left: the rest of it is not worth sending.
    const isSent = this.#socket.writableLength === 0 && !this.isClosed
    this.#isFree = isSent && head.keepsAlive && this.idleMsMax > 0
    sink.answered(head, body, isSent)
  }

  #ended(): void {
    if (this.#sink !== undefined && this.#head?.framing === 'close') this.#answered(asBuffer(this.#body.take()))
    this.#lost(undefined)
    this.#socket.destroy()
  }

  #lost(error: Error | undefined): void {
    if (this.#sink === undefined) return
    const reason = error === undefined ? 'the connection was closed' : connectErrorText(error)
    const message = error === undefined ? `${reason} before the end of the answer` : reason
    this.#fail('lost', this.#hasAnswerBegun ? message : `no answer: ${reason}`, error)
  }

  #fail(kind: TransportFailure, message: string, cause?: unknown, status?: number): void {
    const sink = this.#sink
    if (sink === undefined) return
    const isUnsent = kind === 'lost' && !this.#hasAnswerBegun && !this.#isSent
    this.#reset()
    this.#socket.destroy()
    sink.failed(new TransportError(kind, message, cause, status), isUnsent)
  }

  #reset(): void {
    this.#sink = undefined
    this.#chunked = undefined
    this.#body.drop()
  }
}

const httpStart = Buffer.from('HTTP/1.')

/** Answers are read as text and soon forgotten. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}
