import { hashKey } from '../wire/key-hash.ts'
import type { Signal } from './otlp-batch.ts'

/** How a field's value stands on the wire and in JSON. Numbers, since readers switch on them per field. */
export const fieldKinds = {
  string: 0,
  /** Base64 in JSON. */
  bytes: 1,
  /** Hexadecimal in JSON: trace and profile ids (16 bytes), span ids (8 bytes). */
  id16: 2,
  id8: 3,
  bool: 4,
  int32: 5,
  uint32: 6,
  sint32: 7,
  /** Integers in JSON, as OTLP demands; names are read too (enum-names.ts). */
  enum: 8,
  int64: 9,
  uint64: 10,
  fixed32: 11,
  fixed64: 12,
  sfixed64: 13,
  double: 14,
  message: 15,
} as const

export type FieldKindName = keyof typeof fieldKinds

/** One field of a message. */
export interface SchemaField {
  /** As in the specification: `start_time_unix_nano`. */
  readonly name: string
  readonly number: number
  /** A value of `fieldKinds`. */
  readonly kind: number
  readonly isRepeated: boolean
  /** The value is written even if it is the default: members of a oneof, `optional`, entries of a list. */
  readonly hasPresence: boolean
  /** Names the oneof that the field belongs to; empty for none. */
  readonly oneof: string
  readonly message: SchemaMessage | undefined
  /** The key in JSON: `startTimeUnixNano`. */
  readonly jsonName: string
  /** `"startTimeUnixNano":` in UTF-8. */
  readonly jsonKey: Uint8Array
  /** Set in a mask of keys seen; members of one oneof share it. */
  readonly seenBit: number
  /** Place in `SchemaMessage.fields`. */
  readonly index: number
}

export class SchemaMessage {
  readonly name: string
  fields: readonly SchemaField[] = []
  /** By field number; undefined for unknown numbers. */
  byNumber: readonly (SchemaField | undefined)[] = []
  /** Open-addressed by `hashKey`; both spellings of a key lead to its field. */
  #table: (KeyEntry | undefined)[] = []
  #mask = 0
  /** The key that an object of this message began with last time: a guess for the reader. */
  firstKey: KeyEntry | undefined

  constructor(name: string) {
    this.name = name
  }

