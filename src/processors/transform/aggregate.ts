import type { Editor } from '../../ottl/editor.ts'
import { choice, literal, optional, text, texts } from '../../ottl/parameters.ts'
import { EvaluationError } from '../../ottl/value.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { encodeString } from '../../pdata/value.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import {
  type Buckets,
  type DistributionPoint,
  dataWithPoints,
  type ExponentialPoint,
  exponentialPoints,
  type HistogramPoint,
  histogramPoints,
  type NumberPoint,
  numberPoints,
  type Point,
  writeExponentialPoint,
  writeHistogramPoint,
  writeNumberPoint,
} from './points.ts'

const aggregations = ['sum', 'mean', 'min', 'max', 'median', 'count'] as const
type Aggregation = (typeof aggregations)[number]
const aggregation = choice('aggregation_function', ...aggregations)

/** SDKs make 160 at most; offsets of two hostile points may lie 2^32 apart. */
const bucketsMax = 65_536

/** Keeps the attributes with those keys, and makes one data point of those that are alike then. */
export const aggregateOnAttributes: Editor = {
  parameters: [aggregation, optional(literal(texts('attributes')))],
  only: ['metric'],
  targetCount: 0,
  make: ([how, keys]) => {
    const kept = keys && new Set(keys.constant as readonly string[])
    const keep = (attribute: Uint8Array) => kept === undefined || kept.has(keyOf(attribute))
    return ({ metricView: metric }) => {
      if (metric.kind === otlp.metricSummary) throw new EvaluationError('summaries cannot be aggregated')
      aggregate(metric, how!.constant as Aggregation, attributes => attributes.filter(keep))
    }
  },
}

/** Gives some values of an attribute a new one, and makes one data point of those that are alike then. */
export const aggregateOnAttributeValue: Editor = {
  parameters: [aggregation, literal(text('attribute')), literal(texts('values')), literal(text('new_value'))],
  only: ['metric'],
  targetCount: 0,
  make: ([how, key, values, value]) => {
    const renamed = new Set(
      (values!.constant as readonly string[]).map(each => asKey(attributeOf(String(key!.constant), each))),
    )
    const made = attributeOf(String(key!.constant), String(value!.constant))
    const rename = (attribute: Uint8Array) => (renamed.has(asKey(attribute)) ? made : attribute)
    return ({ metricView: metric }) =>
      aggregate(metric, how!.constant as Aggregation, attributes => attributes.map(rename))
  },
}

type Attributes = Point['attributes']

function aggregate(metric: MetricView, how: Aggregation, edit: (attributes: Attributes) => Attributes): void {
  const isDelta = metric.aggregationTemporality === 1
  /** Delta points of different intervals stay apart. */
  const start = (point: Point) => (isDelta ? point.startTime : '')
  const edited = <P extends Point>(points: readonly P[]) =>
    points.map(point => ({ ...point, attributes: edit(point.attributes) }))
  const grouped = <P extends Point>(points: readonly P[], keyOfRest: (point: P) => unknown[]) =>
    groupBy(edited(points), point => [identity(point), ...keyOfRest(point)].join(' '))
  const write = (writer: WireWriter) => {
    switch (metric.kind) {
      case otlp.metricGauge:
      case otlp.metricSum:
        for (const group of grouped(numberPoints(metric), point => [
          metric.kind === otlp.metricSum ? start(point) : '',
        ])) {
          writeNumberPoint(writer, mergeNumbers(group, how))
        }
        break
      case otlp.metricHistogram:
        for (const group of grouped(histogramPoints(metric), point => [
          start(point),
          point.explicitBounds.join(),
          ...distributionKey(point),
        ])) {
          writeHistogramPoint(writer, mergeHistograms(group))
        }
        break
      default:
        for (const group of grouped(exponentialPoints(metric), point => [
          start(point),
          point.scale,
          point.zeroThreshold,
          ...distributionKey(point),
        ])) {
          writeExponentialPoint(writer, mergeExponentials(group))
        }
    }
  }
  if (metric.kind === 0 || metric.kind === otlp.metricSummary) return
  metric.replaceData(metric.kind, dataWithPoints(metric, write))
}

function groupBy<P>(points: readonly P[], key: (point: P) => string): P[][] {
  const groups = new Map<string, P[]>()
  for (const point of points) {
    const name = key(point)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [point])
    else group.push(point)
  }
  return [...groups.values()]
}

/** Attributes in whatever order, and the time. */
function identity({ attributes, time }: Point): string {
  return `${attributes.map(asKey).sort().join()} ${time}`
}

function distributionKey({ min, max, flags }: DistributionPoint): unknown[] {
  return [min !== undefined, max !== undefined, flags]
}

