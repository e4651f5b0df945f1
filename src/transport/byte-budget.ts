import { type Clock, systemClock, type Timer } from '../clock/clock.ts'

/**
 * How long who asks with `reserveSoon` waits for room. Under full load this is what slows senders down; an answer that asks
 * them to come again would cost a second for a room of milliseconds.
 */
const patienceMs = 2_000

interface Waiter {
  readonly bytes: number
  readonly heldBytes: number
  readonly timer: Timer
  resolve(isReserved: boolean): void
}

/** Bytes that may be in flight at once, counted exactly. Who reserves must release the same number, once. */
export class ByteBudget {
  readonly bytesMax: number
  readonly #clock: Clock
  #usedBytes = 0
  /** What is held by those who wait: it comes back only once they are served or sent away. */
  #waitersBytes = 0
  #waiters: Waiter[] = []

  constructor(bytesMax: number, clock: Clock = systemClock) {
    this.bytesMax = bytesMax
    this.#clock = clock
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** False, and nothing reserved, where the budget does not have that much left. */
  tryReserve(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.bytesMax) return false
    this.#usedBytes += bytes
    return true
  }

  /**
   * The same for who can wait a moment: false once its patience is over, and at once where waiting is in vain. `heldBytes` is
   * what it holds already. Who came first is served first, unless a later one fits where it does not.
   */
  reserveSoon(bytes: number, heldBytes: number): Promise<boolean> {
    if (this.tryReserve(bytes)) return Promise.resolve(true)
    if (heldBytes + bytes > this.bytesMax) return Promise.resolve(false)
    return new Promise(resolve => {
      const timer = this.#clock.after(patienceMs, () => {
        const index = this.#waiters.findIndex(waiter => waiter.timer === timer)
        if (index >= 0) this.#end(index, false)
      })
      this.#waitersBytes += heldBytes
      this.#waiters.push({ bytes, heldBytes, timer, resolve })
      this.#serve()
    })
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiters.length > 0) this.#serve()
  }

  #serve(): void {
    for (let i = 0; i < this.#waiters.length; ) {
      if (this.tryReserve(this.#waiters[i]!.bytes)) this.#end(i, true)
      else i++
    }
    // Where all that is in flight waits for room, nobody is left who could make some: the last to come goes away.
    if (this.#waiters.length > 1 && this.#usedBytes <= this.#waitersBytes) this.#end(this.#waiters.length - 1, false)
  }

  #end(index: number, isReserved: boolean): void {
    const [waiter] = this.#waiters.splice(index, 1)
    waiter!.timer.cancel()
    this.#waitersBytes -= waiter!.heldBytes
    waiter!.resolve(isReserved)
  }
}
