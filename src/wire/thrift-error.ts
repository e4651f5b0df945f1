/**
 * Bytes that are not the thrift that the reader wants, or that exceed a budget while being read.
 *
 * Source: https://github.com/apache/thrift/tree/master/doc/specs
 */
export class ThriftError extends Error {
  override readonly name = 'ThriftError'
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
