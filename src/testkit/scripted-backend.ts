import type { ClientMetadata, Signal } from '../pdata/otlp-batch.ts'
import { spanNumbers } from './span-batches.ts'

/** As an exporter hands them over; spelled out here because the test kit stands beside the exporter helper. */
export interface SentRequest {
  readonly signal: Signal
  readonly parts: readonly Uint8Array[]
  readonly itemCount: number
  readonly byteCount: number
  readonly metadata: ClientMetadata | undefined
}

export type Answer<Result> =
  | Result
  | Promise<Result>
  | ((request: SentRequest, signal: AbortSignal) => Result | Promise<Result>)

/** A backend that answers as told, in order, and then always the same; it remembers every attempt and what it accepted. */
export class ScriptedBackend<Result extends { readonly kind: string; readonly rejectedCount?: number }> {
  readonly attempts: SentRequest[] = []
  /** Numbers of the spans in the requests it accepted, see `spanBatch`. */
  readonly received: number[] = []
  readonly script: Answer<Result>[]
  otherwise: Answer<Result>
  inFlight = 0
  inFlightMax = 0

  constructor(otherwise: Answer<Result>, script: Answer<Result>[] = []) {
    this.otherwise = otherwise
    this.script = script
  }

  async send(request: SentRequest, attempt: { readonly signal: AbortSignal }): Promise<Result> {
    this.attempts.push(request)
    const answer = this.script.shift() ?? this.otherwise
    this.inFlight++
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight)
    try {
      const result = await (typeof answer === 'function' ? answer(request, attempt.signal) : answer)
      if (result.kind === 'accepted') this.received.push(...spanNumbers(request.parts))
      return result
    } finally {
      this.inFlight--
    }
  }
}
