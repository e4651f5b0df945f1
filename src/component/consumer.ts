import type { OtlpBatch } from '../pdata/otlp-batch.ts'

/** Who takes batches: a processor, the fan-out of a pipeline, an exporter. */
export interface Consumer {
  /**
   * Takes the batch; its bytes must not change afterwards, by anyone.
   *
   * Resolves once the sender may be told "accepted". Rejects with `ConsumeError`, whose kind says whether the sender
   * should drop, retry or slow down; then nothing of the batch was kept.
   */
  consume(batch: OtlpBatch): Promise<void>
}

/**
 * What `consume` may return where the batch was accepted before it returned. Whoever knows it goes on at once; whoever does
 * not awaits it like any other promise. A dozen awaits on the way of a small request cost more than its processors.
 */
export const acceptedAtOnce: Promise<void> = Promise.resolve()

/** Why a consumer refused a batch. The kind alone decides what the caller does next. */
export type RefusalKind =
  | 'permanent' // the same bytes will fail again: drop them and count them
  | 'retryable' // transient: try the same bytes again later
  | 'overloaded' // a bounded queue is full: push back to the sender

export interface RefusalDetails {
  /** The ledger's and the metrics' label, snake_case and from a small fixed set: `queue_full`, `memory_limit`. */
  reason: string
  /** When it makes sense to come again; a receiver always sends a hint, one second if this is absent. */
  retryDelayMs?: number
  /** The status that a backend answered with, for those who pass it on. */
  grpcStatus?: number
  httpStatus?: number
  cause?: unknown
}

/** A refused batch. Nobody parses the message. */
export class ConsumeError extends Error {
  override readonly name = 'ConsumeError'
  readonly kind: RefusalKind
  readonly reason: string
  readonly retryDelayMs: number | undefined
  readonly grpcStatus: number | undefined
  readonly httpStatus: number | undefined

  constructor(kind: RefusalKind, message: string, details: RefusalDetails) {
    super(message, { cause: details.cause })
    this.kind = kind
    this.reason = details.reason
    this.retryDelayMs = details.retryDelayMs
    this.grpcStatus = details.grpcStatus
    this.httpStatus = details.httpStatus
  }
}

/** Whatever was thrown, as a refusal: an error that nobody foresaw is our own bug, and permanent. */
export function asConsumeError(error: unknown): ConsumeError {
  if (error instanceof ConsumeError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ConsumeError('permanent', message, { reason: 'internal_error', cause: error })
}
