import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes, wireFixed32, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import type { Signal } from './otlp-batch.ts'
import { defaultWalkBudget, type WalkBudget } from './walk-budget.ts'

/** What a field must look like. Everything above `kindMessage` is a message that the walk goes into. */
const kindUnknown = 0
const kindVarint = 1
const kindFixed64 = 2
const kindFixed32 = 3
const kindBytes = 4
const kindTraceId = 5
const kindSpanId = 6
const kindPackedFixed64 = 7
const kindPackedVarint = 8
const kindMessage = 9
/** Repeated: counts as an element. */
const kindElement = 10
/** Repeated, and what the request is counted in. */
const kindItem = 11

class MessageType {
  readonly name: string
  /** Field kinds by field number. */
  readonly kinds = new Uint8Array(17)
  readonly children: MessageType[] = []
  /** `AnyValue` adds a level of nesting. */
  readonly isValue: boolean

  constructor(name: string, isValue = false) {
    this.name = name
    this.isValue = isValue
    for (let i = 0; i < 17; i++) this.children.push(this)
  }

  leaves(kind: number, ...fieldNumbers: number[]): this {
    for (const fieldNumber of fieldNumbers) this.kinds[fieldNumber] = kind
    return this
  }

  child(kind: number, fieldNumber: number, type: MessageType): this {
    this.kinds[fieldNumber] = kind
    this.children[fieldNumber] = type
    return this
  }
}

const anyValue = new MessageType('AnyValue', true)
const keyValue = new MessageType('KeyValue').leaves(kindBytes, 1).child(kindMessage, 2, anyValue).leaves(kindVarint, 3)
const arrayValue = new MessageType('ArrayValue').child(kindElement, 1, anyValue)
const keyValueList = new MessageType('KeyValueList').child(kindElement, 1, keyValue)
anyValue
  .leaves(kindBytes, 1, 7)
  .leaves(kindVarint, 2, 3, 8)
  .leaves(kindFixed64, 4)
  .child(kindMessage, 5, arrayValue)
  .child(kindMessage, 6, keyValueList)

const scope = new MessageType('InstrumentationScope')
  .leaves(kindBytes, 1, 2)
  .child(kindElement, 3, keyValue)
  .leaves(kindVarint, 4)
const entityRef = new MessageType('EntityRef').leaves(kindBytes, 1, 2, 3, 4)
const resource = new MessageType('Resource')
  .child(kindElement, 1, keyValue)
  .leaves(kindVarint, 2)
  .child(kindElement, 3, entityRef)

const event = new MessageType('Event')
  .leaves(kindFixed64, 1)
  .leaves(kindBytes, 2)
  .child(kindElement, 3, keyValue)
  .leaves(kindVarint, 4)
const link = new MessageType('Link')
  .leaves(kindTraceId, 1)
  .leaves(kindSpanId, 2)
  .leaves(kindBytes, 3)
  .child(kindElement, 4, keyValue)
  .leaves(kindVarint, 5)
  .leaves(kindFixed32, 6)
const span = new MessageType('Span')
  .leaves(kindTraceId, 1)
  .leaves(kindSpanId, 2, 4)
  .leaves(kindBytes, 3, 5)
  .leaves(kindVarint, 6, 10, 12, 14)
  .leaves(kindFixed64, 7, 8)
  .child(kindElement, 9, keyValue)
  .child(kindElement, 11, event)
  .child(kindElement, 13, link)
  .child(kindMessage, 15, new MessageType('Status').leaves(kindBytes, 2).leaves(kindVarint, 3))
  .leaves(kindFixed32, 16)

const logRecord = new MessageType('LogRecord')
  .leaves(kindFixed64, 1, 11)
  .leaves(kindVarint, 2, 7)
  .leaves(kindBytes, 3, 12)
  .child(kindMessage, 5, anyValue)
  .child(kindElement, 6, keyValue)
  .leaves(kindFixed32, 8)
  .leaves(kindTraceId, 9)
  .leaves(kindSpanId, 10)

