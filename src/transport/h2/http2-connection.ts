import type { Socket } from 'node:net'
import { Outbox } from '../outbox.ts'
import {
  compressionError,
  enhanceYourCalm,
  flagAck,
  flagEndHeaders,
  flagEndStream,
  flagPadded,
  flagPriority,
  flowControlError,
  frameBytesDefault,
  frameBytesLargest,
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
  settingEnablePush,
  settingHeaderTableSize,
  settingInitialWindowSize,
  settingMaxConcurrentStreams,
  settingMaxFrameSize,
  settingMaxHeaderListSize,
  settingsFrame,
  streamClosed,
  windowDefault,
  windowLargest,
} from './frame.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { type HeaderBlock, HpackDecoder, HpackError } from './hpack-decoder.ts'
import { Http2Error } from './http2-error.ts'
import type { Http2Stream } from './http2-stream.ts'
import { RecentIds } from './recent-ids.ts'
import { SendQueue } from './send-queue.ts'
import { TokenBucket } from './token-bucket.ts'

export interface Http2Settings {
  readonly headerBytesMax: number
  readonly headerPairsMax: number
  /** Window of each stream and of the connection, in bytes. */
  readonly streamWindowBytes: number
  readonly connectionWindowBytes: number
  /** Streams the peer may open; 0 for a client, which allows no push. */
  readonly streamsMax: number
  readonly frameBytesMax: number
}

