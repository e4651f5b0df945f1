/** Why compressed bytes were refused. */
export type InflateFailure =
  | 'malformed' // corrupt, cut off, or followed by something else
  | 'too_large' // more bytes, or more bytes for each one sent, than the limits allow
  | 'not_admitted' // the budget of bytes in flight has no room
  | 'unsupported' // an encoding that this build does not know

export class InflateError extends Error {
  override readonly name = 'InflateError'
  readonly kind: InflateFailure

  constructor(kind: InflateFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}
