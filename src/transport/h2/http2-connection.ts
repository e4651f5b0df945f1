import type { Socket } from 'node:net'
import { Outbox } from '../outbox.ts'
import {
  compressionError,
  enhanceYourCalm,
  flagAck,
  flagEndStream,
  flowControlError,
  frameContinuation,
  frameGoaway,
  frameHeaders,
  framePing,
  framePriority,
  framePushPromise,
  frameRstStream,
  frameSettings,
  frameSizeError,
  frameWindowUpdate,
  internalError,
  protocolError,
  readUint32,
  streamClosed,
  windowDefault,
  windowLargest,
} from './frame.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { HeaderBlocks } from './header-blocks.ts'
import { type HeaderBlock, HpackError } from './hpack-decoder.ts'
import { Http2Error } from './http2-error.ts'
import type { Http2Stream } from './http2-stream.ts'
import { type Http2Settings, ownSettings } from './own-settings.ts'
import { PeerSettings } from './peer-settings.ts'
import { RecentIds } from './recent-ids.ts'
import { SendQueue } from './send-queue.ts'
import { TokenBucket } from './token-bucket.ts'

/** Frames that ask for work and bring nothing: SETTINGS, empty DATA, PRIORITY, late frames of closed streams. */
const idleFramesBurst = 1000
const idleFramesPerSecond = 100

/**
 * What both ends of an HTTP/2 connection have in common (RFC 9113): frames, header blocks, settings, windows, errors.
 * The ends differ in who opens streams; see `Http2ServerConnection` and `Http2ClientConnection`.
 */
export abstract class Http2Connection<S extends Http2Stream> implements FrameSink {
  readonly socket: Socket
  readonly outbox: Outbox
  protected readonly streams = new Map<number, S>()
  protected readonly settings: Http2Settings
  protected readonly sendQueue: SendQueue
  protected readonly peer = new PeerSettings()
  protected highestPeerId = 0
  protected isClosing = false
  /** When the newest bytes came. */
  protected receivedMs = 0
  protected readonly endedIds = new RecentIds(64)
  protected readonly resetIds = new RecentIds(1024)
  readonly #reader: FrameReader
  readonly #idleFrames = new TokenBucket(idleFramesBurst, idleFramesPerSecond)
  readonly #writer: FrameWriter
  readonly #blocks: HeaderBlocks
  #receiveWindow: number
  #dataStream: S | undefined
  #isFlushPlanned = false
  #isReceiving = false
  #waitingSinceMs = -1
  #waitingFrame = 0

