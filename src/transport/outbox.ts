import type { Socket } from 'node:net'
import { frameHeaderBytes, writeFrameHeader } from './h2/frame.ts'

const bufferBytes = 8 * 1024
/** Up to here a body is copied behind its frame header: cheaper than an element of a vectored write. */
const copiedBytesMax = 4 * 1024
/** Small buffers that no socket holds any more, for whichever connection writes next. */
const freeBuffers: Buffer[] = []
const freeBuffersMax = 64

/**
 * What a connection wants to send, gathered until `flush`: small frames side by side in one buffer, large bodies by
 * reference. One flush is one vectored write. An idle connection holds no buffer.
 */
export class Outbox {
  readonly #socket: Socket
  #buffer: Buffer | undefined
  /** Bytes written into `#buffer`, and how many of them are already in `#chunks`. */
  #used = 0
  #taken = 0
  #chunks: Uint8Array[] = []
  #pendingBytes = 0
  /** Bytes that left for the socket so far. */
  #flushedBytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Bytes gathered here, or handed to the socket and not yet with the kernel. */
  get pendingBytes(): number {
    return this.#pendingBytes + this.#socket.writableLength
  }

  /** Where the next byte will stand in all that is ever sent. */
  get position(): number {
    return this.#flushedBytes + this.#pendingBytes
  }

  /** Whether the kernel has taken everything before `position`. */
  isWritten(position: number): boolean {
    return this.#flushedBytes - this.#socket.writableLength >= position
  }

  get isEmpty(): boolean {
    return this.#pendingBytes === 0
  }

  /** Appends a frame header. */
  frame(frame: { length: number; type: number; flags: number; streamId: number }): void {
    const buffer = this.#room(frameHeaderBytes)
    this.#used = writeFrameHeader(buffer, this.#used, frame)
    this.#pendingBytes += frameHeaderBytes
  }

  /** Appends bytes. They must not change until the socket has written them. */
  append(bytes: Uint8Array): void {
    const length = bytes.length
    if (length === 0) return
    this.#pendingBytes += length
    if (length > copiedBytesMax) {
      this.#takeBuffered()
      this.#chunks.push(bytes)
      return
    }
    const buffer = this.#room(length)
    const used = this.#used
    if (length < 32) for (let i = 0; i < length; i++) buffer[used + i] = bytes[i]!
    else buffer.set(bytes, used)
    this.#used = used + length
  }

  /** Hands everything to the socket. */
  flush(): void {
    if (this.#pendingBytes === 0) return
    this.#flushedBytes += this.#pendingBytes
    this.#pendingBytes = 0
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) {
      this.#reset()
      return
    }
    if (this.#chunks.length === 0) {
      socket.write(this.#buffer!.subarray(0, this.#used))
    } else {
      this.#takeBuffered()
      socket.cork()
      for (const chunk of this.#chunks) socket.write(chunk)
      socket.uncork()
    }
    this.#reset()
  }

  #reset(): void {
    // With nothing left in the socket the kernel has it all, and the memory is ours again.
    const buffer = this.#buffer
    if (buffer !== undefined && this.#socket.writableLength === 0 && freeBuffers.length < freeBuffersMax) {
      freeBuffers.push(buffer)
    }
    this.#buffer = undefined
    this.#used = 0
    this.#taken = 0
    if (this.#chunks.length > 0) this.#chunks = []
  }

  #room(bytes: number): Buffer {
    let buffer = this.#buffer
    if (buffer !== undefined && this.#used + bytes <= buffer.length) return buffer
    if (buffer !== undefined) this.#takeBuffered()
    buffer = freeBuffers.pop() ?? Buffer.allocUnsafeSlow(bufferBytes)
    this.#buffer = buffer
    this.#used = 0
    this.#taken = 0
    return buffer
  }

  #takeBuffered(): void {
    if (this.#buffer === undefined || this.#used === this.#taken) return
    this.#chunks.push(this.#buffer.subarray(this.#taken, this.#used))
    this.#taken = this.#used
  }
}
