import type { CloseReason } from '../server.ts'
import { streamIdLargest } from './frame.ts'

/** Longest wait for the round trip after the first GOAWAY, in milliseconds. */
const roundTripMsMax = 1000

/**
 * How far a server's connection is on its way out (RFC 9113, section 6.8): it is told in two steps, a GOAWAY that refuses nothing
 * and, after a round trip, one that says which stream was the last.
 */
export class Drain {
  reason: CloseReason = 'shutdown'
  /** Streams with higher ids are no longer served. */
  lastStreamId = streamIdLargest
  #begunMs = -1
  #cutMs = Number.POSITIVE_INFINITY

  begin(reason: CloseReason, nowMs: number): void {
    this.reason = reason
    this.#begunMs = nowMs
  }

  get isBegun(): boolean {
    return this.#begunMs >= 0
  }

  /** Whether the second GOAWAY was said. */
  get isTold(): boolean {
    return this.lastStreamId !== streamIdLargest
  }

  /** Whether the second GOAWAY is due although the peer answered nothing. */
  isLastDue(nowMs: number): boolean {
    return this.isBegun && nowMs - this.#begunMs >= roundTripMsMax
  }

  /** Streams that run at that moment are cut off. The earliest one counts. */
  cutAt(ms: number): void {
    this.#cutMs = Math.min(this.#cutMs, ms)
  }

  isCutDue(nowMs: number): boolean {
    return nowMs >= this.#cutMs
  }
}
