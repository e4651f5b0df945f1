import { ConsumeError } from '../component/consumer.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { Capacity } from './capacity.ts'
import type { QueueEntry } from './queue-entry.ts'

/**
 * Where accepted batches wait for one exporter and one signal, in order. There is one reader; each exporter has its own
 * journals, so a slow backend holds up nobody else. The bytes of a batch are shared with every other journal that holds
 * it.
 */
export interface Journal {
  /**
   * Resolves once the batch is kept at the journal's durability level, with what to wait for; undefined where the
   * policy was to drop it, which the reader has been told. Rejects with a `ConsumeError` where it is not kept.
   * `appendedAtMs`: when another journal took it, on the clock's monotonic scale.
   */
  append(batch: OtlpBatch, appendedAtMs?: number): Promise<QueueEntry | undefined>
  /**
   * `append` where it needs no waiting: keeps the batch, or does nothing and returns undefined, and then `append` knows
   * what becomes of it. Absent: every append takes time.
   */
  appendAtOnce?(batch: OtlpBatch): QueueEntry | undefined
  /**
   * Takes over an accepted batch from another journal, whatever the limits say. `decided` is called once it is known whether it is
   * kept at the journal's durability level: until then the other one has to keep it.
   */
  adopt(batch: OtlpBatch, appendedAtMs: number, decided?: (isKept: boolean) => void): QueueEntry
  /** Starts giving entries to `reader`, those that waited before first. */
  read(reader: JournalReader): void
  readonly isBeingRead: boolean
  /** Another reader may begin; what it gets starts behind what this one got. */
  stopReading(): void
  /** The next entry, in order, each once; undefined where the reader has to wait for `readable`. */
  next(): QueueEntry | undefined
  /** The entry has been delivered or given up: it will not be read again, not even after a restart. */
  settle(entry: QueueEntry): void
  /** Until that holds for a kill as well, of what was settled so far, or the disk has refused it. Absent or undefined: it does. */
  readonly settling?: Promise<void> | undefined
  /** Drops or refuses by age now. */
  expire(): void
  readonly capacity: Capacity
  /** Whether what is not settled at the end is found again at the next start. */
  readonly isDurable: boolean
  /** Where that is. */
  readonly directory?: string
  /** Items that no `next` has given out yet. */
  readonly unreadItems: number
  /** Refuses appends from now on, and those that wait for room. */
  refuse(): void
  /** After the last `settle`. */
  close(): Promise<void>
}

/** Told by the journal; never from inside a call of its own but `append`, `appendAtOnce`, `expire` and `read`. */
export interface JournalReader {
  /** `next` may have something. */
  readable(): void
  /** The journal had to let go of a batch that it had acknowledged, or of one by `drop_newest`. */
  dropped(batch: OtlpBatch, entry: QueueEntry | undefined, reason: string): void
}

const queueFullDelayMs = 1000

export function queueFull(): ConsumeError {
  return new ConsumeError('overloaded', 'sending queue is full', {
    reason: 'queue_full',
    retryDelayMs: queueFullDelayMs,
  })
}

export function shuttingDown(): ConsumeError {
  return new ConsumeError('retryable', 'the exporter is shutting down', { reason: 'shutdown', retryDelayMs: 1000 })
}

export function storageUnavailable(cause: unknown, retryDelayMs: number): ConsumeError {
  const message = `the queue on disk takes nothing now: ${cause instanceof Error ? cause.message : String(cause)}`
  return new ConsumeError('overloaded', message, { reason: 'storage_unavailable', retryDelayMs, cause })
}

export function tooLargeForQueue(batch: OtlpBatch): ConsumeError {
  const size = `${batch.itemCount} items, ${batch.bytes.length} bytes`
  return new ConsumeError('permanent', `element size too large: ${size} are more than the sending queue holds`, {
    reason: 'queue_too_small',
    httpStatus: 413,
    grpcStatus: 8,
  })
}
