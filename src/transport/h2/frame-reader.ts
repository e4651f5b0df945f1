import {
  flagPadded,
  frameData,
  frameHeaderBytes,
  frameSizeError,
  protocolError,
  readUint32,
  streamIdLargest,
} from './frame.ts'
import { Http2Error } from './http2-error.ts'

/** Who is told of frames. The header of the current one is in the reader's fields. Bytes are only lent for the call. */
export interface FrameSink {
  /** A frame other than DATA begins that is too long to be kept. Throws to refuse it; otherwise it is skipped. */
  frameStart(reader: FrameReader): void
  /** A frame other than DATA, whole, without its header. */
  frame(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void
  /** A DATA frame begins; `length` counts the padding too. */
  dataStart(reader: FrameReader): void
  /** A piece of a DATA frame without its padding. */
  data(bytes: Uint8Array, start: number, end: number): void
  /** A DATA frame is complete. */
  dataEnd(reader: FrameReader): void
}

/** Longest frame other than DATA that is kept until it is whole. */
const keptBytesMax = 16_384

/**
 * Cuts a byte stream into frames, whatever pieces it comes in. DATA is passed on as it arrives and never kept; any
 * other frame is kept until it is whole, in memory that grows with what has arrived, not with what was announced.
 */
export class FrameReader {
  length = 0
  type = 0
  flags = 0
  streamId = 0
  /** Frames begun so far. */
  frameCount = 0
  readonly #sink: FrameSink
  readonly #frameBytesMax: number
  readonly #header = new Uint8Array(frameHeaderBytes)
  #headerBytes = 0
  /** Inside a DATA frame: payload bytes still to come, padding included; -1 outside. */
  #dataLeft = -1
  #skipLeft = 0
  #paddingLeft = 0
  #needsPadLength = false
  /** Inside another frame: what has arrived of it. */
  #held: Buffer | undefined
  #heldBytes = 0

  constructor(sink: FrameSink, frameBytesMax: number) {
    this.#sink = sink
    this.#frameBytesMax = frameBytesMax
  }

  /** A frame that must come whole has begun and is not complete. */
  get isWaiting(): boolean {
    return this.#headerBytes > 0 || this.#held !== undefined || this.#skipLeft > 0
  }

  /** Throws `Http2Error` where the stream breaks the rules. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let offset = start
    while (offset < end) {
      if (this.#skipLeft > 0) {
        const skipped = Math.min(this.#skipLeft, end - offset)
        this.#skipLeft -= skipped
        offset += skipped
      } else if (this.#dataLeft >= 0) offset = this.#readData(bytes, offset, end)
      else if (this.#held !== undefined) offset = this.#readHeld(bytes, offset, end)
      else offset = this.#readHeader(bytes, offset, end)
    }
  }

  #readHeader(bytes: Uint8Array, offset: number, end: number): number {
    if (this.#headerBytes === 0 && end - offset >= frameHeaderBytes) {
      this.#parseHeader(bytes, offset)
      return this.#startFrame(bytes, offset + frameHeaderBytes, end)
    }
    while (offset < end && this.#headerBytes < frameHeaderBytes) this.#header[this.#headerBytes++] = bytes[offset++]!
    if (this.#headerBytes < frameHeaderBytes) return offset
    this.#headerBytes = 0
    this.#parseHeader(this.#header, 0)
    return this.#startFrame(bytes, offset, end)
  }

  #parseHeader(bytes: Uint8Array, offset: number): void {
    this.frameCount++
    this.length = (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!
    this.type = bytes[offset + 3]!
    this.flags = bytes[offset + 4]!
    this.streamId = readUint32(bytes, offset + 5) & streamIdLargest
    if (this.length > this.#frameBytesMax) throw new Http2Error(frameSizeError, this.#strangeLength(bytes, offset))
  }

  /** The first bytes of other protocols, read as a length, say nothing to anybody. */
  #strangeLength(bytes: Uint8Array, offset: number): string {
    if (this.frameCount === 1) {
      const first = Buffer.from(bytes.subarray(offset, offset + 5)).toString('latin1')
      if (first === 'HTTP/') return 'the peer speaks HTTP/1 on this port, not HTTP/2 (gRPC)'
      const isTlsRecord = (bytes[offset] === 0x15 || bytes[offset] === 0x16) && bytes[offset + 1] === 3
      if (isTlsRecord) return 'the peer speaks TLS on this port'
    }
    return `a frame of ${this.length} bytes`
  }

  #startFrame(bytes: Uint8Array, offset: number, end: number): number {
    if (this.type === frameData) {
      this.#sink.dataStart(this)
      this.#dataLeft = this.length
      this.#paddingLeft = 0
      this.#needsPadLength = (this.flags & flagPadded) !== 0
      if (this.#needsPadLength && this.length === 0) throw new Http2Error(frameSizeError, 'padding without a length')
      return this.#readData(bytes, offset, end)
    }
    const frameEnd = offset + this.length
    if (this.length > keptBytesMax) {
      this.#sink.frameStart(this)
      this.#skipLeft = this.length
      return offset
    }
    if (frameEnd <= end) {
      this.#sink.frame(this, bytes, offset, frameEnd)
      return frameEnd
    }
    this.#held = Buffer.allocUnsafe(Math.min(this.length, Math.max(256, (end - offset) * 2)))
    this.#heldBytes = 0
    return this.#readHeld(bytes, offset, end)
  }

  #readHeld(bytes: Uint8Array, offset: number, end: number): number {
    let held = this.#held!
    const take = Math.min(end - offset, this.length - this.#heldBytes)
    if (this.#heldBytes + take > held.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.length, (this.#heldBytes + take) * 2))
      grown.set(held.subarray(0, this.#heldBytes))
      this.#held = held = grown
    }
    held.set(bytes.subarray(offset, offset + take), this.#heldBytes)
    this.#heldBytes += take
    if (this.#heldBytes === this.length) {
      this.#held = undefined
      this.#sink.frame(this, held, 0, this.length)
    }
    return offset + take
  }

  #readData(bytes: Uint8Array, offset: number, end: number): number {
    if (this.#needsPadLength) {
      if (offset === end) return offset
      this.#needsPadLength = false
      this.#paddingLeft = bytes[offset++]!
      this.#dataLeft--
      if (this.#paddingLeft > this.#dataLeft) throw new Http2Error(protocolError, 'padding longer than its frame')
    }
    const dataBytes = Math.min(this.#dataLeft - this.#paddingLeft, end - offset)
    if (dataBytes > 0) {
      this.#sink.data(bytes, offset, offset + dataBytes)
      this.#dataLeft -= dataBytes
      offset += dataBytes
    }
    const paddingBytes = this.#dataLeft === this.#paddingLeft ? Math.min(this.#paddingLeft, end - offset) : 0
    this.#dataLeft -= paddingBytes
    this.#paddingLeft -= paddingBytes
    if (this.#dataLeft === 0) {
      this.#dataLeft = -1
      this.#sink.dataEnd(this)
    }
    return offset + paddingBytes
  }
}