  constructor(socket: Socket, settings: Http2Settings) {
    this.socket = socket
    this.settings = settings
    this.outbox = new Outbox(socket)
    this.#writer = new FrameWriter(this.outbox, this.peer)
    this.#blocks = new HeaderBlocks(settings)
    this.sendQueue = new SendQueue(this.outbox, stream => this.#finishSending(stream as S))
    this.#reader = new FrameReader(this, settings.frameBytesMax)
    this.#receiveWindow = settings.connectionWindowBytes
  }

  protected abstract nowMs(): number
  /** A complete header block arrived on `streamId`; whether a stream of that id exists is the callee's question. */
  protected abstract headersReceived(streamId: number, block: HeaderBlock, endsStream: boolean): void
  protected abstract dataReceived(stream: S, bytes: Uint8Array, start: number, end: number): void
  /** The peer has sent its last frame on this stream. */
  protected abstract streamEnded(stream: S): void
  /** The stream is over before its time; it is no longer in `streams`. */
  protected abstract streamReset(stream: S, code: number, isByPeer: boolean): void
  protected abstract goawayReceived(lastStreamId: number, code: number, message: string): void
  protected abstract pingReceived(): void
  protected abstract pingAcknowledged(bytes: Uint8Array, offset: number): void
  /** No such stream was ever opened, by either side. */
  protected abstract isIdle(streamId: number): boolean
  /** The connection must end for this reason; called once, before the GOAWAY goes out. */
  protected abstract failed(error: Http2Error): void
  /** The body of our side of the stream is with the outbox; trailers, if any, are not. */
  protected abstract bodySent(stream: S): void

  /** Takes what the socket has read. The bytes are only lent. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.isClosing) return
    this.receivedMs = this.nowMs()
    this.#isReceiving = true
    try {
      this.#reader.push(bytes, start, end)
      this.#noteWaiting()
    } catch (error) {
      this.fail(toHttp2Error(error))
    }
    this.#isReceiving = false
    this.planFlush()
  }

  #noteWaiting(): void {
    const { isWaiting, frameCount } = this.#reader
    if (this.#blocks.isOpen) return
    if (!isWaiting) this.#waitingSinceMs = -1
    else if (this.#waitingSinceMs < 0 || frameCount !== this.#waitingFrame) this.#waitingSinceMs = this.receivedMs
    this.#waitingFrame = frameCount
  }

  /** Since when a frame or a header block is incomplete; -1 if none is. A body's pieces do not count. */
  protected get waitingSinceMs(): number {
    return this.#waitingSinceMs
  }

  /** Ends the connection with GOAWAY. */
  fail(error: Http2Error): void {
    if (this.isClosing) return
    this.isClosing = true
    this.sendGoaway(this.highestPeerId, error.code, error.message)
    this.outbox.flush()
    this.failed(error)
  }

  sendGoaway(lastStreamId: number, code: number, message: string): void {
    this.#writer.goaway(lastStreamId, code, message)
    this.planFlush()
  }

  sendPing(payload: Uint8Array, flags: number): void {
    this.#writer.ping(payload, flags)
    this.planFlush()
  }

  /** Announces our settings and opens the connection's window. */
  protected sendSettings(): void {
    const { settings } = this
    this.outbox.append(ownSettings(settings))
    if (settings.connectionWindowBytes > windowDefault) {
      this.#writer.windowUpdate(0, settings.connectionWindowBytes - windowDefault)
    }
  }

  /** Sends what was gathered, once, after everything that this turn of the event loop still wants to add. */
  protected planFlush(): void {
    if (this.#isFlushPlanned || this.#isReceiving || this.outbox.isEmpty) return
    this.#isFlushPlanned = true
    process.nextTick(flushPlanned, this)
  }

  flushNow(): void {
    this.#isFlushPlanned = false
    this.outbox.flush()
  }

  /** Sends a header block whose parts are `fragments`. */
  protected sendHeaders(streamId: number, fragments: readonly Uint8Array[], endsStream: boolean): void {
    this.#writer.headers(streamId, fragments, endsStream)
  }

  /** Sends `stream.parts` and then `stream.trailers`, as far as the windows go; the rest when they open. */
  protected sendBody(stream: S): void {
    this.sendQueue.add(stream, this.peer.frameBytesMax)
    if (stream.bodyBytesLeft > 0) stream.blockedSinceMs = this.nowMs()
    this.planFlush()
  }

  #finishSending(stream: S): void {
    if (stream.trailers !== undefined) this.sendHeaders(stream.id, [stream.trailers], true)
    stream.isLocalClosed = true
    this.bodySent(stream)
  }

  /** The socket takes more: bodies that waited for it go on. */
  drained(): void {
    if (this.isClosing) return
    this.sendQueue.pump(this.peer.frameBytesMax)
    this.planFlush()
  }

  /** Ends a stream with RST_STREAM and forgets it. */
  resetStream(stream: S, code: number): void {
    this.sendReset(stream.id, code)
    this.streams.delete(stream.id)
    this.sendQueue.remove(stream)
    this.streamReset(stream, code, false)
  }

  protected sendReset(streamId: number, code: number): void {
    this.#writer.reset(streamId, code)
    this.resetIds.add(streamId)
    this.planFlush()
  }

  /** Both sides are done with the stream. */
  protected forget(stream: S): void {
    this.streams.delete(stream.id)
    this.endedIds.add(stream.id)
  }

  /** Counts a frame that brings nothing; too many of them end the connection. */
  protected countIdleFrame(): void {
    if (!this.#idleFrames.take(this.receivedMs)) {
      throw new Http2Error(enhanceYourCalm, 'too many frames that carry nothing', 'flood')
    }
  }

  // Frames, in the order of RFC 9113, section 6.

  dataStart(reader: FrameReader): void {
    const { streamId, length } = reader
    if (this.#blocks.isOpen) throw new Http2Error(protocolError, 'DATA inside a header block')
    if (!this.peer.isKnown) throw new Http2Error(protocolError, 'the first frame is not SETTINGS')
    if (streamId === 0) throw new Http2Error(protocolError, 'DATA on stream 0')
    this.#receiveWindow -= length
    if (this.#receiveWindow < 0) throw new Http2Error(flowControlError, 'DATA beyond the window of the connection')
    const stream = this.streams.get(streamId)
    this.#dataStream = stream
    if (length === 0 && (reader.flags & flagEndStream) === 0) this.countIdleFrame()
    if (stream === undefined) {
      this.#dataOfUnknown(streamId)
      return
    }
    if (stream.isRemoteClosed) {
      this.#dataStream = undefined
      this.resetStream(stream, streamClosed)
      return
    }
    stream.receiveWindow -= length
    if (stream.receiveWindow < 0) {
      this.#dataStream = undefined
      this.resetStream(stream, flowControlError)
    }
  }

  #dataOfUnknown(streamId: number): void {
    if (this.resetIds.has(streamId)) return
    this.#refuseIdle(streamId, 'DATA')
    if (this.endedIds.has(streamId)) throw new Http2Error(streamClosed, 'DATA on a closed stream')
    this.countIdleFrame()
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#dataStream
    if (stream !== undefined && this.streams.has(stream.id)) this.dataReceived(stream, bytes, start, end)
  }

  dataEnd(reader: FrameReader): void {
    const { connectionWindowBytes, streamWindowBytes } = this.settings
    if (this.#receiveWindow < connectionWindowBytes / 2) {
      this.#writer.windowUpdate(0, connectionWindowBytes - this.#receiveWindow)
      this.#receiveWindow = connectionWindowBytes
    }
    const stream = this.#dataStream
    this.#dataStream = undefined
    if (stream === undefined || this.streams.get(stream.id) !== stream) return
    if ((reader.flags & flagEndStream) !== 0) {
      stream.isRemoteClosed = true
      this.streamEnded(stream)
    } else if (stream.receiveWindow < streamWindowBytes / 2) {
      this.#writer.windowUpdate(stream.id, streamWindowBytes - stream.receiveWindow)
      stream.receiveWindow = streamWindowBytes
    }
  }

  frameStart(reader: FrameReader): void {
    const { type } = reader
    if (type === frameHeaders || type === frameContinuation) {
      throw new Http2Error(enhanceYourCalm, 'a header block above the limit', 'headers_too_large')
    }
    if (type <= frameContinuation) throw new Http2Error(frameSizeError, `a frame of ${reader.length} bytes`)
    if (this.#blocks.isOpen) throw new Http2Error(protocolError, 'a frame inside a header block')
    this.countIdleFrame()
  }

  frame(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const { type } = reader
    if (this.#blocks.isOpen && type !== frameContinuation) {
      throw new Http2Error(protocolError, 'a frame inside a header block')
    }
    if (!this.peer.isKnown && type !== frameSettings) {
      throw new Http2Error(protocolError, 'the first frame is not SETTINGS')
    }
    switch (type) {
      case frameHeaders:
        this.#onHeaders(reader, bytes, start, end)
        return
      case framePriority:
        this.#onPriority(reader, bytes, start)
        return
      case frameRstStream:
        this.#onReset(reader, bytes, start)
        return
      case frameSettings:
        this.#onSettings(reader, bytes, start, end)
        return
      case framePushPromise:
        throw new Http2Error(protocolError, 'PUSH_PROMISE')
      case framePing:
        this.#onPing(reader, bytes, start)
        return
      case frameGoaway:
        this.#onGoaway(reader, bytes, start, end)
        return
      case frameWindowUpdate:
        this.#onWindowUpdate(reader, bytes, start)
        return
      case frameContinuation:
        this.#onContinuation(reader, bytes, start, end)
        return
      default:
        this.countIdleFrame()
    }
  }

  #onHeaders(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const { streamId, flags } = reader
    if (streamId === 0) throw new Http2Error(protocolError, 'HEADERS on stream 0')
    const blocks = this.#blocks
    const block = blocks.headers(reader, bytes, start, end)
    if (block === undefined) {
      this.#waitingSinceMs = this.receivedMs
      return
    }
    const { dependsOnItself } = blocks
    this.headersReceived(streamId, block, (flags & flagEndStream) !== 0)
    if (dependsOnItself) this.#refuseSelfDependency(streamId)
  }

  #onContinuation(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const { streamId, endsStream } = this.#blocks
    const block = this.#blocks.continuation(reader, bytes, start, end)
    if (block !== undefined) this.headersReceived(streamId, block, endsStream)
  }

  #onPriority(reader: FrameReader, bytes: Uint8Array, start: number): void {
    if (reader.streamId === 0) throw new Http2Error(protocolError, 'PRIORITY on stream 0')
    if (reader.length !== 5) {
      const stream = this.streams.get(reader.streamId)
      if (stream !== undefined) {
        this.resetStream(stream, frameSizeError)
        return
      }
      throw new Http2Error(frameSizeError, 'PRIORITY of a wrong length')
    }
    this.countIdleFrame()
    if ((readUint32(bytes, start) & 0x7fffffff) === reader.streamId) this.#refuseSelfDependency(reader.streamId)
  }

