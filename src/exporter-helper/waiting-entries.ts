import type { QueueEntry } from './queue-entry.ts'

/** Entries in order, to find the oldest that may still be dropped: an entry never waits again once it was taken. */
export class WaitingEntries {
  #entries: QueueEntry[] = []
  #headIndex = 0

  push(entry: QueueEntry): void {
    this.#entries.push(entry)
  }

  oldest(): QueueEntry | undefined {
    while (this.#headIndex < this.#entries.length) {
      const entry = this.#entries[this.#headIndex]
      if (entry?.state === 'waiting') return entry
      this.#headIndex++
    }
    this.#entries = []
    this.#headIndex = 0
    return undefined
  }

  /** Lets go of those that no longer wait. */
  trim(): void {
    this.oldest()
    if (this.#headIndex < 1024 || this.#headIndex * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#headIndex)
    this.#headIndex = 0
  }
}
