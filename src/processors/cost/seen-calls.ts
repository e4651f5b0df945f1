const columns = 3 // low and high bits of the call, the span
const slotsPerCall = 2

/**
 * Calls seen lately, so that one that two instrumentations report is priced once. A span that comes again by itself (its
 * sender tried again) is the same call, not a second one. Bounded: the oldest half is forgotten when it is full. Plain
 * tables of numbers: a `Map` of as many would keep the collector busy.
 */
export class SeenCalls {
  readonly #max: number
  #young: Int32Array
  #old: Int32Array
  #youngCount = 0
  readonly #mask: number

  /** `max` is a power of two. */
  constructor(max = 65_536) {
    this.#max = max
    const slots = (max / 2) * slotsPerCall
    this.#mask = slots - 1
    this.#young = new Int32Array(slots * columns)
    this.#old = new Int32Array(slots * columns)
  }

  /** Whether another span has reported the call with these 64 bits; remembers it otherwise. */
  isDuplicate(low: number, high: number, span: number): boolean {
    // All zeros mean a free slot.
    const wanted = low === 0 && high === 0 ? 1 : low | 0
    const at = this.#slotOf(this.#young, wanted, high)
    if (this.#isTaken(this.#young, at)) return this.#young[at + 2] !== span
    const old = this.#slotOf(this.#old, wanted, high)
    if (this.#isTaken(this.#old, old)) return this.#old[old + 2] !== span
    this.#young[at] = wanted
    this.#young[at + 1] = high
    this.#young[at + 2] = span
    if (++this.#youngCount >= this.#max / 2) {
      const free = this.#old.fill(0)
      this.#old = this.#young
      this.#young = free
      this.#youngCount = 0
    }
    return false
  }

  /** Where the call stands, or the free slot where it would. The table is never more than half full. */
  #slotOf(table: Int32Array, low: number, high: number): number {
    for (let slot = low & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * columns
      if ((table[at] === low && table[at + 1] === high) || !this.#isTaken(table, at)) return at
    }
  }

  #isTaken(table: Int32Array, at: number): boolean {
    return table[at] !== 0 || table[at + 1] !== 0
  }
}
