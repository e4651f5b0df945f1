/** Slots by the time at which they are due, in steps: adding and taking cost the same however many wait. */
export class DueList {
  readonly #stepMs: number
  readonly #byStep = new Map<number, number[]>()
  #nextStep = Number.NaN

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  /** Remembers the slot with the generation it has now; it may be added again for an earlier time. */
  add(slot: number, generation: number, dueMs: number): void {
    const step = Math.max(
      Math.ceil(dueMs / this.#stepMs),
      Number.isNaN(this.#nextStep) ? Number.NEGATIVE_INFINITY : this.#nextStep,
    )
    let list = this.#byStep.get(step)
    if (list === undefined) {
      list = []
      this.#byStep.set(step, list)
    }
    list.push(slot, generation)
  }

  /** Calls `each` for everything that is due, in order of its step. */
  takeDue(nowMs: number, each: (slot: number, generation: number) => void): void {
    const last = Math.floor(nowMs / this.#stepMs)
    if (this.#byStep.size === 0) {
      this.#nextStep = last + 1
      return
    }
    const steps = [...this.#byStep.keys()].filter(step => step <= last).sort((a, b) => a - b)
    this.#nextStep = last + 1
    for (const step of steps) {
      const list = this.#byStep.get(step)!
      this.#byStep.delete(step)
      for (let i = 0; i < list.length; i += 2) each(list[i]!, list[i + 1]!)
    }
  }
}
