import { hashName, hashRange } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallSpan } from '../../model-calls/call-span.ts'
import type { NormalizedUsage } from '../../model-calls/usage.ts'
import { scopeMask } from './call-lines.ts'
import { ticksOf } from './call-times.ts'
import { CumulativeCalls, cumulativeBytes } from './cumulative-calls.ts'
import { DetachedCalls, detachedBytes, lazyScopes } from './detached-calls.ts'
import { type CallNotes, LoneCalls, loneCallsBytes } from './lone-calls.ts'
import { NestedCalls, nestedBytes } from './nested-calls.ts'
import { keyOf, SeenCalls } from './seen-calls.ts'

/** Notes of spans, two of each: those of one call come close to each other, and a small table stays in the processor's cache. */
const nestedMax = 32_768
/** What is noted of a span: itself, or the first call inside it. */
const ofSpan = 0
const ofCallInside = 0x5bd1e995 | 0
/** Bytes of a response id from which it is taken for unique in the world: OpenAI's have 38 and more, Anthropic's 28. */
const uniqueIdLengthMin = 20
/** Bytes at an id's end that alone tell most ids apart: the second half of their hash takes no others. */
const idEndLength = 8
/** Bytes at an id's beginning that tell its form, with its length. */
const idFormBytes = 4
const idSeed = 0x27d4eb2f
const seenMax = 65_536
/** Words before the tables: the first scope that has come, whether any other has, and any whose spans stand around others. */
const firstScope = 0
const hasOtherScopes = 1
const hasOuterScopes = 2
const scopesBytes = 64
/** Calls that are noted for spans around them though none has come of another scope, or of one that is such: these may come behind. */
const firstCallsMax = 10_000
/** Halves of what is noted of a call. */
const countsMask = 0xffff_0000 | 0
const countsUnit = 0x1_0000

/** Halves of their names' hashes, as notes have them. */
const lazyScopeHalves = lazyScopes.map(scopeOf)
/** Scopes under which all that a product instruments is written: a framework's span around its client's has the same one. */
const commonScopes = ['openlit.otel.tracing', 'mlflow.tracing.provider', 'langsmith', 'langfuse-sdk'].map(hashName)

/** Memory that the tables take; what nobody writes to, the system does not give. */
const tablesBytes = scopesBytes + SeenCalls.bytesFor(seenMax) + SeenCalls.bytesFor(nestedMax)
export const duplicatesBytes = tablesBytes + detachedBytes + nestedBytes + cumulativeBytes + loneCallsBytes

/**
 * Tells a call that was priced on another span. Two instrumentations wrap one call: their spans have the same response id in
 * one trace or as roots, or one is the other's parent, of another scope, and counts the same tokens. A span that its sender
 * sends again is the same call.
 */
export class CallDuplicates implements CallNotes {
  readonly #seen: SeenCalls
  /** Priced calls by the id of their span, and by that of its parent: bits of their counts, and of their scope. */
  readonly #spans: SeenCalls
  readonly #scopes: Int32Array
  readonly #detached: DetachedCalls
  readonly #nested: NestedCalls
  readonly #cumulative: CumulativeCalls
  /** Calls of which nothing is in these tables yet, as long as no other scope has come. */
  readonly #lone: LoneCalls
  #isAlone = true
  #scope = 0
  #isLazyScope = false
  #isCommonScope = false
  #firstCalls = firstCallsMax
  /** Bits of the call's counts, where a note has them; 0 where it has none. */
  #counts = 0
  /** When it began and ended, known where spans of other scopes are looked for by that. */
  #startTicks = 0
  #endTicks = 0
  /** Of all of the call's trace id. */
  #trace = 0
  /** Of the span that was expected last: whether it has ids, and where what is known by them is noted. */
  #hasIds = false
  #ownLow = 0
  #ownHigh = 0
  #ownLine = 0
  /** Of the call's parent, with the trace; without one they say nothing. */
  #parentLow = 0
  #parentHigh = 0
  #parentLine = 0
  /** Of the response, if the span says which. */
  #hasResponse = false
  #responseLine = 0
  #responseKey = 0

