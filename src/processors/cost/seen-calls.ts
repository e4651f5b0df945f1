/** Calls that share a line of the processor's cache, and the words that each takes: a key and what was noted. */
const waysPerLine = 8
const wordsPerCall = 2
const wordsPerLine = waysPerLine * wordsPerCall
const bytesPerLine = 4 * wordsPerLine

/**
 * Calls seen lately, so that one that two instrumentations report is priced once. A span that comes again by itself (its
 * sender tried again) is the same call, not a second one. Bounded: of the calls that share a line the oldest is forgotten for
 * the next. One look touches one line, since the tables are larger than the caches close by. A call is known by its line and 32
 * bits more.
 *
 * Threads may share the memory. They write without a lock: at worst two that write into one line in the same moment lose one
 * of the calls, and a duplicate of it is not known.
 */
export class SeenCalls {
  readonly #lineMask: number
  /** By line its calls; 0 for no key. */
  readonly #calls: Int32Array
  /** By line which of its calls is the next to go. */
  readonly #turns: Uint8Array
  /** What `touch` has read: kept so that the load is not left out. */
  touched = 0

  /** `max` is a power of two, at least 8; `memory` has `bytesFor(max)` zeros at first, from a multiple of 64 bytes on. */
  constructor(max = 65_536, memory: ArrayBufferLike = new ArrayBuffer(SeenCalls.bytesFor(max)), byteOffset = 0) {
    const lines = max / waysPerLine
    this.#lineMask = lines - 1
    this.#calls = new Int32Array(memory, byteOffset, max * wordsPerCall)
    this.#turns = new Uint8Array(memory, byteOffset + this.#calls.byteLength, lines)
  }

  /** A multiple of 64. */
  static bytesFor(max: number): number {
    const lines = max / waysPerLine
    return lines * bytesPerLine + Math.ceil(lines / bytesPerLine) * bytesPerLine
  }

  /** Begins to fetch the line, for the price of a load: calls would each wait for their own. */
  touch(line: number): void {
    this.touched = this.#calls[line]!
  }

  /** What `add` noted for the call; 0 where it did not. `kind` tells several notes of a call apart. */
  find(low: number, high: number, kind = 0): number {
    return this.findIn(this.lineOf(low, high), keyOf(low, high, kind))
  }

  /** Notes a number for a call that has none yet. Returns the one that it had lately; 0 where it had none. */
  add(low: number, high: number, note: number, kind = 0): number {
    return this.addTo(this.lineOf(low, high), keyOf(low, high, kind), note)
  }

  /** What `find` does, for a call whose line and key are known. */
  findIn(line: number, key: number): number {
    const calls = this.#calls
    for (let at = line; at < line + wordsPerLine; at += wordsPerCall) if (calls[at] === key) return calls[at + 1]!
    return 0
  }

  /** What `add` does, for a call whose line and key are known. */
  addTo(line: number, key: number, note: number): number {
    const known = this.findIn(line, key)
    if (known === 0) this.put(line, key, note)
    return known
  }

  /** Notes a number for a call that `findIn` has not found. */
  put(line: number, key: number, note: number): void {
    const calls = this.#calls
    const turn = this.#turns[line / wordsPerLine]!++ % waysPerLine
    const at = line + turn * wordsPerCall
    // A thread that looks in between finds no call rather than another's note.
    calls[at] = 0
    calls[at + 1] = note
    calls[at] = key
  }

  /** Where the line begins, in words. Ids that are counters differ in a few bits of one half alone. */
  lineOf(low: number, high: number): number {
    const value = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
    return ((value ^ (value >>> 15)) & this.#lineMask) * wordsPerLine
  }
}

/** What tells the call apart from others of its line; never 0. */
export function keyOf(low: number, high: number, kind = 0): number {
  const value = Math.imul(high ^ Math.imul(low, 0xcc9e2d51), 0x1b873593)
  return (value ^ (value >>> 16) ^ kind) | 0 || 1
}
