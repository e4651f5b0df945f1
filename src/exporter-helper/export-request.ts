import { ConsumeError } from '../component/consumer.ts'
import type { ClientMetadata, Signal } from '../pdata/otlp-batch.ts'

/** One request as it goes to a backend: several batches, one after the other, are one valid OTLP request. */
export interface ExportRequest {
  readonly signal: Signal
  /** Never empty, never changed; joined only by who must. */
  readonly parts: readonly Uint8Array[]
  readonly itemCount: number
  readonly byteCount: number
  /** What all batches of the request have in common of their senders; absent where they may differ. */
  readonly metadata: ClientMetadata | undefined
}

export type ExportResult =
  | {
      readonly kind: 'accepted'
      /** Items that the backend says it did not keep (OTLP's partial success): they are not sent again. */
      readonly rejectedCount?: number
      readonly message?: string
      /** Nothing refers to the request's parts any more: the kernel has them all, or what went out was a copy. */
      readonly isLetGo?: boolean
    }
  /** The request as a whole is more than the backend takes; a smaller one may pass. */
  | { readonly kind: 'too_large'; readonly refusal: ConsumeError }
  /** The refusal's kind decides what happens next, its delay is the shortest wait. */
  | { readonly kind: 'refused'; readonly refusal: ConsumeError }

export const accepted: ExportResult = Object.freeze({ kind: 'accepted' })

/** Of a request whose bytes are none: no retry makes them readable. */
export function malformed(message: string): ExportResult {
  return { kind: 'refused', refusal: new ConsumeError('permanent', message, { reason: 'malformed' }) }
}

export interface Attempt {
  /** For this attempt alone; 0 means none. */
  readonly timeoutMs: number
  /** Aborts when the exporter may wait no longer. */
  readonly signal: AbortSignal
}

/** What a concrete exporter knows: how to send one request once. Queue, merging, retry and accounting are the helper's. */
export interface Backend {
  start?(): Promise<void>
  /** Tries once. What it throws is a bug of ours: permanent. */
  send(request: ExportRequest, attempt: Attempt): Promise<ExportResult>
  /** After the last `send` has ended. */
  shutdown?(): Promise<void>
}
