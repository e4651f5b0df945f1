import type { Editor } from '../../ottl/editor.ts'
import { literal, optional, type Parameter, text } from '../../ottl/parameters.ts'
import { EvaluationError, type OttlValue, typeName } from '../../ottl/value.ts'
import type { MessageView } from '../../pdata/message-view.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes, wireFixed64 } from '../../wire/wire-type.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import { readQuantile } from './metric-points.ts'

const multiplier: Parameter<number> = {
  name: 'multiplier',
  read(value: OttlValue) {
    if (typeof value !== 'number') throw new EvaluationError(`multiplier must be a double, found ${typeName(value)}`)
    return value
  },
}

/** Multiplies the values of all data points. */
export const scaleMetric: Editor = {
  parameters: [literal(multiplier), optional(text('unit'))],
  only: ['metric'],
  targetCount: 0,
  make: ([by, unit]) => {
    const factor = by!.constant as number
    return context => {
      const metric = context.metricView
      const newUnit = unit && text('unit').read(unit.get(context))
      scale(metric, factor)
      if (newUnit !== undefined) metric.unit = newUnit
    }
  },
}

function scale(metric: MetricView, factor: number): void {
  const { kind, points, point } = metric
  if (kind === 0 || kind === otlp.metricExponentialHistogram) {
    throw new EvaluationError('metrics of this kind cannot be scaled')
  }
  points.rewind()
  while (points.next()) {
    if (kind === otlp.metricHistogram) scaleHistogram(point.message, factor)
    else if (kind === otlp.metricSummary) scaleSummary(point.message, factor)
    else scaleValue(point.message, otlp.numberPointAsDouble, otlp.numberPointAsInt, factor)
    if (kind === otlp.metricHistogram) {
      point.exemplars.rewind()
      while (point.exemplars.next()) {
        scaleValue(point.exemplar.message, otlp.exemplarAsDouble, otlp.exemplarAsInt, factor)
      }
    }
  }
  points.finish()
}

function scaleValue(message: MessageView, doubleField: number, intField: number, factor: number): void {
  scaleDouble(message, doubleField, factor)
  if (!message.has(intField)) return
  const product = Number(BigInt.asIntN(64, message.fixed64(intField))) * factor
  if (Number.isFinite(product)) message.setFixed64(intField, BigInt(Math.trunc(product)))
}

function scaleDouble(message: MessageView, field: number, factor: number): void {
  if (message.has(field)) message.setFixed64(field, bitsOf(message.double(field) * factor))
}

const bits = new DataView(new ArrayBuffer(8))

function bitsOf(value: number): bigint {
  bits.setFloat64(0, value)
  return bits.getBigUint64(0)
}

function doubleOf(value: bigint): number {
  bits.setBigUint64(0, value)
  return bits.getFloat64(0)
}

function scaleHistogram(message: MessageView, factor: number): void {
  for (const field of [otlp.histogramPointSum, otlp.histogramPointMin, otlp.histogramPointMax]) {
    scaleDouble(message, field, factor)
  }
  const { bytes } = message
  const bounds = new WireWriter(64)
  const cursor = new FieldCursor(bytes, message.start, message.end)
  while (cursor.next()) {
    if (cursor.fieldNumber !== otlp.histogramPointExplicitBounds) continue
    // One by one, as old encoders write them, each would be a field to replace.
    if (cursor.wireType === wireFixed64) throw new EvaluationError('bounds that are not packed cannot be scaled')
    const view = new DataView(bytes.buffer, bytes.byteOffset + cursor.valueStart, cursor.fieldEnd - cursor.valueStart)
    for (let at = 0; at < view.byteLength; at += 8) bounds.double(view.getFloat64(at, true) * factor)
  }
  if (bounds.length > 0) message.setBytes(otlp.histogramPointExplicitBounds, bounds.finish())
}

function scaleSummary(message: MessageView, factor: number): void {
  scaleDouble(message, otlp.histogramPointSum, factor)
  const { workspace } = message
  const cursor = new FieldCursor(message.bytes, message.start, message.end)
  while (cursor.next()) {
    if (cursor.fieldNumber !== otlp.summaryPointQuantileValues || cursor.wireType !== wireBytes) continue
    const { quantile, value } = readQuantile(cursor.bytes, cursor.valueStart, cursor.fieldEnd)
    const writer = new WireWriter(20)
    writer.fixed64Field(otlp.quantileQuantile, quantile)
    writer.fixed64Field(otlp.quantileValue, bitsOf(doubleOf(value) * factor))
    const payload = writer.finish()
    const start = workspace.length
    workspace.header(otlp.summaryPointQuantileValues, payload.length)
    workspace.raw(payload)
    message.children.put(cursor.fieldStart, cursor.fieldEnd, start, workspace.length)
  }
}
