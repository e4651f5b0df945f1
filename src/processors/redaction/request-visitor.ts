import type { Signal } from '../../pdata/otlp-batch.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import {
  anyValueType,
  fieldNumbersMax,
  keyValueType,
  kindBytes,
  kindItem,
  kindSpanId,
  kindText,
  kindTexts,
  kindTraceId,
  type MessageType,
  metricType,
  recordTypes,
  requestTypes,
} from '../../pdata/schema.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { WireError } from '../../wire/wire-error.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import { NameTexts } from './detectors/name-texts.ts'
import { classIndex, classOf } from './fields.ts'

/** Who looks at the fields of a request. */
export interface FieldVisitor {
  /**
   * A text or bytes field. `key` names the attribute that it is the value of, or is part of; empty outside of attributes.
   * `isId` marks trace and span ids.
   */
  visitText(start: number, end: number, fieldClass: number, key: string, isId: boolean): void
  /**
   * An attribute of a record, resource, scope, event, link, data point or exemplar, not one inside a value. False where
   * nothing in it is to be visited.
   */
  visitAttribute(fieldStart: number, keyStart: number, keyEnd: number, fieldClass: number): boolean
  /** That attribute ends. */
  endAttribute(): void
  /** Whether everything in the attribute that was just visited is to be visited, although nothing in it is hot. */
  readonly isForced: boolean
  /** A span, log record or metric begins. */
  beginRecord(fieldStart: number): void
}

const depthMax = 3 * 64 + 32

/**
 * Goes to every text and bytes field of a request, as the schema says, in the order of the bytes. With hot offsets, only
 * messages and attributes that contain one are gone into; with `seesKeys` attributes are visited all the same, and what is
 * in them where the visitor forces it.
 */
export class RequestVisitor {
  readonly #cursors: FieldCursor[] = []
  readonly #recordType: MessageType
  readonly #requestType: MessageType
  readonly #visitor: FieldVisitor
  readonly #seesKeys: boolean
  readonly #names = new NameTexts()
  #bytes: Uint8Array = new Uint8Array(0)
  #hot: Uint32Array = new Uint32Array(0)
  #hotCount = -1
  #hotAt = 0
  #key = ''
  #isTopLevel = true

  constructor(signal: Signal, visitor: FieldVisitor, seesKeys = false) {
    this.#seesKeys = seesKeys
    this.#requestType = requestTypes[signal]
    this.#recordType = signal === 'metrics' ? metricType : recordTypes[signal]
    this.#visitor = visitor
  }

  /** Visits everything (`hotCount` -1), or only what contains one of the ascending offsets. */
  run(bytes: Uint8Array, hot: Uint32Array, hotCount: number): void {
    this.#bytes = bytes
    this.#hot = hot
    this.#hotCount = hotCount
    this.#hotAt = 0
    this.#key = ''
    this.#isTopLevel = true
    this.#message(this.#requestType, 0, bytes.length, classIndex.other, 0)
  }

  /** Whether a hot offset lies in `[start, end]`; a run of digits is found one byte late. */
  #isHot(start: number, end: number): boolean {
    if (this.#hotCount < 0) return true
    const hot = this.#hot
    let at = this.#hotAt
    while (at > 0 && hot[at - 1]! >= start) at--
    while (at < this.#hotCount && hot[at]! < start) at++
    this.#hotAt = at
    return at < this.#hotCount && hot[at]! <= end
  }

  /** Whether nothing that ends there is to be visited: what is hot begins behind it. */
  #isBeforeHot(end: number): boolean {
    return this.#hotCount > 0 && !this.#seesKeys && this.#hot[this.#hotAt]! > end
  }

