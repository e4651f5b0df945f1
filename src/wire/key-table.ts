import { hashKey } from './key-hash.ts'

/** Finds what a key in bytes stands for, by the hash that the JSON reader computes on the way. */
export class KeyTable {
  readonly #hashes: Int32Array
  readonly #values: Int32Array
  readonly #keys: (Uint8Array | undefined)[]
  readonly #mask: number

  /** Values must not be 0, which says "not in the table". */
  constructor(entries: Iterable<readonly [key: string, value: number]>) {
    const list = [...entries]
    const size = 2 ** Math.ceil(Math.log2(list.length * 4 + 1))
    this.#mask = size - 1
    this.#hashes = new Int32Array(size)
    this.#values = new Int32Array(size)
    this.#keys = new Array<Uint8Array | undefined>(size).fill(undefined)
    for (const [text, value] of list) {
      const key = Buffer.from(text)
      const hash = hashKey(key)
      let slot = hash & this.#mask
      while (this.#values[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#hashes[slot] = hash
      this.#values[slot] = value
      this.#keys[slot] = key
    }
  }

  /** The value of `bytes[start, end)`, whose `hashKey` is given; 0 where it is not in the table. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    let slot = hash & this.#mask
    while (this.#values[slot] !== 0) {
      if (this.#hashes[slot] === hash && isSame(this.#keys[slot]!, bytes, start, end)) return this.#values[slot]!
      slot = (slot + 1) & this.#mask
    }
    return 0
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false
  return true
}
