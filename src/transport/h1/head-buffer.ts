const cr = 13
const lf = 10
const noBytes = Buffer.alloc(0)

/**
 * Gathers a head that may come in any pieces, looking at each byte once. Also remembers the last head: a client that
 * keeps its connection mostly sends the same one again.
 */
export class HeadBuffer {
  readonly #bytesMax: number
  #held: Buffer = noBytes
  #heldBytes = 0
  /** Line ends seen at the end of what is held, as a state: how much of "CR LF CR LF" (or of its bare forms). */
  #matched = 0
  #last: Buffer = noBytes

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isEmpty(): boolean {
    return this.#heldBytes === 0
  }

  /** Bytes of the last complete head. */
  get last(): Buffer {
    return this.#last
  }

  /** Whether the next head is the last one again, and whole, in `bytes` at `start`; returns the offset behind it or -1. */
  matchLast(bytes: Uint8Array, start: number, end: number): number {
    const length = this.#last.length
    if (length === 0 || this.#heldBytes > 0 || end - start < length) return -1
    return this.#last.compare(bytes, start, start + length) === 0 ? start + length : -1
  }

  /**
   * Takes bytes up to the end of the head. Returns the offset behind it once it is complete (then `last` is it), -1 where
   * more must come, -2 where it is too long.
   */
  push(bytes: Uint8Array, start: number, end: number): number {
    let offset = start
    let matched = this.#matched
    const limit = Math.min(end, start + this.#bytesMax - this.#heldBytes)
    while (offset < limit && matched !== 4) {
      const byte = bytes[offset++]!
      // A bare LF ends a line here too, so that a head that uses it is complete, and then refused.
      if (byte === lf) matched = matched === 2 || matched === 3 ? 4 : 2
      else matched = byte === cr && matched === 2 ? 3 : 0
    }
    this.#keep(bytes, start, offset)
    this.#matched = matched
    if (matched !== 4) return offset < end ? -2 : -1
    this.#last = Buffer.from(this.#held.subarray(0, this.#heldBytes))
    this.#heldBytes = 0
    this.#matched = 0
    this.#held = noBytes
    return offset
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const total = this.#heldBytes + end - start
    if (total > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(512, total * 2))
      this.#held.copy(grown, 0, 0, this.#heldBytes)
      this.#held = grown
    }
    this.#held.set(bytes.subarray(start, end), this.#heldBytes)
    this.#heldBytes = total
  }
}
