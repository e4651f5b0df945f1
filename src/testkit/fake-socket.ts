import type { Socket } from 'node:net'

/** As much of a socket as a connection of the transport uses: what is written is kept, nothing is sent. */
export class FakeSocket {
  readonly chunks: Uint8Array[] = []
  destroyed = false
  writableEnded = false
  writableLength = 0
  bytesWritten = 0
  remoteAddress = '127.0.0.1'

  write(bytes: Uint8Array): boolean {
    // The writer may use its memory again after this.
    this.chunks.push(Uint8Array.from(bytes))
    return true
  }

  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}

  isPaused(): boolean {
    return false
  }

  end(): void {
    this.writableEnded = true
  }

  destroy(): void {
    this.destroyed = true
  }

  get written(): Buffer {
    return Buffer.concat(this.chunks)
  }

  asSocket(): Socket {
    return this as unknown as Socket
  }
}
