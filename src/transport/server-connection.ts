import type { CloseReason, RequestHandler, ServerSettings } from './server.ts'

/** One accepted connection, whatever it speaks. The listener reads its socket and asks it to keep its deadlines. */
export interface ServerConnection {
  /** Takes what the socket has read; the bytes are only lent. */
  receive(bytes: Uint8Array, start: number, end: number): void
  /** The peer has closed its side. */
  ended(): void
  /** The socket is gone. */
  closed(): void
  /** The socket has sent what was waiting. */
  drained(): void
  /** Closes what is past its deadline. Called a few times a second. */
  check(nowMs: number): void
  /** Requests in progress. */
  readonly isBusy: boolean
  /** No new requests; what is in progress may finish. */
  drain(): void
}

/** What a connection asks of its listener. */
export interface ConnectionHost {
  readonly settings: ServerSettings
  /** Who takes the next request. */
  readonly handler: RequestHandler
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  /** Ends the socket in good order: what was written still goes out. The first reason counts. */
  close(reason: CloseReason): void
  /** Cuts the socket off. */
  destroy(reason: CloseReason): void
}
