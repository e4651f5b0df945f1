/**
 * Replacements of whole fields of one message: what stood at `[start, end)` becomes `[newStart, newEnd)`, nothing where
 * both are equal; a `start` of -1 adds. Four integers each, in one typed array.
 */
export class ChangeList {
  entries = new Int32Array(64)
  size = 0

  clear(): void {
    this.size = 0
  }

  add(start: number, end: number, newStart: number, newEnd: number): void {
    const at = this.size * 4
    if (at + 4 > this.entries.length) {
      const grown = new Int32Array(this.entries.length * 2)
      grown.set(this.entries)
      this.entries = grown
    }
    const { entries } = this
    entries[at] = start
    entries[at + 1] = end
    entries[at + 2] = newStart
    entries[at + 3] = newEnd
    this.size++
  }

  addAll(other: ChangeList): void {
    const { entries, size } = other
    for (let at = 0; at < size * 4; at += 4) {
      this.add(entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!)
    }
  }

  /** Replaces the change of the field at `start`, or adds it. Fields mostly come in ascending order. */
  put(start: number, end: number, newStart: number, newEnd: number): void {
    const index = this.indexOf(start)
    if (index >= 0) {
      this.entries[index * 4 + 2] = newStart
      this.entries[index * 4 + 3] = newEnd
      return
    }
    this.add(start, end, newStart, newEnd)
    this.sort()
  }

  /** Index of the change of the field at `start` in a sorted list, -1 where there is none. */
  indexOf(start: number): number {
    const { entries } = this
    let low = 0
    let high = this.size - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = entries[middle * 4]!
      if (found === start) return middle
      if (found < start) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  /** Insertion sort by `start`: the parts come sorted, so little moves. */
  sort(): void {
    const { entries } = this
    for (let i = 1; i < this.size; i++) {
      const at = i * 4
      const start = entries[at]!
      if (entries[at - 4]! <= start) continue
      const end = entries[at + 1]!
      const newStart = entries[at + 2]!
      const newEnd = entries[at + 3]!
      let to = at
      while (to > 0 && entries[to - 4]! > start) to -= 4
      entries.copyWithin(to + 4, to, at)
      entries[to] = start
      entries[to + 1] = end
      entries[to + 2] = newStart
      entries[to + 3] = newEnd
    }
  }
}
