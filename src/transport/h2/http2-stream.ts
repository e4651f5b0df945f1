import { noParts } from './no-parts.ts'

/** One stream of a connection: its windows, and what is left to send on it. */
export class Http2Stream {
  readonly id: number
  /** Bytes of DATA the peer lets us send; negative after it shrank its windows. */
  sendWindow: number
  /** Bytes of DATA we let the peer send. */
  receiveWindow: number
  isLocalClosed = false
  isRemoteClosed = false
  /** Waits in the connection's send queue. */
  isQueued = false
  /** Since when the peer's windows keep a body here; -1 if they do not. */
  blockedSinceMs = -1
  parts: readonly Uint8Array[] = noParts
  partIndex = 0
  partOffset = 0
  /** Body bytes not yet sent. */
  bodyBytesLeft = 0
  /** More of the body may be added: what is sent does not end the stream. */
  hasMore = false
  /** The encoded header block that ends the stream; undefined where the body does. */
  trailers: Uint8Array | undefined = undefined

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
  }
}
