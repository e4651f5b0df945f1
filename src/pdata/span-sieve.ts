import { copyRange } from '../wire/copy-bytes.ts'
import { putVarint, varintLength } from '../wire/wire-writer.ts'
import type { AttributeKey } from './attribute-key.ts'
import * as otlp from './otlp-fields.ts'
import { SpanIndex } from './span-index.ts'

/** In place of where a span's new tracestate begins. */
const kept = -1
const dropped = -2
/** Memory that one huge request left behind is given back. */
const keptBytesMax = 1 << 20
const scopeTag = (otlp.groupScopes << 3) | 2
const groupTag = (otlp.requestResources << 3) | 2
const spanTag = (otlp.scopeGroupRecords << 3) | 2
const stateTag = (otlp.spanTraceState << 3) | 2
const groupColumns = 5
/** Most bytes of a tag and a length. */
const headerBytesMax = 10

/**
 * Takes spans out of a request and replaces the tracestate of others, without views: the index first, then a verdict for
 * each span, then `finish` copies what is left, runs of neighbours at once. A scope goes with its last span and a resource
 * with its last scope, as in a walk; what arrived empty stays. Reusable, and not re-entrant.
 */
export class SpanSieve {
  readonly spans: SpanIndex
  /** Spans that the last request lost. */
  droppedCount = 0
  /** By span: `kept`, `dropped`, or where its new tracestate begins. */
  #verdicts = new Int32Array(512)
  #stateEnds = new Int32Array(512)
  /** New tracestates, each the whole field. */
  #states: Uint8Array = new Uint8Array(4096)
  #statesLength = 0
  #isChanged = false
  /** Payload lengths by scope and by group; -1 where it is left as it was, -2 where it goes. */
  #scopeLengths = new Int32Array(16)
  #groupLengths = new Int32Array(16)
  #out: Uint8Array = emptyBytes
  #outLength = 0
  /** The request up to here is copied or left out. */
  #copiedUpTo = 0

  /** `key` is the attribute that verdicts depend on. */
  constructor(key: AttributeKey) {
    this.spans = new SpanIndex(key)
  }

  /** Reads a valid request; false where only a walk through views knows what it means. */
  begin(request: Uint8Array): boolean {
    this.droppedCount = 0
    this.#statesLength = 0
    this.#isChanged = false
    if (!this.spans.read(request)) return false
    const { spanCount } = this.spans
    if (this.#verdicts.length < spanCount) {
      const room = spanCount + (spanCount >>> 1)
      this.#verdicts = new Int32Array(room)
      this.#stateEnds = new Int32Array(room)
    }
    return true
  }

  keep(span: number): void {
    this.#verdicts[span] = kept
  }

  drop(span: number): void {
    this.#verdicts[span] = dropped
    this.droppedCount++
    this.#isChanged = true
  }

