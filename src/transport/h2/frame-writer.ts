import type { Outbox } from '../outbox.ts'
import {
  flagEndHeaders,
  flagEndStream,
  frameContinuation,
  frameGoaway,
  frameHeaders,
  framePing,
  frameRstStream,
  frameWindowUpdate,
} from './frame.ts'
import type { PeerSettings } from './peer-settings.ts'

const tableResizedToZero = Uint8Array.of(0x20)
const goawayTextMax = 128

/** Writes every frame but DATA into a connection's outbox. */
export class FrameWriter {
  readonly #outbox: Outbox
  readonly #peer: PeerSettings

  constructor(outbox: Outbox, peer: PeerSettings) {
    this.#outbox = outbox
    this.#peer = peer
  }

  /** A header block, cut into frames the peer takes. `fragments` are parts of one block. */
  headers(streamId: number, fragments: readonly Uint8Array[], endsStream: boolean): void {
    // Our blocks use no dynamic table. But RFC 7541, section 4.2, wants a lowered limit to be confirmed.
    const parts = this.#peer.takeTableResize() ? [tableResizedToZero, ...fragments] : fragments
    let length = 0
    for (const part of parts) length += part.length
    if (length > this.#peer.frameBytesMax) {
      this.#longHeaders(streamId, Buffer.concat(parts), endsStream)
      return
    }
    const flags = flagEndHeaders | (endsStream ? flagEndStream : 0)
    this.#outbox.frame({ length, type: frameHeaders, flags, streamId })
    for (const part of parts) this.#outbox.append(part)
  }

  #longHeaders(streamId: number, block: Uint8Array, endsStream: boolean): void {
    const frameMax = this.#peer.frameBytesMax
    for (let offset = 0; offset < block.length; offset += frameMax) {
      const length = Math.min(frameMax, block.length - offset)
      let flags = offset + length === block.length ? flagEndHeaders : 0
      if (offset === 0 && endsStream) flags |= flagEndStream
      this.#outbox.frame({ length, type: offset === 0 ? frameHeaders : frameContinuation, flags, streamId })
      this.#outbox.append(block.subarray(offset, offset + length))
    }
  }

  reset(streamId: number, code: number): void {
    this.#outbox.frame({ length: 4, type: frameRstStream, flags: 0, streamId })
    this.#uint32(code)
  }

  /** `streamId` 0 opens the connection's window. */
  windowUpdate(streamId: number, bytes: number): void {
    this.#outbox.frame({ length: 4, type: frameWindowUpdate, flags: 0, streamId })
    this.#uint32(bytes)
  }

  ping(payload: Uint8Array, flags: number): void {
    this.#outbox.frame({ length: 8, type: framePing, flags, streamId: 0 })
    this.#outbox.append(payload)
  }

  goaway(lastStreamId: number, code: number, message: string): void {
    const text = Buffer.from(message.slice(0, goawayTextMax), 'latin1')
    this.#outbox.frame({ length: 8 + text.length, type: frameGoaway, flags: 0, streamId: 0 })
    this.#uint32(lastStreamId)
    this.#uint32(code)
    this.#outbox.append(text)
  }

  #uint32(value: number): void {
    this.#outbox.append(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value))
  }
}