  /** `memory` is `duplicatesBytes` zeros at first; the stages of all threads may have the same. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(duplicatesBytes)) {
    this.#scopes = new Int32Array(memory, 0, 3)
    this.#seen = new SeenCalls(seenMax, memory, scopesBytes)
    this.#spans = new SeenCalls(nestedMax, memory, scopesBytes + SeenCalls.bytesFor(seenMax))
    this.#detached = new DetachedCalls(memory, tablesBytes)
    this.#nested = new NestedCalls(memory, tablesBytes + detachedBytes)
    this.#cumulative = new CumulativeCalls(memory, tablesBytes + detachedBytes + nestedBytes)
    this.#lone = new LoneCalls(memory, tablesBytes + detachedBytes + nestedBytes + cumulativeBytes)
  }

  /** Calls from now on are of the scope with this name's hash. */
  enterScope(hash: number): void {
    const scope = hash || 1
    const scopes = this.#scopes
    if (scopes[firstScope] === 0) scopes[firstScope] = scope
    else if (scopes[firstScope] !== scope) scopes[hasOtherScopes] = 1
    this.#scope = scopeOf(scope)
    this.#isLazyScope = lazyScopeHalves.includes(this.#scope)
    if (this.#detached.enterScope(scope)) scopes[hasOuterScopes] = 1
    this.#isCommonScope = commonScopes.includes(hash)
    if (this.#isCommonScope) scopes[hasOtherScopes] = 1
  }

  /**
   * For scopes that count a call again in the next one: what is counted twice is taken out of the call that was read last. Whether
   * that one itself is counted in another that came before.
   */
  leaveOutEarlier(reader: CallReader): boolean {
    return this.#cumulative.take(reader)
  }

  /** A call that will be asked about when its price is known: by then what is noted of it has come from memory. */
  expect(reader: CallReader): void {
    const { view, traceIdStart: trace, spanIdStart, parentSpanIdStart: parent } = reader.span
    this.#hasIds = trace !== 0 && spanIdStart !== 0
    if (!this.#hasIds) return
    const low = hashWords(view, trace, 0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f)
    const high = hashWords(view, trace, 0x165667b1, 0xcc9e2d51, 0x1b873593, 0x2545f491)
    this.#trace = low
    const seen = this.#seen
    this.#ownLow = mixId(low, view, spanIdStart)
    this.#ownHigh = mixId(high, view, spanIdStart + 4)
    this.#parentLow = parent === 0 ? 0 : mixId(low, view, parent)
    this.#parentHigh = parent === 0 ? 0 : mixId(high, view, parent + 4)
    this.#hasResponse = reader.responseId.find(reader.values)
    if (this.#hasResponse) {
      const { start, end } = reader.responseId
      const responseLow = hashRange(low, view, start, end)
      const responseHigh = hashRange(responseLow ^ high, view, Math.max(start, end - idEndLength), end)
      this.#responseLine = seen.lineOf(responseLow, responseHigh)
      this.#responseKey = keyOf(responseLow, responseHigh)
    }
    // One behind the other, so that none waits for another. A line that is of no use is one that was touched lately.
    seen.touch(this.#responseLine)
    if (!this.#isAlone) this.#expectSpans()
  }

  #expectSpans(): void {
    const spans = this.#spans
    this.#ownLine = spans.lineOf(this.#ownLow, this.#ownHigh)
    this.#parentLine = spans.lineOf(this.#parentLow, this.#parentHigh)
    spans.touch(this.#ownLine)
    spans.touch(this.#parentLine)
  }

  /**
   * Whether another span has the price of the call that was expected last; if not, this one has it from now on, unless it
   * has none (`isPriced`). `model` is a hash of what it is called in the prices.
   */
  isDuplicate(reader: CallReader, usage: NormalizedUsage, model: number, isPriced: boolean): boolean {
    if (!this.#hasIds) return false
    const counts = Math.imul(usage.input, 0x9e3779b1) ^ Math.imul(usage.output, 0x85ebca6b)
    this.#counts = usage.input + usage.output === 0 ? 0 : (counts ^ (counts << 13)) & countsMask || countsUnit
    const { span } = reader
    const isKnown =
      (this.#hasResponse && this.#isReported(reader, usage, isPriced)) || this.#isNested(span, usage, isPriced)
    if (this.#counts === 0) return isKnown
    const isFirst = this.#firstCalls > 0
    if (isFirst) this.#firstCalls--
    const hasScopes = this.#scopes[hasOtherScopes] !== 0
    const hasOuter = this.#scopes[hasOuterScopes] !== 0
    if (!(isFirst || hasScopes || hasOuter)) return isKnown
    this.#startTicks = ticksOf(span.startMs)
    this.#endTicks = ticksOf(span.endMs)
    const isInside = !isKnown && (isFirst || hasScopes) && this.#meetsNested(reader, usage, model, isPriced)
    if (!(hasOuter || isFirst)) return isKnown || isInside
    this.#detached.hasOuter = hasOuter
    this.#detached.take(span, this.#startTicks, this.#endTicks, usage, model)
    // What is around it may stand apart from the span inside it that has the price.
    return this.#detached.meets(this.#trace, isPriced || isKnown || isInside) || isKnown || isInside
  }

  /** In its trace, or anywhere if its response has an id that is unique. */
  #meetsNested(reader: CallReader, usage: NormalizedUsage, model: number, isPriced: boolean): boolean {
    const { span } = reader
    const { start, end } = reader.responseId
    const ofCall =
      Math.imul(usage.input, 0x9e3779b1) ^ Math.imul(usage.output, 0x85ebca6b) ^ Math.imul(model, 0xc2b2ae35)
    const inTrace = ofCall ^ this.#trace
    const hasId = this.#hasResponse && end - start >= idFormBytes
    const idHash = hasId ? hashRange(idSeed, span.view, start, end) : 0
    const nested = this.#nested
    const idForm = hasId ? span.view.getInt32(start, true) ^ (end - start) : 0
    nested.take(span, this.#startTicks, this.#endTicks, this.#scope, idForm, idHash)
    const isUnique = hasId && end - start >= uniqueIdLengthMin
    if (nested.meets(inTrace, true) || (isUnique && nested.meets(ofCall ^ idHash, false))) return true
    if (isPriced) {
      nested.note(inTrace)
      if (isUnique) nested.note(ofCall ^ idHash)
    }
    return false
  }

  #isReported(reader: CallReader, usage: NormalizedUsage, isPriced: boolean): boolean {
    const { span } = reader
    const { start, end } = reader.responseId
    const ownSpan = span.view.getInt32(span.spanIdStart + 4, true) || 1
    const known = this.#seen.findIn(this.#responseLine, this.#responseKey)
    if (known !== 0) return known !== ownSpan
    const isUnique = span.parentSpanIdStart === 0 && end - start >= uniqueIdLengthMin
    if (isUnique && this.#isOtherRoot(span, start, end, usage, isPriced)) return true
    if (isPriced) this.#seen.put(this.#responseLine, this.#responseKey, ownSpan)
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

  /** The inner span ends first and usually comes first; either order is the same call. */
  #isNested(span: CallSpan, usage: NormalizedUsage, isPriced: boolean): boolean {
    const counts = this.#counts
    if (this.#isAlone) {
      if (counts !== 0 && this.#scopes[hasOtherScopes] === 0) {
        if (isPriced) this.#noteAlone(counts | this.#scope)
        return false
      }
      this.#placeLone()
    }
    // Some have a span around a call that looks the same and does not say what it used.
    if (counts === 0) return !isPriced && this.#findOwn(ofCallInside) !== 0
    const hasScopes = this.#scopes[hasOtherScopes] !== 0
    if (hasScopes && this.#isAround(counts, usage)) return true
    const note = counts | this.#scope
    if (span.parentSpanIdStart !== 0) {
      if (hasScopes && this.#isOfOther(this.#spans.findIn(this.#parentLine, this.#parentKey(ofSpan)))) return true
      if (isPriced && this.#isBesideLazy(this.#noteInside(note)) && hasScopes) return true
    }
    if (isPriced) this.#noteOwn(note)
    return false
  }

  /** Somebody asks for what has come so far: it goes into the tables. */
  #placeLone(): void {
    const [ownLow, ownHigh, parentLow, parentHigh] = [this.#ownLow, this.#ownHigh, this.#parentLow, this.#parentHigh]
    this.#lone.moveTo(this)
    this.#isAlone = this.#scopes[hasOtherScopes] === 0
    this.#ownLow = ownLow
    this.#ownHigh = ownHigh
    this.#parentLow = parentLow
    this.#parentHigh = parentHigh
    this.#expectSpans()
  }

  #noteAlone(note: number): void {
    if (this.#lone.add(this.#ownLow, this.#ownHigh, this.#parentLow, this.#parentHigh, note)) return
    this.#expectSpans()
    this.note(this.#ownLow, this.#ownHigh, this.#parentLow, this.#parentHigh, note)
  }

  /** Notes a call as if it had come just now. */
  note(ownLow: number, ownHigh: number, parentLow: number, parentHigh: number, note: number): void {
    this.#ownLow = ownLow
    this.#ownHigh = ownHigh
    this.#ownLine = this.#spans.lineOf(ownLow, ownHigh)
    this.#parentLow = parentLow
    this.#parentHigh = parentHigh
    this.#parentLine = this.#spans.lineOf(parentLow, parentHigh)
    if ((parentLow | parentHigh) !== 0) this.#noteInside(note)
    this.#noteOwn(note)
  }

  /** Notes the call that is inside the parent. What was noted for one like it before; 0 where nothing was. */
  #noteInside(note: number): number {
    const spans = this.#spans
    // Most parents have one call; those of others have a key each.
    const known = spans.addTo(this.#parentLine, this.#parentKey(ofCallInside), note)
    const counts = note & countsMask
    if (known === 0 || (known & countsMask) === counts) return known
    return spans.add(~this.#parentLow, this.#parentHigh ^ counts, note, ofCallInside)
  }

  #noteOwn(note: number): void {
    this.#spans.addTo(this.#ownLine, keyOf(this.#ownLow, this.#ownHigh, ofSpan), note)
  }

  /** Whether a call inside this one counts the same, or this one does not know what went in and only guesses what came out. */
  #isAround(counts: number, { input }: NormalizedUsage): boolean {
    const first = this.#findOwn(ofCallInside)
    if (first === 0) return false
    if (this.#isOfOther(first) || (input === 0 && this.#isOther(first & scopeMask))) return true
    return this.#isOfOther(this.#spans.find(~this.#ownLow, this.#ownHigh ^ counts, ofCallInside))
  }

  #findOwn(kind: number): number {
    return this.#spans.findIn(this.#ownLine, keyOf(this.#ownLow, this.#ownHigh, kind))
  }

  #parentKey(kind: number): number {
    return keyOf(this.#parentLow, this.#parentHigh, kind)
  }

  /** Whether the note is of a call with the same counts and of another scope. */
  #isOfOther(note: number): boolean {
    return (note & countsMask) === this.#counts && this.#isOther(note & scopeMask)
  }

  /** Whether the note is of the same call beside this one, by one of the scopes that end before they begin. */
  #isBesideLazy(note: number): boolean {
    return note !== 0 && (this.#isLazyScope || lazyScopeHalves.includes(note & scopeMask)) && this.#isOfOther(note)
  }

  #isOther(scope: number): boolean {
    return scope !== 0 && (scope !== this.#scope || this.#isCommonScope)
  }
}

/** All of a trace's id: half of it may be zeros and the other half a counter, as the spans' ids may be. Odd factors lose nothing. */
function hashWords(view: DataView, start: number, a: number, b: number, c: number, d: number): number {
  const low = Math.imul(view.getInt32(start, true), a) + Math.imul(view.getInt32(start + 4, true), b)
  const high = Math.imul(view.getInt32(start + 8, true), c) + Math.imul(view.getInt32(start + 12, true), d)
  const value = (low + high) | 0
  return value ^ (value >>> 15)
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