const exemplar = new MessageType('Exemplar')
  .leaves(kindFixed64, 2, 3, 6)
  .leaves(kindSpanId, 4)
  .leaves(kindTraceId, 5)
  .child(kindElement, 7, keyValue)
const numberPoint = new MessageType('NumberDataPoint')
  .leaves(kindFixed64, 2, 3, 4, 6)
  .child(kindElement, 5, exemplar)
  .child(kindElement, 7, keyValue)
  .leaves(kindVarint, 8)
const histogramPoint = new MessageType('HistogramDataPoint')
  .leaves(kindFixed64, 2, 3, 4, 5, 11, 12)
  .leaves(kindPackedFixed64, 6, 7)
  .child(kindElement, 8, exemplar)
  .child(kindElement, 9, keyValue)
  .leaves(kindVarint, 10)
const buckets = new MessageType('Buckets').leaves(kindVarint, 1).leaves(kindPackedVarint, 2)
const exponentialPoint = new MessageType('ExponentialHistogramDataPoint')
  .child(kindElement, 1, keyValue)
  .leaves(kindFixed64, 2, 3, 4, 5, 7, 12, 13, 14)
  .leaves(kindVarint, 6, 10)
  .child(kindMessage, 8, buckets)
  .child(kindMessage, 9, buckets)
  .child(kindElement, 11, exemplar)
const summaryPoint = new MessageType('SummaryDataPoint')
  .leaves(kindFixed64, 2, 3, 4, 5)
  .child(kindElement, 6, new MessageType('ValueAtQuantile').leaves(kindFixed64, 1, 2))
  .child(kindElement, 7, keyValue)
  .leaves(kindVarint, 8)

function dataOf(name: string, point: MessageType): MessageType {
  return new MessageType(name).child(kindItem, 1, point).leaves(kindVarint, 2, 3)
}
const metric = new MessageType('Metric')
  .leaves(kindBytes, 1, 2, 3)
  .child(kindMessage, 5, dataOf('Gauge', numberPoint).leaves(kindUnknown, 2, 3))
  .child(kindMessage, 7, dataOf('Sum', numberPoint))
  .child(kindMessage, 9, dataOf('Histogram', histogramPoint).leaves(kindUnknown, 3))
  .child(kindMessage, 10, dataOf('ExponentialHistogram', exponentialPoint).leaves(kindUnknown, 3))
  .child(kindMessage, 11, dataOf('Summary', summaryPoint).leaves(kindUnknown, 2, 3))
  .child(kindElement, 12, keyValue)

/** Profiles are opaque: their bounds are checked, their fields are not. */
const profile = new MessageType('Profile').leaves(kindBytes, 7)

function requestOf(recordKind: number, record: MessageType): MessageType {
  const scopeGroup = new MessageType('Scope group')
    .child(kindMessage, 1, scope)
    .child(recordKind, 2, record)
    .leaves(kindBytes, 3)
  const group = new MessageType('Resource group')
    .child(kindMessage, 1, resource)
    .child(kindElement, 2, scopeGroup)
    .leaves(kindBytes, 3)
  return new MessageType('request').child(kindElement, 1, group)
}

const requests: Readonly<Record<Signal, MessageType>> = {
  traces: requestOf(kindItem, span),
  metrics: requestOf(kindElement, metric),
  logs: requestOf(kindItem, logRecord),
  profiles: requestOf(kindItem, profile),
}

/**
 * Checks a whole request, down to the last value, and counts its items. Throws `WireError`: `malformed` for anything that
 * is not a valid message of that type (cut off, wrong wire type, ids that are not 0, 16 or 8 bytes long, values that nest
 * too deep for any reader), `budget` for more items or elements than allowed. Unknown fields are skipped.
 *
 * A receiver calls it before it accepts: a bad request that is merged with others would have the whole batch refused later.
 */
export function validateRequest(signal: Signal, bytes: Uint8Array, budget: WalkBudget = defaultWalkBudget): number {
  walk.bytes = bytes
  walk.items = 0
  walk.elements = 0
  walk.budget = budget
  try {
    walk.message(requests[signal], 0, bytes.length, 0)
  } finally {
    walk.bytes = emptyBytes
  }
  return walk.items
}

