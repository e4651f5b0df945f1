import type { CallValues } from './call-values.ts'

const wordBytes = 4
const windowBytes = 8
/** How a value's bytes are compared. */
const byBytes = 0
const byWords = 1
/** As doubles, where none of them is NaN or zero: then equal doubles are equal bytes. */
const byWindows = 2

/** The values of a few roles as they stand on a span, to be compared with those of another: all bytes, several at a time. */
export class ValueBytes {
  readonly #places: Uint8Array
  /** 0 for a role that the span does not have. */
  readonly #lengths: Int32Array
  readonly #ways: Uint8Array
  /** What each value is compared with, the last overlapping the one before. */
  readonly #parts: Float64Array

  constructor(places: readonly number[], values: CallValues) {
    const parts = places.map(at => partsOf(values.view, values.start(at), values.end(at)))
    this.#places = Uint8Array.from(places)
    this.#lengths = Int32Array.from(places, at => values.end(at) - values.start(at))
    this.#ways = Uint8Array.from(parts, ({ way }) => way)
    this.#parts = Float64Array.from(parts.flatMap(({ numbers }) => numbers))
  }

  equals({ view, starts, ends }: CallValues): boolean {
    const places = this.#places
    const parts = this.#parts
    const lengths = this.#lengths
    const ways = this.#ways
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
      const way = ways[i]
      if (way === byWindows) {
        for (; from < end - windowBytes; from += windowBytes) {
          if (view.getFloat64(from, true) !== parts[next++]) return false
        }
        if (view.getFloat64(end - windowBytes, true) !== parts[next++]) return false
      } else if (way === byWords) {
        for (; from < end - wordBytes; from += wordBytes) if (view.getInt32(from, true) !== parts[next++]) return false
        if (view.getInt32(end - wordBytes, true) !== parts[next++]) return false
      } else for (; from < end; from++) if (view.getUint8(from) !== parts[next++]) return false
    }
    return true
  }
}

function partsOf(view: DataView, start: number, end: number): { way: number; numbers: number[] } {
  const length = end - start
  const numbers = (width: number, read: (at: number) => number) =>
    Array.from({ length: Math.ceil(length / width) }, (_, i) => read(Math.min(start + i * width, end - width)))
  if (length < wordBytes) return { way: byBytes, numbers: numbers(1, at => view.getUint8(at)) }
  if (length >= windowBytes) {
    const windows = numbers(windowBytes, at => view.getFloat64(at, true))
    if (windows.every(window => window !== 0 && !Number.isNaN(window))) return { way: byWindows, numbers: windows }
  }
  return { way: byWords, numbers: numbers(wordBytes, at => view.getInt32(at, true)) }
}
