import type { Socket } from 'node:net'

/** What of a socket tells how far its writes are. */
export type WatchedSocket = Pick<Socket, 'bytesWritten' | 'writableLength'>

interface HandleOwner {
  readonly _handle?: { readonly writeQueueSize?: number } | null
}

/** Sees how long a peer has read nothing of what waits for it: where the kernel takes nothing, its window is shut. */
export class WriteWatch {
  /** How far writes were when they were last seen to go on, and when that was. */
  #startedBytes = 0
  #queuedBytes = 0
  #sinceMs = -1

  /** To be asked now and then; 0 where nothing waits. */
  stalledMs(socket: WatchedSocket, nowMs: number): number {
    const { writableLength } = socket
    if (writableLength === 0) {
      this.#sinceMs = -1
      return 0
    }
    const startedBytes = socket.bytesWritten - writableLength
    // A write counts as waiting until all of it has left. How far it is, its handle knows; Node's own time-out asks it too.
    const queuedBytes = (socket as HandleOwner)._handle?.writeQueueSize ?? 0
    if (this.#sinceMs < 0 || startedBytes !== this.#startedBytes || queuedBytes !== this.#queuedBytes) {
      this.#sinceMs = nowMs
      this.#startedBytes = startedBytes
      this.#queuedBytes = queuedBytes
    }
    return nowMs - this.#sinceMs
  }
}
