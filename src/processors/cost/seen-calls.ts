const columns = 3 // low and high bits of the call, its span or what was noted
const slotsPerCall = 2
/** Bits that tell whether the old table may have a call: eight for each, an eighth of what a look into the table touches. */
const bitsPerCall = 8
/** Words before the tables. */
const controlWords = 4
/** How often the tables have changed places: its lowest bit says which one is young. */
const turn = 0
const youngCount = 1
const isTurning = 2

/**
 * Calls seen lately, so that one that two instrumentations report is priced once. A span that comes again by itself (its
 * sender tried again) is the same call, not a second one. Bounded: the oldest half is forgotten when it is full. Plain
 * tables of numbers: a `Map` of as many would keep the collector busy.
 *
 * Threads may share the memory. They write without a lock: at worst two that write into one slot in the same moment lose one
 * of the calls, and a duplicate of it is not known.
 */
export class SeenCalls {
  readonly #max: number
  readonly #slotMask: number
  readonly #wordMask: number
  readonly #control: Int32Array
  /** As they stood when this thread looked last; `#look` keeps them up to date. */
  #young: Int32Array
  #old: Int32Array
  #youngBits: Int32Array
  #oldBits: Int32Array
  #turnSeen = 0
  /** Slots that belonged to others, where calls were looked for: few for each call, whatever their ids are. */
  stepCount = 0
  /** What `touch` has read: kept so that the load is not left out. */
  touched = 0

  /** `max` is a power of two, at least 8; `memory` has `bytesFor(max)` zeros at first. */
  constructor(max = 65_536, memory: ArrayBufferLike = new ArrayBuffer(SeenCalls.bytesFor(max)), byteOffset = 0) {
    this.#max = max
    const slots = (max / 2) * slotsPerCall
    const bitWords = ((max / 2) * bitsPerCall) / 32
    this.#slotMask = slots - 1
    this.#wordMask = bitWords - 1
    let offset = byteOffset
    const take = (words: number) => {
      const taken = new Int32Array(memory, offset, words)
      offset += words * 4
      return taken
    }
    this.#control = take(controlWords)
    this.#young = take(slots * columns)
    this.#old = take(slots * columns)
    this.#youngBits = take(bitWords)
    this.#oldBits = take(bitWords)
  }

  static bytesFor(max: number): number {
    return 4 * (controlWords + max * slotsPerCall * columns + (max * bitsPerCall) / 32)
  }

  /**
   * Begins to fetch what `find` or `add` will look at, for the price of a load: the tables are larger than the caches close
   * by, and calls that are asked for one after the other would each wait for its own.
   */
  touch(low: number, high: number): void {
    this.touched = this.#young[(firstSlot(orOne(low, high), high) & this.#slotMask) * columns]!
  }

  /** What `add` noted for the call; 0 where it did not. */
  find(low: number, high: number): number {
    const wanted = orOne(low, high)
    if (this.#control[turn] !== this.#turnSeen) this.#look()
    const young = this.#young
    const at = this.#slotOf(young, wanted, high)
    if (isTaken(young, at)) return young[at + 2]!
    const known = this.#inOld(wanted, high)
    return known >= 0 ? this.#old[known + 2]! : 0
  }

  /** Notes a number for a call that has none yet. Returns the one that it had lately; 0 where it had none. */
  add(low: number, high: number, note: number): number {
    const wanted = orOne(low, high)
    if (this.#control[turn] !== this.#turnSeen) this.#look()
    const young = this.#young
    const at = this.#slotOf(young, wanted, high)
    if (isTaken(young, at)) return young[at + 2]!
    this.#put(young, at, wanted, high, note)
    return 0
  }

  /** The tables have changed places, here or on another thread. */
  #look(): void {
    const now = this.#control[turn]!
    if (((now ^ this.#turnSeen) & 1) !== 0) {
      const [young, youngBits] = [this.#young, this.#youngBits]
      this.#young = this.#old
      this.#old = young
      this.#youngBits = this.#oldBits
      this.#oldBits = youngBits
    }
    this.#turnSeen = now
  }

  /** Where the old table has the call; -1 where it does not. */
  #inOld(low: number, high: number): number {
    const bit = bitOf(low, high)
    if ((this.#oldBits[(bit >>> 5) & this.#wordMask]! & (1 << (bit & 31))) === 0) return -1
    const old = this.#old
    const at = this.#slotOf(old, low, high)
    return isTaken(old, at) ? at : -1
  }

  #put(young: Int32Array, at: number, low: number, high: number, span: number): void {
    young[at + 2] = span
    young[at + 1] = high
    young[at] = low
    const bit = bitOf(low, high)
    this.#youngBits[(bit >>> 5) & this.#wordMask]! |= 1 << (bit & 31)
    const count = ++this.#control[youngCount]!
    if (count >= this.#max / 2) this.#turn(count)
  }

  /** The young table becomes the old one. One thread does it; another only where that one was lost in the middle. */
  #turn(count: number): void {
    const control = this.#control
    if (Atomics.compareExchange(control, isTurning, 0, 1) !== 0 && count < this.#max * 0.75) return
    this.#old.fill(0)
    this.#oldBits.fill(0)
    control[youngCount] = 0
    control[turn]!++
    Atomics.store(control, isTurning, 0)
  }

  /** Where the call stands, or the free slot where it would; the first place of all where a table is full against all rules. */
  #slotOf(table: Int32Array, low: number, high: number): number {
    const first = firstSlot(low, high) & this.#slotMask
    let slot = first
    do {
      const at = slot * columns
      const lowThere = table[at]!
      const highThere = table[at + 1]!
      if ((lowThere === low && highThere === high) || (lowThere | highThere) === 0) return at
      slot = (slot + 1) & this.#slotMask
      this.stepCount++
    } while (slot !== first)
    return first * columns
  }
}

/** Ids that are counters differ in a few bits of one half alone. */
function firstSlot(low: number, high: number): number {
  const value = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  return value ^ (value >>> 15)
}

function bitOf(low: number, high: number): number {
  return firstSlot(low, high) >>> 0
}

/** All zeros mean a free slot. */
function orOne(low: number, high: number): number {
  return low === 0 && high === 0 ? 1 : low | 0
}

function isTaken(table: Int32Array, at: number): boolean {
  return table[at] !== 0 || table[at + 1] !== 0
}
