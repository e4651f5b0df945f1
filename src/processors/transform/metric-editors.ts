import type { Expression, OttlContext } from '../../ottl/context.ts'
import type { Edit, Editor, Editors } from '../../ottl/editor.ts'
import { choice, flag, literal, optional, text } from '../../ottl/parameters.ts'
import { EvaluationError } from '../../ottl/value.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { encodeValue } from '../../pdata/value.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import { aggregateOnAttributes, aggregateOnAttributeValue } from './aggregate.ts'
import { histogramEditors } from './histogram-editors.ts'
import { encodeMetric, type NewMetric, type NewPoint, type PointParts, pointsOf } from './metric-points.ts'
import { scaleMetric } from './scale-metric.ts'

const temporalities: Readonly<Record<string, number>> = { delta: 1, cumulative: 2 }
const temporality = choice('string_agg_temp', 'delta', 'cumulative')
const isMonotonic = literal(flag('monotonic'))
const suffix = optional(literal(text('suffix')))

const textOr = (argument: Expression | undefined, otherwise: string) => String(argument?.constant ?? otherwise)

/** Editors that only metrics have. Names, arguments and meaning are those of the Collector's transform processor. */
export const metricEditors: Editors = {
  convert_sum_to_gauge: {
    parameters: [],
    only: ['metric'],
    targetCount: 0,
    make:
      () =>
      ({ metricView: metric }) => {
        if (metric.kind === otlp.metricSum) metric.replaceData(otlp.metricGauge, pointsOnly(metric).finish())
      },
  },
  convert_gauge_to_sum: {
    parameters: [temporality, isMonotonic],
    only: ['metric'],
    targetCount: 0,
    make:
      ([kind, monotonic]) =>
      ({ metricView: metric }) => {
        if (metric.kind !== otlp.metricGauge) return
        const writer = pointsOnly(metric)
        writer.uint32Field(otlp.dataAggregationTemporality, temporalities[String(kind!.constant)]!)
        if (monotonic!.constant === true) writer.boolField(otlp.dataIsMonotonic, true)
        metric.replaceData(otlp.metricSum, writer.finish())
      },
  },
  scale_metric: scaleMetric,
  aggregate_on_attributes: aggregateOnAttributes,
  aggregate_on_attribute_value: aggregateOnAttributeValue,
  ...histogramEditors,
  copy_metric: {
    parameters: [optional(text('name')), optional(text('description')), optional(text('unit'))],
    only: ['metric'],
    targetCount: 0,
    addsMetrics: true,
    make: texts => context => {
      const values = texts.map((each, i) => each && text(fieldNames[i]!).read(each.get(context)))
      context.newMetrics.push(copyOf(context.metricView, values))
    },
  },
  extract_sum_metric: extracting('_sum', (points, context) => ({
    unit: context.metricView.unit,
    points: points.flatMap(from => {
      // A summary always has a sum.
      const sum = from.sum ?? (context.metricView.kind === otlp.metricSummary ? 0n : undefined)
      return sum === undefined ? [] : [{ from, value: { double: sum } }]
    }),
  })),
  extract_count_metric: extracting('_count', points => ({
    unit: '1',
    points: points.map(from => ({ from, value: { int: from.count } })),
  })),
  convert_summary_sum_val_to_sum: summaryToSum('_sum', from => ({ double: from.sum ?? 0n })),
  convert_summary_count_val_to_sum: summaryToSum('_count', from => ({ int: from.count })),
  convert_summary_quantile_val_to_gauge: {
    parameters: [optional(literal(text('attribute_key'))), suffix],
    only: ['metric'],
    targetCount: 0,
    addsMetrics: true,
    make: ([key, end]) => {
      const attributeKey = textOr(key, 'quantile')
      return context => {
        if (context.metricView.kind !== otlp.metricSummary) return
        const points = pointsOf(context.metricView).flatMap(from =>
          from.quantiles.map(({ quantile, value }) => ({
            from,
            value: { double: value },
            attribute: doubleAttribute(attributeKey, quantile),
          })),
        )
        add(context, textOr(end, '.quantiles'), { unit: context.metricView.unit, points })
      }
    },
  },
}

