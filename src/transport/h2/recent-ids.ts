/** The stream ids added last, oldest forgotten first. Costs nothing until the first one. */
export class RecentIds {
  readonly #countMax: number
  #ids: Int32Array | undefined
  #next = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  add(id: number): void {
    this.#ids ??= new Int32Array(this.#countMax)
    this.#ids[this.#next] = id
    this.#next = (this.#next + 1) % this.#countMax
  }

  has(id: number): boolean {
    return this.#ids?.includes(id) ?? false
  }
}
