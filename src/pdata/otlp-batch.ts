import { BatchMemory } from './batch-memory.ts'
import type { PlainSpans } from './plain-spans.ts'

/** A kind of telemetry. `profiles` pass as opaque records. */
export type Signal = 'traces' | 'metrics' | 'logs' | 'profiles'

export const signals: readonly Signal[] = ['traces', 'metrics', 'logs', 'profiles']

/** What a receiver knows of the client beside the telemetry, kept only where the receiver has `include_metadata`. */
export interface ClientMetadata {
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** The peer's IP address, without the port. */
  readonly clientAddress?: string
  /** What the authenticator found out. */
  readonly auth?: ReadonlyMap<string, string>
}

/**
 * How the exporters behind a `batch` processor merge what it let through. Batches that carry the same rule object may
 * share a request; a rule belongs to one processor, one signal and one combination of its `metadata_keys`.
 */
export interface MergeRule {
  /** Longest time the oldest batch waits for company, in milliseconds; 0 sends at once. */
  readonly timeoutMs: number
  /** What `sizeMin` and `sizeMax` count. */
  readonly sizer: 'items' | 'bytes'
  /** Size that triggers a send; 0 sends at once. */
  readonly sizeMin: number
  /** Largest request, splitting where needed; 0 means no limit. */
  readonly sizeMax: number
  /** Told of every merged request once, with what made it go. */
  readonly onSend?: (trigger: SendTrigger, itemCount: number, byteCount: number) => void
}

export type SendTrigger = 'size' | 'timeout'

/**
 * The unit in flight: one serialized `Export<Signal>ServiceRequest`, equally `TracesData`, `MetricsData`, `LogsData`.
 * Its bytes never change: a stage returns the same bytes or new ones, so consumers and retries share them freely.
 * Two requests one after the other are one valid request: repeated fields append.
 */
export interface OtlpBatch {
  readonly signal: Signal
  readonly bytes: Uint8Array
  /** Spans, data points, log records or profiles inside `bytes`. */
  readonly itemCount: number
  readonly metadata?: ClientMetadata | undefined
  /** Set by a `batch` processor. Whoever makes a new batch from one, such as a stage, carries it on. */
  readonly merge?: MergeRule
  /** Lets the last holder give the memory of `bytes` back. Absent: nobody knows who is the last. */
  readonly memory?: BatchMemory | undefined
  /** What the receiver saw of the spans; where it is of other bytes than the batch's, it says nothing. */
  readonly plainSpans?: PlainSpans | undefined
}

/**
 * The batch as a walk left it. Its old bytes are given back where there are new ones, which must be a copy, or where nothing
 * is left; the new ones can be given back in turn, by `memory` where whoever made
 * them knows more about it than the bytes tell.
 */
export function replaceBytes(batch: OtlpBatch, bytes: Uint8Array, itemCount: number, memory?: BatchMemory): OtlpBatch {
  const isSame = bytes === batch.bytes
  if (!isSame || itemCount === 0) batch.memory?.release(batch.bytes)
  if (isSame && itemCount === batch.itemCount) return batch
  return { ...batch, bytes, itemCount, memory: isSame ? batch.memory : (memory ?? BatchMemory.of(bytes)) }
}
