/** Lets through a rate with bursts; what is asked for passes whole or not at all. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledMs: number | undefined

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  /** `nowMs` is a monotonic time. */
  allows(count: number, nowMs: number): boolean {
    if (this.#filledMs !== undefined) {
      const earned = ((nowMs - this.#filledMs) / 1000) * this.#perSecond
      this.#tokens = Math.min(this.#burst, this.#tokens + earned)
    }
    this.#filledMs = nowMs
    if (count > this.#tokens) return false
    this.#tokens -= count
    return true
  }
}
