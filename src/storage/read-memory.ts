/**
 * The memory of one read, which several records are views of. V8 would find it in a full collection, and come to one after
 * every 64 MB of them; given back by hand it is free at once. Whoever gets a record holds its memory and says `release` when
 * nobody looks at the payload any more; who never does leaves it to the collector. Afterwards the views are empty.
 */
export class ReadMemory {
  readonly #bytes: Uint8Array
  #holders = 1

  /** Held by its maker. `bytes` must have their memory for themselves, or nothing is ever given back. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  hold(): void {
    this.#holders++
  }

  release(): void {
    this.#holders--
    const { buffer, byteLength } = this.#bytes
    const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    if (this.#holders === 0 && isOwn) buffer.transfer(0)
  }
}
