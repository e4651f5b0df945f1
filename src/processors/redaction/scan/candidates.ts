/** Offsets that deserve a look, ascending: `offset << 2 | kind`. Grows as needed and is used again for the next payload. */
export class Candidates {
  values = new Uint32Array(1024)
  count = 0

  clear(): void {
    this.count = 0
  }

  ensure(more: number): void {
    const needed = this.count + more
    if (needed <= this.values.length) return
    const grown = new Uint32Array(Math.max(needed, this.values.length * 2))
    grown.set(this.values.subarray(0, this.count))
    this.values = grown
  }

  push(offset: number, kind: number): void {
    this.ensure(1)
    this.values[this.count++] = (offset << 2) | kind
  }

  /** The index of the first that does not stand before `offset`. */
  firstFrom(offset: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.values[middle]! >>> 2 < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Whether the one at `index` is there and does not stand behind `offset`. */
  isAnyUpTo(index: number, offset: number): boolean {
    return index < this.count && this.values[index]! >>> 2 <= offset
  }
}

/** Finds where something may stand. Both implementations find the same candidates; a property test holds them to it. */
export interface CandidateScanner {
  /** Appends the candidates of `bytes[start, end)`; a run of digits is reported one byte late, so maybe at `end`. */
  scan(bytes: Uint8Array, start: number, end: number, into: Candidates): void
  /** The candidates of all bytes and each `%`, without those that a first look within the scanner rules out, where it has one. */
  look(bytes: Uint8Array, into: Candidates): void
  /** Takes the name in `bytes[start, end)` for one that means nothing before `:`, `=` and `>`: `look` may leave out what it leads to. */
  ruleOut(bytes: Uint8Array, start: number, end: number): void
}
