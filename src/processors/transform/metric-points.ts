import type { MetricView } from '../../pdata/metric-views.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { FieldCursor, readFixed64 } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import { WireWriter } from '../../wire/wire-writer.ts'

/** What new metrics are made of: one data point of a histogram or a summary, as it is now. */
export interface PointParts {
  /** Raw bits; 0 where absent. */
  readonly startTime: bigint
  readonly time: bigint
  readonly count: bigint
  /** Raw bits of a double; undefined where absent. */
  readonly sum: bigint | undefined
  /** Payloads of the attributes, as `KeyValue`. */
  readonly attributes: readonly Uint8Array[]
  /** Raw bits of quantile and value, of a summary. */
  readonly quantiles: readonly { readonly quantile: bigint; readonly value: bigint }[]
}

const attributeFields: Readonly<Record<number, number>> = {
  [otlp.metricHistogram]: otlp.histogramPointAttributes,
  [otlp.metricExponentialHistogram]: otlp.exponentialPointAttributes,
  [otlp.metricSummary]: otlp.summaryPointAttributes,
}
const countField = otlp.histogramPointCount
const sumField = otlp.histogramPointSum

/** The data points of a histogram, an exponential histogram or a summary, edits included; none of other metrics. */
export function pointsOf(metric: MetricView): PointParts[] {
  const attributesField = attributeFields[metric.kind]
  if (attributesField === undefined) return []
  // The walk may stand on one of them.
  metric.points.note()
  const { data } = metric
  const { bytes } = data.workspace
  const points: PointParts[] = []
  const cursor = new FieldCursor(bytes, data.start, data.end)
  while (cursor.next()) {
    if (cursor.fieldNumber !== otlp.dataPoints || cursor.wireType !== wireBytes) continue
    const change = data.children.size === 0 ? -1 : data.children.indexOf(cursor.fieldStart)
    if (change < 0) {
      points.push(readPoint(bytes, cursor.valueStart, cursor.fieldEnd, attributesField))
      continue
    }
    const start = data.children.entries[change * 4 + 2]!
    const end = data.children.entries[change * 4 + 3]!
    if (start === end) continue
    const changed = new FieldCursor(bytes, start, end)
    changed.next()
    points.push(readPoint(bytes, changed.valueStart, end, attributesField))
  }
  return points
}

function readPoint(bytes: Uint8Array, start: number, end: number, attributesField: number): PointParts {
  const attributes: Uint8Array[] = []
  const quantiles: PointParts['quantiles'][number][] = []
  let startTime = 0n
  let time = 0n
  let count = 0n
  let sum: bigint | undefined
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    const { fieldNumber, valueStart, fieldEnd } = cursor
    if (fieldNumber === attributesField) attributes.push(copyBytes(bytes, valueStart, fieldEnd))
    else if (fieldNumber === otlp.pointStartTime) startTime = readFixed64(bytes, valueStart)
    else if (fieldNumber === otlp.pointTime) time = readFixed64(bytes, valueStart)
    else if (fieldNumber === countField) count = readFixed64(bytes, valueStart)
    else if (fieldNumber === sumField) sum = readFixed64(bytes, valueStart)
    else if (fieldNumber === otlp.summaryPointQuantileValues && attributesField === otlp.summaryPointAttributes) {
      quantiles.push(readQuantile(bytes, valueStart, fieldEnd))
    }
  }
  return { startTime, time, count, sum, attributes, quantiles }
}

export function readQuantile(bytes: Uint8Array, start: number, end: number): { quantile: bigint; value: bigint } {
  let quantile = 0n
  let value = 0n
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    if (cursor.fieldNumber === otlp.quantileQuantile) quantile = readFixed64(bytes, cursor.valueStart)
    else if (cursor.fieldNumber === otlp.quantileValue) value = readFixed64(bytes, cursor.valueStart)
  }
  return { quantile, value }
}

export interface MetricTexts {
  readonly name: string
  readonly description: string
  readonly unit: string
}

export interface NewMetric extends MetricTexts {
  /** A gauge where there is none. */
  readonly sum?: { readonly temporality: number; readonly isMonotonic: boolean }
  readonly points: readonly NewPoint[]
}

export interface NewPoint {
  readonly from: PointParts
  /** Raw bits of a double, or an int. */
  readonly value: { readonly double: bigint } | { readonly int: bigint }
  /** Payload of one more attribute. */
  readonly attribute?: Uint8Array
}

/** The metric's payload. */
export function encodeMetric({ sum, points, ...texts }: NewMetric): Uint8Array {
  if (sum === undefined) return encodeGauge(texts, writer => writePoints(writer, points))
  return encode(texts, otlp.metricSum, writer => {
    writePoints(writer, points)
    writer.uint32Field(otlp.dataAggregationTemporality, sum.temporality)
    if (sum.isMonotonic) writer.boolField(otlp.dataIsMonotonic, true)
  })
}

/** The payload of a gauge whose points `write` writes. */
export function encodeGauge(texts: MetricTexts, write: (writer: WireWriter) => void): Uint8Array {
  return encode(texts, otlp.metricGauge, write)
}

function encode(
  { name, description, unit }: MetricTexts,
  kind: number,
  write: (writer: WireWriter) => void,
): Uint8Array {
  const writer = new WireWriter(256)
  writer.stringField(otlp.metricName, name)
  if (description !== '') writer.stringField(otlp.metricDescription, description)
  if (unit !== '') writer.stringField(otlp.metricUnit, unit)
  const data = writer.open(kind)
  write(writer)
  writer.close(data)
  return writer.finish()
}

function writePoints(writer: WireWriter, points: readonly NewPoint[]): void {
  for (const point of points) writePoint(writer, point)
}

function writePoint(writer: WireWriter, { from, value, attribute }: NewPoint): void {
  const mark = writer.open(otlp.dataPoints)
  if (from.startTime !== 0n) writer.fixed64Field(otlp.pointStartTime, from.startTime)
  if (from.time !== 0n) writer.fixed64Field(otlp.pointTime, from.time)
  if ('double' in value) writer.fixed64Field(otlp.numberPointAsDouble, value.double)
  else writer.fixed64Field(otlp.numberPointAsInt, BigInt.asUintN(64, value.int))
  for (const each of from.attributes) writer.bytesField(otlp.numberPointAttributes, each)
  if (attribute !== undefined) writer.bytesField(otlp.numberPointAttributes, attribute)
  writer.close(mark)
}