const fieldNames = ['name', 'description', 'unit']

/** A new sum made of every data point of a histogram or a summary. */
function extracting(
  defaultSuffix: string,
  make: (points: readonly PointParts[], context: OttlContext) => { unit: string; points: NewPoint[] },
): Editor {
  return {
    parameters: [isMonotonic, suffix],
    only: ['metric'],
    targetCount: 0,
    addsMetrics: true,
    make: ([monotonic, end]): Edit => {
      return context => {
        const metric = context.metricView
        const isHistogram = metric.kind === otlp.metricHistogram || metric.kind === otlp.metricExponentialHistogram
        const kind = metric.kind === otlp.metricSummary ? temporalities['cumulative']! : metric.aggregationTemporality
        if (!(isHistogram || metric.kind === otlp.metricSummary) || kind === 0) {
          throw new EvaluationError('only a histogram or a summary has that')
        }
        const made = make(pointsOf(metric), context)
        if (made.points.length === 0) return
        const sum = { temporality: kind, isMonotonic: monotonic!.constant === true }
        add(context, textOr(end, defaultSuffix), { ...made, sum })
      }
    },
  }
}

/** A new sum made of every data point of a summary. */
function summaryToSum(defaultSuffix: string, value: (from: PointParts) => NewPoint['value']): Editor {
  return {
    parameters: [temporality, isMonotonic, suffix],
    only: ['datapoint'],
    targetCount: 0,
    addsMetrics: true,
    make:
      ([kind, monotonic, end]) =>
      context => {
        const metric = context.metricView
        if (metric.kind !== otlp.metricSummary) return
        add(context, textOr(end, defaultSuffix), {
          unit: metric.unit,
          points: pointsOf(metric).map(from => ({ from, value: value(from) })),
          sum: {
            temporality: temporalities[String(kind!.constant)]!,
            isMonotonic: monotonic!.constant === true,
          },
        })
      },
  }
}

function add(context: OttlContext, end: string, metric: Omit<NewMetric, 'name' | 'description'>): void {
  const { name, description } = context.metricView
  context.newMetrics.push(encodeMetric({ ...metric, name: name + end, description }))
}

function doubleAttribute(key: string, bits: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  const writer = new WireWriter(32)
  writer.stringField(otlp.keyValueKey, key)
  writer.bytesField(otlp.keyValueValue, encodeValue(view.getFloat64(0)))
  return writer.finish()
}

/** The metric's data without temporality and the like. */
function pointsOnly(metric: MetricView): WireWriter {
  metric.finish()
  const { kind, message } = metric
  const { bytes } = message
  const cursor = new FieldCursor(bytes, message.valueStart(kind), message.valueEnd(kind))
  const writer = new WireWriter(message.valueEnd(kind) - message.valueStart(kind) + 16)
  while (cursor.next()) {
    if (cursor.fieldNumber === otlp.dataPoints) writer.raw(bytes, cursor.fieldStart, cursor.fieldEnd)
  }
  return writer
}

/** The metric as it is now, with other texts where they are given: name, description and unit. */
function copyOf(metric: MetricView, texts: readonly (string | undefined)[]): Uint8Array {
  metric.finish()
  const start = metric.message.writePayload()
  const { bytes, length } = metric.message.workspace
  const payload = copyBytes(bytes, start, length)
  const writer = new WireWriter(payload.length + 64)
  const cursor = new FieldCursor(payload, 0, payload.length)
  while (cursor.next()) {
    if (texts[cursor.fieldNumber - 1] === undefined) writer.raw(payload, cursor.fieldStart, cursor.fieldEnd)
  }
  for (const [i, each] of texts.entries()) if (each !== undefined) writer.stringField(i + 1, each)
  return writer.finish()
}
