import { type ContextName, OttlContext } from '../../ottl/context.ts'
import { anyEvent } from '../../ottl/events.ts'
import type { DataPointView, MetricView } from '../../pdata/metric-views.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import type { LogRecordView, ResourceView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict, type WalkHooks } from '../../pdata/walk-hooks.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { CountConfig, CountMetricConfig } from './config.ts'
import { Counter } from './counter.ts'
import { TimeRange } from './time-range.ts'

const scopeName = 'sluice/connector/count'

/** A metrics request, and how many data points it holds. */
export interface CountedRequest {
  readonly bytes: Uint8Array
  readonly pointCount: number
}

/** Counts one signal's batches: one walk, and one metrics request with a resource for each resource of the batch. */
export class CountWalk {
  readonly #signal: Signal
  /** Spans, log records or data points. */
  readonly #items: readonly Counter[]
  /** Span events or metrics. */
  readonly #others: readonly Counter[]
  readonly #walk: StageWalk
  readonly #context = new OttlContext()
  readonly #itemTimes = new TimeRange()
  readonly #otherTimes = new TimeRange()
  readonly #writer = new WireWriter()
  #resource: Uint8Array = new Uint8Array(0)
  #pointCount = 0
  #nowNs = 0n

  /** `noteError` hears of each condition that could not be evaluated. */
  constructor(signal: Signal, config: CountConfig, noteError: () => void = () => {}) {
    this.#signal = signal
    const { items, others } = countersOf(signal, config, noteError)
    this.#items = items
    this.#others = others
    this.#walk = new StageWalk(signal, [this.#hooks()])
  }

  /** Undefined where nothing was counted. Throws `WireError` where the batch is malformed. */
  count(batch: OtlpBatch, nowNs: bigint): CountedRequest | undefined {
    this.#writer.reset()
    this.#pointCount = 0
    this.#nowNs = nowNs
    // A batch that turned out to be malformed may have left something behind.
    for (const counter of [...this.#items, ...this.#others]) counter.clear()
    this.#itemTimes.clear()
    this.#otherTimes.clear()
    this.#walk.run(batch.bytes)
    this.#leaveResource()
    return this.#pointCount === 0 ? undefined : { bytes: this.#writer.finish(), pointCount: this.#pointCount }
  }

  #hooks(): WalkHooks {
    const resource = (view: ResourceView): Verdict => {
      this.#enterResource(view)
      return keep
    }
    if (this.#signal === 'logs') return { resource, logRecord: view => this.#logRecord(view) }
    if (this.#signal === 'traces') return { resource, span: view => this.#span(view) }
    return {
      resource,
      metric: view => this.#metric(view),
      dataPoint: (view, metric) => this.#dataPoint(view, metric),
    }
  }

  #span(span: SpanView): Verdict {
    const context = this.#context.around(span)
    context.span = span
    this.#itemTimes.note(span.message, otlp.spanStartTime)
    this.#itemTimes.note(span.message, otlp.spanEndTime)
    this.#see(this.#items, span)
    anyEvent(context, span, () => {
      this.#otherTimes.note(span.event.message, otlp.eventTime)
      this.#see(this.#others, span.event)
      return false
    })
    return keep
  }

  #logRecord(record: LogRecordView): Verdict {
    this.#context.around(record).log = record
    this.#itemTimes.note(record.message, otlp.logTime)
    this.#see(this.#items, record)
    return keep
  }

  #metric(metric: MetricView): Verdict {
    this.#context.enterMetric(metric)
    this.#see(this.#others, undefined)
    return keep
  }

  #dataPoint(point: DataPointView, metric: MetricView): Verdict {
    this.#context.enterMetric(metric).point = point
    this.#itemTimes.note(point.message, otlp.pointTime)
    this.#see(this.#items, point)
    return keep
  }

  #see(counters: readonly Counter[], item: Parameters<Counter['see']>[1]): void {
    for (let i = 0; i < counters.length; i++) counters[i]!.see(this.#context, item)
  }

  #enterResource(resource: ResourceView): void {
    this.#leaveResource()
    const { workspace, start, end } = resource.message
    this.#resource = copyBytes(workspace.bytes, start, end)
  }

  #leaveResource(): void {
    const isCounted = ({ isEmpty }: Counter) => !isEmpty
    if (this.#items.some(isCounted) || this.#others.some(isCounted)) this.#writeResource()
    this.#itemTimes.clear()
    this.#otherTimes.clear()
  }

  #writeResource(): void {
    const writer = this.#writer
    const group = writer.open(otlp.requestResources)
    if (this.#resource.length > 0) writer.bytesField(otlp.groupResource, this.#resource)
    const scopeGroup = writer.open(otlp.groupScopes)
    const scope = writer.open(otlp.scopeGroupScope)
    writer.stringField(otlp.scopeName, scopeName)
    writer.close(scope)
    this.#write(this.#items, this.#itemTimes)
    this.#write(this.#others, this.#otherTimes)
    writer.close(scopeGroup)
    writer.close(group)
  }

  #write(counters: readonly Counter[], times: TimeRange): void {
    for (const counter of counters) {
      if (!counter.isEmpty) this.#pointCount += counter.write(this.#writer, times, this.#nowNs)
    }
  }
}

const everything: CountMetricConfig = { description: '', conditions: [], attributes: [] }

/** Without any metric of one's own there is the default one, which counts everything. */
function countersOf(
  signal: Signal,
  config: CountConfig,
  noteError: () => void,
): { items: Counter[]; others: Counter[] } {
  const counters = (
    own: ContextName,
    metrics: Readonly<Record<string, CountMetricConfig>>,
    name: string,
    description: string,
  ) => {
    const wanted = Object.entries(metrics)
    const all = wanted.length > 0 ? wanted : [[name, { ...everything, description }] as const]
    return all.map(([metricName, metric]) => new Counter(metricName, metric, own, noteError))
  }
  const { spans, spanEvents, dataPoints, metrics, logs } = config
  switch (signal) {
    case 'traces':
      return {
        items: counters('span', spans, 'trace.span.count', 'The number of spans observed.'),
        others: counters('spanevent', spanEvents, 'trace.span.event.count', 'The number of span events observed.'),
      }
    case 'metrics':
      return {
        items: counters('datapoint', dataPoints, 'metric.datapoint.count', 'The number of data points observed.'),
        others: counters('metric', metrics, 'metric.count', 'The number of metrics observed.'),
      }
    default:
      return { items: counters('log', logs, 'log.record.count', 'The number of log records observed.'), others: [] }
  }
}
