import type { ConsumeError } from '../component/consumer.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'

/** Who waits for the backend's word on an entry. */
export interface ResultWaiter {
  accepted(): void
  refused(refusal: ConsumeError): void
}

/** One batch in a journal, from its acknowledgement until the backend, or the one who gave up, has settled all of it. */
export class QueueEntry {
  readonly batch: OtlpBatch
  /** On the monotonic clock; for a recovered entry, what its age says. */
  readonly appendedAtMs: number
  /** Room that it takes, in 65,536ths of a request. */
  readonly requestUnits: number
  /** `waiting` may still be dropped to make room; `taken` is on its way. */
  state: 'waiting' | 'taken' | 'settled' = 'waiting'
  /** The journal's reader has it. */
  isRead = false
  /** Pieces of it that are not settled; more than one once it was split. */
  openPieces = 1
  exportedItems = 0
  refusal: ConsumeError | undefined
  waiter: ResultWaiter | undefined
  /** Place in a journal on disk. */
  readonly sequence: number

  constructor(batch: OtlpBatch, appendedAtMs: number, sequence = 0) {
    this.batch = batch
    this.appendedAtMs = appendedAtMs
    this.requestUnits = requestUnitsOf(batch)
    this.sequence = sequence
  }
}

/** A contiguous part of an entry, mostly all of it, as it goes into one request. */
export interface Piece {
  readonly entry: QueueEntry
  readonly bytes: Uint8Array
  readonly itemCount: number
}

export const unitsPerRequest = 65_536

/**
 * `queue_size` counts requests as they will be sent: behind a `batch` processor a small batch takes its share of one,
 * otherwise a whole one.
 */
export function requestUnitsOf(batch: OtlpBatch): number {
  const { merge } = batch
  if (merge === undefined || merge.sizeMin <= 0) return unitsPerRequest
  const size = merge.sizer === 'items' ? batch.itemCount : batch.bytes.length
  return Math.min(unitsPerRequest, Math.max(1, Math.floor((size * unitsPerRequest) / merge.sizeMin)))
}
