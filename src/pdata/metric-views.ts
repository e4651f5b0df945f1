import { applyRanges } from './apply-ranges.ts'
import type { AttributeList } from './attribute-list.ts'
import { ChildList } from './child-list.ts'
import { MessageView } from './message-view.ts'
import * as otlp from './otlp-fields.ts'
import * as schema from './schema.ts'
import type { ResourceView, ScopeView } from './views.ts'
import type { Workspace } from './workspace.ts'

/** The five kinds of data of a metric, by field number. */
const metricDataFields = [
  otlp.metricGauge,
  otlp.metricSum,
  otlp.metricHistogram,
  otlp.metricExponentialHistogram,
  otlp.metricSummary,
] as const

/** `Exemplar`. */
export class ExemplarView {
  readonly message: MessageView

  constructor(workspace: Workspace) {
    this.message = new MessageView(workspace, schema.exemplarType)
  }

  /** `filtered_attributes`. */
  get attributes(): AttributeList {
    return this.message.attributes
  }
}

/** A data point of any of the five kinds; `kind` says which, by the metric's field number. */
export class DataPointView {
  readonly message: MessageView
  readonly exemplars: ChildList
  readonly exemplar: ExemplarView
  /** `metricGauge`, `metricSum`, `metricHistogram`, `metricExponentialHistogram` or `metricSummary`; 0 for none. */
  kind = 0

  constructor(workspace: Workspace) {
    this.message = new MessageView(workspace, schema.numberPointType)
    this.exemplar = new ExemplarView(workspace)
    this.exemplars = new ChildList(this.message, 0, this.exemplar.message)
  }

  get attributes(): AttributeList {
    return this.message.attributes
  }
  get startTimeUnixNano(): bigint {
    return this.message.fixed64(otlp.pointStartTime)
  }
  get timeUnixNano(): bigint {
    return this.message.fixed64(otlp.pointTime)
  }
  get flags(): number {
    return this.message.uint32(this.kind > otlp.metricSum && this.kind !== otlp.metricSummary ? 10 : 8)
  }

  /** Notes what is pending in children. The walk calls it after every processor. */
  finish(): void {
    this.exemplars.finish()
    if (this.message.workspace.ranges.isPending) applyRanges(this.message)
  }
}

const pointTypes: readonly (schema.MessageType | undefined)[] = listByField(
  schema.numberPointType,
  schema.numberPointType,
  schema.histogramPointType,
  schema.exponentialPointType,
  schema.summaryPointType,
)
const dataTypes: readonly (schema.MessageType | undefined)[] = listByField(
  schema.gaugeType,
  schema.sumType,
  schema.histogramType,
  schema.exponentialHistogramType,
  schema.summaryType,
)
const exemplarFields = [0, 0, 0, 0, 0, 5, 0, 5, 0, 8, 11, 0]

function listByField(...types: schema.MessageType[]): (schema.MessageType | undefined)[] {
  const list: (schema.MessageType | undefined)[] = new Array(12).fill(undefined)
  for (const [i, field] of metricDataFields.entries()) list[field] = types[i]
  return list
}

/** `Metric`, and below it its data points. */
export class MetricView {
  readonly message: MessageView
  readonly resource: ResourceView
  readonly scope: ScopeView
  /** `rewind()`, then `next()` points `point` at each in turn. Ask for `points`, which finds them, before `point`. */
  readonly point: DataPointView
  readonly #data: MessageView
  readonly #points: ChildList
  #kind = -1

  constructor(workspace: Workspace, scope: ScopeView) {
    this.resource = scope.resource
    this.scope = scope
    this.message = new MessageView(workspace, schema.metricType)
    this.#data = new MessageView(workspace, schema.gaugeType)
    this.point = new DataPointView(workspace)
    this.#points = new ChildList(this.#data, otlp.dataPoints, this.point.message, this.point.exemplars)
  }

  reset(start: number, end: number, fieldStart: number, fieldEnd: number): void {
    this.message.reset(start, end, fieldStart, fieldEnd)
    this.#points.abandon()
    this.#kind = -1
  }

  get name(): string {
    return this.message.text(otlp.metricName)
  }
  set name(text: string) {
    this.message.setText(otlp.metricName, text)
  }
  get description(): string {
    return this.message.text(otlp.metricDescription)
  }
  set description(text: string) {
    this.message.setText(otlp.metricDescription, text)
  }
  get unit(): string {
    return this.message.text(otlp.metricUnit)
  }
  set unit(text: string) {
    this.message.setText(otlp.metricUnit, text)
  }
  /** The field number of the metric's data, which names its type; 0 where it has none. */
  get kind(): number {
    this.#locate()
    return this.#kind
  }
  /** `Gauge`, `Sum` and so on: temporality and the data points. */
  get data(): MessageView {
    this.#locate()
    return this.#data
  }
  get aggregationTemporality(): number {
    return this.data.type.kinds[otlp.dataAggregationTemporality] === 0
      ? 0
      : this.data.uint32(otlp.dataAggregationTemporality)
  }
  get isMonotonic(): boolean {
    return this.kind === otlp.metricSum && this.data.uint32(otlp.dataIsMonotonic) !== 0
  }
  get points(): ChildList {
    this.#locate()
    return this.#points
  }

  /** Gives the metric other data: a payload of the kind with that field number. */
  replaceData(kind: number, payload: Uint8Array): void {
    this.finish()
    for (const field of metricDataFields) this.message.clear(field)
    this.message.setBytes(kind, payload)
    this.#points.abandon()
    this.#kind = -1
  }

  /** Notes what is pending in children. The walk calls it after every processor. */
  finish(): void {
    const { message } = this
    if (this.#kind > 0) {
      this.#points.finish()
      if (this.#data.isDirty) {
        message.setChild(this.#kind, this.#data)
        this.#kind = -1
      }
    }
    if (message.workspace.ranges.isPending) {
      applyRanges(message)
      this.#kind = -1
    }
  }

  /** Finds the data: of several members of the oneof, the last on the wire counts. */
  #locate(): void {
    if (this.#kind >= 0) return
    const { message } = this
    let kind = 0
    for (const field of metricDataFields) {
      if (message.has(field) && (kind === 0 || message.valueStart(field) > message.valueStart(kind))) kind = field
    }
    this.#kind = kind
    this.#data.type = dataTypes[kind] ?? schema.gaugeType
    this.#data.reset(message.valueStart(kind), message.valueEnd(kind))
    this.point.kind = kind
    this.point.message.type = pointTypes[kind] ?? schema.numberPointType
    this.point.exemplars.fieldNumber = exemplarFields[kind] ?? 0
  }
}
