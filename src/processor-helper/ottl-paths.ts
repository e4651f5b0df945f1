import { AttributeKey } from '../pdata/attribute-key.ts'
import type { MessageView } from '../pdata/message-view.ts'
import * as otlp from '../pdata/otlp-fields.ts'
import type { AttributeReader, FieldReader } from '../pdata/record-reader.ts'
import { ValueReader } from '../pdata/value.ts'
import { copyBytes } from '../wire/copy-bytes.ts'
import {
  attributeAt,
  attributeMap,
  type ContextName,
  type Expression,
  type Getter,
  type OttlContext,
} from './ottl-context.ts'
import { OttlError } from './ottl-lexer.ts'
import type { PathNode } from './ottl-parser.ts'
import { EvaluationError, OttlTime, type OttlValue, typeName } from './ottl-value.ts'
import { valueText } from './value-text.ts'

type MessageOf = (context: OttlContext) => FieldReader

const spanMessage: MessageOf = context => context.span.message
const statusMessage: MessageOf = context => context.span.status
const eventMessage: MessageOf = context => context.event.message
const logMessage: MessageOf = context => context.log.message
const metricMessage: MessageOf = context => context.metric.message
const pointMessage: MessageOf = context => context.point.message
const scopeMessage: MessageOf = context => context.scope.message
const resourceMessage: MessageOf = context => context.resource.message

function text(message: MessageOf, field: number): Expression {
  return { get: context => message(context).text(field), text: { message, field } }
}
function uint(message: MessageOf, field: number): Expression {
  return { get: context => BigInt(message(context).uint32(field)) }
}
function flags(message: MessageOf, field: number): Expression {
  return { get: context => BigInt(message(context).fixed32(field)) }
}
function nanos(message: MessageOf, field: number): Expression {
  return { get: context => BigInt.asIntN(64, message(context).fixed64(field)) }
}
function time(message: MessageOf, field: number): Expression {
  return { get: context => new OttlTime(message(context).fixed64(field)) }
}
/** An id as bytes; one that is absent or of another length is all zeros, as in the Collector. */
function id(message: MessageOf, field: number, length: number): Expression {
  return {
    get: context => {
      const view = message(context)
      const start = view.valueStart(field)
      const end = view.valueEnd(field)
      return end - start === length ? copyBytes(view.bytes, start, end) : new Uint8Array(length)
    },
  }
}
function hex(expression: Expression): Expression {
  return { get: context => Buffer.from(expression.get(context) as Uint8Array).toString('hex') }
}
function named(names: readonly string[], get: (context: OttlContext) => number): Expression {
  return { get: context => names[get(context)] ?? '' }
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
const logTraceId = id(logMessage, otlp.logTraceId, 16)
const logSpanId = id(logMessage, otlp.logSpanId, 8)

/** A number of a data point; nil where its kind has no such field. */
function pointNumber(
  fields: Readonly<Record<number, number>>,
  read: (message: MessageView, field: number) => OttlValue,
): Expression {
  return {
    get: ({ point }) => {
      const field = fields[point.kind]
      return field !== undefined && point.message.has(field) ? read(point.message, field) : undefined
    },
  }
}
const readDouble = (message: MessageView, field: number) => message.double(field)
const readInt = (message: MessageView, field: number) => BigInt.asIntN(64, message.fixed64(field))
const { metricGauge, metricSum, metricHistogram, metricExponentialHistogram, metricSummary } = otlp

/** Plain fields by context and path. Attributes and the log body are handled apart, since they take keys. */
const fields: Readonly<Record<ContextName, Readonly<Record<string, Expression>>>> = {
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
    kind: uint(spanMessage, otlp.spanKind),
    'kind.string': named(kindNames, context => context.span.kind),
    'kind.deprecated_string': named(
      kindNames.map(name => `SPAN_KIND_${name.toUpperCase()}`),
      context => context.span.kind,
    ),
    start_time: time(spanMessage, otlp.spanStartTime),
    start_time_unix_nano: nanos(spanMessage, otlp.spanStartTime),
    end_time: time(spanMessage, otlp.spanEndTime),
    end_time_unix_nano: nanos(spanMessage, otlp.spanEndTime),
    'status.code': uint(statusMessage, otlp.statusCode),
    'status.message': text(statusMessage, otlp.statusMessage),
    flags: flags(spanMessage, otlp.spanFlags),
    dropped_attributes_count: uint(spanMessage, otlp.spanDroppedAttributesCount),
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
    'body.string': { get: context => bodyText(context) },
  },
  metric: {
    name: text(metricMessage, otlp.metricName),
    description: text(metricMessage, otlp.metricDescription),
    unit: text(metricMessage, otlp.metricUnit),
    type: { get: context => metricTypes[context.metricView.kind] ?? 0n },
    aggregation_temporality: { get: context => BigInt(context.metricView.aggregationTemporality) },
    is_monotonic: { get: context => context.metricView.isMonotonic },
  },
  datapoint: {
    time: time(pointMessage, otlp.pointTime),
    time_unix_nano: nanos(pointMessage, otlp.pointTime),
    start_time: time(pointMessage, otlp.pointStartTime),
    start_time_unix_nano: nanos(pointMessage, otlp.pointStartTime),
    flags: { get: context => BigInt(context.point.flags) },
    value_double: pointNumber(
      { [metricGauge]: otlp.numberPointAsDouble, [metricSum]: otlp.numberPointAsDouble },
      readDouble,
    ),
    value_int: pointNumber({ [metricGauge]: otlp.numberPointAsInt, [metricSum]: otlp.numberPointAsInt }, readInt),
    count: pointNumber({ [metricHistogram]: 4, [metricExponentialHistogram]: 4, [metricSummary]: 4 }, readInt),
    sum: pointNumber({ [metricHistogram]: 5, [metricExponentialHistogram]: 5, [metricSummary]: 5 }, readDouble),
    min: pointNumber(
      { [metricHistogram]: otlp.histogramPointMin, [metricExponentialHistogram]: otlp.exponentialPointMin },
      readDouble,
    ),
    max: pointNumber(
      { [metricHistogram]: otlp.histogramPointMax, [metricExponentialHistogram]: otlp.exponentialPointMax },
      readDouble,
    ),
    zero_count: pointNumber({ [metricExponentialHistogram]: otlp.exponentialPointZeroCount }, readInt),
  },
}

