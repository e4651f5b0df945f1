/** For how many seconds' worth of its target a unit may pass at once: senders come every few seconds with all they have. */
const burstSeconds = 10
/** How far above its target a unit may run once that is used up. */
const overshoot = 1.5
/** Where more than that was kept, this part of a burst is still to be had: a share of nothing could not be written down. */
const restShare = 0.01

/** Of traces, spans and bytes. */
export type Amounts = readonly [traces: number, spans: number, bytes: number]

/**
 * Holds the line where no rate has been measured yet, or a rise comes in one request: the share of a request is bounded by what
 * may still pass and by how much it brings. That says nothing of any trace in it, so each kept one stands for exactly 1/share
 * traces all the same.
 */
export class RequestCap {
  readonly #targets: Amounts
  readonly #left: number[]
  /** Traces for each span, as it was lately. */
  #traces = 0
  #spans = 0
  #filledMs: number

  /** `targets` are per second, 0 for none. */
  constructor(targets: Amounts, nowMs: number) {
    this.#targets = targets
    this.#left = targets.map(burstOf)
    this.#filledMs = nowMs
  }

  /** The largest share that may be kept of a request of so many spans and bytes. */
  shareOf(spans: number, bytes: number, nowMs: number): number {
    const seconds = Math.max(0, nowMs - this.#filledMs) / 1000
    this.#filledMs = nowMs
    const traces = this.#spans < 1 ? spans : Math.max(1, (spans * this.#traces) / this.#spans)
    const brought: Amounts = [traces, spans, bytes]
    let share = 1
    for (const [unit, target] of this.#targets.entries()) {
      if (target === 0) continue
      const burst = burstOf(target)
      const left = Math.min(burst, this.#left[unit]! + seconds * target * overshoot)
      this.#left[unit] = left
      share = Math.min(share, Math.max(left, burst * restShare) / brought[unit]!)
    }
    return share
  }

  /** Counts what the request brought, the traces being those that were new, and what was kept of it. */
  count(brought: Amounts, kept: Amounts): void {
    for (let unit = 0; unit < kept.length; unit++) this.#left[unit]! -= kept[unit]!
    this.#traces += brought[0]
    this.#spans += brought[1]
  }

  /** Lets what came fade, several times a second: after a silence nobody knows what comes. */
  tick(): void {
    this.#traces *= 0.9
    this.#spans *= 0.9
  }
}

function burstOf(target: number): number {
  return target === 0 ? 0 : Math.max(1, target * burstSeconds)
}
