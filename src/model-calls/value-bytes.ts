import type { CallValues } from './call-values.ts'

const wordBytes = 4

/** The values of a few roles as they stand on a span, to be compared with those of another: all bytes, four at a time. */
export class ValueBytes {
  readonly #places: readonly number[]
  /** 0 for a role that the span does not have. */
  readonly #lengths: Int32Array
  /** Of each value the words, the last of them overlapping; of one below four bytes a word for each byte. */
  readonly #words: Int32Array

  constructor(places: readonly number[], values: CallValues) {
    const { view } = values
    const words: number[] = []
    this.#places = places
    this.#lengths = Int32Array.from(places, at => values.end(at) - values.start(at))
    for (const at of places) {
      const end = values.end(at)
      let from = values.start(at)
      if (end - from < wordBytes) for (; from < end; from++) words.push(view.getUint8(from))
      else {
        for (; from < end - wordBytes; from += wordBytes) words.push(view.getInt32(from, true))
        words.push(view.getInt32(end - wordBytes, true))
      }
    }
    this.#words = Int32Array.from(words)
  }

  equals({ view, starts, ends }: CallValues): boolean {
    const places = this.#places
    const words = this.#words
    const lengths = this.#lengths
    let next = 0
    for (let i = 0; i < lengths.length; i++) {
      const at = places[i]!
      let from = starts[at]!
      const length = lengths[i]!
      if (from < 0) {
        if (length !== 0) return false
        continue
      }
      const end = ends[at]!
      if (end - from !== length) return false
      if (length < wordBytes) {
        for (; from < end; from++) if (view.getUint8(from) !== words[next++]) return false
        continue
      }
      for (; from < end - wordBytes; from += wordBytes) if (view.getInt32(from, true) !== words[next++]) return false
      if (view.getInt32(end - wordBytes, true) !== words[next++]) return false
    }
    return true
  }
}
