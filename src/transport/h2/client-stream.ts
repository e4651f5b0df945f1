import type { HeaderBlock } from './hpack-decoder.ts'
import { Http2Stream } from './http2-stream.ts'

/** Why a call has no answer. `isUnprocessed`: the server did not act on it, so it may be sent again elsewhere. */
export interface CallFailure {
  readonly message: string
  readonly isUnprocessed: boolean
  readonly isTooLarge: boolean
}

/** Who waits for an answer. Exactly one of the two is called, once. */
export interface CallSink {
  answered(answer: Http2Answer): void
  failed(failure: CallFailure): void
}

export interface Http2Answer {
  readonly head: HeaderBlock
  readonly trailers: HeaderBlock | undefined
  readonly body: Uint8Array
  /** The kernel has the whole request. */
  readonly isSent: boolean
}

/** One request of a client's connection. */
export class ClientStream extends Http2Stream {
  readonly sink: CallSink
  readonly bodyBytesMax: number
  head: HeaderBlock | undefined = undefined
  answerTrailers: HeaderBlock | undefined = undefined
  readonly chunks: Uint8Array[] = []
  receivedBytes = 0
  /** On the clock's monotonic time. */
  startedMs = 0
  /** Where the request's last byte stands in all that the connection sends; infinite until it is with the outbox. */
  endPosition = Number.POSITIVE_INFINITY

  constructor(stream: { id: number; sendWindow: number; receiveWindow: number }, sink: CallSink, bodyBytesMax: number) {
    super(stream.id, stream.sendWindow, stream.receiveWindow)
    this.sink = sink
    this.bodyBytesMax = bodyBytesMax
  }
}
