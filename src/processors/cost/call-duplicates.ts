import { hashRange } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallSpan } from '../../model-calls/call-span.ts'
import type { NormalizedUsage } from '../../model-calls/usage.ts'
import { SeenCalls } from './seen-calls.ts'

/** Spans of one call come close to each other; small tables stay in the processor's cache. */
const nestedMax = 16_384
/** Bytes of a response id from which it is taken for unique in the world: OpenAI's have 38 and more, Anthropic's 28. */
const uniqueIdLengthMin = 20
const seenMax = 65_536
/** Words before the tables: the first scope that has come, and whether any other has. Calls of one are no duplicates of each other. */
const firstScope = 0
const hasOtherScopes = 1
const scopesBytes = 16

/** Memory that the tables take; what nobody writes to, the system does not give. */
export const duplicatesBytes = scopesBytes + SeenCalls.bytesFor(seenMax) + 2 * SeenCalls.bytesFor(nestedMax)

/**
 * Tells a call that was priced on another span. Two instrumentations wrap one call: their spans have the same response id in
 * one trace or as roots, or one is the other's parent, of another scope, and counts the same tokens. A span that its sender
 * sends again is the same call.
 */
export class CallDuplicates {
  readonly #seen: SeenCalls
  /** Priced calls by the id of their span, and by that of its parent, each with its counts. */
  readonly #priced: SeenCalls
  readonly #parents: SeenCalls
  readonly #scopes: Int32Array
  #scope = 0
  /** Of the call's span and of its parent, with trace and counts. */
  #ownLow = 0
  #ownHigh = 0
  #parentLow = 0
  #parentHigh = 0

  /** `memory` is `duplicatesBytes` zeros at first; the stages of all threads may have the same. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(duplicatesBytes)) {
    this.#scopes = new Int32Array(memory, 0, 2)
    this.#seen = new SeenCalls(seenMax, memory, scopesBytes)
    this.#priced = new SeenCalls(nestedMax, memory, scopesBytes + SeenCalls.bytesFor(seenMax))
    const parentsOffset = scopesBytes + SeenCalls.bytesFor(seenMax) + SeenCalls.bytesFor(nestedMax)
    this.#parents = new SeenCalls(nestedMax, memory, parentsOffset)
  }

  /** Calls from now on are of the scope with this name's hash. */
  enterScope(hash: number): void {
    const scope = hash || 1
    const scopes = this.#scopes
    if (scopes[firstScope] === 0) scopes[firstScope] = scope
    else if (scopes[firstScope] !== scope) scopes[hasOtherScopes] = 1
    this.#scope = scope
  }

  /** Whether another span has the price of this call; if not, this one has it from now on, unless it has none (`isPriced`). */
  isDuplicate(reader: CallReader, usage: NormalizedUsage, isPriced: boolean): boolean {
    const { span } = reader
    if (span.traceIdStart === 0 || span.spanIdStart === 0) return false
    const hasTokens = usage.input + usage.output !== 0
    if (hasTokens) this.#hashNested(span, usage)
    if (this.#isReported(reader, usage, isPriced)) return true
    return hasTokens ? this.#isNested(span, isPriced, usage.output === 0) : !isPriced && this.#isAround(span)
  }

  #isReported(reader: CallReader, usage: NormalizedUsage, isPriced: boolean): boolean {
    if (!reader.findResponseId()) return false
    const { span, responseIdStart: start, responseIdEnd: end } = reader
    const { view, traceIdStart: trace } = span
    // Trace and span ids are random already.
    const low = hashRange(view.getInt32(trace, true), view, start, end)
    const high = hashRange(~view.getInt32(trace + 4, true), view, start, end) ^ view.getInt32(trace + 8, true)
    const ownSpan = view.getInt32(span.spanIdStart + 4, true) || 1
    const known = this.#seen.find(low, high)
    if (known !== 0) return known !== ownSpan
    const isUnique = span.parentSpanIdStart === 0 && end - start >= uniqueIdLengthMin
    if (isUnique && this.#isOtherRoot(span, start, end, usage, isPriced)) return true
    if (isPriced) this.#seen.add(low, high, ownSpan)
    return false
  }

  /**
   * An instrumentation that makes no span current leaves the one inside it a root: both are the whole of their traces, at
   * the same time. A server that always answers with one id is called again after the first call has ended.
   */
  #isOtherRoot(
    span: CallSpan,
    start: number,
    end: number,
    { input, output }: NormalizedUsage,
    isPriced: boolean,
  ): boolean {
    const { view } = span
    const low = hashRange(Math.imul(input, 0x9e3779b1), view, start, end)
    const high = hashRange(~Math.imul(output, 0x85ebca6b), view, start, end)
    if (this.#isOther(this.#seen.find(low, high))) {
      const endedAt = this.#seen.find(~low, high)
      return ((ticksOf(span.startMs) - endedAt) | 0) < 0
    }
    if (isPriced) {
      this.#seen.add(low, high, this.#scope)
      this.#seen.add(~low, high, ticksOf(span.endMs))
    }
    return false
  }

