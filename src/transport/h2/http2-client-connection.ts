import type { Socket } from 'node:net'
import type { Clock } from '../../clock/clock.ts'
import type { HeaderList } from '../headers.ts'
import { clientWriteTimeoutMs } from '../limits.ts'
import { WriteWatch } from '../write-watch.ts'
import { type CallSink, ClientStream } from './client-stream.ts'
import {
  cancel,
  enhanceYourCalm,
  errorName,
  noError,
  preface,
  protocolError,
  refusedStream,
  streamIdLargest,
} from './frame.ts'
import { encodeHeaders } from './header-encoder.ts'
import type { HeaderBlock } from './hpack-decoder.ts'
import { Http2Connection } from './http2-connection.ts'
import { Http2Error } from './http2-error.ts'

export interface ClientConnectionSettings {
  readonly clock: Clock
  /** Most bytes of an answer's body. */
  readonly responseBytesMax: number
  /** 0 means never. */
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  readonly pingWithoutCalls: boolean
  /** It takes no more calls: it is closed, closing, or the server said GOAWAY. Called once. */
  readonly retired: (connection: Http2ClientConnection) => void
}

const headerBytesMax = 64 * 1024
const streamWindowBytes = 1024 * 1024
const connectionWindowBytes = 4 * 1024 * 1024
const frameBytesMax = 16_384
/** A connection that may be dead has so long to prove the contrary, and is not asked again for a while. */
const doubtMs = { wait: 3_000, interval: 60_000 }

/** The client's end of an HTTP/2 connection. */
export class Http2ClientConnection extends Http2Connection<ClientStream> {
  readonly #settings: ClientConnectionSettings
  #nextId = 1
  #isRetired = false
  #isGoneAway = false
  #pingSentMs = -1
  /** How long the answer to that PING may take. */
  #pingWaitMs = 0
  #doubtedMs = Number.NEGATIVE_INFINITY
  #lastUsedMs: number
  readonly #writes = new WriteWatch()

  constructor(socket: Socket, settings: ClientConnectionSettings) {
    super(socket, {
      headerBytesMax,
      headerPairsMax: 256,
      streamWindowBytes,
      connectionWindowBytes,
      streamsMax: 0,
      frameBytesMax,
    })
    this.#settings = settings
    this.receivedMs = this.#lastUsedMs = settings.clock.nowMs()
    // Until the server says otherwise. RFC 9113 recommends that it allow at least a hundred.
    this.peer.streamsMax = 100
    this.outbox.append(preface)
    this.sendSettings()
    this.planFlush()
  }

  get callCount(): number {
    return this.streams.size
  }

  /** The server has said what it takes. */
  get isReady(): boolean {
    return this.peer.isKnown
  }

