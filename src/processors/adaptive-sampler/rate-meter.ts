const riseFactor = 1.5

/**
 * A rate per second that follows a rise within a tick or two and a fall within seconds: too many kept is what a target
 * forbids, too few for a moment is not.
 */
export class RateMeter {
  readonly #memoryMs: number
  #count = 0
  #rate = 0
  #hasRate = false

  constructor(memoryMs = 2_000) {
    this.#memoryMs = memoryMs
  }

  add(count: number): void {
    this.#count += count
  }

  get perSecond(): number {
    return this.#rate
  }

  /** What came since the last tick. */
  get pending(): number {
    return this.#count
  }

  tick(elapsedMs: number): void {
    const now = (this.#count * 1000) / elapsedMs
    this.#count = 0
    const weight = 1 - Math.exp(-elapsedMs / this.#memoryMs)
    if (!this.#hasRate || now > this.#rate * riseFactor + 10) {
      // A jump: believed by half at once, so that one tick's chance does not throw everything over.
      this.#rate = this.#hasRate ? (this.#rate + now) / 2 : now
    } else this.#rate += (now - this.#rate) * weight
    this.#hasRate = true
    if (this.#rate < 1e-6) this.#rate = 0
  }
}
