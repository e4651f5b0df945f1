/** Bytes that are not what their reader wants, or that exceed a budget while being read. */
export class ReadError extends Error {
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
