/** A call that is under way for so long is taken for one that may never come back; a sync waits for the disk itself. */
const suspectAfterMs = { write: 100, sync: 500 }
/** What a write into the page cache never takes, unless the system makes the writer wait. */
const slowMs = 10
const distrustMs = 1000

/**
 * Whether a write may be made at once, on the one thread that everything else needs as well. A disk that hangs would take that
 * thread with it. The page cache takes writes for a while longer than the disk does, so while some call on another thread is
 * away for too long nothing goes at once; whoever writes sees to it that there is such a call now and then.
 */
export class DiskPulse {
  readonly #nowMs: () => number
  /** When each call that is under way becomes suspect. */
  readonly #underWay = new Map<number, number>()
  #nextCall = 0
  #distrustedUntilMs = Number.NEGATIVE_INFINITY

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** `isSoon`: what comes next relies on it, so it goes at once unless some call is suspect. */
  mayGoAtOnce(isSoon: boolean): boolean {
    const nowMs = this.#nowMs()
    for (const suspectAtMs of this.#underWay.values()) if (nowMs > suspectAtMs) return false
    return isSoon || nowMs >= this.#distrustedUntilMs
  }

  /** Runs `call` on the thread of the caller. */
  atOnce<T>(call: () => T): T {
    const startMs = this.#nowMs()
    const result = call()
    const endMs = this.#nowMs()
    if (endMs - startMs > slowMs) this.#distrustedUntilMs = endMs + distrustMs
    return result
  }

  /** Watches a call that another thread runs. */
  async elsewhere<T>(kind: 'write' | 'sync', call: () => Promise<T>): Promise<T> {
    const id = this.#nextCall++
    this.#underWay.set(id, this.#nowMs() + suspectAfterMs[kind])
    try {
      return await call()
    } finally {
      this.#underWay.delete(id)
    }
  }
}
