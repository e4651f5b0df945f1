import type { ConsumeError } from '../component/consumer.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { type BatchSize, sizeOf } from './capacity.ts'

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
  /** Room that it takes. */
  readonly size: BatchSize
  /** `waiting` may still be dropped to make room; `taken` is on its way. */
  state: 'waiting' | 'taken' | 'settled' = 'waiting'
  /** An earlier run acknowledged it: nobody waits for the result. */
  isRecovered = false
  /** The journal's reader has it. */
  isRead = false
  /** Pieces of it that are not settled; more than one once it was split. */
  openPieces = 1
  exportedItems = 0
  /** An attempt ended that may still refer to its bytes, so their memory is the collector's. */
  isPinned = false
  refusal: ConsumeError | undefined
  waiter: ResultWaiter | undefined
  /** Place in a journal on disk; 0 where it has none yet. */
  sequence: number

  constructor(batch: OtlpBatch, appendedAtMs: number, sequence = 0, size: BatchSize = sizeOf(batch)) {
    this.batch = batch
    this.appendedAtMs = appendedAtMs
    this.size = size
    this.sequence = sequence
  }
}

/** A contiguous part of an entry, mostly all of it, as it goes into one request. */
export interface Piece {
  readonly entry: QueueEntry
  readonly bytes: Uint8Array
  readonly itemCount: number
}
