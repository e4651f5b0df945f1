const slotCount = 120

export interface SumSnapshot {
  /** Milliseconds of a slot; absent in what earlier versions wrote, where it is that of the window. */
  readonly slotMs?: number
  /** [slot number, amount] */
  readonly slots: readonly (readonly [number, number])[]
}

/** A sum over the last `windowMs`, in slots of a 120th of it: old amounts leave a slot at a time. */
export class RollingSum {
  /** Milliseconds that share a slot. */
  readonly slotMs: number
  readonly #slots = new Map<number, number>()

  constructor(windowMs: number) {
    this.slotMs = Math.max(1, Math.ceil(windowMs / slotCount))
  }

  add(timeMs: number, amount: number): void {
    this.addSlot(Math.floor(timeMs / this.slotMs), amount)
  }

  addSlot(slot: number, amount: number): void {
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + amount)
  }

  total(nowMs: number): number {
    const now = Math.floor(nowMs / this.slotMs)
    let total = 0
    for (const [slot, amount] of this.#slots) {
      if (slot <= now - slotCount) this.#slots.delete(slot)
      else {
        total += amount
        // A clock that was far ahead and is set right: its slots would stay until that time comes.
        if (slot > now + slotCount) {
          this.#slots.delete(slot)
          this.addSlot(now, amount)
        }
      }
    }
    return total
  }

  snapshot(): SumSnapshot {
    return { slotMs: this.slotMs, slots: [...this.#slots] }
  }

  /** Adds what another one had; a window of another length has other slots. */
  restore({ slotMs = this.slotMs, slots }: SumSnapshot): void {
    for (const [slot, amount] of slots) this.add(slot * slotMs, amount)
  }
}