const continuationCountMax = 32
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
  protected peerStreamWindow = windowDefault
  protected peerFrameBytesMax = frameBytesDefault
  protected peerStreamsMax = 0x7fffffff
  protected highestPeerId = 0
  protected isClosing = false
  /** When the newest bytes came. */
  protected receivedMs = 0
  protected hasPeerSettings = false
  protected readonly endedIds = new RecentIds(64)
  protected readonly resetIds = new RecentIds(1024)
  readonly #reader: FrameReader
  readonly #hpack: HpackDecoder
  readonly #idleFrames = new TokenBucket(idleFramesBurst, idleFramesPerSecond)
  #receiveWindow: number
  #peerTableBytes = 4096
  #mustResizeTable = false
  #block: Buffer | undefined
  #blockBytes = 0
  #blockStreamId = 0
  #blockEndsStream = false
  #continuationCount = 0
  #dataStream: S | undefined
  #isFlushPlanned = false
  #isReceiving = false
  #waitingSinceMs = -1
  #waitingFrame = 0

  constructor(socket: Socket, settings: Http2Settings) {
    this.socket = socket
    this.settings = settings
    this.outbox = new Outbox(socket)
    this.sendQueue = new SendQueue(this.outbox, stream => this.#finishSending(stream as S))
    this.#reader = new FrameReader(this, settings.frameBytesMax)
    this.#receiveWindow = settings.connectionWindowBytes
    this.#hpack = new HpackDecoder({
      tableBytesMax: 4096,
      listBytesMax: settings.headerBytesMax,
      fieldCountMax: settings.headerPairsMax,
    })
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
  protected abstract peerSettingsChanged(): void
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
    if (this.#block !== undefined) return
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
    const text = Buffer.from(message.slice(0, 128), 'latin1')
    const payload = Buffer.allocUnsafe(8 + text.length)
    payload.writeUInt32BE(lastStreamId, 0)
    payload.writeUInt32BE(code, 4)
    text.copy(payload, 8)
    this.outbox.frame({ length: payload.length, type: frameGoaway, flags: 0, streamId: 0 })
    this.outbox.append(payload)
    this.planFlush()
  }

  sendPing(payload: Uint8Array, flags: number): void {
    this.outbox.frame({ length: 8, type: framePing, flags, streamId: 0 })
    this.outbox.append(payload)
    this.planFlush()
  }

  /** Announces our settings and opens the connection's window. */
  protected sendSettings(): void {
    const { settings } = this
    const pairs: [number, number][] = [
      [settingInitialWindowSize, settings.streamWindowBytes],
      [settingMaxFrameSize, settings.frameBytesMax],
      [settingMaxHeaderListSize, settings.headerBytesMax],
    ]
    if (settings.streamsMax > 0) pairs.push([settingMaxConcurrentStreams, settings.streamsMax])
    else pairs.push([settingEnablePush, 0])
    this.outbox.append(settingsFrame(pairs))
    if (settings.connectionWindowBytes > windowDefault) {
      this.#sendWindowUpdate(0, settings.connectionWindowBytes - windowDefault)
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

  /** Sends a header block, cut into frames the peer takes. `fragments` are parts of one block. */
  protected sendHeaders(streamId: number, fragments: readonly Uint8Array[], endsStream: boolean): void {
    let length = this.#mustResizeTable ? 1 : 0
    for (const fragment of fragments) length += fragment.length
    if (length > this.peerFrameBytesMax) {
      this.#sendLongHeaders(streamId, fragments, endsStream)
      return
    }
    const flags = flagEndHeaders | (endsStream ? flagEndStream : 0)
    this.outbox.frame({ length, type: frameHeaders, flags, streamId })
    if (this.#mustResizeTable) this.#appendTableResize()
    for (const fragment of fragments) this.outbox.append(fragment)
  }

  #sendLongHeaders(streamId: number, fragments: readonly Uint8Array[], endsStream: boolean): void {
    const block = Buffer.concat(this.#mustResizeTable ? [tableResizedToZero, ...fragments] : fragments)
    this.#mustResizeTable = false
    const frameMax = this.peerFrameBytesMax
    for (let offset = 0; offset < block.length; offset += frameMax) {
      const length = Math.min(frameMax, block.length - offset)
      let flags = offset + length === block.length ? flagEndHeaders : 0
      if (offset === 0 && endsStream) flags |= flagEndStream
      this.outbox.frame({ length, type: offset === 0 ? frameHeaders : frameContinuation, flags, streamId })
      this.outbox.append(block.subarray(offset, offset + length))
    }
  }

  // Our blocks use no dynamic table. But RFC 7541, section 4.2, wants a lowered limit to be confirmed.
  #appendTableResize(): void {
    this.#mustResizeTable = false
    this.outbox.append(tableResizedToZero)
  }

  /** Sends `stream.parts` and then `stream.trailers`, as far as the windows go; the rest when they open. */
  protected sendBody(stream: S): void {
    this.sendQueue.add(stream, this.peerFrameBytesMax)
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
    this.sendQueue.pump(this.peerFrameBytesMax)
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
    this.outbox.frame({ length: 4, type: frameRstStream, flags: 0, streamId })
    this.outbox.append(Uint8Array.of(code >>> 24, code >>> 16, code >>> 8, code))
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
    if (this.#block !== undefined) throw new Http2Error(protocolError, 'DATA inside a header block')
    if (!this.hasPeerSettings) throw new Http2Error(protocolError, 'the first frame is not SETTINGS')
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
      this.#sendWindowUpdate(0, connectionWindowBytes - this.#receiveWindow)
      this.#receiveWindow = connectionWindowBytes
    }
    const stream = this.#dataStream
    this.#dataStream = undefined
    if (stream === undefined || this.streams.get(stream.id) !== stream) return
    if ((reader.flags & flagEndStream) !== 0) {
      stream.isRemoteClosed = true
      this.streamEnded(stream)
    } else if (stream.receiveWindow < streamWindowBytes / 2) {
      this.#sendWindowUpdate(stream.id, streamWindowBytes - stream.receiveWindow)
      stream.receiveWindow = streamWindowBytes
    }
  }

  #sendWindowUpdate(streamId: number, bytes: number): void {
    this.outbox.frame({ length: 4, type: frameWindowUpdate, flags: 0, streamId })
    this.outbox.append(Uint8Array.of(bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes))
  }

  frameStart(reader: FrameReader): void {
    const { type } = reader
    if (type === frameHeaders || type === frameContinuation) {
      throw new Http2Error(enhanceYourCalm, 'a header block above the limit', 'headers_too_large')
    }
    if (type <= frameContinuation) throw new Http2Error(frameSizeError, `a frame of ${reader.length} bytes`)
    if (this.#block !== undefined) throw new Http2Error(protocolError, 'a frame inside a header block')
    this.countIdleFrame()
  }

  frame(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const { type } = reader
    if (this.#block !== undefined && type !== frameContinuation) {
      throw new Http2Error(protocolError, 'a frame inside a header block')
    }
    if (!this.hasPeerSettings && type !== frameSettings) {
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
    if ((flags & flagPadded) !== 0) {
      const padding = start < end ? bytes[start]! : 256
      start++
      end -= padding
      if (end < start) throw new Http2Error(protocolError, 'padding longer than its frame')
    }
    let dependsOnItself = false
    if ((flags & flagPriority) !== 0) {
      if (end - start < 5) throw new Http2Error(frameSizeError, 'HEADERS too short for its priority')
      dependsOnItself = (readUint32(bytes, start) & 0x7fffffff) === streamId
      start += 5
    }
    const endsStream = (flags & flagEndStream) !== 0
    if (end - start > this.settings.headerBytesMax) {
      throw new Http2Error(enhanceYourCalm, 'a header block above the limit', 'headers_too_large')
    }
    if ((flags & flagEndHeaders) === 0) {
      this.#block = Buffer.allocUnsafe(Math.max(256, (end - start) * 2))
      this.#block.set(bytes.subarray(start, end))
      this.#blockBytes = end - start
      this.#blockStreamId = streamId
      this.#waitingSinceMs = this.receivedMs
      this.#blockEndsStream = endsStream
      this.#continuationCount = 0
      return
    }
    const block = this.#hpack.decode(bytes, start, end)
    this.headersReceived(streamId, block, endsStream)
    if (dependsOnItself) this.#refuseSelfDependency(streamId)
  }

  #onContinuation(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    let block = this.#block
    if (block === undefined || reader.streamId !== this.#blockStreamId) {
      throw new Http2Error(protocolError, 'CONTINUATION without HEADERS')
    }
    const total = this.#blockBytes + end - start
    if (total > this.settings.headerBytesMax || ++this.#continuationCount > continuationCountMax) {
      throw new Http2Error(enhanceYourCalm, 'a header block above the limit', 'headers_too_large')
    }
    if (total > block.length) {
      const grown = Buffer.allocUnsafe(total * 2)
      block.copy(grown, 0, 0, this.#blockBytes)
      this.#block = block = grown
    }
    block.set(bytes.subarray(start, end), this.#blockBytes)
    this.#blockBytes = total
    if ((reader.flags & flagEndHeaders) === 0) return
    this.#block = undefined
    this.headersReceived(this.#blockStreamId, this.#hpack.decode(block, 0, total), this.#blockEndsStream)
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
    if (reader.length % 6 !== 0) throw new Http2Error(frameSizeError, 'SETTINGS of a wrong length')
    if (reader.length > 6 * 64) throw new Http2Error(enhanceYourCalm, 'too many settings', 'flood')
    this.countIdleFrame()
    for (let offset = start; offset < end; offset += 6) {
      this.#onSetting((bytes[offset]! << 8) | bytes[offset + 1]!, readUint32(bytes, offset + 2))
    }
    this.hasPeerSettings = true
    this.outbox.frame({ length: 0, type: frameSettings, flags: flagAck, streamId: 0 })
    this.peerSettingsChanged()
    this.sendQueue.pump(this.peerFrameBytesMax)
  }

  #onSetting(identifier: number, value: number): void {
    if (identifier === settingHeaderTableSize) {
      if (value < this.#peerTableBytes) this.#mustResizeTable = true
      this.#peerTableBytes = value
    } else if (identifier === settingEnablePush) {
      if (value > 1) throw new Http2Error(protocolError, 'SETTINGS_ENABLE_PUSH')
    } else if (identifier === settingMaxConcurrentStreams) {
      this.peerStreamsMax = value
    } else if (identifier === settingInitialWindowSize) {
      if (value > windowLargest) throw new Http2Error(flowControlError, 'SETTINGS_INITIAL_WINDOW_SIZE')
      this.#moveStreamWindows(value - this.peerStreamWindow)
      this.peerStreamWindow = value
    } else if (identifier === settingMaxFrameSize) {
      if (value < frameBytesDefault || value > frameBytesLargest) {
        throw new Http2Error(protocolError, 'SETTINGS_MAX_FRAME_SIZE')
      }
      this.peerFrameBytesMax = value
    }
  }

  #moveStreamWindows(difference: number): void {
    for (const stream of this.streams.values()) {
      stream.sendWindow += difference
      if (stream.sendWindow > windowLargest) throw new Http2Error(flowControlError, 'a window above the largest')
    }
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
      this.sendQueue.pump(this.peerFrameBytesMax)
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
    if (stream.isQueued) this.sendQueue.pump(this.peerFrameBytesMax)
  }

  #refuseIdle(streamId: number, what: string): void {
    if (this.isIdle(streamId)) throw new Http2Error(protocolError, `${what} on an idle stream`)
  }
}

const tableResizedToZero = Uint8Array.of(0x20)

function flushPlanned<S extends Http2Stream>(connection: Http2Connection<S>): void {
  connection.flushNow()
}

function toHttp2Error(error: unknown): Http2Error {
  if (error instanceof Http2Error) return error
  if (error instanceof HpackError) return new Http2Error(compressionError, error.message)
  return new Http2Error(internalError, error instanceof Error ? error.message : 'an unexpected error')
}
