import { hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallSpan } from '../../model-calls/call-span.ts'
import type { NormalizedUsage } from '../../model-calls/usage.ts'
import { SeenCalls } from './seen-calls.ts'

/** Notes of spans, two of each: those of one call come close to each other, and a small table stays in the processor's cache. */
const nestedMax = 32_768
/** What is noted of a span: itself, or the first call inside it. */
const ofSpan = 0
const ofCallInside = 0x5bd1e995 | 0
/** Bytes of a response id from which it is taken for unique in the world: OpenAI's have 38 and more, Anthropic's 28. */
const uniqueIdLengthMin = 20
/** Bytes at an id's end that alone tell most ids apart: the second half of their hash takes no others. */
const idEndLength = 8
const seenMax = 65_536
/** Words before the tables: the first scope that has come, and whether any other has. Calls of one are no duplicates of each other. */
const firstScope = 0
const hasOtherScopes = 1
const scopesBytes = 64
/** Halves of what is noted of a call. */
const countsMask = 0xffff_0000 | 0
const scopeMask = 0xffff
const countsUnit = 0x1_0000

/**
 * Scopes that have a call's span ended before the client below is asked, whose span then stands beside it: LlamaIndex, when
 * it streams. Halves of their names' hashes, as `enterScope` makes them.
 */
const lazyScopes = ['openinference.instrumentation.llama_index', 'opentelemetry.instrumentation.llamaindex'].map(
  name => {
    const { buffer, byteOffset, length } = new TextEncoder().encode(name)
    return scopeOf(hashRange(hashSeed, new DataView(buffer, byteOffset, length), 0, length))
  },
)

/** Memory that the tables take; what nobody writes to, the system does not give. */
export const duplicatesBytes = scopesBytes + SeenCalls.bytesFor(seenMax) + SeenCalls.bytesFor(nestedMax)

/**
 * Tells a call that was priced on another span. Two instrumentations wrap one call: their spans have the same response id in
 * one trace or as roots, or one is the other's parent, of another scope, and counts the same tokens. A span that its sender
 * sends again is the same call.
 */
export class CallDuplicates {
  readonly #seen: SeenCalls
  /** Priced calls by the id of their span, and by that of its parent: bits of their counts, and of their scope. */
  readonly #spans: SeenCalls
  readonly #scopes: Int32Array
  #scope = 0
  #isLazyScope = false
  /** Bits of the call's counts, where a note has them; 0 where it has none. */
  #counts = 0
  /** Of the call's span and of its parent, with the trace. */
  #ownLow = 0
  #ownHigh = 0
  #parentLow = 0
  #parentHigh = 0

  /** `memory` is `duplicatesBytes` zeros at first; the stages of all threads may have the same. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(duplicatesBytes)) {
    this.#scopes = new Int32Array(memory, 0, 2)
    this.#seen = new SeenCalls(seenMax, memory, scopesBytes)
    this.#spans = new SeenCalls(nestedMax, memory, scopesBytes + SeenCalls.bytesFor(seenMax))
  }

  /** Calls from now on are of the scope with this name's hash. */
  enterScope(hash: number): void {
    const scope = hash || 1
    const scopes = this.#scopes
    if (scopes[firstScope] === 0) scopes[firstScope] = scope
    else if (scopes[firstScope] !== scope) scopes[hasOtherScopes] = 1
    this.#scope = scopeOf(scope)
    this.#isLazyScope = lazyScopes.includes(this.#scope)
  }

  /** Whether another span has the price of this call; if not, this one has it from now on, unless it has none (`isPriced`). */
  isDuplicate(reader: CallReader, usage: NormalizedUsage, isPriced: boolean): boolean {
    const { span } = reader
    if (span.traceIdStart === 0 || span.spanIdStart === 0) return false
    this.#hash(span, usage)
    return this.#isReported(reader, usage, isPriced) || this.#isNested(span, isPriced)
  }

  #isReported(reader: CallReader, usage: NormalizedUsage, isPriced: boolean): boolean {
    if (!reader.findResponseId()) return false
    const { span, responseIdStart: start, responseIdEnd: end } = reader
    const { view, traceIdStart: trace } = span
    const low = hashRange(hashTrace(view, trace), view, start, end)
    const high = hashRange(low ^ ~view.getInt32(trace + 12, true), view, Math.max(start, end - idEndLength), end)
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