  /** It takes another call now. */
  get hasRoom(): boolean {
    return !this.#isRetired && this.streams.size < this.peer.streamsMax
  }

  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Starts a call. `headers` come with the pseudo-headers; `parts` go out one after the other, not copied. */
  start(headers: readonly HeaderList[], parts: readonly Uint8Array[], sink: CallSink): ClientStream {
    const id = this.#nextId
    this.#nextId += 2
    if (this.#nextId > streamIdLargest - 2) this.#retire()
    const sendWindow = this.peer.streamWindow
    const stream = new ClientStream(
      { id, sendWindow, receiveWindow: streamWindowBytes },
      sink,
      this.#settings.responseBytesMax,
    )
    this.streams.set(id, stream)
    this.#lastUsedMs = stream.startedMs = this.nowMs()
    let bytes = 0
    for (const part of parts) bytes += part.length
    this.sendHeaders(id, headers.map(encodeHeaders), bytes === 0)
    stream.parts = parts
    stream.bodyBytesLeft = bytes
    this.sendBody(stream)
    return stream
  }

  /** The caller does not want the answer any more. Its sink is not called. */
  abandon(stream: ClientStream): void {
    if (this.streams.get(stream.id) !== stream) return
    this.sendReset(stream.id, cancel)
    this.streams.delete(stream.id)
    this.sendQueue.remove(stream)
    this.#streamGone()
  }

  /** As `abandon`, since the caller has waited in vain. */
  timedOut(stream: ClientStream): void {
    this.abandon(stream)
    this.#doubt(stream.startedMs)
  }

  /**
   * A firewall, a balancer or a host that is gone leaves a connection that takes everything and says nothing, and the kernel
   * tries for a quarter of an hour. Where nothing came as long as a whole call waited, a PING finds out. A server that is
   * merely slow answers it and keeps its connection; it is asked once a minute at most, as servers count PINGs.
   */
  #doubt(sinceMs: number): void {
    const nowMs = this.nowMs()
    if (this.isClosing || this.#pingSentMs >= 0 || this.receivedMs > sinceMs) return
    if (nowMs - this.#doubtedMs < doubtMs.interval) return
    this.#doubtedMs = nowMs
    this.#ping(nowMs, doubtMs.wait)
  }

  #ping(nowMs: number, waitMs: number): void {
    this.#pingSentMs = nowMs
    this.#pingWaitMs = waitMs
    this.sendPing(keepalivePing, 0)
  }

  protected override nowMs(): number {
    return this.#settings.clock.nowMs()
  }

  protected override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.#nextId
  }

  protected override headersReceived(streamId: number, block: HeaderBlock, endsStream: boolean): void {
    const stream = this.streams.get(streamId)
    if (stream === undefined) {
      if (this.isIdle(streamId)) throw new Http2Error(protocolError, 'HEADERS on an idle stream')
      return
    }
    const status = block.fields[0]?.name === ':status' ? Number(block.fields[0].value) : 0
    if (!block.isWellFormed || block.isOverLimit) {
      this.resetStream(stream, block.isOverLimit ? enhanceYourCalm : protocolError)
    } else if (stream.head === undefined) {
      if (status >= 100 && status < 200 && !endsStream) return
      if (status < 200 || status > 999) {
        this.resetStream(stream, protocolError)
        return
      }
      stream.head = block
      if (endsStream) this.#answered(stream)
    } else if (endsStream && status === 0) {
      stream.answerTrailers = block
      this.#answered(stream)
    } else {
      this.resetStream(stream, protocolError)
    }
  }

  protected override dataReceived(stream: ClientStream, bytes: Uint8Array, start: number, end: number): void {
    if (stream.head === undefined) {
      this.resetStream(stream, protocolError)
      return
    }
    stream.receivedBytes += end - start
    if (stream.receivedBytes <= stream.bodyBytesMax) {
      stream.chunks.push(Buffer.from(bytes.subarray(start, end)))
      return
    }
    this.abandon(stream)
    stream.sink.failed({ message: 'the answer is too large', isUnprocessed: false, isTooLarge: true })
  }

  protected override streamEnded(stream: ClientStream): void {
    this.#answered(stream)
  }