  /** Sets the fields, in ascending order of their numbers; messages may refer to each other in circles. */
  define(fields: readonly SchemaField[]): this {
    this.fields = fields
    const byNumber: (SchemaField | undefined)[] = []
    for (const field of fields) byNumber[field.number] = field
    this.byNumber = Array.from(byNumber)
    const entries = fields.flatMap(keyEntries)
    this.firstKey = entries[0]
    const size = 2 ** Math.ceil(Math.log2(entries.length * 4 + 1))
    this.#mask = size - 1
    this.#table = new Array<KeyEntry | undefined>(size).fill(undefined)
    for (const entry of entries) {
      let slot = entry.hash & this.#mask
      while (this.#table[slot] !== undefined) slot = (slot + 1) & this.#mask
      this.#table[slot] = entry
    }
    return this
  }

  /** The field whose key is `bytes[start, end)` with that `hashKey`; undefined for unknown keys. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): KeyEntry | undefined {
    let slot = hash & this.#mask
    let entry = this.#table[slot]
    while (entry !== undefined) {
      if (entry.hash === hash && isSameKey(entry.key, bytes, start, end)) return entry
      slot = (slot + 1) & this.#mask
      entry = this.#table[slot]
    }
    return undefined
  }
}

/** One spelling of one field's key. */
export class KeyEntry {
  readonly hash: number
  readonly key: Uint8Array
  readonly field: SchemaField
  /** The key is spelled as in the .proto files, which OTLP does not allow and senders do nevertheless. */
  readonly isSnakeCase: boolean
  /** The key in quotes, with its colon. */
  readonly quoted: Uint8Array
  /** The key that followed this one last time: a guess for the reader, nothing depends on it. */
  follower: KeyEntry

  constructor(name: string, field: SchemaField) {
    this.key = Buffer.from(name)
    this.hash = hashKey(this.key)
    this.field = field
    this.isSnakeCase = name !== field.jsonName
    this.quoted = Buffer.from(`"${name}":`)
    this.follower = this
  }
}

function keyEntries(field: SchemaField): KeyEntry[] {
  const names = field.name === field.jsonName ? [field.jsonName] : [field.jsonName, field.name]
  return names.map(name => new KeyEntry(name, field))
}

function isSameKey(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false
  return true
}

/** A field as the tables below state it: number, name, kind or message, and what is special about it. */
type FieldRow = readonly [number: number, name: string, kind: FieldKindName | SchemaMessage, ...traits: FieldTrait[]]
type FieldTrait = 'repeated' | 'optional' | `oneof ${string}`

function fieldsOf(rows: readonly FieldRow[]): SchemaField[] {
  const seenBits = new Map<string, number>()
  return rows.map(([number, name, kind, ...traits], index) => {
    const isRepeated = traits.includes('repeated')
    const oneof = traits.find(trait => trait.startsWith('oneof '))?.slice('oneof '.length) ?? ''
    const jsonName = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const group = oneof === '' ? name : `oneof ${oneof}`
    if (!seenBits.has(group)) seenBits.set(group, 1 << seenBits.size)
    return {
      name,
      number,
      kind: typeof kind === 'string' ? fieldKinds[kind] : fieldKinds.message,
      isRepeated,
      hasPresence: isRepeated || oneof !== '' || traits.includes('optional'),
      oneof,
      message: typeof kind === 'string' ? undefined : kind,
      jsonName,
      jsonKey: Buffer.from(`"${jsonName}":`),
      seenBit: seenBits.get(group)!,
      index,
    }
  })
}

const message = (name: string, rows: readonly FieldRow[]) => new SchemaMessage(name).define(fieldsOf(rows))

// The tables follow the specification's field numbers: https://github.com/open-telemetry/opentelemetry-proto

const anyValue = new SchemaMessage('AnyValue')
const keyValue = message('KeyValue', [
  [1, 'key', 'string'],
  [2, 'value', anyValue],
  [3, 'key_strindex', 'int32'],
])
const arrayValue = message('ArrayValue', [[1, 'values', anyValue, 'repeated']])
const keyValueList = message('KeyValueList', [[1, 'values', keyValue, 'repeated']])
anyValue.define(
  fieldsOf([
    [1, 'string_value', 'string', 'oneof value'],
    [2, 'bool_value', 'bool', 'oneof value'],
    [3, 'int_value', 'int64', 'oneof value'],
    [4, 'double_value', 'double', 'oneof value'],
    [5, 'array_value', arrayValue, 'oneof value'],
    [6, 'kvlist_value', keyValueList, 'oneof value'],
    [7, 'bytes_value', 'bytes', 'oneof value'],
    [8, 'string_value_strindex', 'int32', 'oneof value'],
  ]),
)

const entityRef = message('EntityRef', [
  [1, 'schema_url', 'string'],
  [2, 'type', 'string'],
  [3, 'id_keys', 'string', 'repeated'],
  [4, 'description_keys', 'string', 'repeated'],
])
const resource = message('Resource', [
  [1, 'attributes', keyValue, 'repeated'],
  [2, 'dropped_attributes_count', 'uint32'],
  [3, 'entity_refs', entityRef, 'repeated'],
])
const scope = message('InstrumentationScope', [
  [1, 'name', 'string'],
  [2, 'version', 'string'],
  [3, 'attributes', keyValue, 'repeated'],
  [4, 'dropped_attributes_count', 'uint32'],
])

const spanEvent = message('Span.Event', [
  [1, 'time_unix_nano', 'fixed64'],
  [2, 'name', 'string'],
  [3, 'attributes', keyValue, 'repeated'],
  [4, 'dropped_attributes_count', 'uint32'],
])
const spanLink = message('Span.Link', [
  [1, 'trace_id', 'id16'],
  [2, 'span_id', 'id8'],
  [3, 'trace_state', 'string'],
  [4, 'attributes', keyValue, 'repeated'],
  [5, 'dropped_attributes_count', 'uint32'],
  [6, 'flags', 'fixed32'],
])
const spanStatus = message('Status', [
  [2, 'message', 'string'],
  [3, 'code', 'enum'],
])
const span = message('Span', [
  [1, 'trace_id', 'id16'],
  [2, 'span_id', 'id8'],
  [3, 'trace_state', 'string'],
  [4, 'parent_span_id', 'id8'],
  [5, 'name', 'string'],
  [6, 'kind', 'enum'],
  [7, 'start_time_unix_nano', 'fixed64'],
  [8, 'end_time_unix_nano', 'fixed64'],
  [9, 'attributes', keyValue, 'repeated'],
  [10, 'dropped_attributes_count', 'uint32'],
  [11, 'events', spanEvent, 'repeated'],
  [12, 'dropped_events_count', 'uint32'],
  [13, 'links', spanLink, 'repeated'],
  [14, 'dropped_links_count', 'uint32'],
  [15, 'status', spanStatus],
  [16, 'flags', 'fixed32'],
])

const logRecord = message('LogRecord', [
  [1, 'time_unix_nano', 'fixed64'],
  [2, 'severity_number', 'enum'],
  [3, 'severity_text', 'string'],
  [5, 'body', anyValue],
  [6, 'attributes', keyValue, 'repeated'],
  [7, 'dropped_attributes_count', 'uint32'],
  [8, 'flags', 'fixed32'],
  [9, 'trace_id', 'id16'],
  [10, 'span_id', 'id8'],
  [11, 'observed_time_unix_nano', 'fixed64'],
  [12, 'event_name', 'string'],
])

const exemplar = message('Exemplar', [
  [2, 'time_unix_nano', 'fixed64'],
  [3, 'as_double', 'double', 'oneof value'],
  [4, 'span_id', 'id8'],
  [5, 'trace_id', 'id16'],
  [6, 'as_int', 'sfixed64', 'oneof value'],
  [7, 'filtered_attributes', keyValue, 'repeated'],
])
const numberDataPoint = message('NumberDataPoint', [
  [2, 'start_time_unix_nano', 'fixed64'],
  [3, 'time_unix_nano', 'fixed64'],
  [4, 'as_double', 'double', 'oneof value'],
  [5, 'exemplars', exemplar, 'repeated'],
  [6, 'as_int', 'sfixed64', 'oneof value'],
  [7, 'attributes', keyValue, 'repeated'],
  [8, 'flags', 'uint32'],
])
const histogramDataPoint = message('HistogramDataPoint', [
  [2, 'start_time_unix_nano', 'fixed64'],
  [3, 'time_unix_nano', 'fixed64'],
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double', 'optional'],
  [6, 'bucket_counts', 'fixed64', 'repeated'],
  [7, 'explicit_bounds', 'double', 'repeated'],
  [8, 'exemplars', exemplar, 'repeated'],
  [9, 'attributes', keyValue, 'repeated'],
  [10, 'flags', 'uint32'],
  [11, 'min', 'double', 'optional'],
  [12, 'max', 'double', 'optional'],
])
const buckets = message('ExponentialHistogramDataPoint.Buckets', [
  [1, 'offset', 'sint32'],
  [2, 'bucket_counts', 'uint64', 'repeated'],
])
const exponentialHistogramDataPoint = message('ExponentialHistogramDataPoint', [
  [1, 'attributes', keyValue, 'repeated'],
  [2, 'start_time_unix_nano', 'fixed64'],
  [3, 'time_unix_nano', 'fixed64'],
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double', 'optional'],
  [6, 'scale', 'sint32'],
  [7, 'zero_count', 'fixed64'],
  [8, 'positive', buckets],
  [9, 'negative', buckets],
  [10, 'flags', 'uint32'],
  [11, 'exemplars', exemplar, 'repeated'],
  [12, 'min', 'double', 'optional'],
  [13, 'max', 'double', 'optional'],
  [14, 'zero_threshold', 'double'],
])
const valueAtQuantile = message('SummaryDataPoint.ValueAtQuantile', [
  [1, 'quantile', 'double'],
  [2, 'value', 'double'],
])
const summaryDataPoint = message('SummaryDataPoint', [
  [2, 'start_time_unix_nano', 'fixed64'],
  [3, 'time_unix_nano', 'fixed64'],
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'quantile_values', valueAtQuantile, 'repeated'],
  [7, 'attributes', keyValue, 'repeated'],
  [8, 'flags', 'uint32'],
])
const metric = message('Metric', [
  [1, 'name', 'string'],
  [2, 'description', 'string'],
  [3, 'unit', 'string'],
  [5, 'gauge', message('Gauge', [[1, 'data_points', numberDataPoint, 'repeated']]), 'oneof data'],
  [
    7,
    'sum',
    message('Sum', [
      [1, 'data_points', numberDataPoint, 'repeated'],
      [2, 'aggregation_temporality', 'enum'],
      [3, 'is_monotonic', 'bool'],
    ]),
    'oneof data',
  ],
  [
    9,
    'histogram',
    message('Histogram', [
      [1, 'data_points', histogramDataPoint, 'repeated'],
      [2, 'aggregation_temporality', 'enum'],
    ]),
    'oneof data',
  ],
  [
    10,
    'exponential_histogram',
    message('ExponentialHistogram', [
      [1, 'data_points', exponentialHistogramDataPoint, 'repeated'],
      [2, 'aggregation_temporality', 'enum'],
    ]),
    'oneof data',
  ],
  [11, 'summary', message('Summary', [[1, 'data_points', summaryDataPoint, 'repeated']]), 'oneof data'],
  [12, 'metadata', keyValue, 'repeated'],
])

/** Request, resource group and scope group: alike for every signal but for the names. */
function requestOf(name: string, plural: string, record: SchemaMessage, records: string): SchemaMessage {
  const scopeGroup = message(`Scope${name}`, [
    [1, 'scope', scope],
    [2, records, record, 'repeated'],
    [3, 'schema_url', 'string'],
  ])
  const resourceGroup = message(`Resource${name}`, [
    [1, 'resource', resource],
    [2, `scope_${plural}`, scopeGroup, 'repeated'],
    [3, 'schema_url', 'string'],
  ])
  return message(`${name}Data`, [[1, `resource_${plural}`, resourceGroup, 'repeated']])
}

const schemas: Partial<Record<Signal, SchemaMessage>> = {
  traces: requestOf('Spans', 'spans', span, 'spans'),
  metrics: requestOf('Metrics', 'metrics', metric, 'metrics'),
  logs: requestOf('Logs', 'logs', logRecord, 'log_records'),
}

/** The request message of a signal, all its messages reachable from it; undefined where no table is kept. */
export function otlpSchema(signal: Signal): SchemaMessage | undefined {
  return schemas[signal]
}