const emptyBytes = new Uint8Array(0)

/** Recursion saves what it needs in locals, so one object serves all levels. */
class ValidationWalk {
  bytes: Uint8Array = emptyBytes
  items = 0
  elements = 0
  budget: WalkBudget = defaultWalkBudget
  /** Reads what the fast path does not: long tags and lengths, varints, groups. */
  readonly #cursor = new FieldCursor()

  message(type: MessageType, start: number, end: number, depth: number): void {
    const { bytes } = this
    const { kinds } = type
    const cursor = this.#cursor
    let offset = start
    while (offset < end) {
      const tag = bytes[offset]!
      const lengthOffset = offset + 1
      if (tag < 128 && tag > 7 && (tag & 7) === wireBytes && lengthOffset < end && bytes[lengthOffset]! < 128) {
        // One byte of tag and one of length: nearly every field of nearly every record.
        cursor.fieldStart = offset
        cursor.fieldNumber = tag >>> 3
        cursor.wireType = wireBytes
        cursor.valueStart = offset + 2
        cursor.fieldEnd = offset + 2 + bytes[lengthOffset]!
        if (cursor.fieldEnd > end) throw new WireError('field runs past its message', offset)
      } else {
        cursor.reset(bytes, offset, end).next()
      }
      offset = cursor.fieldEnd
      const kind = cursor.fieldNumber < 17 ? kinds[cursor.fieldNumber]! : kindUnknown
      if (kind === kindUnknown) continue
      if (!isWireTypeOf(kind, cursor.wireType)) {
        throw new WireError(`field ${cursor.fieldNumber} of ${type.name} has wire type ${cursor.wireType}`, offset)
      }
      if (kind >= kindMessage) this.#child(type, kind, depth)
      else if (kind >= kindTraceId) this.#checkLength(type, kind)
    }
  }

  #child(type: MessageType, kind: number, depth: number): void {
    const { valueStart, fieldEnd, fieldNumber } = this.#cursor
    const child = type.children[fieldNumber]!
    if (kind !== kindMessage) this.#count(kind)
    const childDepth = child.isValue ? depth + 1 : depth
    if (childDepth > this.budget.nestingMax) {
      // Not a budget: every protobuf reader has such a limit, so the sender can never get this through.
      throw new WireError(`values nest deeper than ${this.budget.nestingMax} levels`, valueStart)
    }
    this.message(child, valueStart, fieldEnd, childDepth)
  }

  #count(kind: number): void {
    this.elements++
    if (kind === kindItem) this.items++
    const { itemsMax, elementsMax } = this.budget
    if (this.items > itemsMax) throw new WireError(`more than ${itemsMax} items`, -1, 'budget')
    if (this.elements > elementsMax) throw new WireError(`more than ${elementsMax} elements`, -1, 'budget')
  }

  #checkLength(type: MessageType, kind: number): void {
    const { valueStart, valueLength: length, fieldNumber, wireType } = this.#cursor
    if (kind === kindTraceId || kind === kindSpanId) {
      if (length === 0 || length === (kind === kindTraceId ? 16 : 8)) return
      throw new WireError(`field ${fieldNumber} of ${type.name} is an id of ${length} bytes`, valueStart)
    }
    if (kind === kindPackedFixed64 && wireType === wireBytes && length % 8 !== 0) {
      throw new WireError(`field ${fieldNumber} of ${type.name} is packed but cut off`, valueStart)
    }
  }
}

const walk = new ValidationWalk()

function isWireTypeOf(kind: number, wireType: number): boolean {
  if (kind >= kindMessage || kind === kindBytes || kind === kindTraceId || kind === kindSpanId)
    return wireType === wireBytes
  if (kind === kindVarint) return wireType === wireVarint
  if (kind === kindFixed64) return wireType === wireFixed64
  if (kind === kindFixed32) return wireType === wireFixed32
  if (kind === kindPackedFixed64) return wireType === wireBytes || wireType === wireFixed64
  return wireType === wireBytes || wireType === wireVarint
}