/** The value is of the type of the first point's. */
function mergeNumbers(points: readonly NumberPoint[], how: Aggregation): NumberPoint {
  const first = points[0]!
  const merged = { ...first, startTime: earliest(points) }
  if (points.length === 1) return merged
  if (first.int !== undefined) {
    merged.int = mergeInts(
      points.map(({ int, double }) => int ?? BigInt(Math.trunc(double ?? 0))),
      how,
    )
  } else if (first.double !== undefined) {
    merged.double = mergeDoubles(
      points.map(({ int, double }) => double ?? Number(int ?? 0n)),
      how,
    )
  }
  return merged
}

function mergeInts(values: bigint[], how: Aggregation): bigint {
  const sum = () => values.reduce((total, value) => total + value, 0n)
  const sorted = () => values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const middle = values.length >> 1
  switch (how) {
    case 'sum':
      return BigInt.asIntN(64, sum())
    case 'mean':
      return BigInt.asIntN(64, sum()) / BigInt(values.length)
    case 'min':
      return sorted()[0]!
    case 'max':
      return sorted().at(-1)!
    case 'count':
      return BigInt(values.length)
    default: {
      const ordered = sorted()
      return values.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2n
    }
  }
}

function mergeDoubles(values: number[], how: Aggregation): number {
  const sum = () => values.reduce((total, value) => total + value)
  const middle = values.length >> 1
  switch (how) {
    case 'sum':
      return sum()
    case 'mean':
      return sum() / values.length
    case 'min':
      return values.reduce((least, value) => Math.min(least, value))
    case 'max':
      return values.reduce((most, value) => Math.max(most, value))
    case 'count':
      return values.length
    default: {
      const ordered = values.toSorted((a, b) => a - b)
      return values.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2
    }
  }
}

function mergeHistograms(points: readonly HistogramPoint[]): HistogramPoint {
  const merged = { ...points[0]!, bucketCounts: [...points[0]!.bucketCounts] }
  for (const point of points.slice(1)) {
    mergeDistribution(merged, point)
    for (const [i, count] of point.bucketCounts.entries())
      merged.bucketCounts[i] = (merged.bucketCounts[i] ?? 0n) + count
  }
  return merged
}

/** All have one scale, so that buckets of the same index have the same bounds. */
function mergeExponentials(points: readonly ExponentialPoint[]): ExponentialPoint {
  const merged = { ...points[0]! }
  for (const point of points.slice(1)) {
    mergeDistribution(merged, point)
    merged.zeroCount += point.zeroCount
    merged.positive = mergeBuckets(merged.positive, point.positive)
    merged.negative = mergeBuckets(merged.negative, point.negative)
  }
  return merged
}

function mergeDistribution(merged: DistributionPoint, point: DistributionPoint): void {
  if (point.startTime < merged.startTime) merged.startTime = point.startTime
  merged.count += point.count
  if (merged.sum !== undefined || point.sum !== undefined) merged.sum = (merged.sum ?? 0) + (point.sum ?? 0)
  if (point.min !== undefined && merged.min !== undefined) merged.min = Math.min(merged.min, point.min)
  if (point.max !== undefined && merged.max !== undefined) merged.max = Math.max(merged.max, point.max)
  merged.exemplars = [...merged.exemplars, ...point.exemplars]
}

function mergeBuckets(a: Buckets, b: Buckets): Buckets {
  if (b.counts.length === 0) return a
  if (a.counts.length === 0) return b
  const offset = Math.min(a.offset, b.offset)
  const end = Math.max(a.offset + a.counts.length, b.offset + b.counts.length)
  if (end - offset > bucketsMax) throw new EvaluationError('buckets lie too far apart to be merged')
  const at = ({ offset: from, counts }: Buckets, index: number) => counts[index - from] ?? 0n
  const counts = Array.from({ length: end - offset }, (_, i) => at(a, offset + i) + at(b, offset + i))
  return { offset, counts }
}

function earliest(points: readonly Point[]): bigint {
  return points.reduce((least, { startTime }) => (startTime < least ? startTime : least), points[0]!.startTime)
}

function keyOf(attribute: Uint8Array): string {
  const cursor = new FieldCursor(attribute)
  let key = ''
  while (cursor.next()) if (cursor.fieldNumber === otlp.keyValueKey) key = Buffer.from(cursor.slice()).toString()
  return key
}

function attributeOf(key: string, value: string): Uint8Array {
  const writer = new WireWriter(64)
  writer.stringField(otlp.keyValueKey, key)
  writer.bytesField(otlp.keyValueValue, encodeString(value))
  return writer.finish()
}

/** Equal bytes, equal text. */
const asKey = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
