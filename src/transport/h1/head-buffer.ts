const cr = 13
const lf = 10
const noBytes = Buffer.alloc(0)
/** A longer number is left to the parser. */
const digitsMax = 15

/**
 * Gathers a head that may come in any pieces, looking at each byte once. Also remembers the last head: a client that
 * keeps its connection mostly sends the same one again, but for the length of the body.
 */
export class HeadBuffer {
  readonly #bytesMax: number
  #held: Buffer = noBytes
  #heldBytes = 0
  /** Line ends seen at the end of what is held, as a state: how much of "CR LF CR LF" (or of its bare forms). */
  #matched = 0
  #last: Buffer = noBytes
  #digitsStart = 0
  #digitsEnd = 0
  /** The number in the head that `matchLast` found. */
  digits = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isEmpty(): boolean {
    return this.#heldBytes === 0
  }

  /** Whether what has come of a head so far can be the beginning of one that begins with `expected`. */
  startsLike(expected: Uint8Array): boolean {
    const length = Math.min(this.#heldBytes, expected.length)
    for (let i = 0; i < length; i++) if (this.#held[i] !== expected[i]) return false
    return true
  }

  /** What has come of a head, or all of the last one. */
  get begun(): Buffer {
    return this.#heldBytes > 0 ? this.#held.subarray(0, this.#heldBytes) : this.#last
  }

  /** Bytes of the last complete head. */
  get last(): Buffer {
    return this.#last
  }

  /** Where in `last` digits stand that may differ in a head that is otherwise the same; an empty range for none. */
  vary(start: number, end: number): void {
    this.#digitsStart = start
    this.#digitsEnd = end
  }

  /**
   * Whether the next head is the last one again, and whole, in `bytes` at `start`; returns the offset behind it or -1.
   * Of the digits that may differ, `digits` is the value then.
   */
  matchLast(bytes: Uint8Array, start: number, end: number): number {
    const last = this.#last
    const prefixLength = this.#digitsStart
    const suffixLength = last.length - this.#digitsEnd
    if (last.length === 0 || this.#heldBytes > 0 || end - start < prefixLength + suffixLength) return -1
    if (last.compare(bytes, start, start + prefixLength, 0, prefixLength) !== 0) return -1
    const suffixStart = this.#readDigits(bytes, start + prefixLength, end)
    const headEnd = suffixStart + suffixLength
    if (suffixStart < 0 || headEnd > end || headEnd - start > this.#bytesMax) return -1
    return last.compare(bytes, suffixStart, headEnd, this.#digitsEnd) === 0 ? headEnd : -1
  }

  /** The end of a number that could only be written like this; -1 where it is none. */
  #readDigits(bytes: Uint8Array, start: number, end: number): number {
    if (this.#digitsEnd === this.#digitsStart) return start
    let value = 0
    let offset = start
    for (; offset < end && offset - start <= digitsMax; offset++) {
      const digit = bytes[offset]! - 0x30
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const count = offset - start
    if (count === 0 || count > digitsMax || (count > 1 && bytes[start] === 0x30)) return -1
    this.digits = value
    return offset
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
    this.vary(0, 0)
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
