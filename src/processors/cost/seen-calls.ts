const columns = 3 // low and high bits of the call, its span or what was noted
const slotsPerCall = 2
/** Bits that tell whether the old table may have a call: eight for each, an eighth of what a look into the table touches. */
const bitsPerCall = 8

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
  #youngBits: Int32Array
  #oldBits: Int32Array

  /** `max` is a power of two. */
  constructor(max = 65_536) {
    this.#max = max
    const slots = (max / 2) * slotsPerCall
    this.#mask = slots - 1
    this.#young = new Int32Array(slots * columns)
    this.#old = new Int32Array(slots * columns)
    this.#youngBits = new Int32Array(((max / 2) * bitsPerCall) / 32)
    this.#oldBits = new Int32Array(this.#youngBits.length)
  }

  /** Whether another span has reported the call with these 64 bits; remembers it otherwise. */
  isDuplicate(low: number, high: number, span: number): boolean {
    const wanted = orOne(low, high)
    const at = this.#slotOf(this.#young, wanted, high)
    if (isTaken(this.#young, at)) return this.#young[at + 2] !== span
    const known = this.#inOld(wanted, high)
    if (known >= 0) return this.#old[known + 2] !== span
    this.#put(at, wanted, high, span)
    return false
  }

  /** What `add` noted for the call; 0 where it did not. */
  find(low: number, high: number): number {
    const wanted = orOne(low, high)
    const at = this.#slotOf(this.#young, wanted, high)
    if (isTaken(this.#young, at)) return this.#young[at + 2]!
    const known = this.#inOld(wanted, high)
    return known >= 0 ? this.#old[known + 2]! : 0
  }

  /** Notes a number for a call that has none yet. */
  add(low: number, high: number, note: number): void {
    const wanted = orOne(low, high)
    const at = this.#slotOf(this.#young, wanted, high)
    if (!isTaken(this.#young, at)) this.#put(at, wanted, high, note)
  }

  /** Where the old table has the call; -1 where it does not. */
  #inOld(low: number, high: number): number {
    const bit = bitOf(low, high)
    if ((this.#oldBits[(bit >>> 5) & (this.#oldBits.length - 1)]! & (1 << (bit & 31))) === 0) return -1
    const at = this.#slotOf(this.#old, low, high)
    return isTaken(this.#old, at) ? at : -1
  }

  #put(at: number, low: number, high: number, span: number): void {
    this.#young[at] = low
    this.#young[at + 1] = high
    this.#young[at + 2] = span
    const bit = bitOf(low, high)
    this.#youngBits[(bit >>> 5) & (this.#youngBits.length - 1)]! |= 1 << (bit & 31)
    if (++this.#youngCount < this.#max / 2) return
    const freeBits = this.#oldBits.fill(0)
    this.#oldBits = this.#youngBits
    this.#youngBits = freeBits
    const free = this.#old.fill(0)
    this.#old = this.#young
    this.#young = free
    this.#youngCount = 0
  }

  /** Where the call stands, or the free slot where it would. The table is never more than half full. */
  #slotOf(table: Int32Array, low: number, high: number): number {
    for (let slot = low & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * columns
      if ((table[at] === low && table[at + 1] === high) || !isTaken(table, at)) return at
    }
  }
}

function bitOf(low: number, high: number): number {
  return (low ^ Math.imul(high, 0x9e3779b1)) >>> 0
}

/** All zeros mean a free slot. */
function orOne(low: number, high: number): number {
  return low === 0 && high === 0 ? 1 : low | 0
}

function isTaken(table: Int32Array, at: number): boolean {
  return table[at] !== 0 || table[at + 1] !== 0
}
