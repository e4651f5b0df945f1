import type { CallSpan } from '../../model-calls/call-span.ts'
import { isMet, lineNumber, scopeMask } from './call-lines.ts'
import { isPartOfMs } from './call-times.ts'

/** Calls that share a line, and the words of each. */
const callsPerLine = 8
const wordsPerCall = 8
const startAt = 1
const endAt = 2
const scopeAt = 3
/** Half of the id of the span that has met it, and that one's scope; 0 for none. */
const metAt = 4
const idFormAt = 5
const idHashAt = 6
const rootAt = 7
const wordsPerLine = callsPerLine * wordsPerCall
const linesMax = 1024

/** Memory that they take, zeros at first. */
export const nestedBytes = 4 * wordsPerLine * linesMax

/**
 * Knows a call by what both spans of it say where others stand between them, or nothing joins them: the spans are of two scopes,
 * have the same key (of a model, counts, and a trace or a response), and one lasts while the other does. Each meets one of another
 * scope, so that two calls at once stay two. Two whose responses have ids of one form that differ are two calls. Of calls that
 * share a line the oldest is forgotten for the next.
 *
 * Threads may share the memory, as that of `SeenCalls`: at worst a call is forgotten.
 */
export class NestedCalls {
  readonly #words: Int32Array
  #scope = 0
  #start = 0
  #end = 0
  #met = 0
  #idForm = 0
  #idHash = 0
  #isRoot = 0

  constructor(memory: ArrayBufferLike, byteOffset: number) {
    this.#words = new Int32Array(memory, byteOffset, nestedBytes / 4)
  }

  /**
   * The call that is asked for next, with the ticks of its times, of the scope with this half of a hash; the response's id by its
   * form and its hash, 0 without one.
   */
  take(span: CallSpan, start: number, end: number, scope: number, idForm: number, idHash: number): void {
    this.#scope = scope
    this.#start = start
    this.#end = end
    this.#idForm = idForm
    this.#idHash = idHash
    const { view, spanIdStart } = span
    this.#isRoot = span.parentSpanIdStart === 0 ? 1 : 0
    this.#met = (view.getInt32(spanIdStart + 4, true) & ~scopeMask) | scope || 1
  }

  /** Whether a span inside or around it with this key has its price; in one trace, no root is inside. */
  meets(key: number, isTrace: boolean): boolean {
    const words = this.#words
    const line = lineOf(key)
    for (let at = line; at < line + wordsPerLine; at += wordsPerCall) {
      if (words[at] !== (key || 1) || words[at + scopeAt] === this.#scope || !this.#isWithin(at, isTrace)) continue
      if (words[at + idFormAt] === this.#idForm && words[at + idHashAt] !== this.#idHash) continue
      if (isMet(words, at + metAt, this.#met)) return true
    }
    return false
  }

  /** It has a price. */
  note(key: number): void {
    const words = this.#words
    const line = lineOf(key)
    let oldest = line
    for (let at = line; at < line + wordsPerLine; at += wordsPerCall) {
      if (words[at] === 0) {
        oldest = at
        break
      }
      const isSame = words[at] === (key || 1) && words[at + scopeAt] === this.#scope
      if (isSame && words[at + startAt] === this.#start && words[at + endAt] === this.#end) return
      if (((words[at + endAt]! - words[oldest + endAt]!) | 0) < 0) oldest = at
    }
    words[oldest] = 0
    words[oldest + startAt] = this.#start
    words[oldest + endAt] = this.#end
    words[oldest + scopeAt] = this.#scope
    words[oldest + metAt] = 0
    words[oldest + idFormAt] = this.#idForm
    words[oldest + idHashAt] = this.#idHash
    words[oldest + rootAt] = this.#isRoot
    words[oldest] = key || 1
  }

  #isWithin(at: number, isTrace: boolean): boolean {
    const words = this.#words
    const end = words[at + endAt]!
    if (!isPartOfMs(end) && !isPartOfMs(this.#end)) return false
    const startsLater = (this.#start - words[at + startAt]!) | 0
    const endsLater = (this.#end - end) | 0
    if (startsLater === 0 && endsLater === 0) return false
    if (startsLater >= 0 && endsLater <= 0) return !isTrace || this.#isRoot === 0
    return startsLater <= 0 && endsLater >= 0 && !(isTrace && words[at + rootAt] === 1)
  }
}

function lineOf(key: number): number {
  return lineNumber(key, linesMax) * wordsPerLine
}
