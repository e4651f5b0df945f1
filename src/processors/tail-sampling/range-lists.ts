/** Lists of byte ranges, each `[start, end)`, in two plain lists of numbers: a small request has a few, and there are many of these. */
export class RangeLists {
  readonly #bounds: number[] = []
  /** By list: where it ends among the bounds. */
  readonly #ends: number[] = []

  get count(): number {
    return this.#ends.length
  }

  /** Appends a range to the list that is not closed yet; neighbours are joined. */
  add(start: number, end: number): void {
    const bounds = this.#bounds
    const isNeighbour = bounds.length > this.from(this.count) && bounds.at(-1) === start
    if (isNeighbour) bounds[bounds.length - 1] = end
    else bounds.push(start, end)
  }

  close(): void {
    this.#ends.push(this.#bounds.length)
  }

  /** Where the bounds of a list begin and end, two for each range. */
  from(list: number): number {
    return list === 0 ? 0 : this.#ends[list - 1]!
  }
  to(list: number): number {
    return this.#ends[list]!
  }
  bound(at: number): number {
    return this.#bounds[at]!
  }
}
