import { AttributeWriter, writeText } from '../../pdata/attribute-writer.ts'
import {
  eventAttributes,
  eventName,
  eventTime,
  groupResource,
  requestResources,
  resourceAttributes,
  spanAttributes,
  spanEndTime,
  spanEvents,
  spanFlags,
  spanKind,
  spanName,
  spanParentSpanId,
  spanSpanId,
  spanStartTime,
  spanStatus,
  spanTraceId,
  spanTraceState,
  statusCode,
  statusMessage,
} from '../../pdata/otlp-fields.ts'
import { isZero } from '../../wire/is-zero.ts'
import { addUint64, uint64 } from '../../wire/uint64.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import { JaegerReferences } from './jaeger-references.ts'
import { httpStatusOf, isHttpError, statusCodeNamed, statusError } from './jaeger-status.ts'
import { isSame, type JaegerTag, tagBool, tagString } from './jaeger-tag.ts'
import { type Range, ScopeGroup } from './scope-group.ts'
import { idsAndTimesBytes, putBytes, putFixed64 } from './span-fields.ts'
import { writeTag } from './tag-attribute.ts'

const key = (text: string) => Buffer.from(text)
const keyServiceName = key('service.name')
const keyHostname = key('hostname')
const keyHostName = key('host.name')
const keyJaegerVersion = key('jaeger.version')
const keyExporterVersion = key('opencensus.exporterversion')
const keySpanKind = key('span.kind')
const keyError = key('error')
const keyStatusCode = key('otel.status_code')
const keyStatusDescription = key('otel.status_description')
const keyHttpStatusCode = key('http.status_code')
const keyHttpStatusMessage = key('http.status_message')
const keyTraceState = key('w3c.tracestate')
const keyScopeName = key('otel.scope.name')
const keyScopeVersion = key('otel.scope.version')
const keyEvent = key('event')
/** What an exporter of OTLP data without a service calls it. */
const noServiceName = key('OTLPResourceNoServiceName')
const jaegerVersionPrefix = key('Jaeger-')
const kindNames = [key('internal'), key('server'), key('client'), key('producer'), key('consumer')] as const
const emptyBytes = new Uint8Array(0)

const memoryKeptBytes = 1 << 20

/**
 * Writes OTLP for Jaeger batches while their fields are read in whatever order they come: what OTLP has as attributes
 * goes out at once, the rest waits for the end of its span.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/
 */
export class JaegerTraceWriter {
  readonly #writer = new WireWriter(16 * 1024)
  /** Spans written. */
  spanCount = 0
  /** Bytes of the ids of the current span: trace id, span id, parent span id. Set before `endSpan`. */
  readonly ids = new Uint8Array(32)
  readonly start = { low: 0, high: 0 }
  readonly duration = { low: 0, high: 0 }
  flags = 0

  readonly #references = new JaegerReferences()
  readonly #spanAttributes = new AttributeWriter()
  readonly #otherAttributes = new AttributeWriter()
  #source: Uint8Array = emptyBytes
  #batchMark = 0
  readonly #group = new ScopeGroup()
  #hasHostName = false
  #kind = 0
  #hasError = false
  #hasContent = false
  #httpStatus = -1
  readonly #statusCode: Range = { start: -1, end: -1 }
  readonly #statusDescription: Range = { start: -1, end: -1 }
  readonly #httpMessage: Range = { start: -1, end: -1 }
  readonly #scopeName: Range = { start: -1, end: -1 }
  readonly #scopeVersion: Range = { start: -1, end: -1 }
  readonly #hostname: Range = { start: -1, end: -1 }

  reset(): this {
    this.#writer.reset()
    this.spanCount = 0
    this.#group.reset()
    return this
  }

  /** The request written since `reset`; forgets the source, and its memory if that grew large. */
  finish(): Uint8Array {
    const bytes = this.#writer.finish()
    this.clear()
    return bytes
  }

  clear(): void {
    this.#source = emptyBytes
    this.#writer.resetWithin(memoryKeptBytes, 16 * 1024)
  }

  /** Begins the spans of one process. All ranges until `endBatch` refer to `source`. */
  beginBatch(source: Uint8Array): void {
    this.#source = source
    this.#batchMark = this.#writer.open(requestResources)
  }

  endBatch(): void {
    this.#group.close(this.#writer)
    this.#writer.close(this.#batchMark)
  }

