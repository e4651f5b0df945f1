/** So many at once, and so many a second after that. */
export class TokenBucket {
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #filledMs = 0

  constructor(burst: number, perSecond: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
  }

  /** False where the rate is exceeded. */
  take(nowMs: number): boolean {
    if (this.#tokens < 1) {
      this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledMs) * this.#perSecond) / 1000)
      this.#filledMs = nowMs
      if (this.#tokens < 1) return false
    } else if (this.#tokens === this.#burst) {
      this.#filledMs = nowMs
    }
    this.#tokens--
    return true
  }
}
