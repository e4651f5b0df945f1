import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import { roleIndex } from '../../model-calls/attribute-roles.ts'
import { CallReader } from '../../model-calls/call-reader.ts'
import { ScopeCountings } from '../../model-calls/scope-countings.ts'
import type { CacheCounting } from '../../model-calls/usage.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { CallDuplicates } from './call-duplicates.ts'
import type { CostConfig } from './config.ts'
import { CostWriter } from './cost-writer.ts'
import { OperationRules } from './operation-rules.ts'
import { type CostStatus, Pricer } from './pricer.ts'
import { type CallCarrier, SpendBook } from './spend-book.ts'
import { TelemetryMeter } from './telemetry-meter.ts'

/** What the companion tells the stages. */
export interface CostContext {
  /** Attribute keys that budgets are kept by. */
  readonly scopes: readonly string[]
  /** Where the stages on all threads remember calls. */
  readonly calls?: SharedArrayBuffer
}

const costStatusPlace = roleIndex('costStatus')

/** Prices model calls and other paid operations on their spans. Spans that are neither cost a look at their keys. */
export class CostStage implements StageProcessor {
  readonly reads: readonly StagePart[] = ['resource', 'scope']
  readonly #config: CostConfig
  readonly #reader = new CallReader()
  readonly #writer: CostWriter
  readonly #book: SpendBook
  readonly #calls: SharedArrayBuffer | undefined
  #duplicates: CallDuplicates | undefined
  readonly #operations: OperationRules
  readonly #countings: ScopeCountings
  readonly #meter: TelemetryMeter | undefined
  #pricer: Pricer | undefined
  #nowMs = 0
  /** Of the scope that the walk is in; undefined until a call asks. */
  #counting: CacheCounting | undefined

  constructor(config: CostConfig, context: CostContext) {
    this.#config = config
    this.#writer = new CostWriter(config)
    this.#book = new SpendBook(context.scopes)
    this.#calls = context.calls
    this.#operations = new OperationRules(config.operations)
    this.#meter = config.telemetry && new TelemetryMeter(config.telemetry.position)
    const ownCountings = config.scopes.map(({ name, cacheCounting }) => [name, cacheCounting] as const)
    this.#countings = new ScopeCountings(config.cacheCounting, new Map(ownCountings))
  }

  resource(resource: ResourceView): Verdict {
    // The global's getter takes longer than a span's whole price: only where a file may change.
    if (this.#config.priceFile !== '') this.#nowMs = performance.now()
    this.#book.enterResource()
    this.#meter?.enterResource(resource)
    return keep
  }

  scope(): Verdict {
    this.#counting = undefined
    return keep
  }

  logRecord(record: LogRecordView): Verdict {
    this.#meter?.countItem()
    if (this.#reader.readEvent(record) && (this.#config.overwrite || !this.#isPriced())) this.#priceEvent(record)
    return keep
  }

  dataPoint(): Verdict {
    this.#meter?.countItem()
    return keep
  }

  span(span: SpanView): Verdict {
    this.#meter?.countItem()
    if (this.#reader.read(span)) {
      if (this.#config.overwrite || !this.#isPriced()) this.#priceCall(span)
    } else if (!this.#operations.isEmpty) this.#priceOperation(span)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    const counts = this.#book.take()
    return this.#meter === undefined ? counts : new Map([...counts, ...this.#meter.take()])
  }

  /** What another agent of ours has priced keeps what was found there, and is not booked twice. */
  #isPriced(): boolean {
    return this.#reader.roles.indexOf[costStatusPlace]! >= 0
  }

  #priceCall(span: SpanView): void {
    const reader = this.#reader
    this.#pricer ??= new Pricer(this.#config)
    const pricer = this.#pricer
    const endMs = span.message.milliseconds(otlp.spanEndTime)
    const durationMs = Math.max(0, endMs - span.message.milliseconds(otlp.spanStartTime))
    this.#counting ??= this.#enterScope(span.scope)
    const status = pricer.price(reader, this.#counting, endMs > 0 ? endMs : Date.now(), durationMs, this.#nowMs)
    // Where only one of two instrumentations knows the usage, that one has the price.
    const isPriced = status !== 'unknown_model' && status !== 'no_usage'
    const isDuplicate = this.#config.deduplicate && this.#duplicates!.isDuplicate(span, reader, pricer.usage, isPriced)
    const written = isDuplicate ? 'duplicate' : status
    this.#bookCall(span, written, pricer)
    this.#writer.write(span, reader, written, pricer)
  }

  #priceEvent(record: LogRecordView): void {
    this.#pricer ??= new Pricer(this.#config)
    const pricer = this.#pricer
    const { message } = record
    const timeMs = message.milliseconds(otlp.logTime) || message.milliseconds(otlp.logObservedTime) || Date.now()
    this.#counting ??= this.#enterScope(record.scope)
    const status = pricer.price(this.#reader, this.#counting, timeMs, 0, this.#nowMs)
    const written = this.#config.deduplicate && this.#reader.isRepeated ? 'duplicate' : status
    this.#bookCall(record, written, pricer)
    this.#writer.writeEvent(record, written, pricer)
  }

  #bookCall(carrier: CallCarrier, status: CostStatus | 'duplicate', { entry, cost, usage }: Pricer): void {
    if (status === 'duplicate' || status === 'unknown_model' || status === 'no_usage') {
      this.#book.bookUnpriced(entry!, status)
    } else this.#book.bookCall(carrier, this.#reader, entry!, cost.total, usage)
  }

  #enterScope(scope: ScopeView): CacheCounting {
    const counting = this.#countings.of(scope)
    this.#duplicates ??= new CallDuplicates(this.#calls)
    this.#duplicates.enterScope(this.#countings.hash)
    return counting
  }

  #priceOperation(span: SpanView): void {
    const found = this.#operations.find(span)
    if (found === undefined) return
    this.#book.bookOperation(span, found.name, found.cost)
    this.#operations.write(span.attributes, found)
  }
}
