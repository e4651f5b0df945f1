import { wireBytes } from '../wire/wire-type.ts'
import { KeySet } from './key-set.ts'
import { OrdinaryRecord } from './ordinary-record.ts'
import type { Signal } from './otlp-batch.ts'
import * as otlp from './otlp-fields.ts'
import { varintBefore, varintEnd } from './record-fields.ts'
import type { AttributeReader, FieldReader, LogReader, SpanReader } from './record-reader.ts'
import { recordTypes, resourceType, scopeType, statusType } from './schema.ts'
import type { StepQuestions } from './step-questions.ts'

// Of groups: one field each of surroundings and a schema URL, and children.
const surroundingTag = (otlp.groupResource << 3) | wireBytes
const childTag = (otlp.groupScopes << 3) | wireBytes
const schemaUrlTag = (otlp.groupSchemaUrl << 3) | wireBytes

/** A resource or a scope that is read when somebody first asks. */
class OrdinarySurrounding {
  readonly record: OrdinaryRecord
  readonly #owner: OrdinaryItem
  #view: DataView = new DataView(new ArrayBuffer(0))
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0
  #isRead = true
  #isOrdinary = true

  constructor(owner: OrdinaryItem, type: typeof resourceType, keys: KeySet) {
    this.#owner = owner
    this.record = new OrdinaryRecord(type, keys)
  }

  reset(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.#bytes = bytes
    this.#view = view
    this.#start = start
    this.#end = end
    this.#isRead = false
  }

  /** Points it at its field in the group `[start, end)`, wherever that stands; false where there is more than one. */
  find(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    let isFound = false
    this.reset(bytes, view, 0, 0)
    for (let offset = start; offset < end; ) {
      const tag = view.getUint8(offset)
      if (tag !== surroundingTag && tag !== childTag && tag !== schemaUrlTag) return false
      const payload = varintEnd(view, offset + 1, end)
      if (payload < 0) return false
      const next = payload + varintBefore(view, offset + 1, payload)
      if (next > end) return false
      if (tag === surroundingTag) {
        if (isFound) return false
        isFound = true
        this.reset(bytes, view, payload, next)
      }
      offset = next
    }
    return true
  }

  /** Reads it now, if it is not read yet; false where it is for the views. */
  read(): boolean {
    const { record } = this
    if (this.#isRead) return this.#isOrdinary
    this.#isRead = true
    this.#isOrdinary = record.read(this.#bytes, this.#view, this.#start, this.#end)
    if (!this.#isOrdinary) {
      this.#owner.isUnusual = true
      record.clear()
    }
    return this.#isOrdinary
  }

  get message(): OrdinaryRecord {
    this.read()
    return this.record
  }

  get attributes(): AttributeReader {
    return this.message.attributes
  }
}

/**
 * A span, log record or metric with what stands around it, read without views. Where something turns out to be of a shape
 * that only views understand, reads go on with nothing there, and `isUnusual` says that they do not count.
 */
export class OrdinaryItem implements SpanReader, LogReader {
  readonly message: OrdinaryRecord
  readonly resource: OrdinarySurrounding
  readonly scope: OrdinarySurrounding
  readonly #status: OrdinarySurrounding
  readonly #traceIdField: number
  #view: DataView = new DataView(new ArrayBuffer(0))
  #hasStatus = false
  isUnusual = false
  /** The field that is to be replaced; 0 for none. */
  changedField = 0
  /** Its new payload. */
  newPayload: Uint8Array = new Uint8Array(0)

  private constructor(signal: Signal, keys: KeySet, fields: number, resourceKeys: KeySet, scopeKeys: KeySet) {
    this.message = new OrdinaryRecord(recordTypes[signal], keys, fields)
    this.resource = new OrdinarySurrounding(this, resourceType, resourceKeys)
    this.scope = new OrdinarySurrounding(this, scopeType, scopeKeys)
    this.#status = new OrdinarySurrounding(this, statusType, KeySet.of([])!)
    this.#traceIdField = signal === 'logs' ? otlp.logTraceId : otlp.spanTraceId
  }

  /** Undefined where too many attributes are asked for. */
  static of(signal: Signal, questions: StepQuestions): OrdinaryItem | undefined {
    const keys = KeySet.of([...questions.attributes.values()])
    const resourceKeys = KeySet.of([...questions.resourceAttributes.values()])
    const scopeKeys = KeySet.of([...questions.scopeAttributes.values()])
    if (keys === undefined || resourceKeys === undefined || scopeKeys === undefined) return undefined
    return new OrdinaryItem(signal, keys, questions.fields, resourceKeys, scopeKeys)
  }

  /** Points it at the record in `[start, end)`; false where that is for the views. `view` is over all of `bytes`. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.changedField = 0
    this.#hasStatus = false
    if (this.#view !== view) this.#view = view
    return this.message.read(bytes, view, start, end)
  }

  /** Replaces a singular field, whose payload must not change before the record is written. */
  replaceField(field: number, payload: Uint8Array): void {
    this.changedField = field
    this.newPayload = payload
  }

  get attributes(): AttributeReader {
    return this.message.attributes
  }

  get traceIdStart(): number {
    return this.message.payloadOf(this.#traceIdField, 16)
  }

  get parentSpanIdStart(): number {
    return this.message.payloadOf(otlp.spanParentSpanId, 8)
  }

  get kind(): number {
    return this.message.uint32(otlp.spanKind)
  }

  get traceState(): string {
    return this.message.has(otlp.spanTraceState) ? this.message.text(otlp.spanTraceState) : ''
  }

  /** Whether the status can be read without views. */
  readStatus(): boolean {
    this.#pointAtStatus()
    return this.#status.read()
  }

  get status(): FieldReader {
    this.#pointAtStatus()
    return this.#status.message
  }

  #pointAtStatus(): void {
    if (!this.#hasStatus) {
      this.#hasStatus = true
      const { message } = this
      this.#status.reset(
        message.bytes,
        this.#view,
        message.valueStart(otlp.spanStatus),
        message.valueEnd(otlp.spanStatus),
      )
    }
  }

  get severityNumber(): number {
    return this.message.uint32(otlp.logSeverityNumber)
  }

  get bodyStart(): number {
    return this.message.valueStart(otlp.logBody)
  }

  get bodyEnd(): number {
    return this.message.valueEnd(otlp.logBody)
  }

  /** Forgets the request. */
  release(): void {
    this.message.clear()
    const empty = emptyView
    this.#view = empty
    for (const around of [this.resource, this.scope, this.#status]) around.reset(emptyBytes, empty, 0, 0)
  }
}

const emptyBytes = new Uint8Array(0)
const emptyView = new DataView(new ArrayBuffer(0))
