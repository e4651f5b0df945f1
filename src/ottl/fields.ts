import { MessageView } from '../pdata/message-view.ts'
import * as otlp from '../pdata/otlp-fields.ts'
import type { FieldReader } from '../pdata/record-reader.ts'
import { copyBytes } from '../wire/copy-bytes.ts'
import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import type { ContextName, Expression, OttlContext } from './context.ts'
import { EvaluationError, OttlId, OttlList, OttlTime, type OttlValue, typeName } from './value.ts'

type MessageOf = (context: OttlContext) => FieldReader

/** The view of a message: who writes to one needs a walk. */
export function editable(message: FieldReader): MessageView {
  if (!(message instanceof MessageView)) throw new Error('a record can be written to in a walk only')
  return message
}

const spanMessage: MessageOf = context => context.span.message
const statusMessage: MessageOf = context => context.span.status
const eventMessage: MessageOf = context => context.event.message
const logMessage: MessageOf = context => context.log.message
const metricMessage: MessageOf = context => context.metric.message
const pointMessage: MessageOf = context => context.point.message
const scopeMessage: MessageOf = context => context.scope.message
const resourceMessage: MessageOf = context => context.resource.message

/** What may be written to a field, and how. */
function wanted(value: OttlValue, type: string): never {
  throw new EvaluationError(`expected ${type}, found ${typeName(value)}`)
}
function asInt(value: OttlValue): bigint {
  return typeof value === 'bigint' ? value : wanted(value, 'int')
}
function asText(value: OttlValue): string {
  return typeof value === 'string' ? value : wanted(value, 'string')
}
function asDouble(value: OttlValue): number {
  return typeof value === 'number' ? value : wanted(value, 'double')
}
function asBool(value: OttlValue): boolean {
  return typeof value === 'boolean' ? value : wanted(value, 'boolean')
}
const asUint32 = (value: OttlValue) => Number(BigInt.asUintN(32, asInt(value)))

function text(message: MessageOf, field: number): Expression {
  return {
    get: context => message(context).text(field),
    set: (context, value) => editable(message(context)).setText(field, asText(value)),
    text: { message, field },
  }
}
function uint(message: MessageOf, field: number): Expression {
  return {
    get: context => BigInt(message(context).uint32(field)),
    small: context => message(context).uint32(field),
    set: (context, value) => editable(message(context)).setVarint(field, asUint32(value)),
  }
}
function flags(message: MessageOf, field: number): Expression {
  return {
    get: context => BigInt(message(context).fixed32(field)),
    set: (context, value) => editable(message(context)).setFixed32(field, asUint32(value)),
  }
}
function nanos(message: MessageOf, field: number): Expression {
  return {
    get: context => BigInt.asIntN(64, message(context).fixed64(field)),
    set: (context, value) => editable(message(context)).setFixed64(field, asInt(value)),
  }
}
function time(message: MessageOf, field: number): Expression {
  return {
    get: context => new OttlTime(message(context).fixed64(field)),
    set: (context, value) => {
      if (!(value instanceof OttlTime)) wanted(value, 'time')
      editable(message(context)).setFixed64(field, value.ns)
    },
  }
}
/** An id as bytes; one that is absent or of another length is all zeros, as in the Collector. */
function id(message: MessageOf, field: number, length: number): Expression {
  return {
    get: context => {
      const view = message(context)
      const start = view.valueStart(field)
      const end = view.valueEnd(field)
      const bytes = new OttlId(length)
      if (end - start === length) bytes.set(copyBytes(view.bytes, start, end))
      return bytes
    },
    set: (context, value) => {
      if (!(value instanceof OttlId) || value.length !== length) wanted(value, `an id of ${length} bytes`)
      editable(message(context)).setBytes(field, value)
    },
  }
}
/** The same id as hex digits. */
function hex(expression: Expression): Expression {
  return {
    get: context => Buffer.from(expression.get(context) as Uint8Array).toString('hex'),
    set: (context, value) => {
      const digits = asText(value)
      if (!/^([0-9a-fA-F]{2})+$/.test(digits)) wanted(value, 'hex digits')
      expression.set!(context, new OttlId(Buffer.from(digits, 'hex')))
    },
  }
}
/** Text of an enum. */
function named(names: readonly string[], number: Expression): Expression {
  return {
    get: context => names[Number(number.get(context))] ?? '',
    set: (context, value) => {
      const index = names.indexOf(asText(value))
      if (index < 0) throw new EvaluationError(`${String(value)} is not one of ${names.join(', ')}`)
      number.set!(context, BigInt(index))
    },
  }
}

