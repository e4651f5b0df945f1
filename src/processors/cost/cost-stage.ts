import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import { roleIndex } from '../../model-calls/role-traits.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { RecordEditor } from '../../pdata/record-editor.ts'
import type { LogRecordView, ResourceView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { CallPricing } from './call-pricing.ts'
import type { CostConfig } from './config.ts'
import type { CostContext } from './cost-context.ts'
import { CostWriter } from './cost-writer.ts'
import { OperationRules } from './operation-rules.ts'
import { OrdinaryCalls } from './ordinary-calls.ts'
import { OrdinaryEvents } from './ordinary-events.ts'
import { TelemetryMeter } from './telemetry-meter.ts'

const existingCostPlace = roleIndex('existingCost')
const paidOperationPlace = roleIndex('paidOperation')

/** Prices model calls and other paid operations on their spans. Spans that are neither cost a look at their keys. */
export class CostStage implements StageProcessor {
  readonly reads: readonly StagePart[] = ['resource', 'scope']
  readonly editor: RecordEditor | undefined
  readonly #config: CostConfig
  readonly #pricing: CallPricing
  readonly #writer: CostWriter
  readonly #operations: OperationRules
  readonly #meter: TelemetryMeter | undefined
  readonly #countsPriced: boolean

  constructor(config: CostConfig, context: CostContext, signal: Signal) {
    this.#config = config
    this.#pricing = new CallPricing(config, context)
    this.#writer = new CostWriter(config)
    this.#operations = new OperationRules(config.operations)
    this.#meter = config.telemetry && new TelemetryMeter(config.telemetry.position)
    this.#countsPriced = context.countsPriced ?? false
    this.editor = this.#meter === undefined && !this.#countsPriced ? this.#editorFor(signal) : undefined
  }

  resource(resource: ResourceView): Verdict {
    this.#pricing.enterResource(resource)
    this.#meter?.enterResource(resource)
    return keep
  }

  scope(): Verdict {
    this.#pricing.enterScope()
    return keep
  }

  logRecord(record: LogRecordView): Verdict {
    this.#meter?.countItem()
    const pricing = this.#pricing
    if (!pricing.reader.readEvent(record)) return keep
    if (this.#config.overwrite || !pricing.reader.isPriced) {
      this.#writer.writeEvent(record, pricing.priceEvent(record.scope), pricing.pricer)
    } else if (this.#countsPriced) pricing.bookPriced(record.scope)
    return keep
  }

  dataPoint(): Verdict {
    this.#meter?.countItem()
    return keep
  }

  span(span: SpanView): Verdict {
    this.#meter?.countItem()
    const { reader } = this.#pricing
    if (reader.read(span)) {
      if (this.#config.overwrite || !reader.isPriced) {
        this.#writer.write(span, reader, this.#pricing.priceCall(span.scope), this.#pricing.pricer)
      } else if (this.#countsPriced) this.#pricing.bookPriced(span.scope)
    } else if (this.#countsPriced && this.#bookPaidOperation(span)) return keep
    else if (!this.#operations.isEmpty) this.#priceOperation(span)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    const counts = this.#pricing.take()
    return this.#meter === undefined ? counts : new Map([...counts, ...this.#meter.take()])
  }

  #editorFor(signal: Signal): RecordEditor | undefined {
    if (signal === 'logs') return new OrdinaryEvents()
    if (signal !== 'traces' || !this.#operations.isEmpty || !this.#writer.writesBlocks) return undefined
    return new OrdinaryCalls(this.#pricing, this.#writer, this.#config.overwrite)
  }

  /** What an agent of ours has found that an operation cost which is no call. */
  #bookPaidOperation(span: SpanView): boolean {
    const { reader, book } = this.#pricing
    if (!reader.readRoles(span)) return false
    const { values } = reader
    const cost = values.number(existingCostPlace)
    if (!values.has(paidOperationPlace) || Number.isNaN(cost)) return false
    reader.span.take(span)
    book.bookOperation(reader, values.text(paidOperationPlace), cost)
    return true
  }

  #priceOperation(span: SpanView): void {
    const found = this.#operations.find(span)
    if (found === undefined) return
    const { reader, book } = this.#pricing
    reader.readRoles(span)
    reader.span.take(span)
    book.bookOperation(reader, found.name, found.cost)
    this.#operations.write(span.attributes, found)
  }
}