  #refuseSelfDependency(streamId: number): void {
    const stream = this.streams.get(streamId)
    if (stream !== undefined) this.resetStream(stream, protocolError)
    else this.sendReset(streamId, protocolError)
  }

  #onReset(reader: FrameReader, bytes: Uint8Array, start: number): void {
    const { streamId } = reader
    if (reader.length !== 4) throw new Http2Error(frameSizeError, 'RST_STREAM of a wrong length')
    if (streamId === 0) throw new Http2Error(protocolError, 'RST_STREAM on stream 0')
    const stream = this.streams.get(streamId)
    if (stream === undefined) {
      this.#refuseIdle(streamId, 'RST_STREAM')
      return
    }
    this.streams.delete(streamId)
    this.endedIds.add(streamId)
    this.sendQueue.remove(stream)
    this.streamReset(stream, readUint32(bytes, start), true)
  }

  #onSettings(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    if (reader.streamId !== 0) throw new Http2Error(protocolError, 'SETTINGS on a stream')
    if ((reader.flags & flagAck) !== 0) {
      if (reader.length !== 0) throw new Http2Error(frameSizeError, 'an acknowledgement with settings')
      this.countIdleFrame()
      return
    }
    this.countIdleFrame()
    const moved = this.peer.read(bytes, start, end)
    for (const stream of this.streams.values()) {
      stream.sendWindow += moved
      if (stream.sendWindow > windowLargest) throw new Http2Error(flowControlError, 'a window above the largest')
    }
    this.outbox.frame({ length: 0, type: frameSettings, flags: flagAck, streamId: 0 })
    this.sendQueue.pump(this.peer.frameBytesMax)
  }

  #onPing(reader: FrameReader, bytes: Uint8Array, start: number): void {
    if (reader.streamId !== 0) throw new Http2Error(protocolError, 'PING on a stream')
    if (reader.length !== 8) throw new Http2Error(frameSizeError, 'PING of a wrong length')
    if ((reader.flags & flagAck) !== 0) {
      this.pingAcknowledged(bytes, start)
      return
    }
    this.sendPing(bytes.subarray(start, start + 8), flagAck)
    this.pingReceived()
  }

  #onGoaway(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    if (reader.streamId !== 0) throw new Http2Error(protocolError, 'GOAWAY on a stream')
    if (reader.length < 8) throw new Http2Error(frameSizeError, 'GOAWAY of a wrong length')
    this.countIdleFrame()
    const message = Buffer.from(bytes.subarray(start + 8, Math.min(end, start + 136))).toString('latin1')
    this.goawayReceived(readUint32(bytes, start) & 0x7fffffff, readUint32(bytes, start + 4), message)
  }

  #onWindowUpdate(reader: FrameReader, bytes: Uint8Array, start: number): void {
    const { streamId } = reader
    if (reader.length !== 4) throw new Http2Error(frameSizeError, 'WINDOW_UPDATE of a wrong length')
    const bytesMore = readUint32(bytes, start) & 0x7fffffff
    if (streamId === 0) {
      if (bytesMore === 0) throw new Http2Error(protocolError, 'WINDOW_UPDATE of 0')
      this.sendQueue.connectionWindow += bytesMore
      if (this.sendQueue.connectionWindow > windowLargest) {
        throw new Http2Error(flowControlError, 'a window above the largest')
      }
      this.sendQueue.pump(this.peer.frameBytesMax)
      return
    }
    const stream = this.streams.get(streamId)
    if (stream === undefined) {
      this.#refuseIdle(streamId, 'WINDOW_UPDATE')
      return
    }
    stream.sendWindow += bytesMore
    if (bytesMore === 0) {
      this.resetStream(stream, protocolError)
      return
    }
    if (stream.sendWindow > windowLargest) {
      this.resetStream(stream, flowControlError)
      return
    }
    if (stream.isQueued) this.sendQueue.pump(this.peer.frameBytesMax)
  }

  #refuseIdle(streamId: number, what: string): void {
    if (this.isIdle(streamId)) throw new Http2Error(protocolError, `${what} on an idle stream`)
  }
}

function flushPlanned<S extends Http2Stream>(connection: Http2Connection<S>): void {
  connection.flushNow()
}

function toHttp2Error(error: unknown): Http2Error {
  if (error instanceof Http2Error) return error
  if (error instanceof HpackError) return new Http2Error(compressionError, error.message)
  return new Http2Error(internalError, error instanceof Error ? error.message : 'an unexpected error')
}
