import * as otlp from '../pdata/otlp-fields.ts'
import { RecordFields } from '../pdata/record-fields.ts'
import { formBytes, formFixed64, formVarint, isRepeatedKind, spanType } from '../pdata/schema.ts'
import { copyBytes } from '../wire/copy-bytes.ts'
import { wireBytes, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import type { AttributeRoles } from './attribute-roles.ts'
import type { CallShape } from './call-shape.ts'

/** All lengths of keys are of interest: most attributes of a call play a role. */
const allLengths = new Uint8Array(128).fill(1)

/** Tags of two ids with the lengths behind them, as words, and both ids with these: how nearly every span begins. */
const traceIdHeader = 0x100a
const spanIdHeader = 0x0812
const spanIdAt = 18
const idsLength = 28
const idBits = 6
/** The bit of a second byte that says that the length or number is longer. */
const longBit = 0x8000
/** The two bytes of the tag of a span's flags. */
const flagsTag = 0x0185
const flagsField = 16
/** Tags of fields that most spans have, the parent's id with its length; and of two bytes the bits that are not a short length. */
const parentIdHeader = 0x0822
const nameTag = (otlp.spanName << 3) | wireBytes
const kindTag = (otlp.spanKind << 3) | wireVarint
const startTimeTag = (otlp.spanStartTime << 3) | wireFixed64
const endTimeTag = (otlp.spanEndTime << 3) | wireFixed64
const shortMask = 0x80ff
/** What these fields take at most: an id, a name, a kind and two times. */
const usualFieldsMax = 10 + 129 + 2 + 2 * 9
/** Shapes that are remembered: each instrumentation has a few, with and without what is optional. */
const shapesMax = 4
/** Of so many spans half have to be of a known shape, or as many are not looked at in that way; twice as many the next time. */
const trialCount = 64
const restMin = 256
const restMax = 16_384
/** A shape is remembered for as many spans that were read by one: where all are different it would cost more than it gains. */
const learnCost = 16
const creditMax = 128

/**
 * A span as senders write it, whose attributes are told to their roles while it is read. Spans with the keys of one before
 * are read by their shape, in half the time.
 */
export class OrdinaryCall extends RecordFields {
  readonly byLength = allLengths
  /** Whether the span that was read last has a known shape. */
  isAlike = false
  /** Whether the span that `read` is to be called for is known to have none. */
  isTried = false
  readonly #roles: AttributeRoles
  readonly #attributesTag: number
  readonly #forms = spanType.forms
  readonly #kinds = spanType.kinds
  readonly #shapes: CallShape[] = []
  #shape: CallShape | undefined
  #trials = 0
  #hits = 0
  #rest = 0
  #nextRest = restMin
  #credit = creditMax
  /** Where the keys of the record that is read stand, where its shape is to be remembered. */
  readonly #keys: number[] = []
  #isLearning = false
  /** Whether the attributes of the span at hand are those of a shape, whatever else is unusual in it. */
  #isKnownShape = false

  constructor(roles: AttributeRoles) {
    super(spanType)
    this.#roles = roles
    this.#attributesTag = spanType.attributesTag
  }

  begin(): void {
    this.#roles.begin()
    this.#keys.length = 0
  }

  take(
    view: DataView,
    _start: number,
    _end: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    this.#roles.take(view, keyStart, keyEnd, valueStart, valueEnd)
    if (this.#isLearning) this.#keys.push(keyStart, keyEnd)
    return true
  }

  /** Reads a span if it has a known shape, as the one before: no other way tells as soon that it is a call. */
  readAlike(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.isAlike = this.#readByShape(bytes, view, start, end)
    if (!this.isAlike) return false
    this.#trials++
    this.#noteHit()
    return true
  }

  override read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const { isTried } = this
    this.isTried = false
    if (this.#rest > 0) {
      this.#rest--
      return super.read(bytes, view, start, end)
    }
    if (++this.#trials > trialCount) this.#judge()
    if (!isTried && this.#readByShape(bytes, view, start, end)) {
      this.isAlike = true
      this.#noteHit()
      return true
    }
    this.#isLearning = this.#credit >= learnCost && !this.#isKnownShape
    const isOrdinary = super.read(bytes, view, start, end)
    if (this.#isLearning && isOrdinary && !this.#roles.isEmpty) this.#learn(bytes)
    this.#isLearning = false
    return isOrdinary
  }

  #noteHit(): void {
    this.#hits++
    if (this.#credit < creditMax) this.#credit++
  }

  #judge(): void {
    const isWorth = 2 * this.#hits >= this.#trials
    this.#trials = 0
    this.#hits = 0
    this.#rest = isWorth ? 0 : this.#nextRest
    this.#nextRest = isWorth ? restMin : Math.min(2 * this.#nextRest, restMax)
    // The application may do something else by then.
    if (!isWorth) this.#credit = creditMax
  }

  #learn(bytes: Uint8Array): void {
    this.#credit -= learnCost
    const keys: Uint8Array[] = []
    for (let i = 0; i < this.#keys.length; i += 2) {
      keys.push(copyBytes(bytes.subarray(this.#keys[i]!, this.#keys[i + 1]!)))
    }
    const shape = this.#roles.shapeOf(this.#attributesTag, keys)
    if (shape === undefined) return
    this.#shape = shape
    if (this.#shapes.unshift(shape) > shapesMax) this.#shapes.pop()
  }

  #readByShape(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.#isKnownShape = false
    if (this.#shape === undefined || start + idsLength > end) return false
    if (view.getUint16(start, true) !== traceIdHeader || view.getUint16(start + spanIdAt, true) !== spanIdHeader) {
      return false
    }
    const { starts, ends } = this
    starts[1] = start + 2
    ends[1] = start + spanIdAt
    starts[2] = start + spanIdAt + 2
    ends[2] = start + idsLength
    this.present = idBits
    let offset = start + idsLength
    if (offset + usualFieldsMax <= end) offset = this.#usualFields(view, offset)
    offset = this.#fields(view, offset, end)
    if (offset < 0 || offset >= end) return false
    const attributes = offset
    offset = this.#attributes(view, attributes, end, this.#shape)
    for (let i = 0; offset < 0 && i < this.#shapes.length; i++) {
      const shape = this.#shapes[i]!
      if (shape === this.#shape) continue
      offset = this.#attributes(view, attributes, end, shape)
      if (offset >= 0) this.#shape = shape
    }
    this.#isKnownShape = offset >= 0
    if (offset < 0 || this.#fields(view, offset, end) !== end) return false
    if (this.bytes !== bytes) this.bytes = bytes
    this.start = start
    this.end = end
    return true
  }

  #attributes(view: DataView, start: number, end: number, shape: CallShape): number {
    this.#roles.beginShape(shape)
    return shape.read(view, start, end, this.#roles)
  }

  /** Notes the fields that most spans have before their attributes, in their order, as far as they are there. */
  #usualFields(view: DataView, start: number): number {
    const { starts, ends } = this
    let { present } = this
    let offset = start
    let head = view.getUint16(offset, true)
    if (head === parentIdHeader) {
      starts[otlp.spanParentSpanId] = offset + 2
      offset += 10
      ends[otlp.spanParentSpanId] = offset
      present |= 1 << otlp.spanParentSpanId
      head = view.getUint16(offset, true)
    }
    if ((head & shortMask) === nameTag) {
      starts[otlp.spanName] = offset + 2
      offset += 2 + (head >>> 8)
      ends[otlp.spanName] = offset
      present |= 1 << otlp.spanName
      head = view.getUint16(offset, true)
    }
    if ((head & shortMask) === kindTag) {
      starts[otlp.spanKind] = offset + 1
      offset += 2
      ends[otlp.spanKind] = offset
      present |= 1 << otlp.spanKind
      head = view.getUint16(offset, true)
    }
    if ((head & 255) === startTimeTag) {
      starts[otlp.spanStartTime] = offset + 1
      offset += 9
      ends[otlp.spanStartTime] = offset
      present |= 1 << otlp.spanStartTime
      head = view.getUint16(offset, true)
    }
    if ((head & 255) === endTimeTag) {
      starts[otlp.spanEndTime] = offset + 1
      offset += 9
      ends[otlp.spanEndTime] = offset
      present |= 1 << otlp.spanEndTime
    }
    this.present = present
    return offset
  }

  /** Notes fields that are no attributes, up to the first attribute or the end; -1 where one is of another form. */
  #fields(view: DataView, start: number, end: number): number {
    const forms = this.#forms
    const attributesTag = this.#attributesTag
    const { starts, ends } = this
    let { present } = this
    let offset = start
    while (offset + 2 <= end) {
      const head = view.getUint16(offset, true)
      const tag = head & 255
      if (tag === attributesTag) break
      let field = tag >>> 3
      let payload = offset + 1
      let next = 0
      const form = forms[tag]!
      if (form === formFixed64) next = offset + 9
      else if (form === formBytes) {
        payload = offset + 2
        next = payload + ((head >>> 8) & 127)
        if ((head & longBit) !== 0) {
          if (payload >= end) return -1
          const high = view.getUint8(payload++)
          if (high > 127) return -1
          next += 1 + (high << 7)
        }
      } else if (form === formVarint && (head & longBit) === 0) next = offset + 2
      else if (head === flagsTag) {
        field = flagsField
        payload = offset + 2
        next = offset + 6
      } else return -1
      const bit = 1 << field
      if (next > end || ((present & bit) !== 0 && !isRepeatedKind(this.#kinds[field]!))) return -1
      present |= bit
      starts[field] = payload
      ends[field] = next
      offset = next
    }
    this.present = present
    return offset
  }
}
