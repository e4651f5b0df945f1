import * as otlp from '../../pdata/otlp-fields.ts'
import * as schema from '../../pdata/schema.ts'

/** Classes of fields that hold text or bytes; each can be switched off under `fields`. */
export const fieldClasses = [
  'resource_attributes',
  'scope_attributes',
  'scope_name',
  'schema_url',
  'entity_refs',
  'attribute_keys',
  'span_name',
  'span_attributes',
  'tracestate',
  'status_message',
  'event_name',
  'event_attributes',
  'link_attributes',
  'log_body',
  'log_attributes',
  'log_severity_text',
  'log_event_name',
  'metric_name',
  'metric_description',
  'metric_unit',
  'metric_metadata',
  'data_point_attributes',
  'exemplar_attributes',
  'ids',
  'other',
] as const
export type FieldClass = (typeof fieldClasses)[number]

export const classIndex = /* @__PURE__ */ Object.fromEntries(fieldClasses.map((name, i) => [name, i])) as Readonly<
  Record<FieldClass, number>
>

/** By message type: the class of each field by its number. What is not named here is `other`, and visited all the same. */
const byType = /* @__PURE__ */ new Map<schema.MessageType, Readonly<Record<number, FieldClass>>>([
  [schema.resourceType, { [otlp.resourceAttributes]: 'resource_attributes', [otlp.resourceEntityRefs]: 'entity_refs' }],
  [schema.entityRefType, { 1: 'entity_refs', 2: 'entity_refs', 3: 'entity_refs', 4: 'entity_refs' }],
  [
    schema.scopeType,
    { [otlp.scopeName]: 'scope_name', [otlp.scopeVersion]: 'scope_name', [otlp.scopeAttributes]: 'scope_attributes' },
  ],
  [
    schema.spanType,
    { [otlp.spanTraceState]: 'tracestate', [otlp.spanName]: 'span_name', [otlp.spanAttributes]: 'span_attributes' },
  ],
  [schema.statusType, { [otlp.statusMessage]: 'status_message' }],
  [schema.eventType, { [otlp.eventName]: 'event_name', [otlp.eventAttributes]: 'event_attributes' }],
  [schema.linkType, { [otlp.linkTraceState]: 'tracestate', [otlp.linkAttributes]: 'link_attributes' }],
  [
    schema.logRecordType,
    {
      [otlp.logBody]: 'log_body',
      [otlp.logAttributes]: 'log_attributes',
      [otlp.logSeverityText]: 'log_severity_text',
      [otlp.logEventName]: 'log_event_name',
    },
  ],
  [
    schema.metricType,
    {
      [otlp.metricName]: 'metric_name',
      [otlp.metricDescription]: 'metric_description',
      [otlp.metricUnit]: 'metric_unit',
      [otlp.metricMetadata]: 'metric_metadata',
    },
  ],
  [schema.numberPointType, { [otlp.numberPointAttributes]: 'data_point_attributes' }],
  [schema.histogramPointType, { [otlp.histogramPointAttributes]: 'data_point_attributes' }],
  [schema.exponentialPointType, { [otlp.exponentialPointAttributes]: 'data_point_attributes' }],
  [schema.summaryPointType, { [otlp.summaryPointAttributes]: 'data_point_attributes' }],
  [schema.exemplarType, { [otlp.exemplarAttributes]: 'exemplar_attributes' }],
])

/** The class of a field; values inside attributes and bodies have the class of what they stand in. */
export function classOf(type: schema.MessageType, fieldNumber: number, outer: number): number {
  if (
    type === schema.anyValueType ||
    type === schema.keyValueType ||
    type === schema.arrayValueType ||
    type === schema.keyValueListType
  )
    return outer
  const named = byType.get(type)?.[fieldNumber]
  if (named !== undefined) return classIndex[named]
  if (fieldNumber === 3 && !byType.has(type)) return classIndex.schema_url
  return type.kinds[fieldNumber]! >= schema.kindMessage ? outer : classIndex.other
}
