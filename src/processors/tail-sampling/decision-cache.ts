/** Decisions on traces that are no longer in the table, for spans that come later still. Least recently used goes first. */
export class DecisionCache {
  readonly #max: number
  readonly #ids = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  add(bytes: Uint8Array, start: number): void {
    if (this.#max === 0) return
    const id = idText(bytes, start)
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size > this.#max) this.#ids.delete(this.#ids.values().next().value!)
  }

  /** Remembers what the other one does. */
  addAll(other: DecisionCache): void {
    for (const id of other.#ids) this.add(Buffer.from(id, 'latin1'), 0)
  }

  has(bytes: Uint8Array, start: number): boolean {
    if (this.#ids.size === 0) return false
    const id = idText(bytes, start)
    if (!this.#ids.has(id)) return false
    this.#ids.delete(id)
    this.#ids.add(id)
    return true
  }
}

function idText(bytes: Uint8Array, start: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, 16).toString('latin1')
}