/** How many children of that field the message has left. */
function countOf(message: MessageOf, field: (context: OttlContext) => number): Expression {
  return {
    get: context => {
      const view = editable(message(context))
      const number = field(context)
      // Whoever asks may stand inside an iteration over them, so this is one of its own.
      const cursor = new FieldCursor(view.workspace.bytes, view.start, view.end)
      let count = 0
      while (cursor.next()) {
        if (cursor.fieldNumber !== number || cursor.wireType !== wireBytes) continue
        const change = view.children.size === 0 ? -1 : view.children.indexOf(cursor.fieldStart)
        const { entries } = view.children
        if (change < 0 || entries[change * 4 + 2] !== entries[change * 4 + 3]) count++
      }
      return new OttlList(count)
    },
  }
}

const kindNames = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const metricTypes: Readonly<Record<number, bigint>> = {
  [otlp.metricGauge]: 1n,
  [otlp.metricSum]: 2n,
  [otlp.metricHistogram]: 3n,
  [otlp.metricExponentialHistogram]: 4n,
  [otlp.metricSummary]: 5n,
}
const spanTraceId = id(spanMessage, otlp.spanTraceId, 16)
const spanSpanId = id(spanMessage, otlp.spanSpanId, 8)
const spanParentId = id(spanMessage, otlp.spanParentSpanId, 8)
const spanKind = uint(spanMessage, otlp.spanKind)
const logTraceId = id(logMessage, otlp.logTraceId, 16)
const logSpanId = id(logMessage, otlp.logSpanId, 8)

/** A number of a data point; nil where its kind has no such field, and 0 where the point has none. */
function pointNumber(fields: Readonly<Record<number, number>>, isInt: boolean, other = 0): Expression {
  return {
    get: ({ point }) => {
      const field = fields[point.kind]
      if (field === undefined) return undefined
      return isInt ? BigInt.asIntN(64, point.message.fixed64(field)) : point.message.double(field)
    },
    set: ({ point }, value) => {
      const field = fields[point.kind]
      const bits = isInt ? asInt(value) : doubleBits(asDouble(value))
      if (field === undefined) throw new EvaluationError('a data point of this kind has no such field')
      point.message.setFixed64(field, bits)
      // Of a oneof, the other member goes.
      if (other !== 0) point.message.clear(other)
    },
  }
}

const bits = new DataView(new ArrayBuffer(8))

function doubleBits(value: number): bigint {
  bits.setFloat64(0, value)
  return bits.getBigUint64(0)
}

const { metricGauge, metricSum, metricHistogram, metricExponentialHistogram, metricSummary } = otlp

