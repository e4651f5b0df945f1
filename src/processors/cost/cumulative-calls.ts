import { hashRange } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { ReportedUsage } from '../../model-calls/usage.ts'
import { ticksOf } from './call-times.ts'

/**
 * Words of a call: its key, half of its span's id, when it began and ended, whether it asks for a tool, what it counts, and how
 * much of that is of those before it.
 */
const wordsPerCall = 16
const spanAt = 1
const startAt = 2
const endAt = 3
const toolAt = 4
const countsAt = 5
const beforeAt = 9
const callsMax = 4096
const counted = ['input', 'output', 'cacheRead', 'cacheWrite'] as const

/** Memory that they take, zeros at first. */
export const cumulativeBytes = 4 * wordsPerCall * callsMax

/**
 * Knows calls whose usage another one counts again: Spring AI 1 adds the usage of a call that asks for a tool to that of the next
 * one, which begins behind it below the same span. Of two that fall into one place the earlier is forgotten.
 *
 * Threads may share the memory: at worst a call is forgotten.
 */
export class CumulativeCalls {
  readonly #words: Int32Array
  readonly #before = new Int32Array(counted.length)

  constructor(memory: ArrayBufferLike, byteOffset: number) {
    this.#words = new Int32Array(memory, byteOffset, cumulativeBytes / 4)
  }

  /**
   * Takes out of the usage of the call that was read last what calls before it used. Whether one behind it has come already, and
   * has the price of both.
   */
  take(reader: CallReader): boolean {
    const { span, usage } = reader
    const { view, traceIdStart: trace, spanIdStart, parentSpanIdStart: parent } = span
    if (trace === 0 || spanIdStart === 0 || parent === 0) return false
    const key = hashRange(hashRange(0, view, trace, trace + 16), view, parent, parent + 8) || 1
    const words = this.#words
    const at = (key & (callsMax - 1)) * wordsPerCall
    const ownSpan = view.getInt32(spanIdStart + 4, true)
    const before = this.#before.fill(0)
    const isKnown = words[at] === key
    if (isKnown && words[at + spanAt] === ownSpan) {
      // It is sent again.
      before.set(words.subarray(at + beforeAt, at + beforeAt + counted.length))
      leaveOut(usage, before)
      return false
    }
    const isTool = reader.asksForTool()
    if (isKnown && ((words[at + startAt]! - ticksOf(span.endMs)) | 0) >= 0) {
      return isTool && this.#countsAlone(at) && counted.every((field, i) => !(usage[field] > words[at + countsAt + i]!))
    }
    if (isKnown && ((ticksOf(span.startMs) - words[at + endAt]!) | 0) < 0) return false
    const noted = words.subarray(at + countsAt, at + countsAt + counted.length)
    if (isKnown && words[at + toolAt] === 1 && noted.every((count, i) => count === 0 || usage[counted[i]!] >= count)) {
      before.set(noted)
    }
    words[at] = 0
    words[at + spanAt] = ownSpan
    words[at + startAt] = ticksOf(span.startMs)
    words[at + endAt] = ticksOf(span.endMs)
    words[at + toolAt] = isTool ? 1 : 0
    for (const [i, field] of counted.entries()) words[at + countsAt + i] = usage[field] || 0
    words.set(before, at + beforeAt)
    words[at] = key
    leaveOut(usage, before)
    return false
  }

  /** Whether nothing was taken out of the noted call. */
  #countsAlone(at: number): boolean {
    return this.#words.subarray(at + beforeAt, at + beforeAt + counted.length).every(count => count === 0)
  }
}

function leaveOut(usage: ReportedUsage, before: Int32Array): void {
  if (before.every(count => count === 0)) return
  for (const [i, field] of counted.entries()) usage[field] -= before[i]!
  usage.total = Number.NaN
}
