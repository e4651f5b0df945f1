/** Inclusive. */
export interface SequenceRange {
  from: number
  to: number
}

/**
 * Which sequences are done: everything up to a cursor that only grows, and ranges beyond it. Every sequence is acked
 * sooner or later, also those that were never used, so the cursor moves on.
 */
export class AckSet {
  /** Everything up to here is done. */
  cursor = 0
  /** Sorted, apart from each other and from the cursor. */
  #ranges: SequenceRange[] = []

  get highest(): number {
    return this.#ranges.at(-1)?.to ?? this.cursor
  }

  has(sequence: number): boolean {
    return this.covers(sequence, sequence)
  }

  covers(from: number, to: number): boolean {
    if (to <= this.cursor || from > to) return true
    const range = this.#ranges[this.#indexOf(Math.max(from, this.cursor + 1))]
    return range !== undefined && range.from <= Math.max(from, this.cursor + 1) && range.to >= to
  }

  /** How many of these sequences, both ends included, are done. */
  countWithin(from: number, to: number): number {
    let count = Math.max(0, Math.min(to, this.cursor) - from + 1)
    for (let i = this.#indexOf(from); i < this.#ranges.length; i++) {
      const range = this.#ranges[i]
      if (range === undefined || range.from > to) break
      count += Math.min(to, range.to) - Math.max(from, range.from) + 1
    }
    return count
  }

  add(from: number, to: number = from): void {
    const start = Math.max(from, this.cursor + 1)
    if (to < start) return
    const first = this.#indexOf(start - 1)
    const merged: SequenceRange = { from: start, to }
    let end = first
    for (let range = this.#ranges[end]; range !== undefined && range.from <= to + 1; range = this.#ranges[++end]) {
      merged.from = Math.min(merged.from, range.from)
      merged.to = Math.max(merged.to, range.to)
    }
    if (merged.from === this.cursor + 1) {
      this.cursor = merged.to
      this.#ranges.splice(0, end)
    } else {
      this.#ranges.splice(first, end - first, merged)
    }
  }

  /** What a new file has to say: the cursor as a range from 1, and the rest. */
  ranges(): SequenceRange[] {
    const head = this.cursor > 0 ? [{ from: 1, to: this.cursor }] : []
    return [...head, ...this.#ranges.map(({ from, to }) => ({ from, to }))]
  }

  /** Index of the first range that ends at `sequence` or later. */
  #indexOf(sequence: number): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle]?.to ?? 0) < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
