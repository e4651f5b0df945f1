import type { Editor, Editors } from '../../ottl/editor.ts'
import { choice, floatLike, literal, numbers, optional, text } from '../../ottl/parameters.ts'
import { EvaluationError } from '../../ottl/value.ts'
import type { MessageView } from '../../pdata/message-view.ts'
import type { DataPointView, MetricView } from '../../pdata/metric-views.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import { compactBuckets, explicitCounts, isIncreasing, type Spread, spreads, withoutBound } from './explicit-buckets.ts'
import { encodeGauge } from './metric-points.ts'
import { percentileOfExponential, percentileOfHistogram } from './percentile.ts'
import {
  type DistributionPoint,
  dataWithPoints,
  exponentialPoints,
  histogramPoints,
  packedBounds,
  packedCounts,
  unpackedBounds,
  unpackedCounts,
  writeHistogramPoint,
  writeNumberPoint,
} from './points.ts'

const method = optional(choice('method', 'remove_explicit_bound', 'limit_buckets'))

const mergeHistogramBuckets: Editor = {
  parameters: [floatLike('target_value'), method],
  only: ['datapoint'],
  targetCount: 0,
  make: ([target, how]) => {
    const limits = how?.constant === 'limit_buckets'
    const { read } = floatLike('target_value')
    return context => {
      if (context.point.kind !== otlp.metricHistogram) return
      const value = read(target!.get(context))
      if (limits && !(Number.isInteger(value) && value > 0)) {
        throw new EvaluationError(`target_value must be a whole number above 0 with limit_buckets, found ${value}`)
      }
      mergeBuckets(context.point, value, limits)
    }
  },
}

function mergeBuckets({ message }: DataPointView, target: number, limits: boolean): void {
  const { histogramPointBucketCounts: countsField, histogramPointExplicitBounds: boundsField } = otlp
  if (!message.has(countsField) || !message.has(boundsField)) return
  if (hasPieces(message)) throw new EvaluationError('buckets that are not packed cannot be merged')
  const counts = unpackedCounts(message.bytes, message.valueStart(countsField), message.valueEnd(countsField))
  const bounds = unpackedBounds(message.bytes, message.valueStart(boundsField), message.valueEnd(boundsField))
  const merged = limits ? compactBuckets({ bounds, counts }, target) : withoutBound({ bounds, counts }, target)
  if (merged === undefined) return
  message.setBytes(countsField, packedCounts(merged.counts))
  if (merged.bounds.length === 0) message.clear(boundsField)
  else message.setBytes(boundsField, packedBounds(merged.bounds))
}

/** One by one, as old encoders write them, each would be a field to replace. */
function hasPieces({ bytes, start, end }: MessageView): boolean {
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    const { fieldNumber, wireType } = cursor
    const isBuckets =
      fieldNumber === otlp.histogramPointBucketCounts || fieldNumber === otlp.histogramPointExplicitBounds
    if (isBuckets && wireType !== wireBytes) return true
  }
  return false
}

const bounds = literal(numbers('explicit_bounds'), value => {
  if (value.length === 0) return 'must not be empty'
  return isIncreasing(value) ? undefined : 'must go up'
})

const convertExponential: Editor = {
  parameters: [choice('distribution_fn', ...spreads), bounds],
  only: ['metric'],
  targetCount: 0,
  make: ([spread, list]) => {
    const explicitBounds = numbers('explicit_bounds').read(list!.constant)
    return ({ metricView: metric }) => {
      if (metric.kind !== otlp.metricExponentialHistogram) return
      const points = exponentialPoints(metric)
      const data = dataWithPoints(metric, writer => {
        for (const point of points) {
          const bucketCounts = explicitCounts(point, explicitBounds, spread!.constant as Spread, Math.random)
          writeHistogramPoint(writer, { ...point, bucketCounts, explicitBounds })
        }
      })
      metric.replaceData(otlp.metricHistogram, data)
    }
  },
}

const percentileRange = literal(floatLike('percentile'), value =>
  value > 0 && value < 100 ? undefined : 'must be above 0 and below 100',
)

const extractPercentile: Editor = {
  parameters: [percentileRange, optional(literal(text('suffix')))],
  only: ['metric'],
  targetCount: 0,
  addsMetrics: true,
  make: ([wanted, end]) => {
    const percentile = floatLike('percentile').read(wanted!.constant)
    const suffix = String(end?.constant ?? '') || `_p${percentile}`
    return context => {
      const metric = context.metricView
      const values = percentilesOf(metric, percentile)
      if (values.length === 0) return
      const { description, unit } = metric
      const name = metric.name + suffix
      const title = description === '' ? `p${percentile}` : `${description} (p${percentile})`
      context.newMetrics.push(
        encodeGauge({ name, description: title, unit }, writer => {
          for (const { point, value } of values) {
            writeNumberPoint(writer, { ...point, flags: 0, exemplars: [], double: value, int: undefined })
          }
        }),
      )
    }
  },
}

function percentilesOf(metric: MetricView, percentile: number): { point: DistributionPoint; value: number }[] {
  const known = <P extends DistributionPoint>(points: readonly P[], read: (point: P) => number | undefined) =>
    points.flatMap(point => {
      const value = read(point)
      return value === undefined ? [] : [{ point, value }]
    })
  if (metric.kind === otlp.metricHistogram) {
    return known(histogramPoints(metric), point => percentileOfHistogram(point, percentile))
  }
  if (metric.kind !== otlp.metricExponentialHistogram) return []
  return known(exponentialPoints(metric), point => percentileOfExponential(point, percentile))
}

/** Editors of histograms, beside those that every kind of metric has. */
export const histogramEditors: Editors = {
  merge_histogram_buckets: mergeHistogramBuckets,
  convert_exponential_histogram_to_histogram: convertExponential,
  extract_percentile_metric: extractPercentile,
}
