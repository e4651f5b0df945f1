import type { ConditionSubject } from '../../pdata/condition.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import type { ResourceView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict, type WalkHooks } from '../../pdata/walk-hooks.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { CountConfig, CountMetricConfig } from './config.ts'
import { Counter } from './counter.ts'

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
  readonly #subject: ConditionSubject = {
    resource: undefined as unknown as ResourceView,
    record: undefined,
    metric: undefined,
    metadata: undefined,
  }
  readonly #writer = new WireWriter()
  #resource: Uint8Array = new Uint8Array(0)
  #pointCount = 0
  #startNs = 0n
  #timeNs = 0n

  constructor(signal: Signal, config: CountConfig) {
    this.#signal = signal
    const { items, others } = countersOf(signal, config)
    this.#items = items
    this.#others = others
    this.#walk = new StageWalk(signal, [this.#hooks()])
  }

  /** Undefined where nothing was counted. Throws `WireError` where the batch is malformed. */
  count(batch: OtlpBatch, startNs: bigint, timeNs: bigint): CountedRequest | undefined {
    this.#writer.reset()
    this.#pointCount = 0
    this.#startNs = startNs
    this.#timeNs = timeNs
    this.#subject.metadata = batch.metadata
    // A batch that turned out to be malformed may have left something behind.
    for (const counter of [...this.#items, ...this.#others]) counter.clear()
    this.#walk.run(batch.bytes)
    this.#leaveResource()
    return this.#pointCount === 0 ? undefined : { bytes: this.#writer.finish(), pointCount: this.#pointCount }
  }

  #hooks(): WalkHooks {
    const resource = (view: ResourceView): Verdict => {
      this.#enterResource(view)
      return keep
    }
    if (this.#signal === 'logs') return { resource, logRecord: view => this.#see(this.#items, view) }
    if (this.#signal === 'traces') return { resource, span: view => this.#span(view) }
    return {
      resource,
      metric: view => this.#see(this.#others, undefined, view),
      dataPoint: (view, metric) => this.#see(this.#items, view, metric),
    }
  }

  #span(span: SpanView): Verdict {
    this.#see(this.#items, span)
    span.events.rewind()
    while (span.events.next()) this.#see(this.#others, span.event)
    return keep
  }

  #see(counters: readonly Counter[], record: ConditionSubject['record'], metric?: MetricView): Verdict {
    const subject = this.#subject
    subject.record = record
    subject.metric = metric
    for (let i = 0; i < counters.length; i++) counters[i]!.see(subject)
    return keep
  }

  #enterResource(resource: ResourceView): void {
    this.#leaveResource()
    this.#subject.resource = resource
    const { workspace, start, end } = resource.message
    this.#resource = copyBytes(workspace.bytes, start, end)
  }

  #leaveResource(): void {
    const counters = [...this.#items, ...this.#others].filter(counter => !counter.isEmpty)
    if (counters.length === 0) return
    const writer = this.#writer
    const group = writer.open(otlp.requestResources)
    if (this.#resource.length > 0) writer.bytesField(otlp.groupResource, this.#resource)
    const scopeGroup = writer.open(otlp.groupScopes)
    const scope = writer.open(otlp.scopeGroupScope)
    writer.stringField(otlp.scopeName, scopeName)
    writer.close(scope)
    for (const counter of counters) this.#pointCount += counter.write(writer, this.#startNs, this.#timeNs)
    writer.close(scopeGroup)
    writer.close(group)
  }
}

const everything: CountMetricConfig = { description: '', conditions: [], attributes: [] }

/** Without any metric of one's own there is the default one, which counts everything. */
function countersOf(signal: Signal, config: CountConfig): { items: Counter[]; others: Counter[] } {
  const counters = (metrics: Readonly<Record<string, CountMetricConfig>>, name: string, description: string) => {
    const own = Object.entries(metrics).map(([metricName, metric]) => new Counter(metricName, metric))
    return own.length > 0 ? own : [new Counter(name, { ...everything, description })]
  }
  if (signal === 'traces') {
    return {
      items: counters(config.spans, 'trace.span.count', 'The number of spans observed.'),
      others: counters(config.spanEvents, 'trace.span.event.count', 'The number of span events observed.'),
    }
  }
  if (signal === 'metrics') {
    return {
      items: counters(config.dataPoints, 'metric.datapoint.count', 'The number of data points observed.'),
      others: counters(config.metrics, 'metric.count', 'The number of metrics observed.'),
    }
  }
  return { items: counters(config.logs, 'log.record.count', 'The number of log records observed.'), others: [] }
}
