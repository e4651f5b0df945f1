import type { StageCounts } from '../component/stage-processor.ts'
import type { ClientMetadata, Signal } from '../pdata/otlp-batch.ts'

/** What crosses between the main thread and a stage worker. Both sides import this file; only plain data crosses. */

/** Memory that stages on all threads see, by its name in the context. */
export type SharedMemory = Readonly<Record<string, SharedArrayBuffer>>

/** How to build a stage; made once, shared as serialized bytes, read by a worker when it meets `id` first. */
export interface StageSpec {
  readonly signal: Signal
  readonly parts: readonly { readonly type: string; readonly config: unknown; readonly context: unknown }[]
}

/** Several requests of one stage. */
export interface StageTask {
  /** Unique in the process. */
  readonly stageId: number
  /** A serialized `StageSpec`. Shared, never written after it was made. */
  readonly spec: SharedArrayBuffer
  /** By part of the spec: what its context has that cannot be serialized. */
  readonly shared: readonly SharedMemory[]
  /** The requests one after the other; transferred. */
  readonly bytes: ArrayBuffer
  readonly requests: readonly StageTaskRequest[]
}

export interface StageTaskRequest {
  readonly byteLength: number
  readonly itemCount: number
  readonly metadata: ClientMetadata | undefined
  /** As `PlainSpans` says. */
  readonly hasPlainSpans: boolean
}

export interface StageTaskReply {
  /** Changed requests one after the other; transferred. */
  readonly bytes: ArrayBuffer
  /** As many as requests, in their order. */
  readonly results: readonly StageTaskResult[]
}

export type StageTaskResult =
  | {
      readonly kind: 'done'
      /** Undefined: nothing was edited, the sender's bytes are the result. */
      readonly byteLength: number | undefined
      readonly itemCount: number
      readonly counts: readonly StageCounts[]
    }
  | { readonly kind: 'malformed'; readonly message: string; readonly reason: 'malformed' | 'budget' }
  | { readonly kind: 'failed'; readonly message: string }
