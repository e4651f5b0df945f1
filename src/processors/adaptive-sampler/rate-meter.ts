const riseFactor = 1.5
/** A fall is one where the last half second had less than this part of the rate, and less than chance makes of it. */
const fallFactor = 0.6
const fallMemoryMs = 500
const chance = 3

/**
 * A rate per second that follows a rise within a tick or two and a fall within a second or two: too many kept is what a
 * target forbids, too few for a moment is not.
 */
export class RateMeter {
  readonly #memoryMs: number
  #count = 0
  #rate = 0
  /** The same over a shorter time, and how many additions it takes to make it. */
  #recent = 0
  #additions = 0
  #additionRate = 0
  #hasRate = false

  constructor(memoryMs = 2_000) {
    this.#memoryMs = memoryMs
  }

  add(count: number): void {
    this.#count += count
    this.#additions++
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
    const recentWeight = this.#hasRate ? 1 - Math.exp(-elapsedMs / fallMemoryMs) : 1
    this.#recent += (now - this.#recent) * recentWeight
    this.#additionRate += ((this.#additions * 1000) / elapsedMs - this.#additionRate) * (this.#hasRate ? weight : 1)
    this.#additions = 0
    // Of n additions a second, half a second's share is off by 1/sqrt(n) by chance.
    const low = Math.min(fallFactor, 1 - chance / Math.sqrt(this.#additionRate))
    if (!this.#hasRate || now > this.#rate * riseFactor + 10) {
      // A jump: believed by half at once, so that one tick's chance does not throw everything over.
      this.#rate = this.#hasRate ? (this.#rate + now) / 2 : now
    } else if (this.#recent < this.#rate * low) this.#rate = (this.#rate + this.#recent) / 2
    else this.#rate += (now - this.#rate) * weight
    this.#hasRate = true
    if (this.#rate < 1e-6) this.#rate = 0
  }
}
