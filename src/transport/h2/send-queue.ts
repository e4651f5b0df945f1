import type { Outbox } from '../outbox.ts'
import { flagEndStream, frameData, windowDefault } from './frame.ts'
import type { Http2Stream } from './http2-stream.ts'
import { noParts } from './no-parts.ts'

/** What one stream may send before it is the next one's turn. */
const turnBytes = 128 * 1024
/** With that much waiting for the kernel, bodies wait for `pump` on drain, so that new streams are not behind them. */
const outboxBytesMax = 1024 * 1024

/** Sends bodies within the peer's windows (RFC 9113, section 5.2), in turns. Bodies are not copied. */
export class SendQueue {
  connectionWindow = windowDefault
  readonly #outbox: Outbox
  readonly #onSent: (stream: Http2Stream) => void
  #waiting: Http2Stream[] = []

  constructor(outbox: Outbox, onSent: (stream: Http2Stream) => void) {
    this.#outbox = outbox
    this.#onSent = onSent
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Sends what the windows let through now; the rest waits its turn. */
  add(stream: Http2Stream, frameBytesMax: number): void {
    if (this.#waiting.length === 0 && this.#send(stream, frameBytesMax, Number.MAX_SAFE_INTEGER)) return
    stream.isQueued = true
    this.#waiting.push(stream)
    if (this.#waiting.length > 1) this.pump(frameBytesMax)
  }

  remove(stream: Http2Stream): void {
    if (!stream.isQueued) return
    stream.isQueued = false
    const position = this.#waiting.indexOf(stream)
    if (position >= 0) this.#waiting.splice(position, 1)
  }

  /** Turn by turn as long as anything moves. Called when windows open, or the socket has drained. */
  pump(frameBytesMax: number): void {
    let hasMoved = true
    while (hasMoved && this.#waiting.length > 0 && this.#outbox.pendingBytes < outboxBytesMax) {
      hasMoved = false
      const streams = this.#waiting
      this.#waiting = []
      for (const stream of streams) {
        const before = stream.bodyBytesLeft
        stream.isQueued = false
        if (this.#send(stream, frameBytesMax, turnBytes)) {
          hasMoved = true
        } else {
          stream.isQueued = true
          this.#waiting.push(stream)
          if (stream.bodyBytesLeft < before) hasMoved = true
        }
      }
    }
  }

  /** True once the stream's body is with the outbox. */
  #send(stream: Http2Stream, frameBytesMax: number, bytesMax: number): boolean {
    let left = bytesMax
    while (stream.bodyBytesLeft > 0) {
      if (this.#outbox.pendingBytes >= outboxBytesMax) return false
      const length = Math.min(left, frameBytesMax, this.connectionWindow, stream.sendWindow, stream.bodyBytesLeft)
      if (length <= 0) return false
      this.#sendFrame(stream, length)
      left -= length
    }
    stream.parts = noParts
    stream.blockedSinceMs = -1
    if (!stream.hasMore) this.#onSent(stream)
    return true
  }

  #sendFrame(stream: Http2Stream, length: number): void {
    this.connectionWindow -= length
    stream.sendWindow -= length
    stream.bodyBytesLeft -= length
    const endsStream = stream.bodyBytesLeft === 0 && stream.trailers === undefined && !stream.hasMore
    this.#outbox.frame({ length, type: frameData, flags: endsStream ? flagEndStream : 0, streamId: stream.id })
    for (let left = length; left > 0; ) {
      const part = stream.parts[stream.partIndex]!
      const take = Math.min(left, part.length - stream.partOffset)
      if (take === part.length) this.#outbox.append(part)
      else this.#outbox.append(part.subarray(stream.partOffset, stream.partOffset + take))
      left -= take
      stream.partOffset += take
      if (stream.partOffset === part.length) {
        stream.partIndex++
        stream.partOffset = 0
      }
    }
  }
}