  #hash({ view, traceIdStart: trace, spanIdStart, parentSpanIdStart: parent }: CallSpan, usage: NormalizedUsage): void {
    const counts = Math.imul(usage.input, 0x9e3779b1) ^ Math.imul(usage.output, 0x85ebca6b)
    this.#counts = usage.input + usage.output === 0 ? 0 : (counts ^ (counts << 13)) & countsMask || countsUnit
    const low = hashTrace(view, trace)
    const high = Math.imul(view.getInt32(trace + 12, true), 0x85ebca6b)
    this.#ownLow = mixId(low, view, spanIdStart)
    this.#ownHigh = mixId(high, view, spanIdStart + 4)
    this.#spans.touch(this.#ownLow, this.#ownHigh)
    if (parent === 0) return
    this.#parentLow = mixId(low, view, parent)
    this.#parentHigh = mixId(high, view, parent + 4)
    this.#spans.touch(this.#parentLow, this.#parentHigh)
  }

  /** The inner span ends first and usually comes first; either order is the same call. */
  #isNested(span: CallSpan, isPriced: boolean): boolean {
    const counts = this.#counts
    // Some have a span around a call that looks the same and does not say what it used.
    if (counts === 0) return !isPriced && this.#spans.find(this.#ownLow, this.#ownHigh, ofCallInside) !== 0
    const hasScopes = this.#scopes[hasOtherScopes] !== 0
    if (hasScopes && this.#isAround(counts)) return true
    const note = counts | this.#scope
    if (span.parentSpanIdStart !== 0) {
      if (hasScopes && this.#isOfOther(this.#spans.find(this.#parentLow, this.#parentHigh, ofSpan))) return true
      if (isPriced) {
        // Most parents have one call; those of others have a key each.
        let known = this.#spans.add(this.#parentLow, this.#parentHigh, note, ofCallInside)
        if (known !== 0 && (known & countsMask) !== counts) {
          known = this.#spans.add(~this.#parentLow, this.#parentHigh ^ counts, note, ofCallInside)
        }
        if (hasScopes && this.#isBesideLazy(known)) return true
      }
    }
    if (isPriced) this.#spans.add(this.#ownLow, this.#ownHigh, note, ofSpan)
    return false
  }

  /** Whether a call inside this one counts the same. */
  #isAround(counts: number): boolean {
    const first = this.#spans.find(this.#ownLow, this.#ownHigh, ofCallInside)
    if (first === 0) return false
    return (
      this.#isOfOther(first) || this.#isOfOther(this.#spans.find(~this.#ownLow, this.#ownHigh ^ counts, ofCallInside))
    )
  }

  /** Whether the note is of a call with the same counts and of another scope. */
  #isOfOther(note: number): boolean {
    return (note & countsMask) === this.#counts && this.#isOther(note & scopeMask)
  }

  /** Whether the note is of the same call beside this one, by one of the scopes that end before they begin. */
  #isBesideLazy(note: number): boolean {
    return note !== 0 && (this.#isLazyScope || lazyScopes.includes(note & scopeMask)) && this.#isOfOther(note)
  }

  #isOther(scope: number): boolean {
    return scope !== 0 && scope !== this.#scope
  }
}

/** All of a trace's id: half of it may be zeros and the other half a counter, as the spans' ids may be. */
function hashTrace(view: DataView, start: number): number {
  return hashRange(hashSeed, view, start, start + 16)
}

/** Ids of other senders may be counters: their low bits must not be the only ones that tell slots apart. */
function mixId(hash: number, view: DataView, offset: number): number {
  const value = Math.imul(view.getInt32(offset, true) ^ hash, 0x9e3779b1)
  return value ^ (value >>> 15)
}

/** Half of a scope's hash, never 0. */
function scopeOf(hash: number): number {
  return (hash ^ (hash >>> 16)) & scopeMask || 1
}

/** Tenths of a millisecond, in 32 bits: the difference of two is right where they are less than two days apart. */
function ticksOf(milliseconds: number): number {
  return ((milliseconds * 10) % 0x1_0000_0000) | 0
}
