/** A line of the processor's cache: the calls that share it, two words each (a key and what was noted), and two more words. */
const waysPerLine = 7
const wordsPerCall = 2
const wordsOfCalls = waysPerLine * wordsPerCall
const wordsPerLine = 16
const bytesPerLine = 4 * wordsPerLine
/** Where a line says which of its calls is the next to go, and where nothing is. */
const turnAt = 14
const spareAt = 15
/** Lines for each so many calls that are asked for. */
const callsPerLine = 8

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

  /** Room for seven eighths of `max`, a power of two, at least 8; `memory` has `bytesFor(max)` zeros at first, from a multiple of 64 bytes on. */
  constructor(max = 65_536, memory: ArrayBufferLike = new ArrayBuffer(SeenCalls.bytesFor(max)), byteOffset = 0) {
    const lines = max / callsPerLine
    this.#lineMask = lines - 1
    this.#calls = new Int32Array(memory, byteOffset, lines * wordsPerLine)
  }

  /** A multiple of 64. */
  static bytesFor(max: number): number {
    return (max / callsPerLine) * bytesPerLine
  }

  /** Begins to fetch the line. Nobody waits for what is stored, while all would soon wait for a load. */
  touch(line: number): void {
    this.#calls[line + spareAt] = 0
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
    for (let at = line; at < line + wordsOfCalls; at += wordsPerCall) if (calls[at] === key) return calls[at + 1]!
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
    const turn = calls[line + turnAt]!
    calls[line + turnAt] = turn < waysPerLine - 1 ? turn + 1 : 0
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
