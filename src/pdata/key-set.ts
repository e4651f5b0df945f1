import type { AttributeKey } from './attribute-key.ts'

/** Most keys of a set: their presence in a record is a bit each in one integer, the sign left out. */
export const setKeysMax = 30
/** From this length on keys are told apart by their bytes alone. */
const lengthMax = 127

/** A few keys that are looked for all at once: the length of a key in a record rules nearly all of them out. */
export class KeySet {
  readonly keys: readonly AttributeKey[]
  /** By length of a key, up to 127, which stands for more too: the index of the first such key plus one, 0 for none. */
  readonly byLength = new Uint8Array(lengthMax + 1)
  /** By index: the same for the next key of equal length. */
  readonly #next = new Uint8Array(setKeysMax)
  /** Keys that somebody asked with, and their indices: several of one text share one. */
  readonly #asked: AttributeKey[] = []
  readonly #askedIndices: number[] = []

  private constructor(keys: readonly AttributeKey[]) {
    this.keys = keys
    for (let i = keys.length - 1; i >= 0; i--) {
      const length = Math.min(keys[i]!.bytes.length, lengthMax)
      this.#next[i] = this.byLength[length]!
      this.byLength[length] = i + 1
    }
  }

  /** Undefined where the keys, which must differ, are too many for a set. */
  static of(keys: readonly AttributeKey[]): KeySet | undefined {
    return keys.length <= setKeysMax ? new KeySet(keys) : undefined
  }

  /** Index of a key of the set, which may be another object of the same text. Throws where it is not in the set. */
  indexOf(key: AttributeKey): number {
    const asked = this.#asked
    for (let i = 0; i < asked.length; i++) if (asked[i] === key) return this.#askedIndices[i]!
    const index = this.keys.findIndex(({ text }) => text === key.text)
    if (index < 0) throw new Error(`nobody said that ${key.text} would be asked for`)
    asked.push(key)
    this.#askedIndices.push(index)
    return index
  }

  /** Index of the key in `[start, end)` of the view; -1 where it is another one. */
  find(view: DataView, start: number, end: number): number {
    for (let i = this.byLength[Math.min(end - start, lengthMax)]! - 1; i >= 0; i = this.#next[i]! - 1) {
      if (this.keys[i]!.equalsIn(view, start, end)) return i
    }
    return -1
  }
}
