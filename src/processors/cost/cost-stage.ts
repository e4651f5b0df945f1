import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import { roleIndex } from '../../model-calls/attribute-roles.ts'
import { hashRange } from '../../model-calls/byte-hash.ts'
import { CallReader } from '../../model-calls/call-reader.ts'
import type { CacheCounting } from '../../model-calls/usage.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { ResourceView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import type { CostConfig } from './config.ts'
import { CostWriter } from './cost-writer.ts'
import { OperationRules } from './operation-rules.ts'
import { Pricer } from './pricer.ts'
import { SeenCalls } from './seen-calls.ts'
import { SpendBook } from './spend-book.ts'
import { TelemetryMeter } from './telemetry-meter.ts'

/** What the companion tells the stages. */
export interface CostContext {
  /** Attribute keys that budgets are kept by. */
  readonly scopes: readonly string[]
}

const responseIdPlace = roleIndex('responseId')
const ownCost = new AttributeKey('sluice.cost.status')

/** Prices model calls and other paid operations on their spans. Spans that are neither cost a look at their keys. */
export class CostStage implements StageProcessor {
  readonly reads: readonly StagePart[] = ['resource', 'scope']
  readonly #config: CostConfig
  readonly #reader = new CallReader()
  readonly #writer: CostWriter
  readonly #book: SpendBook
  readonly #seen = new SeenCalls()
  readonly #operations: OperationRules
  readonly #countings: ReadonlyMap<string, CacheCounting>
  readonly #meter: TelemetryMeter | undefined
  #pricer: Pricer | undefined
  #nowMs = 0

  constructor(config: CostConfig, context: CostContext) {
    this.#config = config
    this.#writer = new CostWriter(config)
    this.#book = new SpendBook(context.scopes)
    this.#operations = new OperationRules(config.operations)
    this.#meter = config.telemetry && new TelemetryMeter(config.telemetry.position)
    this.#countings = new Map(config.scopes.map(({ name, cacheCounting }) => [name, cacheCounting]))
  }

  resource(resource: ResourceView): Verdict {
    this.#nowMs = performance.now()
    this.#book.enterResource()
    this.#meter?.enterResource(resource)
    return keep
  }

  logRecord(): Verdict {
    this.#meter?.countItem()
    return keep
  }

  dataPoint(): Verdict {
    this.#meter?.countItem()
    return keep
  }

  span(span: SpanView): Verdict {
    this.#meter?.countItem()
    if (this.#reader.read(span)) {
      // A span that another agent of ours has priced keeps what was found there, and is not booked twice.
      if (this.#config.overwrite || span.attributes.find(ownCost) < 0) this.#priceCall(span)
    } else if (!this.#operations.isEmpty) this.#priceOperation(span)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    const counts = this.#book.take()
    return this.#meter === undefined ? counts : new Map([...counts, ...this.#meter.take()])
  }

  #priceCall(span: SpanView): void {
    const reader = this.#reader
    this.#pricer ??= new Pricer(this.#config)
    const pricer = this.#pricer
    const endMs = span.message.milliseconds(otlp.spanEndTime)
    const durationMs = Math.max(0, endMs - span.message.milliseconds(otlp.spanStartTime))
    const counting = this.#countings.size === 0 ? undefined : this.#countings.get(span.scope.name)
    const status = pricer.price(
      reader,
      counting ?? this.#config.cacheCounting,
      endMs > 0 ? endMs : Date.now(),
      durationMs,
      this.#nowMs,
    )
    const entry = pricer.entry!
    const isDuplicate = this.#config.deduplicate && this.#isDuplicate(span)
    if (isDuplicate) this.#book.bookUnpriced(entry, 'duplicate')
    else if (status === 'unknown_model' || status === 'no_usage') this.#book.bookUnpriced(entry, status)
    else this.#book.bookCall(span, reader, entry, pricer.cost.total, pricer.usage)
    this.#writer.write(span.attributes, isDuplicate ? 'duplicate' : status, pricer)
  }

  #isDuplicate(span: SpanView): boolean {
    const { roles, values } = this.#reader
    const index = roles.indexOf[responseIdPlace]!
    const trace = span.traceIdStart
    const spanId = span.spanIdStart
    if (index < 0 || trace === 0 || spanId === 0) return false
    const { view } = span.message.workspace
    const start = values.start(index)
    const end = values.end(index)
    // Trace and span ids are random already.
    const low = hashRange(view.getInt32(trace, true), view, start, end)
    const high = hashRange(~view.getInt32(trace + 4, true), view, start, end)
    return this.#seen.isDuplicate(low, high ^ view.getInt32(trace + 8, true), view.getInt32(spanId + 4, true))
  }

  #priceOperation(span: SpanView): void {
    const found = this.#operations.find(span)
    if (found === undefined) return
    this.#book.bookOperation(span, found.name, found.cost)
    this.#operations.write(span.attributes, found)
  }
}