  /** Keeps the span with that tracestate, which is copied. */
  keepWithState(span: number, state: Uint8Array): void {
    const { length } = state
    const start = this.#statesLength
    if (start + length + headerBytesMax > this.#states.length) this.#growStates(length + headerBytesMax)
    const states = this.#states
    states[start] = stateTag
    const from = putVarint(states, start + 1, length)
    for (let i = 0; i < length; i++) states[from + i] = state[i]!
    this.#statesLength = from + length
    this.#stateEnds[span] = from + length
    this.#verdicts[span] = start
    this.#isChanged = true
  }

  /** What is left of the request: the same array where that is everything. */
  finish(): Uint8Array {
    const { request } = this.spans
    if (!this.#isChanged) return request
    const total = this.#measure()
    // Memory that is not cleared first: every byte of it is written below.
    this.#out = new Uint8Array(Buffer.allocUnsafeSlow(total).buffer)
    this.#outLength = 0
    this.#copiedUpTo = 0
    this.#write()
    const out = this.#out
    this.#out = emptyBytes
    return out
  }

  release(): void {
    this.spans.release()
    if (this.#states.length > keptBytesMax) this.#states = new Uint8Array(4096)
    if (this.#verdicts.length * 4 > keptBytesMax) {
      this.#verdicts = new Int32Array(512)
      this.#stateEnds = new Int32Array(512)
    }
  }

  /** Finds the new lengths of scopes and groups; returns the length of all. */
  #measure(): number {
    const { groups, groupCount, scopeCount, request } = this.spans
    if (this.#scopeLengths.length < scopeCount) this.#scopeLengths = new Int32Array(scopeCount * 2)
    if (this.#groupLengths.length < groupCount) this.#groupLengths = new Int32Array(groupCount * 2)
    let total = request.length
    for (let g = 0; g < groupCount; g++) {
      const at = g * groupColumns
      const end = groups[at + 2]!
      let length = end - groups[at + 1]!
      let isChanged = false
      let goneCount = 0
      for (let s = groups[at + 3]!; s < groups[at + 4]!; s++) {
        const more = this.#measureScope(s)
        const scopeLength = this.#scopeLengths[s]!
        if (scopeLength !== kept) isChanged = true
        if (scopeLength === dropped) goneCount++
        length += more
      }
      const before = end - groups[at]!
      if (goneCount > 0 && goneCount === groups[at + 4]! - groups[at + 3]!) {
        this.#groupLengths[g] = dropped
        total -= before
      } else if (isChanged) {
        this.#groupLengths[g] = length
        total += 1 + varintLength(length) + length - before
      } else this.#groupLengths[g] = kept
    }
    return total
  }

  /** How much longer the scope's field becomes. */
  #measureScope(scope: number): number {
    const { spans } = this
    const { scopes } = spans
    const verdicts = this.#verdicts
    const at = scope * groupColumns
    const first = scopes[at + 3]!
    const last = scopes[at + 4]!
    const end = scopes[at + 2]!
    let length = end - scopes[at + 1]!
    let goneCount = 0
    let isChanged = false
    for (let i = first; i < last; i++) {
      const verdict = verdicts[i]!
      if (verdict === kept) continue
      isChanged = true
      length -= spans.fieldEnd(i) - spans.fieldStart(i)
      if (verdict === dropped) goneCount++
      else {
        const payload = this.#payloadLength(i, verdict)
        length += 1 + varintLength(payload) + payload
      }
    }
    const before = end - scopes[at]!
    if (goneCount > 0 && goneCount === last - first) {
      this.#scopeLengths[scope] = dropped
      return -before
    }
    this.#scopeLengths[scope] = isChanged ? length : kept
    return isChanged ? 1 + varintLength(length) + length - before : 0
  }

  #write(): void {
    const { groups, groupCount, scopes, request } = this.spans
    for (let g = 0; g < groupCount; g++) {
      const at = g * groupColumns
      const length = this.#groupLengths[g]!
      if (!this.#enter(groups, at, groupTag, length)) continue
      for (let s = groups[at + 3]!; s < groups[at + 4]!; s++) {
        const scopeAt = s * groupColumns
        if (!this.#enter(scopes, scopeAt, scopeTag, this.#scopeLengths[s]!)) continue
        this.#writeSpans(scopes[scopeAt + 3]!, scopes[scopeAt + 4]!)
      }
    }
    this.#copyTo(request.length)
  }

  /** Writes the header of a group; false where it goes or stays as a whole. */
  #enter(rows: Int32Array, at: number, tag: number, length: number): boolean {
    if (length === kept) return false
    this.#copyTo(rows[at]!)
    if (length === dropped) {
      this.#copiedUpTo = rows[at + 2]!
      return false
    }
    this.#header(tag, length)
    this.#copiedUpTo = rows[at + 1]!
    return true
  }

  #writeSpans(first: number, last: number): void {
    const { spans } = this
    const verdicts = this.#verdicts
    for (let i = first; i < last; i++) {
      const verdict = verdicts[i]!
      if (verdict === kept) continue
      const end = spans.fieldEnd(i)
      this.#copyTo(spans.fieldStart(i))
      if (verdict !== dropped) {
        this.#header(spanTag, this.#payloadLength(i, verdict))
        this.#copiedUpTo = spans.valueStart(i)
        const state = spans.stateField(i)
        this.#copyTo(state === 0 ? end : state)
        this.#writeState(verdict, this.#stateEnds[i]!)
        if (state === 0) continue
        this.#copiedUpTo = spans.stateEnd(i)
        this.#copyTo(end)
      }
      this.#copiedUpTo = end
    }
  }

  #payloadLength(span: number, state: number): number {
    const { spans } = this
    const old = spans.stateField(span)
    const oldLength = old === 0 ? 0 : spans.stateEnd(span) - old
    return spans.fieldEnd(span) - spans.valueStart(span) - oldLength + this.#stateEnds[span]! - state
  }

  #writeState(start: number, end: number): void {
    const states = this.#states
    const out = this.#out
    let offset = this.#outLength
    for (let i = start; i < end; i++) out[offset++] = states[i]!
    this.#outLength = offset
  }

  #header(tag: number, length: number): void {
    this.#out[this.#outLength] = tag
    this.#outLength = putVarint(this.#out, this.#outLength + 1, length)
  }

  /** Copies everything up to `end` that is neither copied nor left out. */
  #copyTo(end: number): void {
    const start = this.#copiedUpTo
    if (start >= end) return
    copyRange(this.spans.request, this.#out, this.#outLength, start, end)
    this.#outLength += end - start
    this.#copiedUpTo = end
  }

  #growStates(moreBytes: number): void {
    const grown = new Uint8Array(this.#states.length * 2 + moreBytes)
    grown.set(this.#states.subarray(0, this.#statesLength))
    this.#states = grown
  }
}

const emptyBytes: Uint8Array = new Uint8Array(0)
