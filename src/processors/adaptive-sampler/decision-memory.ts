import type { Threshold } from '../../pdata/sampling-threshold.ts'

/** What was decided on a trace. */
export interface TraceDecision {
  readonly isKept: boolean
  readonly threshold: Threshold
  readonly reason: string
}

/** Decisions by trace id, two generations of half the bound: the older goes when the younger is full. */
export class DecisionMemory {
  readonly #max: number
  #young = new Map<number, TraceDecision>()
  #old = new Map<number, TraceDecision>()

  constructor(max: number) {
    this.#max = max
  }

  find(bytes: Uint8Array, traceId: number): TraceDecision | undefined {
    const key = keyOf(bytes, traceId)
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.#put(key, old)
    return old
  }

  add(bytes: Uint8Array, traceId: number, decision: TraceDecision): void {
    this.#put(keyOf(bytes, traceId), decision)
  }

  #put(key: number, decision: TraceDecision): void {
    if (this.#young.size >= this.#max / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, decision)
  }
}

/** 53 bits of the id, mixed from all of it: two ids may share a key once in 10^16. */
function keyOf(bytes: Uint8Array, start: number): number {
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let i = start; i < start + 16; i++) {
    low = Math.imul(low ^ bytes[i]!, 0x01000193)
    high = Math.imul(high ^ bytes[i]!, 0x85ebca6b) + (low >>> 7)
  }
  return (low >>> 0) + (high & 0x1fffff) * 0x1_0000_0000
}