const attributeLists: Readonly<Record<ContextName, (context: OttlContext) => AttributeReader>> = {
  resource: context => context.resource.attributes,
  scope: context => context.scope.attributes,
  span: context => context.span.attributes,
  spanevent: context => context.event.attributes,
  log: context => context.log.attributes,
  metric: context => context.metricView.message.attributes,
  datapoint: context => context.point.attributes,
}

/** Contexts that a condition may also name by prefix. */
const around: Readonly<Record<ContextName, readonly ContextName[]>> = {
  resource: ['resource'],
  scope: ['scope', 'resource'],
  span: ['span', 'scope', 'resource'],
  spanevent: ['spanevent', 'span', 'scope', 'resource'],
  log: ['log', 'scope', 'resource'],
  metric: ['metric', 'scope', 'resource'],
  datapoint: ['datapoint', 'metric', 'scope', 'resource'],
}

/** Splits a path into the context that it speaks of and the rest. */
export function contextOf(
  path: PathNode,
  own: ContextName,
): { context: ContextName; names: string[]; keySegment: number } {
  const first = path.segments[0]!.name
  const prefix = (first === 'instrumentation_scope' ? 'scope' : first) as ContextName
  const isPrefix = path.segments.length > 1 && around[own].includes(prefix)
  const rest = isPrefix ? path.segments.slice(1) : path.segments
  return {
    context: isPrefix ? prefix : own,
    names: rest.map(segment => segment.name),
    keySegment: path.segments.length - 1,
  }
}

