import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { SpanReader, SurroundingReader } from '../../pdata/record-reader.ts'
import { StepQuestions } from '../../pdata/step-questions.ts'
import { ValueReader } from '../../pdata/value.ts'
import { SpanIndex } from './span-index.ts'
import type { SpanMatcher } from './span-matcher.ts'
import { TraceTable } from './trace-table.ts'

/** Fields that every trace is told by. */
const spanFields = [otlp.spanTraceId, otlp.spanParentSpanId, otlp.spanStartTime, otlp.spanEndTime]
const costKey = new AttributeKey('gen_ai.usage.cost')
/** Spans that wait by trace, with what the policies need to know of each trace gathered as its spans arrive. */
export class TraceStore {
  readonly table: TraceTable
  readonly spans = new SpanIndex()
  readonly #matchers: readonly SpanMatcher[]
  readonly #usesCost: boolean
  readonly #resourceHits: Uint32Array
  readonly #value = new ValueReader()
  #resourceSeen = -1

  constructor(tracesMax: number, matchers: readonly SpanMatcher[], usesCost: boolean) {
    this.#matchers = matchers
    this.#usesCost = usesCost
    const words = Math.max(1, Math.ceil(matchers.length / 32))
    this.table = new TraceTable(tracesMax, words)
    this.#resourceHits = new Uint32Array(words)
  }

  /** What the policies ask about spans; undefined where some of it is seen through views only. */
  questions(): StepQuestions | undefined {
    const questions = new StepQuestions()
    for (const field of spanFields) questions.fields |= 1 << field
    if (this.#usesCost) questions.attributes.set(costKey.text, costKey)
    return this.#matchers.every(matcher => matcher.ask?.(questions) ?? true) ? questions : undefined
  }

  /** A new request: resources seen before are not the ones that follow. */
  enterRequest(): void {
    this.#resourceSeen = -1
  }

  /** Adds a span to its undecided trace. */
  addSpan(
    slot: number,
    span: SpanReader,
    resource: SurroundingReader,
    resourceIndex: number,
    place: number,
    size: number,
  ): void {
    const { table, spans } = this
    if (table.firstSpan[slot] === -1) table.firstSpan[slot] = place
    else spans.link(table.lastSpan[slot]!, place)
    table.lastSpan[slot] = place
    table.spanCount[slot]!++
    table.sizeBytes[slot]! += size
    const startMs = span.message.milliseconds(otlp.spanStartTime)
    const endMs = span.message.milliseconds(otlp.spanEndTime)
    if (table.minStartMs[slot] === 0 || startMs < table.minStartMs[slot]!) table.minStartMs[slot] = startMs
    if (endMs > table.maxEndMs[slot]!) table.maxEndMs[slot] = endMs
    if (this.#usesCost) table.cost[slot]! += this.#costOf(span)
    if (this.#matchers.length > 0) this.#match(slot, span, resource, resourceIndex)
  }

  /** Takes the trace's spans out of the wait; the caller has done with them. */
  releaseSpans(slot: number): void {
    const { table, spans } = this
    for (let span = table.firstSpan[slot]!; span !== -1; ) {
      const next = spans.next(span)
      spans.remove(span)
      span = next
    }
    table.firstSpan[slot] = -1
    table.lastSpan[slot] = -1
  }

  #match(slot: number, span: SpanReader, resource: SurroundingReader, resourceIndex: number): void {
    if (this.#resourceSeen !== resourceIndex) {
      this.#resourceSeen = resourceIndex
      this.#matchResource(resource)
    }
    const { table } = this
    const base = slot * table.hitWords
    for (let word = 0; word < table.hitWords; word++) table.hits[base + word]! |= this.#resourceHits[word]!
    for (let bit = 0; bit < this.#matchers.length; bit++) {
      const word = base + (bit >>> 5)
      const mask = 1 << (bit & 31)
      if ((table.hits[word]! & mask) !== 0) continue
      const matcher = this.#matchers[bit]!
      if (matcher.hasFailed !== undefined && this.#isSet(slot, bit + 1)) continue
      const isMatch = matcher.span?.(span) || matcher.attributes?.(span.attributes)
      if (isMatch) table.hits[word]! |= mask
      else if (matcher.hasFailed?.()) table.hits[slot * table.hitWords + ((bit + 1) >>> 5)]! |= 1 << ((bit + 1) & 31)
    }
  }

  #isSet(slot: number, bit: number): boolean {
    return (this.table.hits[slot * this.table.hitWords + (bit >>> 5)]! & (1 << (bit & 31))) !== 0
  }

  #matchResource(resource: SurroundingReader): void {
    this.#resourceHits.fill(0)
    const { attributes } = resource
    for (const [bit, matcher] of this.#matchers.entries()) {
      if (matcher.attributes?.(attributes)) this.#resourceHits[bit >>> 5]! |= 1 << (bit & 31)
    }
  }

  #costOf(span: SpanReader): number {
    const { attributes } = span
    const index = attributes.find(costKey)
    if (index < 0) return 0
    const cost = this.#value.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index)).number()
    return cost > 0 ? cost : 0
  }
}
