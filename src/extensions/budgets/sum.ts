/** Adds many small amounts to a large one without losing them. Source: Neumaier, ZAMM 54 (1974), compensated summation. */
export class Sum {
  #sum = 0
  #compensation = 0

  add(amount: number): void {
    const next = this.#sum + amount
    this.#compensation +=
      Math.abs(this.#sum) >= Math.abs(amount) ? this.#sum - next + amount : amount - next + this.#sum
    this.#sum = next
  }

  get value(): number {
    return this.#sum + this.#compensation
  }

  static of(amount: number): Sum {
    const sum = new Sum()
    sum.add(amount)
    return sum
  }
}
