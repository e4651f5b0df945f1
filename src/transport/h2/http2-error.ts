import type { CloseReason } from '../server.ts'

/** A violation that ends the connection (RFC 9113, section 5.4.1). */
export class Http2Error extends Error {
  override readonly name = 'Http2Error'
  /** The code that GOAWAY carries. */
  readonly code: number
  readonly reason: CloseReason

  constructor(code: number, message: string, reason: CloseReason = 'protocol_error') {
    super(message)
    this.code = code
    this.reason = reason
  }
}
