import type { ByteBudget } from '../transport/byte-budget.ts'
import type { Reservation } from '../transport/inflate.ts'

/** What one request holds of the bytes in flight, from its first byte until it is answered. */
export class RequestLease implements Reservation {
  readonly #budget: ByteBudget
  #heldBytes = 0
  #isReleased = false

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  reserve(moreBytes: number): boolean {
    if (!this.#budget.tryReserve(moreBytes)) return false
    this.#heldBytes += moreBytes
    return true
  }

  async reserveSoon(moreBytes: number): Promise<boolean> {
    if (!(await this.#budget.reserveSoon(moreBytes, this.#heldBytes))) return false
    this.#heldBytes += moreBytes
    if (this.#isReleased) this.release()
    return !this.#isReleased
  }

  /** Gives everything back; safe to call twice. */
  release(): void {
    this.#isReleased = true
    this.#budget.release(this.#heldBytes)
    this.#heldBytes = 0
  }
}
