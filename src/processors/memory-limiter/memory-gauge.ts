/** What the process uses, as the platform tells it. */
export interface MemoryReader {
  memoryUsage(): {
    readonly rss: number
    readonly heapUsed: number
    readonly heapTotal: number
    readonly external: number
  }
  /** Collects garbage now, where the platform allows it. */
  collectGarbage(): void
}

/**
 * Memory in use. The resident set is what the kernel counts, so it is what matters; but after a peak the allocators
 * keep pages for reuse, and an agent that refuses because of these would never accept again. So a resident set that
 * does not grow counts only as far as live objects, buffers and the rest that was there at the start explain it.
 */
export class MemoryGauge {
  readonly #reader: MemoryReader
  /** Code, stacks and everything else beside heap and buffers. */
  readonly #floorBytes: number
  #lastRssBytes = 0

  constructor(reader: MemoryReader) {
    this.#reader = reader
    const { rss, heapTotal, external } = reader.memoryUsage()
    this.#floorBytes = Math.max(0, rss - heapTotal - external)
  }

  usedBytes(): number {
    const { rss, heapUsed, external } = this.#reader.memoryUsage()
    const isGrowing = rss > this.#lastRssBytes
    this.#lastRssBytes = rss
    const explainedBytes = this.#floorBytes + heapUsed + external
    return isGrowing ? Math.max(rss, explainedBytes) : explainedBytes
  }

  collectGarbage(): void {
    this.#reader.collectGarbage()
  }
}
