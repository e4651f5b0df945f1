/**
 * Bytes that are not the JSON that the reader wants, or that exceed a budget while being read.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc8259
 */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  /** Offset into the bytes being read. */
  readonly offset: number
  /** `malformed` is the sender's mistake for ever; `budget` means a limit of ours was reached. */
  readonly reason: 'malformed' | 'budget'

  constructor(message: string, offset: number, reason: 'malformed' | 'budget' = 'malformed') {
    super(`${message} at byte ${offset}`)
    this.offset = offset
    this.reason = reason
  }
}