  #answered(stream: ClientStream): void {
    const { head } = stream
    if (head === undefined) {
      this.resetStream(stream, protocolError)
      return
    }
    this.streams.delete(stream.id)
    if (stream.isLocalClosed) {
      this.endedIds.add(stream.id)
    } else {
      // Answered before the request was sent whole: the rest is not wanted.
      this.sendQueue.remove(stream)
      this.sendReset(stream.id, noError)
    }
    const body = stream.chunks.length === 1 ? stream.chunks[0]! : Buffer.concat(stream.chunks, stream.receivedBytes)
    const isSent = this.outbox.isWritten(stream.endPosition)
    stream.sink.answered({ head, trailers: stream.answerTrailers, body, isSent })
    this.#streamGone()
  }

  protected override streamReset(stream: ClientStream, code: number, isByPeer: boolean): void {
    if (isByPeer && code === noError && stream.head !== undefined) {
      // The answer is whole as far as the server is concerned; what it did not want was the rest of the request.
      const body = Buffer.concat(stream.chunks, stream.receivedBytes)
      stream.sink.answered({ head: stream.head, trailers: undefined, body, isSent: false })
    } else {
      const who = isByPeer ? 'the server reset the call' : 'the answer is malformed'
      const isUnprocessed = isByPeer && code === refusedStream
      stream.sink.failed({ message: `${who}: ${errorName(code)}`, isUnprocessed, isTooLarge: false })
    }
    this.#streamGone()
  }

  protected override bodySent(stream: ClientStream): void {
    stream.endPosition = this.outbox.position
    if (!stream.isRemoteClosed) return
    this.forget(stream)
  }

  protected override goawayReceived(lastStreamId: number, code: number, message: string): void {
    this.#isGoneAway = true
    const why = `the server went away: ${errorName(code)}${message === '' ? '' : ` (${message.slice(0, 100)})`}`
    for (const stream of [...this.streams.values()]) {
      if (stream.id <= lastStreamId) continue
      this.streams.delete(stream.id)
      this.sendQueue.remove(stream)
      stream.sink.failed({ message: why, isUnprocessed: true, isTooLarge: false })
    }
    this.#retire()
    this.#streamGone()
  }

  protected override pingReceived(): void {
    this.countIdleFrame()
  }

  protected override pingAcknowledged(): void {
    this.#pingSentMs = -1
  }

  protected override failed(error: Http2Error): void {
    this.#end(error.message)
  }

  #streamGone(): void {
    this.#lastUsedMs = this.nowMs()
    if (this.#isRetired && this.streams.size === 0) this.close()
  }

  #retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    this.#settings.retired(this)
  }

  /** No new calls; it closes when those in progress are done. */
  retire(): void {
    this.#retire()
    if (this.streams.size === 0) this.close()
  }

  /** Says goodbye and ends the socket. Calls in progress fail. */
  close(): void {
    if (!this.isClosing) {
      this.isClosing = true
      this.sendGoaway(0, noError, '')
      this.outbox.flush()
    }
    this.#end('the connection was closed')
  }

  #end(message: string): void {
    this.socket.end()
    this.closed(message)
    const { socket } = this
    this.#settings.clock.after(100, () => socket.destroy())
  }

  /** The socket is gone: what was under way is lost, unless the server said that it had not begun with it. */
  closed(message: string): void {
    this.isClosing = true
    const streams = [...this.streams.values()]
    this.streams.clear()
    this.#retire()
    // A server that has not sent its settings has not read a request either.
    const isUnprocessed = !this.peer.isKnown
    for (const stream of streams) stream.sink.failed({ message, isUnprocessed, isTooLarge: false })
  }

  /** Looks after keepalive. Called about once a second. */
  check(nowMs: number): void {
    if (this.isClosing) return
    if (this.#writes.stalledMs(this.socket, nowMs) >= clientWriteTimeoutMs) {
      this.socket.destroy()
      this.closed(`the server read nothing for ${clientWriteTimeoutMs} ms`)
      return
    }
    const { pingIntervalMs, pingTimeoutMs, pingWithoutCalls } = this.#settings
    if (this.#pingSentMs >= 0) {
      if (this.receivedMs > this.#pingSentMs) this.#pingSentMs = -1
      else if (nowMs - this.#pingSentMs >= this.#pingWaitMs) {
        this.socket.destroy()
        this.closed(`no answer to a PING within ${this.#pingWaitMs} ms`)
      }
      return
    }
    if (pingIntervalMs <= 0 || (this.streams.size === 0 && !pingWithoutCalls)) return
    if (nowMs - Math.max(this.receivedMs, this.#pingSentMs) < pingIntervalMs) return
    this.#ping(nowMs, pingTimeoutMs)
  }

  get isGoneAway(): boolean {
    return this.#isGoneAway
  }

  get lastUsedMs(): number {
    return this.#lastUsedMs
  }
}

const keepalivePing = Uint8Array.of(0x73, 0x6c, 0x75, 0x69, 0x63, 0x65, 0, 0)