/** Makes a path ready for evaluation in conditions of the context `own`. `keys` are the compiled keys at its end. */
export function compilePath(path: PathNode, own: ContextName, keys: readonly Expression[]): Expression {
  const { context, names } = contextOf(path, own)
  for (const segment of path.segments.slice(0, -1)) {
    if (segment.keys.length > 0) throw new OttlError(`${segment.name} takes no key here`, path.at)
  }
  const name = names.join('.')
  if (name === 'attributes' || (context === 'metric' && name === 'metadata')) {
    if (name === 'attributes' && context === 'metric') throw unknownPath(path, name, context)
    return compileAttributes(attributeLists[context], keys)
  }
  if (context === 'log' && name === 'body') return compileBody(keys)
  const field = fields[context][name]
  if (field === undefined) throw unknownPath(path, name, context)
  if (keys.length > 0)
    return name === 'trace_state' ? compileTraceState(field, keys) : fail(`${name} takes no key`, path)
  return field
}

function unknownPath(path: PathNode, name: string, context: ContextName): OttlError {
  const known = ['attributes', ...Object.keys(fields[context])].join(', ')
  return new OttlError(`unknown path ${name} in context ${context} (known: ${known})`, path.at)
}

function fail(message: string, path: PathNode): never {
  throw new OttlError(message, path.at)
}

function compileAttributes(list: (context: OttlContext) => AttributeReader, keys: readonly Expression[]): Expression {
  const [first, ...rest] = keys
  if (first === undefined) return { get: context => attributeMap(list(context)) }
  if (typeof first.constant !== 'string') {
    return { get: context => index(attributeMap(list(context)), [first, ...rest], context) }
  }
  const key = new AttributeKey(first.constant)
  const get: Getter = context => {
    const attributes = list(context)
    const at = attributes.find(key)
    return at < 0 ? undefined : attributeAt(attributes, at)
  }
  if (rest.length > 0) return { get: context => index(get(context), rest, context) }
  return {
    get,
    source: {
      point(context, reader) {
        const attributes = list(context)
        const at = attributes.find(key)
        if (at < 0) return false
        reader.reset(attributes.bytes, attributes.valueStart(at), attributes.valueEnd(at))
        return true
      },
    },
  }
}

const bodyReader = new ValueReader()

function readBody({ log }: OttlContext, reader: ValueReader): boolean {
  reader.reset(log.message.bytes, log.bodyStart, log.bodyEnd)
  return true
}

function bodyText(context: OttlContext): string {
  readBody(context, bodyReader)
  return valueText(bodyReader)
}

function compileBody(keys: readonly Expression[]): Expression {
  const get: Getter = context => {
    readBody(context, bodyReader)
    return bodyReader.toJs()
  }
  return keys.length > 0 ? { get: context => index(get(context), keys, context) } : { get, source: { point: readBody } }
}

function compileTraceState(field: Expression, keys: readonly Expression[]): Expression {
  return {
    get: context => {
      const key = keys[0]!.get(context)
      for (const member of String(field.get(context)).split(',')) {
        const equals = member.indexOf('=')
        if (equals > 0 && member.slice(0, equals).trim() === key) return member.slice(equals + 1)
      }
      return undefined
    },
  }
}

/** Follows keys into maps and lists; nil where a key is absent. */
export function index(value: OttlValue, keys: readonly Expression[], context: OttlContext): OttlValue {
  let current = value
  for (const expression of keys) {
    const key = expression.get(context)
    if (current === undefined) return undefined
    if (current instanceof Map && typeof key === 'string') current = (current as Map<string, OttlValue>).get(key)
    else if (Array.isArray(current) && typeof key === 'bigint') {
      if (key < 0n || key >= BigInt(current.length)) throw new EvaluationError(`index ${key} is out of range`)
      current = current[Number(key)]
    } else throw new EvaluationError(`cannot look for a ${typeName(key)} key in a ${typeName(current)}`)
  }
  return current
}
