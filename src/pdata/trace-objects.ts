import { FieldCursor, readVarint64 } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes, wireFixed32, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import * as otlp from './otlp-fields.ts'
import {
  ValueReader,
  valueArray,
  valueBool,
  valueBytes,
  valueDepthMax,
  valueDouble,
  valueInt,
  valueMap,
  valueString,
} from './value.ts'

// Traces as plain objects, for exporters whose formats need everything of a span at once. Not for the hot path.

/** An attribute's value; undefined where it is empty. */
export type PlainValue = string | boolean | bigint | number | Uint8Array | readonly PlainValue[] | PlainMap | undefined
export type PlainMap = ReadonlyMap<string, PlainValue>

export interface PlainEvent {
  readonly timeNano: bigint
  readonly name: string
  readonly attributes: PlainMap
  readonly droppedAttributesCount: number
}

export interface PlainLink {
  /** Empty where the link has none. */
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly traceState: string
  readonly attributes: PlainMap
  readonly droppedAttributesCount: number
}

export interface PlainSpan {
  /** Empty or 16 bytes. */
  readonly traceId: Uint8Array
  /** Empty or 8 bytes. */
  readonly spanId: Uint8Array
  readonly parentSpanId: Uint8Array
  readonly traceState: string
  readonly name: string
  readonly kind: number
  readonly startNano: bigint
  readonly endNano: bigint
  readonly attributes: PlainMap
  readonly events: readonly PlainEvent[]
  readonly links: readonly PlainLink[]
  readonly statusCode: number
  readonly statusMessage: string
  readonly flags: number
  /** Attributes, events and links that their sender dropped. */
  readonly droppedCount: number
}

export interface PlainScope {
  readonly name: string
  readonly version: string
  readonly attributes: PlainMap
}

export interface PlainGroup {
  readonly resource: PlainMap
  readonly scopes: readonly { readonly scope: PlainScope; readonly spans: readonly PlainSpan[] }[]
}

const noBytes: Uint8Array = new Uint8Array(0)
const utf8 = new TextDecoder()

/** Reads a whole traces request. Throws `WireError` where it is malformed. */
export function readTraces(bytes: Uint8Array): PlainGroup[] {
  const groups: PlainGroup[] = []
  const request = new FieldCursor(bytes)
  while (request.next()) {
    if (isMessage(request, otlp.requestResources)) groups.push(readGroup(bytes, request.valueStart, request.fieldEnd))
  }
  return groups
}

function isMessage(cursor: FieldCursor, fieldNumber: number): boolean {
  return cursor.fieldNumber === fieldNumber && cursor.wireType === wireBytes
}

function readGroup(bytes: Uint8Array, start: number, end: number): PlainGroup {
  const resource = new Map<string, PlainValue>()
  const scopes: { scope: PlainScope; spans: PlainSpan[] }[] = []
  const group = new FieldCursor(bytes, start, end)
  while (group.next()) {
    if (isMessage(group, otlp.groupResource)) {
      const fields = new FieldCursor(bytes, group.valueStart, group.fieldEnd)
      while (fields.next()) if (isMessage(fields, otlp.resourceAttributes)) readAttribute(fields, resource)
    } else if (isMessage(group, otlp.groupScopes)) scopes.push(readScopeGroup(bytes, group.valueStart, group.fieldEnd))
  }
  return { resource, scopes }
}

function readScopeGroup(bytes: Uint8Array, start: number, end: number): { scope: PlainScope; spans: PlainSpan[] } {
  let name = ''
  let version = ''
  const attributes = new Map<string, PlainValue>()
  const spans: PlainSpan[] = []
  const group = new FieldCursor(bytes, start, end)
  while (group.next()) {
    if (isMessage(group, otlp.scopeGroupRecords)) spans.push(readSpan(bytes, group.valueStart, group.fieldEnd))
    else if (isMessage(group, otlp.scopeGroupScope)) {
      const fields = new FieldCursor(bytes, group.valueStart, group.fieldEnd)
      while (fields.next()) {
        if (isMessage(fields, otlp.scopeName)) name = text(fields)
        else if (isMessage(fields, otlp.scopeVersion)) version = text(fields)
        else if (isMessage(fields, otlp.scopeAttributes)) readAttribute(fields, attributes)
      }
    }
  }
  return { scope: { name, version, attributes }, spans }
}

