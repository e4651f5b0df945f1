/**
 * Calls seen lately, so that one that two instrumentations report is priced once. A span that comes again by itself (its
 * sender tried again) is the same call, not a second one. Bounded: the oldest half is forgotten when it is full.
 */
export class SeenCalls {
  readonly #max: number
  #young = new Map<number, number>()
  #old = new Map<number, number>()

  constructor(max = 65_536) {
    this.#max = max
  }

  /** Whether another span has reported this call; remembers it otherwise. */
  isDuplicate(call: number, span: number): boolean {
    const known = this.#young.get(call) ?? this.#old.get(call)
    if (known !== undefined) return known !== span
    if (this.#young.size >= this.#max / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(call, span)
    return false
  }
}
