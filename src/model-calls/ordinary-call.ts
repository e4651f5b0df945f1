import * as otlp from '../pdata/otlp-fields.ts'
import { RecordFields } from '../pdata/record-fields.ts'
import { formBytes, formFixed64, formVarint, isRepeatedKind, spanType } from '../pdata/schema.ts'
import { copyBytes } from '../wire/copy-bytes.ts'
import type { AttributeRoles } from './attribute-roles.ts'
import type { CallShape } from './call-shape.ts'
import type { CallSpan } from './call-span.ts'

/** All lengths of keys are of interest: most attributes of a call play a role. */
const allLengths = new Uint8Array(128).fill(1)

/** The bit of a second byte that says that the length or number is longer. */
const longBit = 0x8000
/** The two bytes of the tag of a span's flags. */
const flagsTag = 0x0185
const flagsField = 16
/** Fields that stand before the attributes of a span as senders write it, a bit each; not all spans have a parent. */
const headBits =
  (1 << otlp.spanTraceId) |
  (1 << otlp.spanSpanId) |
  (1 << otlp.spanParentSpanId) |
  (1 << otlp.spanName) |
  (1 << otlp.spanKind) |
  (1 << otlp.spanStartTime) |
  (1 << otlp.spanEndTime)
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
  readonly #span: CallSpan
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

  /** `span` takes what else is asked of a span that was read. */
  constructor(roles: AttributeRoles, span: CallSpan) {
    super(spanType)
    this.#roles = roles
    this.#span = span
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
    this.#noteHit(bytes, view)
    return true
  }

  override read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const { isTried } = this
    this.isTried = false
    if (this.#rest > 0) {
      this.#rest--
      return this.#readOneByOne(bytes, view, start, end)
    }
    if (++this.#trials > trialCount) this.#judge()
    if (!isTried && this.#readByShape(bytes, view, start, end)) {
      this.isAlike = true
      this.#noteHit(bytes, view)
      return true
    }
    this.#isLearning = this.#credit >= learnCost && !this.#isKnownShape
    const isOrdinary = this.#readOneByOne(bytes, view, start, end)
    if (this.#isLearning && isOrdinary && !this.#roles.isEmpty) this.#learn(bytes)
    this.#isLearning = false
    return isOrdinary
  }

  #readOneByOne(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const isOrdinary = super.read(bytes, view, start, end)
    if (isOrdinary) this.#span.takeOrdinary(view, this)
    return isOrdinary
  }

  #noteHit(bytes: Uint8Array, view: DataView): void {
    this.#hits++
    if (this.#credit < creditMax) this.#credit++
    if (!this.#shape!.hasNews || this.#credit < learnCost) return
    this.#credit -= learnCost
    this.#shape!.learn(bytes, view)
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
    if (this.#shape === undefined) return false
    const head = this.#span.takeHead(bytes, view, start, end)
    let attributes = head
    this.present = headBits
    if (head === 0) {
      this.present = 0
      attributes = this.#fields(view, start, end)
      if (attributes < 0 || attributes >= end) return false
    }
    let offset = this.#attributes(view, attributes, end, this.#shape)
    for (let i = 0; offset < 0 && i < this.#shapes.length; i++) {
      const shape = this.#shapes[i]!
      if (shape === this.#shape) continue
      offset = this.#attributes(view, attributes, end, shape)
      if (offset >= 0) this.#shape = shape
    }
    this.#isKnownShape = offset >= 0
    if (offset < 0 || (offset < end && this.#fields(view, offset, end) !== end)) return false
    if (this.bytes !== bytes) this.bytes = bytes
    this.start = start
    this.end = end
    if (head === 0) this.#span.takeOrdinary(view, this)
    return true
  }

  #attributes(view: DataView, start: number, end: number, shape: CallShape): number {
    this.#roles.beginShape(shape)
    return shape.read(view, start, end, this.#roles)
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