function readSpan(bytes: Uint8Array, start: number, end: number): PlainSpan {
  const attributes = new Map<string, PlainValue>()
  const events: PlainEvent[] = []
  const links: PlainLink[] = []
  const span = {
    traceId: noBytes,
    spanId: noBytes,
    parentSpanId: noBytes,
    traceState: '',
    name: '',
    kind: 0,
    startNano: 0n,
    endNano: 0n,
    attributes,
    events,
    links,
    statusCode: 0,
    statusMessage: '',
    flags: 0,
    droppedCount: 0,
  }
  const fields = new FieldCursor(bytes, start, end)
  while (fields.next()) {
    const { fieldNumber, wireType } = fields
    if (wireType === wireBytes) {
      if (fieldNumber === otlp.spanTraceId) span.traceId = id(fields, 16)
      else if (fieldNumber === otlp.spanSpanId) span.spanId = id(fields, 8)
      else if (fieldNumber === otlp.spanParentSpanId) span.parentSpanId = id(fields, 8)
      else if (fieldNumber === otlp.spanTraceState) span.traceState = text(fields)
      else if (fieldNumber === otlp.spanName) span.name = text(fields)
      else if (fieldNumber === otlp.spanAttributes) readAttribute(fields, attributes)
      else if (fieldNumber === otlp.spanEvents) events.push(readEvent(bytes, fields.valueStart, fields.fieldEnd))
      else if (fieldNumber === otlp.spanLinks) links.push(readLink(bytes, fields.valueStart, fields.fieldEnd))
      else if (fieldNumber === otlp.spanStatus) {
        const status = new FieldCursor(bytes, fields.valueStart, fields.fieldEnd)
        while (status.next()) {
          if (isMessage(status, otlp.statusMessage)) span.statusMessage = text(status)
          else if (status.fieldNumber === otlp.statusCode && status.wireType === wireVarint)
            span.statusCode = status.uint32()
        }
      }
    } else if (wireType === wireFixed64) {
      if (fieldNumber === otlp.spanStartTime) span.startNano = fields.fixed64()
      else if (fieldNumber === otlp.spanEndTime) span.endNano = fields.fixed64()
    } else if (wireType === wireVarint) {
      if (fieldNumber === otlp.spanKind) span.kind = fields.uint32()
      else if (
        fieldNumber === otlp.spanDroppedAttributesCount ||
        fieldNumber === otlp.spanDroppedEventsCount ||
        fieldNumber === otlp.spanDroppedLinksCount
      ) {
        span.droppedCount += fields.uint32()
      }
    } else if (wireType === wireFixed32 && fieldNumber === otlp.spanFlags) span.flags = fields.fixed32()
  }
  return span
}

function readEvent(bytes: Uint8Array, start: number, end: number): PlainEvent {
  const attributes = new Map<string, PlainValue>()
  let timeNano = 0n
  let name = ''
  let droppedAttributesCount = 0
  const fields = new FieldCursor(bytes, start, end)
  while (fields.next()) {
    if (isMessage(fields, otlp.eventName)) name = text(fields)
    else if (isMessage(fields, otlp.eventAttributes)) readAttribute(fields, attributes)
    else if (fields.fieldNumber === otlp.eventTime && fields.wireType === wireFixed64) timeNano = fields.fixed64()
    else if (fields.fieldNumber === otlp.eventDroppedAttributesCount && fields.wireType === wireVarint) {
      droppedAttributesCount = fields.uint32()
    }
  }
  return { timeNano, name, attributes, droppedAttributesCount }
}

function readLink(bytes: Uint8Array, start: number, end: number): PlainLink {
  const attributes = new Map<string, PlainValue>()
  let traceId = noBytes
  let spanId = noBytes
  let traceState = ''
  let droppedAttributesCount = 0
  const fields = new FieldCursor(bytes, start, end)
  while (fields.next()) {
    if (isMessage(fields, otlp.linkTraceId)) traceId = id(fields, 16)
    else if (isMessage(fields, otlp.linkSpanId)) spanId = id(fields, 8)
    else if (isMessage(fields, otlp.linkTraceState)) traceState = text(fields)
    else if (isMessage(fields, otlp.linkAttributes)) readAttribute(fields, attributes)
    else if (fields.fieldNumber === otlp.linkDroppedAttributesCount && fields.wireType === wireVarint) {
      droppedAttributesCount = fields.uint32()
    }
  }
  return { traceId, spanId, traceState, attributes, droppedAttributesCount }
}

/** An id of exactly that many bytes, not all zero; anything else counts as none. */
function id(cursor: FieldCursor, length: number): Uint8Array {
  const bytes = cursor.slice()
  return bytes.length === length && bytes.some(byte => byte !== 0) ? bytes : noBytes
}

function text(cursor: FieldCursor): string {
  return utf8.decode(cursor.slice())
}

/** Reads the KeyValue at the cursor; of one key twice the last stays. */
function readAttribute(cursor: FieldCursor, attributes: Map<string, PlainValue>, depth = 1): void {
  let key = ''
  let valueStart = 0
  let valueEnd = 0
  const fields = new FieldCursor(cursor.bytes, cursor.valueStart, cursor.fieldEnd)
  while (fields.next()) {
    if (isMessage(fields, otlp.keyValueKey)) key = text(fields)
    else if (isMessage(fields, otlp.keyValueValue)) {
      valueStart = fields.valueStart
      valueEnd = fields.fieldEnd
    }
  }
  attributes.set(key, readValue(cursor.bytes, valueStart, valueEnd, depth))
}

function readValue(bytes: Uint8Array, start: number, end: number, depth: number): PlainValue {
  if (depth > valueDepthMax) throw new WireError('values nest too deep', start, 'budget')
  const value = new ValueReader().reset(bytes, start, end)
  const payload = () => bytes.subarray(value.start, value.end)
  switch (value.kind) {
    case valueString:
      return utf8.decode(payload())
    case valueBool:
      return bytes[value.start] !== 0
    case valueInt:
      return BigInt.asIntN(64, readVarint64(bytes, value.start, value.end))
    case valueDouble:
      return new DataView(bytes.buffer, bytes.byteOffset + value.start, 8).getFloat64(0, true)
    case valueBytes:
      return payload()
    case valueArray:
      return readList(bytes, value.start, value.end, depth)
    case valueMap: {
      const map = new Map<string, PlainValue>()
      const entries = new FieldCursor(bytes, value.start, value.end)
      while (entries.next()) if (isMessage(entries, 1)) readAttribute(entries, map, depth + 1)
      return map
    }
    default:
      return undefined
  }
}

function readList(bytes: Uint8Array, start: number, end: number, depth: number): PlainValue[] {
  const list: PlainValue[] = []
  const values = new FieldCursor(bytes, start, end)
  while (values.next()) {
    if (isMessage(values, 1)) list.push(readValue(bytes, values.valueStart, values.fieldEnd, depth + 1))
  }
  return list
}
