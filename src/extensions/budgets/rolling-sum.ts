const slotCount = 120

/** A sum over the last `windowMs`, in slots of a 120th of it: old amounts leave a slot at a time. */
export class RollingSum {
  readonly #slotMs: number
  readonly #slots = new Map<number, number>()

  constructor(windowMs: number) {
    this.#slotMs = Math.max(1, Math.ceil(windowMs / slotCount))
  }

  add(timeMs: number, amount: number): void {
    this.addSlot(Math.floor(timeMs / this.#slotMs), amount)
  }

  addSlot(slot: number, amount: number): void {
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + amount)
  }

  total(nowMs: number): number {
    const oldest = Math.floor(nowMs / this.#slotMs) - slotCount
    let total = 0
    for (const [slot, amount] of this.#slots) {
      if (slot <= oldest) this.#slots.delete(slot)
      else total += amount
    }
    return total
  }

  slots(): (readonly [number, number])[] {
    return [...this.#slots]
  }
}
