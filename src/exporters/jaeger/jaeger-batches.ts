import { valueText } from '../../pdata/plain-value-text.ts'
import type { PlainGroup, PlainLink, PlainMap, PlainScope, PlainSpan, PlainValue } from '../../pdata/trace-objects.ts'

export type JaegerTagValue = string | boolean | bigint | number | Uint8Array

export interface JaegerTag {
  readonly key: string
  readonly value: JaegerTagValue
}

export interface JaegerProcess {
  readonly serviceName: string
  readonly tags: readonly JaegerTag[]
}

const childOf = 0
const followsFrom = 1

export interface JaegerReference {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly type: number
}

export interface JaegerLog {
  readonly timeNano: bigint
  readonly fields: readonly JaegerTag[]
}

export interface JaegerSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  /** Empty where the span is a root. */
  readonly parentSpanId: Uint8Array
  readonly name: string
  readonly references: readonly JaegerReference[]
  readonly flags: number
  readonly startNano: bigint
  readonly durationNano: bigint
  readonly tags: readonly JaegerTag[]
  readonly logs: readonly JaegerLog[]
}

export interface JaegerBatch {
  readonly process: JaegerProcess
  readonly spans: JaegerSpan[]
}

/** What Jaeger has no place for; the label of a counter. */
export type NotCarried = 'link_attributes' | 'link_trace_state' | 'dropped_counts'

/** What an exporter of OTLP data calls a service without a name: Jaeger refuses an empty one. */
const noServiceName = 'OTLPResourceNoServiceName'
const kinds = [undefined, 'internal', 'server', 'client', 'producer', 'consumer']
const refTypeKey = 'opentracing.ref_type'
const statusOk = 1
const statusError = 2

/**
 * Turns traces into Jaeger's batches, one for each process: groups with equal resources become one.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/
 */
export function jaegerBatches(groups: readonly PlainGroup[], notCarried: (what: NotCarried) => void): JaegerBatch[] {
  const batches = new Map<string, JaegerBatch>()
  for (const { resource, scopes } of groups) {
    const process = processOf(resource)
    const key = JSON.stringify([
      process.serviceName,
      process.tags.map(({ key, value }) => [key, typeof value, String(value)]),
    ])
    let batch = batches.get(key)
    if (batch === undefined) {
      batch = { process, spans: [] }
      batches.set(key, batch)
    }
    for (const { scope, spans } of scopes) {
      const shared = scopeTags(scope)
      for (const span of spans) batch.spans.push(jaegerSpan(span, shared, notCarried))
    }
  }
  return [...batches.values()].filter(batch => batch.spans.length > 0)
}

function processOf(resource: PlainMap): JaegerProcess {
  const serviceName = valueText(resource.get('service.name'))
  const tags = tagsOf(resource).filter(({ key }) => key !== 'service.name')
  return { serviceName: serviceName === '' ? noServiceName : serviceName, tags }
}

function scopeTags({ name, version, attributes }: PlainScope): JaegerTag[] {
  const tags = tagsOf(attributes)
  if (name !== '') tags.push({ key: 'otel.scope.name', value: name })
  if (version !== '') tags.push({ key: 'otel.scope.version', value: version })
  return tags
}

function jaegerSpan(span: PlainSpan, shared: readonly JaegerTag[], notCarried: (what: NotCarried) => void): JaegerSpan {
  if (span.droppedCount > 0) notCarried('dropped_counts')
  const { traceId, spanId, parentSpanId, name, startNano, endNano } = span
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    references: referencesOf(span, notCarried),
    flags: span.flags & 1,
    startNano,
    durationNano: endNano > startNano ? endNano - startNano : 0n,
    tags: [...shared, ...tagsOf(span.attributes), ...fieldTags(span)],
    logs: span.events.map(event => {
      if (event.droppedAttributesCount > 0) notCarried('dropped_counts')
      const fields = tagsOf(event.attributes)
      // An attribute of that name would be taken for the event's.
      if (event.name !== '' && !event.attributes.has('event')) fields.unshift({ key: 'event', value: event.name })
      return { timeNano: event.timeNano, fields }
    }),
  }
}

/** Tags for what OTLP has fields for. */
function fieldTags({ kind, statusCode, statusMessage, traceState }: PlainSpan): JaegerTag[] {
  const tags: JaegerTag[] = []
  const kindName = kinds[kind]
  if (kindName !== undefined) tags.push({ key: 'span.kind', value: kindName })
  if (statusCode === statusOk || statusCode === statusError) {
    tags.push({ key: 'otel.status_code', value: statusCode === statusOk ? 'OK' : 'ERROR' })
  }
  if (statusCode === statusError) tags.push({ key: 'error', value: true })
  if (statusMessage !== '') tags.push({ key: 'otel.status_description', value: statusMessage })
  if (traceState !== '') tags.push({ key: 'w3c.tracestate', value: traceState })
  return tags
}

/** The parent first, as child-of unless a link to it says otherwise; then the links. */
function referencesOf(span: PlainSpan, notCarried: (what: NotCarried) => void): JaegerReference[] {
  const { traceId, parentSpanId, links } = span
  const references: JaegerReference[] = []
  if (parentSpanId.length > 0) references.push({ traceId, spanId: parentSpanId, type: childOf })
  for (const link of links) {
    if ([...link.attributes.keys()].some(key => key !== refTypeKey)) notCarried('link_attributes')
    if (link.traceState !== '') notCarried('link_trace_state')
    if (link.droppedAttributesCount > 0) notCarried('dropped_counts')
    references.push({ traceId: link.traceId, spanId: link.spanId, type: typeOf(link) })
  }
  return references
}

function typeOf(link: PlainLink): number {
  return link.attributes.get(refTypeKey) === 'child_of' ? childOf : followsFrom
}

function tagsOf(attributes: PlainMap): JaegerTag[] {
  return [...attributes].map(([key, value]) => ({ key, value: tagValue(value) }))
}

/** Lists and maps are JSON text: Jaeger's tags are flat. */
function tagValue(value: PlainValue): JaegerTagValue {
  if (value === undefined) return ''
  return typeof value === 'object' && !(value instanceof Uint8Array) ? valueText(value) : value
}
