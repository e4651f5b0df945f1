import { enhanceYourCalm, flagPadded, flagPriority, frameSizeError, protocolError, readUint32 } from './frame.ts'
import type { FrameReader } from './frame-reader.ts'
import { Http2Error } from './http2-error.ts'

const continuationCountMax = 32

/** The header block fragment in a HEADERS frame, without padding and priority (RFC 9113, section 6.2). */
export class HeadersPayload {
  start = 0
  end = 0
  dependsOnItself = false

  read(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const { streamId, flags } = reader
    this.dependsOnItself = false
    if ((flags & flagPadded) !== 0) {
      const padding = start < end ? bytes[start]! : 256
      start++
      end -= padding
      if (end < start) throw new Http2Error(protocolError, 'padding longer than its frame')
    }
    if ((flags & flagPriority) !== 0) {
      if (end - start < 5) throw new Http2Error(frameSizeError, 'HEADERS too short for its priority')
      this.dependsOnItself = (readUint32(bytes, start) & 0x7fffffff) === streamId
      start += 5
    }
    this.start = start
    this.end = end
  }
}

/** A header block that comes in HEADERS and CONTINUATION, gathered within limits. */
export class HeaderBlockBuffer {
  /** -1: no block is open. */
  streamId = -1
  endsStream = false
  length = 0
  bytes: Buffer = Buffer.alloc(0)
  readonly #bytesMax: number
  #continuationCount = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isOpen(): boolean {
    return this.streamId >= 0
  }

  checkLength(length: number): void {
    if (length > this.#bytesMax) {
      throw new Http2Error(enhanceYourCalm, 'a header block above the limit', 'headers_too_large')
    }
  }

  open(streamId: number, endsStream: boolean): void {
    this.streamId = streamId
    this.endsStream = endsStream
    this.length = 0
    this.#continuationCount = 0
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const total = this.length + end - start
    this.checkLength(total)
    if (total > this.bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(256, total * 2))
      this.bytes.copy(grown, 0, 0, this.length)
      this.bytes = grown
    }
    this.bytes.set(bytes.subarray(start, end), this.length)
    this.length = total
  }

  /** The same for CONTINUATION, whose number is limited too: empty ones cost nothing to send. */
  continue(bytes: Uint8Array, start: number, end: number): void {
    this.append(bytes, start, end)
    if (++this.#continuationCount > continuationCountMax) this.checkLength(Number.POSITIVE_INFINITY)
  }

  close(): void {
    this.streamId = -1
    this.bytes = Buffer.alloc(0)
  }
}