/** Plain fields by context and path. Attributes and the log body are handled apart, since they take keys. */
export const fields: Readonly<Record<ContextName, Readonly<Record<string, Expression>>>> = {
  resource: { dropped_attributes_count: uint(resourceMessage, otlp.resourceDroppedAttributesCount) },
  scope: {
    name: text(scopeMessage, otlp.scopeName),
    version: text(scopeMessage, otlp.scopeVersion),
    dropped_attributes_count: uint(scopeMessage, otlp.scopeDroppedAttributesCount),
  },
  span: {
    trace_id: spanTraceId,
    'trace_id.string': hex(spanTraceId),
    span_id: spanSpanId,
    'span_id.string': hex(spanSpanId),
    parent_span_id: spanParentId,
    'parent_span_id.string': hex(spanParentId),
    trace_state: text(spanMessage, otlp.spanTraceState),
    name: text(spanMessage, otlp.spanName),
    kind: spanKind,
    'kind.string': named(kindNames, spanKind),
    'kind.deprecated_string': named(
      kindNames.map(name => `SPAN_KIND_${name.toUpperCase()}`),
      spanKind,
    ),
    start_time: time(spanMessage, otlp.spanStartTime),
    start_time_unix_nano: nanos(spanMessage, otlp.spanStartTime),
    end_time: time(spanMessage, otlp.spanEndTime),
    end_time_unix_nano: nanos(spanMessage, otlp.spanEndTime),
    'status.code': uint(statusMessage, otlp.statusCode),
    'status.message': text(statusMessage, otlp.statusMessage),
    flags: flags(spanMessage, otlp.spanFlags),
    dropped_attributes_count: uint(spanMessage, otlp.spanDroppedAttributesCount),
    events: countOf(spanMessage, () => otlp.spanEvents),
    links: countOf(spanMessage, () => otlp.spanLinks),
    dropped_events_count: uint(spanMessage, otlp.spanDroppedEventsCount),
    dropped_links_count: uint(spanMessage, otlp.spanDroppedLinksCount),
  },
  spanevent: {
    name: text(eventMessage, otlp.eventName),
    time: time(eventMessage, otlp.eventTime),
    time_unix_nano: nanos(eventMessage, otlp.eventTime),
    dropped_attributes_count: uint(eventMessage, otlp.eventDroppedAttributesCount),
    event_index: { get: context => BigInt(context.eventIndex) },
  },
  log: {
    time: time(logMessage, otlp.logTime),
    time_unix_nano: nanos(logMessage, otlp.logTime),
    observed_time: time(logMessage, otlp.logObservedTime),
    observed_time_unix_nano: nanos(logMessage, otlp.logObservedTime),
    severity_number: uint(logMessage, otlp.logSeverityNumber),
    severity_text: text(logMessage, otlp.logSeverityText),
    event_name: text(logMessage, otlp.logEventName),
    flags: flags(logMessage, otlp.logFlags),
    trace_id: logTraceId,
    'trace_id.string': hex(logTraceId),
    span_id: logSpanId,
    'span_id.string': hex(logSpanId),
    dropped_attributes_count: uint(logMessage, otlp.logDroppedAttributesCount),
  },
  metric: {
    name: text(metricMessage, otlp.metricName),
    description: text(metricMessage, otlp.metricDescription),
    unit: text(metricMessage, otlp.metricUnit),
    // A metric's type follows from its data: writing it changes nothing, as in the Collector.
    type: { get: context => metricTypes[context.metricView.kind] ?? 0n, set: () => {} },
    aggregation_temporality: {
      get: ({ metricView: metric }) =>
        hasTemporality(metric.kind) ? BigInt(metric.aggregationTemporality) : undefined,
      set: ({ metricView: metric }, value) => {
        const temporality = asUint32(value)
        if (hasTemporality(metric.kind)) metric.data.setVarint(otlp.dataAggregationTemporality, temporality)
      },
    },
    is_monotonic: {
      get: ({ metricView: metric }) => (metric.kind === metricSum ? metric.isMonotonic : undefined),
      set: ({ metricView: metric }, value) => {
        const isMonotonic = asBool(value)
        if (metric.kind === metricSum) metric.data.setVarint(otlp.dataIsMonotonic, Number(isMonotonic))
      },
    },
    data_points: countOf(
      context => context.metricView.data,
      () => otlp.dataPoints,
    ),
  },
  datapoint: {
    time: time(pointMessage, otlp.pointTime),
    time_unix_nano: nanos(pointMessage, otlp.pointTime),
    start_time: time(pointMessage, otlp.pointStartTime),
    start_time_unix_nano: nanos(pointMessage, otlp.pointStartTime),
    flags: {
      get: ({ point }) => BigInt(point.flags),
      set: ({ point }, value) => point.message.setVarint(flagsField(point.kind), asUint32(value)),
    },
    value_double: pointNumber(
      { [metricGauge]: otlp.numberPointAsDouble, [metricSum]: otlp.numberPointAsDouble },
      false,
      otlp.numberPointAsInt,
    ),
    value_int: pointNumber(
      { [metricGauge]: otlp.numberPointAsInt, [metricSum]: otlp.numberPointAsInt },
      true,
      otlp.numberPointAsDouble,
    ),
    count: pointNumber({ [metricHistogram]: 4, [metricExponentialHistogram]: 4, [metricSummary]: 4 }, true),
    sum: pointNumber({ [metricHistogram]: 5, [metricExponentialHistogram]: 5, [metricSummary]: 5 }, false),
    min: pointNumber(
      { [metricHistogram]: otlp.histogramPointMin, [metricExponentialHistogram]: otlp.exponentialPointMin },
      false,
    ),
    max: pointNumber(
      { [metricHistogram]: otlp.histogramPointMax, [metricExponentialHistogram]: otlp.exponentialPointMax },
      false,
    ),
    zero_count: pointNumber({ [metricExponentialHistogram]: otlp.exponentialPointZeroCount }, true),
    exemplars: countOf(pointMessage, ({ point }) => point.exemplars.fieldNumber),
    quantile_values: countOf(pointMessage, ({ point }) => (point.kind === metricSummary ? 6 : 0)),
  },
}

function hasTemporality(kind: number): boolean {
  return kind === metricSum || kind === metricHistogram || kind === metricExponentialHistogram
}

/** Histograms have their flags elsewhere. */
function flagsField(kind: number): number {
  return kind === metricHistogram || kind === metricExponentialHistogram ? 10 : 8
}
