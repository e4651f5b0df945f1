import { neverKeep, type Threshold } from '../../pdata/sampling-threshold.ts'
import { IdSet } from './id-set.ts'

/** What was decided on a trace. */
export interface TraceDecision {
  readonly isKept: boolean
  readonly threshold: Threshold
  readonly reason: string
}

const dropped: TraceDecision = { isKept: false, threshold: neverKeep, reason: '' }

/**
 * Decisions by trace id. The few that were kept have room of their own, so that a flood of others does not make them forgotten:
 * two generations of half the bound, of which the older goes when the younger is full. Of the others only the id is kept.
 */
export class DecisionMemory {
  readonly #max: number
  #young = new Map<number, TraceDecision>()
  #old = new Map<number, TraceDecision>()
  readonly #dropped: IdSet

  constructor(max: number) {
    this.#max = max
    this.#dropped = new IdSet(max)
  }

  find(bytes: Uint8Array, traceId: number): TraceDecision | undefined {
    const key = keyOf(bytes, traceId)
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.#put(key, old)
    return old ?? (this.#dropped.has(key) ? dropped : undefined)
  }

  add(bytes: Uint8Array, traceId: number, decision: TraceDecision): void {
    const key = keyOf(bytes, traceId)
    if (decision.isKept) this.#put(key, decision)
    else this.#dropped.add(key)
  }

  #put(key: number, decision: TraceDecision): void {
    if (this.#young.size >= this.#max / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, decision)
  }
}

/** 53 bits of the id, mixed from all of it and never 0: two ids may share a key once in 10^16. */
function keyOf(bytes: Uint8Array, start: number): number {
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let i = start; i < start + 16; i++) {
    low = Math.imul(low ^ bytes[i]!, 0x01000193)
    high = Math.imul(high ^ bytes[i]!, 0x85ebca6b) + (low >>> 7)
  }
  return (low >>> 0) + (high & 0x1fffff) * 0x1_0000_0000 || 1
}
