import type { CallValues } from './call-values.ts'

const wordBytes = 4
const windowBytes = 8
/** How a value's bytes are compared. */
const byBytes = 0
const byWords = 1
/** As doubles, where none of them is NaN or zero: then equal doubles are equal bytes. */
const byWindows = 2

/** Numbers before the parts of each value: its role, its length (0 for a role that the span does not have) and the way. */
const headCount = 3

/**
 * The values of a few roles as they stand on a span, to be compared with those of another: all bytes, several at a time. All in
 * one array, since there are as many of these as calls that differ, and each further array would be memory to wait for.
 */
export class ValueBytes {
  readonly #numbers: Float64Array

  constructor(places: readonly number[], values: CallValues) {
    this.#numbers = Float64Array.from(
      places.flatMap(at => {
        const { way, parts } = partsOf(values.view, values.start(at), values.end(at))
        return [at, values.end(at) - values.start(at), way, ...parts]
      }),
    )
  }

  equals({ view, starts, ends }: CallValues): boolean {
    const numbers = this.#numbers
    for (let next = 0; next < numbers.length; ) {
      const at = numbers[next]! | 0
      const length = numbers[next + 1]! | 0
      const way = numbers[next + 2]! | 0
      next += headCount
      let from = starts[at]!
      if (from < 0) {
        if (length !== 0) return false
        continue
      }
      const end = ends[at]!
      if (end - from !== length) return false
      if (way === byWindows) {
        for (; from < end - windowBytes; from += windowBytes) {
          if (view.getFloat64(from, true) !== numbers[next++]) return false
        }
        if (view.getFloat64(end - windowBytes, true) !== numbers[next++]) return false
      } else if (way === byWords) {
        for (; from < end - wordBytes; from += wordBytes)
          if (view.getInt32(from, true) !== numbers[next++]) return false
        if (view.getInt32(end - wordBytes, true) !== numbers[next++]) return false
      } else for (; from < end; from++) if (view.getUint8(from) !== numbers[next++]) return false
    }
    return true
  }
}

function partsOf(view: DataView, start: number, end: number): { way: number; parts: number[] } {
  const length = end - start
  const partsBy = (width: number, read: (at: number) => number) =>
    Array.from({ length: Math.ceil(length / width) }, (_, i) => read(Math.min(start + i * width, end - width)))
  if (length < wordBytes) return { way: byBytes, parts: partsBy(1, at => view.getUint8(at)) }
  if (length >= windowBytes) {
    const windows = partsBy(windowBytes, at => view.getFloat64(at, true))
    if (windows.every(window => window !== 0 && !Number.isNaN(window))) return { way: byWindows, parts: windows }
  }
  return { way: byWords, parts: partsBy(wordBytes, at => view.getInt32(at, true)) }
}
