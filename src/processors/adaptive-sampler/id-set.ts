const slotsMin = 1024

/**
 * Trace ids, as numbers of up to 53 bits that are not 0, in arrays of 16 bytes an id: two generations of at most `max`, of which
 * the older goes when the younger is full.
 */
export class IdSet {
  readonly #max: number
  #young = new Float64Array(slotsMin)
  #youngCount = 0
  #old = new Float64Array(slotsMin)

  constructor(max: number) {
    this.#max = max
  }

  has(id: number): boolean {
    if (isIn(this.#young, id)) return true
    if (!isIn(this.#old, id)) return false
    this.add(id)
    return true
  }

  add(id: number): void {
    if (this.#youngCount >= this.#max) {
      const length = this.#young.length
      this.#old = this.#young
      this.#young = new Float64Array(length)
      this.#youngCount = 0
    }
    if (!put(this.#young, id)) return
    this.#youngCount++
    if (this.#youngCount * 2 <= this.#young.length) return
    const grown = new Float64Array(this.#young.length * 2)
    for (const known of this.#young) if (known !== 0) put(grown, known)
    this.#young = grown
  }
}

/** Where to begin to look in as many slots as a power of two. */
function slotOf(slots: Float64Array, id: number): number {
  return id % slots.length
}

function isIn(slots: Float64Array, id: number): boolean {
  const last = slots.length - 1
  for (let i = slotOf(slots, id); slots[i] !== 0; i = (i + 1) & last) if (slots[i] === id) return true
  return false
}

/** False where it was there already. There is room. */
function put(slots: Float64Array, id: number): boolean {
  const last = slots.length - 1
  let i = slotOf(slots, id)
  for (; slots[i] !== 0; i = (i + 1) & last) if (slots[i] === id) return false
  slots[i] = id
  return true
}
