/**
 * Bytes that are not a well-formed protobuf message, or that exceed a budget while being walked.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** Offset into the bytes being read, where known; -1 otherwise. */
  readonly offset: number
  /** `malformed` is the sender's mistake for ever; `budget` means a limit of ours was reached. */
  readonly reason: 'malformed' | 'budget'

  constructor(message: string, offset = -1, reason: 'malformed' | 'budget' = 'malformed') {
    super(offset < 0 ? message : `${message} at byte ${offset}`)
    this.offset = offset
    this.reason = reason
  }
}
