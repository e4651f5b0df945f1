import { wireBytes } from '../wire/wire-type.ts'
import type { Signal } from './otlp-batch.ts'

/**
 * What a field of OTLP looks like on the wire. Kinds from `kindMessage` on are messages that a walk goes into; unknown
 * fields are skipped and kept.
 */
export const kindUnknown = 0
const kindVarint = 1
const kindFixed64 = 2
const kindFixed32 = 3
/** UTF-8 text: everything that may carry personal data. */
export const kindText = 4
/** `bytes`, or text that may repeat. */
export const kindBytes = 5
/** `repeated string`. */
export const kindTexts = 6
export const kindTraceId = 7
export const kindSpanId = 8
/** `repeated fixed64` or `repeated double`: packed or one by one. */
export const kindPackedFixed64 = 9
/** `repeated uint64`: packed or one by one. */
export const kindPackedVarint = 10
/** A singular message; occurrences merge. */
export const kindMessage = 11
/** A repeated message: counts as an element. */
export const kindElement = 12
/** A repeated message that requests are counted in. */
export const kindItem = 13

/** Whether a field of that kind may stand in a message more than once with a meaning of its own each time. */
export function isRepeatedKind(kind: number): boolean {
  return kind >= kindElement || kind === kindTexts || kind === kindPackedFixed64 || kind === kindPackedVarint
}