  /** Whether a message that ends there may still hold something to visit; asked once what is before has been visited. */
  #isAnyLeft(end: number): boolean {
    return this.#hotCount < 0 || this.#seesKeys || (this.#hotAt < this.#hotCount && this.#hot[this.#hotAt]! <= end)
  }

  #message(type: MessageType, start: number, end: number, fieldClass: number, depth: number): void {
    if (depth > depthMax) throw new WireError('messages nest too deep', start, 'budget')
    const cursor = (this.#cursors[depth] ??= new FieldCursor()).reset(this.#bytes, start, end)
    const { kinds, children } = type
    while (this.#isAnyLeft(end) && cursor.next()) {
      // Most fields end before the next hot offset.
      if (this.#isBeforeHot(cursor.fieldEnd) || cursor.wireType !== wireBytes) continue
      const { fieldNumber, valueStart, fieldEnd } = cursor
      if (fieldNumber >= fieldNumbersMax) continue
      const child = children[fieldNumber]
      const isHot = this.#isHot(valueStart, fieldEnd)
      if (!isHot && !(this.#seesKeys && this.#isTopLevel && child !== undefined)) continue
      const kind = kinds[fieldNumber]!
      if (child === keyValueType) {
        this.#attribute(cursor, classOf(type, fieldNumber, fieldClass), depth, isHot)
      } else if (child !== undefined) {
        if (child === this.#recordType && (kind === kindItem || type.children[otlp.scopeGroupRecords] === child)) {
          this.#visitor.beginRecord(cursor.fieldStart)
        }
        const hotCount = this.#hotCount
        // A body is seen whole: one value in it may be the name of the next.
        if (child === anyValueType) this.#hotCount = -1
        this.#message(child, valueStart, fieldEnd, classOf(type, fieldNumber, fieldClass), depth + 1)
        this.#hotCount = hotCount
      } else if (kind === kindText || kind === kindBytes || kind === kindTexts) {
        this.#visitor.visitText(valueStart, fieldEnd, classOf(type, fieldNumber, fieldClass), this.#key, false)
      } else if (kind === kindTraceId || kind === kindSpanId) {
        this.#visitor.visitText(valueStart, fieldEnd, classIndex.ids, '', true)
      }
    }
  }

  /** A key and its value; the key may stand behind the value, and either may be repeated. */
  #attribute(field: FieldCursor, fieldClass: number, depth: number, isHot: boolean): void {
    const bytes = this.#bytes
    const { fieldStart, valueStart: from, fieldEnd: to } = field
    const cursor = (this.#cursors[depth + 1] ??= new FieldCursor()).reset(bytes, from, to)
    const outerKey = this.#key
    const wasTopLevel = this.#isTopLevel
    let keyStart = from
    let keyEnd = from
    while (cursor.next()) {
      if (cursor.wireType !== wireBytes) continue
      if (cursor.fieldNumber === otlp.keyValueKey) {
        keyStart = cursor.valueStart
        keyEnd = cursor.fieldEnd
      }
    }
    const isVisited = !wasTopLevel || this.#visitor.visitAttribute(fieldStart, keyStart, keyEnd, fieldClass)
    if (isVisited && (isHot || this.#visitor.isForced)) {
      const key = this.#names.get(bytes, keyStart, keyEnd)
      this.#key = outerKey === '' ? key : `${outerKey}.${key}`
      this.#isTopLevel = false
      // What is hot may be the key, and its value has to be seen for it.
      const hotCount = this.#hotCount
      this.#hotCount = -1
      cursor.reset(bytes, from, to)
      while (cursor.next()) {
        if (cursor.wireType !== wireBytes) continue
        const { fieldNumber, valueStart: start, fieldEnd: end } = cursor
        if (fieldNumber === otlp.keyValueKey) this.#visitor.visitText(start, end, classIndex.attribute_keys, '', false)
        else if (fieldNumber === otlp.keyValueValue) {
          this.#message(keyValueType.children[otlp.keyValueValue]!, start, end, fieldClass, depth + 2)
        }
      }
      this.#hotCount = hotCount
      this.#key = outerKey
      this.#isTopLevel = wasTopLevel
    }
    if (wasTopLevel) this.#visitor.endAttribute()
  }
}