  #hashNested(
    { view, traceIdStart: trace, spanIdStart, parentSpanIdStart: parent }: CallSpan,
    usage: NormalizedUsage,
  ): void {
    // Trace and span ids are random already: what is added to them makes them no less so.
    const low = view.getInt32(trace, true) ^ Math.imul(usage.input, 0x9e3779b1)
    const high = view.getInt32(trace + 4, true) ^ Math.imul(usage.output, 0x85ebca6b)
    this.#ownLow = mixId(low, view, spanIdStart)
    this.#ownHigh = mixId(high, view, spanIdStart + 4)
    this.#priced.touch(this.#ownLow, this.#ownHigh)
    if (parent === 0) return
    this.#parentLow = mixId(low, view, parent)
    this.#parentHigh = mixId(high, view, parent + 4)
    this.#parents.touch(this.#parentLow, this.#parentHigh)
  }

  /** The inner span ends first and usually comes first; either order is the same call. */
  #isNested(span: CallSpan, isPriced: boolean, isWithoutOutput: boolean): boolean {
    const ownLow = this.#ownLow
    const ownHigh = this.#ownHigh
    const hasScopes = this.#scopes[hasOtherScopes] !== 0
    if (hasScopes && this.#isOther(this.#parents.find(ownLow, ownHigh))) return true
    if (span.parentSpanIdStart !== 0) {
      const parentLow = this.#parentLow
      const parentHigh = this.#parentHigh
      if (hasScopes && this.#isOther(this.#priced.find(parentLow, parentHigh))) return true
      if (isPriced) this.#parents.add(parentLow, parentHigh, this.#scope)
      if (isPriced && isWithoutOutput) this.#noteInside(span)
    }
    if (isPriced) this.#priced.add(ownLow, ownHigh, this.#scope)
    return false
  }

  /** The AI SDK has a span around that of a call for embeddings which looks the same and does not say what it used. */
  #isAround({ view, traceIdStart: trace, spanIdStart }: CallSpan): boolean {
    const low = mixId(~view.getInt32(trace, true), view, spanIdStart)
    return this.#parents.find(low, mixId(~view.getInt32(trace + 4, true), view, spanIdStart + 4)) !== 0
  }

  #noteInside({ view, traceIdStart: trace, parentSpanIdStart: parent }: CallSpan): void {
    const low = mixId(~view.getInt32(trace, true), view, parent)
    this.#parents.add(low, mixId(~view.getInt32(trace + 4, true), view, parent + 4), 1)
  }

  #isOther(scope: number): boolean {
    return scope !== 0 && scope !== this.#scope
  }
}

/** Ids of other senders may be counters: their low bits must not be the only ones that tell slots apart. */
function mixId(hash: number, view: DataView, offset: number): number {
  const value = Math.imul(view.getInt32(offset, true) ^ hash, 0x9e3779b1)
  return value ^ (value >>> 15)
}

/** Tenths of a millisecond, in 32 bits: the difference of two is right where they are less than two days apart. */
function ticksOf(milliseconds: number): number {
  return ((milliseconds * 10) % 0x1_0000_0000) | 0
}