/** Wire type by kind. The packed kinds and unknown fields may have others. */
const wireTypes = [255, 0, 1, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
/** Field numbers of OTLP are below this. */
export const fieldNumbersMax = 17

/** How a field with a tag of one byte is skipped, by tag. */
const formOther = 0
export const formVarint = 1
export const formFixed64 = 2
export const formBytes = 3
const formsByWireType = [formVarint, formFixed64, formBytes]

/** One message type: kinds, wire types and message types of its fields, by field number. */
export class MessageType {
  readonly name: string
  readonly kinds = new Uint8Array(fieldNumbersMax)
  readonly wireTypes = new Uint8Array(fieldNumbersMax).fill(255)
  /** By the tag's first byte: the forms of known fields, `formOther` for tags of more bytes. */
  readonly forms = new Uint8Array(256)
  readonly children: (MessageType | undefined)[] = new Array(fieldNumbersMax).fill(undefined)
  /** Field number of the attributes; 0 where the message has none. */
  attributesField = 0
  /** Their tag; -1 where the message has none. */
  attributesTag = -1
  /** `AnyValue` adds a level of nesting. */
  readonly isValue: boolean

  constructor(name: string, isValue = false) {
    this.name = name
    this.isValue = isValue
  }

  leaves(kind: number, ...fieldNumbers: number[]): this {
    for (const fieldNumber of fieldNumbers) {
      const wireType = wireTypes[kind]!
      this.kinds[fieldNumber] = kind
      this.wireTypes[fieldNumber] = wireType
      if (fieldNumber < 16) this.forms[(fieldNumber << 3) | wireType] = formsByWireType[wireType] ?? formOther
    }
    return this
  }

  child(kind: number, fieldNumber: number, type: MessageType): this {
    this.leaves(kind, fieldNumber)
    this.children[fieldNumber] = type
    return this
  }

  attributes(fieldNumber: number): this {
    this.attributesField = fieldNumber
    this.attributesTag = (fieldNumber << 3) | wireBytes
    return this.child(kindElement, fieldNumber, keyValueType)
  }
}

export const anyValueType = new MessageType('AnyValue', true)
export const keyValueType = new MessageType('KeyValue')
  .leaves(kindText, 1)
  .child(kindMessage, 2, anyValueType)
  .leaves(kindVarint, 3)
export const arrayValueType = new MessageType('ArrayValue').child(kindElement, 1, anyValueType)
export const keyValueListType = new MessageType('KeyValueList').child(kindElement, 1, keyValueType)
anyValueType
  .leaves(kindText, 1)
  .leaves(kindVarint, 2, 3, 8)
  .leaves(kindFixed64, 4)
  .child(kindMessage, 5, arrayValueType)
  .child(kindMessage, 6, keyValueListType)
  .leaves(kindBytes, 7)

export const entityRefType = new MessageType('EntityRef').leaves(kindText, 1, 2).leaves(kindTexts, 3, 4)
export const resourceType = new MessageType('Resource')
  .attributes(1)
  .leaves(kindVarint, 2)
  .child(kindElement, 3, entityRefType)
export const scopeType = new MessageType('InstrumentationScope')
  .leaves(kindText, 1, 2)
  .attributes(3)
  .leaves(kindVarint, 4)

export const eventType = new MessageType('Event')
  .leaves(kindFixed64, 1)
  .leaves(kindText, 2)
  .attributes(3)
  .leaves(kindVarint, 4)
export const linkType = new MessageType('Link')
  .leaves(kindTraceId, 1)
  .leaves(kindSpanId, 2)
  .leaves(kindText, 3)
  .attributes(4)
  .leaves(kindVarint, 5)
  .leaves(kindFixed32, 6)
export const statusType = new MessageType('Status').leaves(kindText, 2).leaves(kindVarint, 3)
export const spanType = new MessageType('Span')
  .leaves(kindTraceId, 1)
  .leaves(kindSpanId, 2, 4)
  .leaves(kindText, 3, 5)
  .leaves(kindVarint, 6, 10, 12, 14)
  .leaves(kindFixed64, 7, 8)
  .attributes(9)
  .child(kindElement, 11, eventType)
  .child(kindElement, 13, linkType)
  .child(kindMessage, 15, statusType)
  .leaves(kindFixed32, 16)

export const logRecordType = new MessageType('LogRecord')
  .leaves(kindFixed64, 1, 11)
  .leaves(kindVarint, 2, 7)
  .leaves(kindText, 3, 12)
  .child(kindMessage, 5, anyValueType)
  .attributes(6)
  .leaves(kindFixed32, 8)
  .leaves(kindTraceId, 9)
  .leaves(kindSpanId, 10)

export const exemplarType = new MessageType('Exemplar')
  .leaves(kindFixed64, 2, 3, 6)
  .leaves(kindSpanId, 4)
  .leaves(kindTraceId, 5)
  .attributes(7)
export const numberPointType = new MessageType('NumberDataPoint')
  .leaves(kindFixed64, 2, 3, 4, 6)
  .child(kindElement, 5, exemplarType)
  .attributes(7)
  .leaves(kindVarint, 8)
export const histogramPointType = new MessageType('HistogramDataPoint')
  .leaves(kindFixed64, 2, 3, 4, 5, 11, 12)
  .leaves(kindPackedFixed64, 6, 7)
  .child(kindElement, 8, exemplarType)
  .attributes(9)
  .leaves(kindVarint, 10)
const bucketsType = new MessageType('Buckets').leaves(kindVarint, 1).leaves(kindPackedVarint, 2)
export const exponentialPointType = new MessageType('ExponentialHistogramDataPoint')
  .attributes(1)
  .leaves(kindFixed64, 2, 3, 4, 5, 7, 12, 13, 14)
  .leaves(kindVarint, 6, 10)
  .child(kindMessage, 8, bucketsType)
  .child(kindMessage, 9, bucketsType)
  .child(kindElement, 11, exemplarType)
export const summaryPointType = new MessageType('SummaryDataPoint')
  .leaves(kindFixed64, 2, 3, 4, 5)
  .child(kindElement, 6, new MessageType('ValueAtQuantile').leaves(kindFixed64, 1, 2))
  .attributes(7)
  .leaves(kindVarint, 8)

function dataType(name: string, point: MessageType): MessageType {
  return new MessageType(name).child(kindItem, 1, point)
}
export const gaugeType = dataType('Gauge', numberPointType)
export const sumType = dataType('Sum', numberPointType).leaves(kindVarint, 2, 3)
export const histogramType = dataType('Histogram', histogramPointType).leaves(kindVarint, 2)
export const exponentialHistogramType = dataType('ExponentialHistogram', exponentialPointType).leaves(kindVarint, 2)
export const summaryType = dataType('Summary', summaryPointType)
/** A metric's `metadata` has the shape of attributes and is read as such. */
export const metricType = new MessageType('Metric')
  .leaves(kindText, 1, 2, 3)
  .child(kindMessage, 5, gaugeType)
  .child(kindMessage, 7, sumType)
  .child(kindMessage, 9, histogramType)
  .child(kindMessage, 10, exponentialHistogramType)
  .child(kindMessage, 11, summaryType)
  .attributes(12)

/** Profiles are opaque: their bounds are checked, their fields are not. */
const profileType = new MessageType('Profile').leaves(kindBytes, 7)

function requestType(recordKind: number, record: MessageType): MessageType {
  const scopeGroup = new MessageType('Scope group')
    .child(kindMessage, 1, scopeType)
    .child(recordKind, 2, record)
    .leaves(kindText, 3)
  const group = new MessageType('Resource group')
    .child(kindMessage, 1, resourceType)
    .child(kindElement, 2, scopeGroup)
    .leaves(kindText, 3)
  return new MessageType('request').child(kindElement, 1, group)
}

/** `Export<Signal>ServiceRequest`. Group and scope group have equal numbers in all signals. */
export const requestTypes: Readonly<Record<Signal, MessageType>> = {
  traces: requestType(kindItem, spanType),
  metrics: requestType(kindElement, metricType),
  logs: requestType(kindItem, logRecordType),
  profiles: requestType(kindItem, profileType),
}
export const recordTypes: Readonly<Record<Signal, MessageType>> = {
  traces: spanType,
  metrics: metricType,
  logs: logRecordType,
  profiles: profileType,
}