  /** Begins the process; its tags follow through `processTag`, then `endProcess`. */
  beginProcess(): number {
    this.#group.close(this.#writer)
    const mark = this.#writer.open(groupResource)
    this.#otherAttributes.begin(this.#writer, resourceAttributes, false)
    this.#hostname.start = -1
    return mark
  }

  serviceName(start: number, end: number): void {
    const source = this.#source
    if (start === end || isSame(source, start, end, noServiceName)) return
    this.#otherAttributes.string(keyServiceName, 0, keyServiceName.length, source, start, end)
  }

  processTag(tag: JaegerTag): void {
    const { source } = tag
    if (tag.type === tagString && tag.hasKey(keyHostname)) {
      setRange(this.#hostname, tag.start, tag.end)
      return
    }
    if (tag.type === tagString && tag.hasKey(keyJaegerVersion)) {
      const version = Buffer.concat([jaegerVersionPrefix, source.subarray(tag.start, tag.end)])
      this.#otherAttributes.string(keyExporterVersion, 0, keyExporterVersion.length, version, 0, version.length)
      return
    }
    if (tag.hasKey(keyHostName)) this.#hasHostName = true
    writeTag(this.#otherAttributes, tag)
  }

  endProcess(mark: number): void {
    const { start, end } = this.#hostname
    if (start >= 0) {
      const name = this.#hasHostName ? keyHostname : keyHostName
      this.#otherAttributes.string(name, 0, name.length, this.#source, start, end)
    }
    this.#hasHostName = false
    this.#writer.close(mark)
  }

  beginSpan(): void {
    const writer = this.#writer
    this.#group.beginSpan(writer)
    this.#spanAttributes.begin(writer, spanAttributes, false)
    this.ids.fill(0)
    this.start.low = 0
    this.start.high = 0
    this.duration.low = 0
    this.duration.high = 0
    this.flags = 0
    this.#references.clear()
    this.#kind = 0
    this.#hasError = false
    this.#hasContent = false
    this.#httpStatus = -1
    this.#statusCode.start = -1
    this.#statusDescription.start = -1
    this.#httpMessage.start = -1
    this.#scopeName.start = -1
    this.#scopeVersion.start = -1
  }

  spanName(start: number, end: number): void {
    if (start === end) return
    this.#hasContent = true
    writeText(this.#writer, spanName, this.#source, start, end)
  }

  /** A tag of the span: those that stand for fields of OTLP wait or are written as such, others are attributes. */
  spanTag(tag: JaegerTag): void {
    this.#hasContent = true
    if (this.#isField(tag)) return
    writeTag(this.#spanAttributes, tag)
  }

  #isField(tag: JaegerTag): boolean {
    switch (tag.keyEnd - tag.keyStart) {
      case 5:
        if (!tag.hasKey(keyError)) return false
        this.#hasError = tag.type === tagBool && tag.bool
        return this.#hasError
      case 9:
        return tag.type === tagString && tag.hasKey(keySpanKind) && this.#setKind(tag)
      case 14:
        if (tag.type !== tagString || !tag.hasKey(keyTraceState)) return false
        writeText(this.#writer, spanTraceState, tag.source, tag.start, tag.end)
        return true
      case 15:
        return tag.hasKey(keyScopeName) && keepText(this.#scopeName, tag)
      case 16:
        if (tag.hasKey(keyStatusCode)) return keepText(this.#statusCode, tag)
        if (tag.hasKey(keyHttpStatusCode)) this.#httpStatus = httpStatusOf(tag)
        return false
      case 18:
        return tag.hasKey(keyScopeVersion) && keepText(this.#scopeVersion, tag)
      case 19:
        if (tag.hasKey(keyHttpStatusMessage)) keepText(this.#httpMessage, tag)
        return false
      case 23:
        return tag.hasKey(keyStatusDescription) && keepText(this.#statusDescription, tag)
      default:
        return false
    }
  }

  #setKind(tag: JaegerTag): boolean {
    for (let i = 0; i < kindNames.length; i++) {
      if (isSame(tag.source, tag.start, tag.end, kindNames[i]!)) {
        this.#kind = i + 1
        return true
      }
    }
    return false
  }

  /** Room for a reference's trace id (16 bytes) and span id (8 bytes) at the returned offset of `referenceBytes`. */
  addReference(type: number): number {
    this.#hasContent = true
    return this.#references.add(type)
  }

  get referenceBytes(): Uint8Array {
    return this.#references.bytes
  }

  /** The type of the reference begun last, where it is read after the ids. */
  referenceType(offset: number, type: number): void {
    this.#references.bytes[offset - 1] = type
  }

  /** Begins an event; its fields follow through `eventField`, then `endEvent`. */
  beginEvent(): number {
    this.#hasContent = true
    const mark = this.#writer.open(spanEvents)
    this.#otherAttributes.begin(this.#writer, eventAttributes, false)
    return mark
  }

  /** The time of the current event in nanoseconds. */
  eventTime(low: number, high: number): void {
    this.#writer.tag(eventTime, 1)
    this.#writer.fixed64Halves(low, high)
  }

  eventField(tag: JaegerTag): void {
    if (tag.type === tagString && tag.hasKey(keyEvent)) {
      writeText(this.#writer, eventName, tag.source, tag.start, tag.end)
      return
    }
    writeTag(this.#otherAttributes, tag)
  }

  endEvent(mark: number): void {
    this.#writer.close(mark)
  }

  /** Completes the span from its ids, times and what waited. A span without anything is none. */
  endSpan(): void {
    const writer = this.#writer
    if (!this.#hasContent && isZero(this.ids, 0, 24)) {
      this.#group.dropSpan(writer)
      return
    }
    this.#writeIdsAndTimes()
    if (this.#kind !== 0) writer.uint32Field(spanKind, this.#kind)
    if ((this.flags & 1) !== 0) writer.fixed32Field(spanFlags, 1)
    this.#writeStatus()
    this.#references.writeLinks(writer, this.#otherAttributes, this.ids)
    this.#putIntoGroup()
    this.spanCount++
  }

  /** Ids and times: one check of room, then bytes. Zero is left out, as protobuf does. */
  #writeIdsAndTimes(): void {
    const { ids, start, duration } = this
    if (isZero(ids, 24, 32)) this.#references.inferParent(ids)
    const writer = this.#writer
    writer.ensure(idsAndTimesBytes)
    const target = writer.buffer
    let at = writer.length
    if (!isZero(ids, 0, 16)) at = putBytes(target, at, spanTraceId, ids, 0, 16)
    if (!isZero(ids, 16, 24)) at = putBytes(target, at, spanSpanId, ids, 16, 24)
    if (!isZero(ids, 24, 32)) at = putBytes(target, at, spanParentSpanId, ids, 24, 32)
    at = putFixed64(target, at, spanStartTime, start.low, start.high)
    uint64.low = start.low
    uint64.high = start.high
    addUint64(duration.low, duration.high)
    writer.length = putFixed64(target, at, spanEndTime, uint64.low, uint64.high)
  }

  /** Puts the span into the group of its scope. A version without a name is no scope, but an attribute. */
  #putIntoGroup(): void {
    const name = this.#scopeName
    const version = this.#scopeVersion
    if (name.start < 0 && version.start >= 0) {
      const { start, end } = version
      this.#spanAttributes.string(keyScopeVersion, 0, keyScopeVersion.length, this.#source, start, end)
    }
    this.#group.endSpan(this.#writer, this.#source, name, version)
  }

  #writeStatus(): void {
    const description = this.#statusDescription
    if (this.#hasError) {
      this.#status(statusError, description.start >= 0 ? description : this.#httpMessage)
    } else if (this.#statusCode.start >= 0) {
      this.#status(statusCodeNamed(this.#source, this.#statusCode.start, this.#statusCode.end), description)
    } else {
      // A description without a status is an attribute like any other.
      if (description.start >= 0) {
        const { start, end } = description
        this.#spanAttributes.string(keyStatusDescription, 0, keyStatusDescription.length, this.#source, start, end)
      }
      if (this.#httpStatus >= 0 && isHttpError(this.#httpStatus, this.#kind))
        this.#status(statusError, this.#httpMessage)
    }
  }

  #status(code: number, message: Range): void {
    const writer = this.#writer
    const mark = writer.open(spanStatus)
    if (message.start >= 0 && message.end > message.start) {
      writeText(writer, statusMessage, this.#source, message.start, message.end)
    }
    if (code !== 0) writer.uint32Field(statusCode, code)
    writer.close(mark)
  }
}

/** Remembers a string tag; false for other types, which stay attributes. */
function keepText(range: Range, tag: JaegerTag): boolean {
  if (tag.type !== tagString) return false
  setRange(range, tag.start, tag.end)
  return true
}

function setRange(range: Range, start: number, end: number): void {
  range.start = start
  range.end = end
}
