import * as otlp from '../../pdata/otlp-fields.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { CostConnectorConfig } from './config.ts'
import { type SpendSeries, tokenTypes, unpricedReasons } from './spend-series.ts'

const scopeName = 'sluice/connector/cost'
const temporalities = { delta: 1, cumulative: 2 } as const

/** A metrics request, and how many data points it holds. */
export interface MetricsRequest {
  readonly bytes: Uint8Array
  readonly pointCount: number
}

interface Point {
  readonly series: SpendSeries
  readonly value: number
  /** What tells the point from others of its series: token type or reason. */
  readonly label: string
}

interface MetricKind {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly isDouble: boolean
  readonly labelKey: string
  points(series: SpendSeries): Point[]
}

const labelled = (series: SpendSeries, values: Float64Array, labels: readonly string[]): Point[] =>
  labels.flatMap((label, i) => (values[i]! > 0 ? [{ series, value: values[i]!, label }] : []))

/** Writes series as OTLP metrics: monotonic sums, one resource group for each resource. */
export class MetricsWriter {
  readonly #kinds: readonly MetricKind[]
  readonly #temporality: number
  readonly #exemplars: boolean

  constructor({ currency, temporality, exemplars }: CostConnectorConfig) {
    this.#temporality = temporalities[temporality]
    this.#exemplars = exemplars
    this.#kinds = [
      {
        name: 'sluice.cost',
        description: 'What model calls and paid operations cost.',
        unit: `{${currency}}`,
        isDouble: true,
        labelKey: '',
        points: series => (series.calls > 0 ? [{ series, value: series.cost, label: '' }] : []),
      },
      {
        name: 'sluice.cost.calls',
        description: 'Calls and operations that have a cost.',
        unit: '{call}',
        isDouble: false,
        labelKey: '',
        points: series => (series.calls > 0 ? [{ series, value: series.calls, label: '' }] : []),
      },
      {
        name: 'sluice.cost.tokens',
        description: 'Tokens of model calls: input includes cached ones, output reasoning.',
        unit: '{token}',
        isDouble: false,
        labelKey: 'gen_ai.token.type',
        points: series => labelled(series, series.tokens, tokenTypes),
      },
      {
        name: 'sluice.cost.unpriced_calls',
        description: 'Model calls without a cost, by reason.',
        unit: '{call}',
        isDouble: false,
        labelKey: 'reason',
        points: series => labelled(series, series.unpriced, unpricedReasons),
      },
    ]
  }

  /** Undefined where there is nothing to say. */
  write(all: Iterable<SpendSeries>, timeNs: bigint): MetricsRequest | undefined {
    const groups = Map.groupBy(all, series => Buffer.from(series.resource).toString('latin1'))
    const writer = new WireWriter(4096)
    let pointCount = 0
    for (const series of groups.values()) {
      const metrics = this.#kinds
        .map(kind => ({ kind, points: series.flatMap(each => kind.points(each)) }))
        .filter(({ points }) => points.length > 0)
      if (metrics.length === 0) continue
      const group = writer.open(otlp.requestResources)
      const resource = series[0]!.resource
      if (resource.length > 0) writer.bytesField(otlp.groupResource, resource)
      const scopeGroup = writer.open(otlp.groupScopes)
      const scope = writer.open(otlp.scopeGroupScope)
      writer.stringField(otlp.scopeName, scopeName)
      writer.close(scope)
      for (const { kind, points } of metrics) {
        this.#writeMetric(writer, kind, points, timeNs)
        pointCount += points.length
      }
      writer.close(scopeGroup)
      writer.close(group)
    }
    return pointCount === 0 ? undefined : { bytes: writer.finish(), pointCount }
  }

  #writeMetric(writer: WireWriter, kind: MetricKind, points: readonly Point[], timeNs: bigint): void {
    const metric = writer.open(otlp.scopeGroupRecords)
    writer.stringField(otlp.metricName, kind.name)
    writer.stringField(otlp.metricDescription, kind.description)
    writer.stringField(otlp.metricUnit, kind.unit)
    const sum = writer.open(otlp.metricSum)
    for (const point of points) this.#writePoint(writer, kind, point, timeNs)
    writer.uint32Field(otlp.dataAggregationTemporality, this.#temporality)
    writer.boolField(otlp.dataIsMonotonic, true)
    writer.close(sum)
    writer.close(metric)
  }

  #writePoint(writer: WireWriter, kind: MetricKind, { series, value, label }: Point, timeNs: bigint): void {
    const point = writer.open(otlp.dataPoints)
    writer.raw(series.attributes)
    if (label !== '') writeLabel(writer, kind.labelKey, label)
    writer.fixed64Field(otlp.pointStartTime, series.startNs)
    writer.fixed64Field(otlp.pointTime, timeNs)
    if (kind.isDouble) {
      writer.doubleField(otlp.numberPointAsDouble, value)
      if (this.#exemplars && series.exemplarCost >= 0) writeExemplar(writer, series)
    } else writer.fixed64Field(otlp.numberPointAsInt, BigInt(Math.round(value)))
    writer.close(point)
  }
}

/** A label as an attribute of a data point. */
export function writeLabel(writer: WireWriter, key: string, value: string): void {
  const pair = writer.open(otlp.numberPointAttributes)
  writer.stringField(otlp.keyValueKey, key)
  const any = writer.open(otlp.keyValueValue)
  writer.stringField(otlp.anyString, value)
  writer.close(any)
  writer.close(pair)
}

function writeExemplar(writer: WireWriter, { exemplar, exemplarCost }: SpendSeries): void {
  const mark = writer.open(otlp.numberPointExemplars)
  writer.fixed64Field(otlp.exemplarTime, Buffer.from(exemplar.buffer, 24, 8).readBigUInt64LE())
  writer.doubleField(otlp.exemplarAsDouble, exemplarCost)
  writer.bytesField(otlp.exemplarSpanId, exemplar, 16, 24)
  writer.bytesField(otlp.exemplarTraceId, exemplar, 0, 16)
  writer.close(mark)
}
