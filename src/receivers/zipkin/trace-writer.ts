import { AttributeWriter, writeText } from '../../pdata/attribute-writer.ts'
import {
  eventAttributes,
  eventDroppedAttributesCount,
  eventName,
  eventTime,
  resourceAttributes,
  scopeName,
  scopeVersion,
  spanAttributes,
  spanEndTime,
  spanEvents,
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
import { addUint64, multiplyUint64, uint64 } from '../../wire/uint64.ts'
import { wireFixed64 } from '../../wire/wire-type.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import { ByteRange } from './byte-range.ts'
import { JsonAttributes } from './json-attributes.ts'
import { indexOfBar, isLinkKey, LinkWriter, lastIndexOfBar } from './link-writer.ts'
import { parsedTag, tagAsBool, tagAsDouble, tagAsInt } from './parsed-tag.ts'
import { SpanGroups } from './span-groups.ts'
import {
  tagError,
  tagLibraryName,
  tagLibraryVersion,
  tagNumberMax,
  tagResource,
  tagScopeName,
  tagScopeVersion,
  tagServiceName,
  tagServiceNameSource,
  tagSpanKind,
  tagStatusCode,
  tagStatusDescription,
  tagTable,
  tagTraceState,
} from './tag-table.ts'

const key = (text: string): Uint8Array => Buffer.from(text)
const keyError = key('error')
const keyServiceName = key('service.name')
const keyAbsentStart = key('otel.zipkin.absentField.startTime')
const keyDescription = key('otel.status_description')
const keySpanKind = key('span.kind')
const keyShared = key('zipkin.shared')
const keyDebug = key('zipkin.debug')
const noServiceName = key('OTLPResourceNoServiceName')
const textTrue = key('true')
const textFalse = key('false')
const textInternal = key('internal')
const spanKindInternal = 1
const statusOk = 1
const statusError = 2
const memoryKeptBytes = 1 << 20

/** Keys of one side of the connection. */
export interface EndpointKeys {
  readonly address: Uint8Array
  readonly port: Uint8Array
}
const localKeys: EndpointKeys = { address: key('network.local.address'), port: key('net.host.port') }
const remoteKeys: EndpointKeys = { address: key('network.peer.address'), port: key('net.peer.port') }
const keyPeerService = key('service.peer.name')

/**
 * Writes OTLP for Zipkin spans while their fields are read in whatever order they come. Attributes go out at once; what
 * is known only at the end of a span waits. Spans that follow each other with the same resource and scope share them.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/
 */
export class ZipkinTraceWriter {
  readonly #writer = new WireWriter(16 * 1024)
  spanCount = 0
  /** Trace id (16 bytes), span id (8), parent span id (8) of the current span. */
  readonly ids = new Uint8Array(32)
  readonly name = new ByteRange()
  readonly serviceName = new ByteRange()
  /** The local address, for readers that call `writeLocal`. */
  readonly local = new ByteRange()
  kind = 0
  /** Microseconds; both halves 0 where the span has none. */
  readonly timestamp = { low: 0, high: 0 }
  readonly duration = { low: 0, high: 0 }
  isShared = false
  isDebug = false

  readonly #attributes = new AttributeWriter()
  readonly #eventAttributes = new AttributeWriter()
  readonly #resourceAttributes = new AttributeWriter()
  readonly #jsonAttributes = new JsonAttributes()
  readonly #links = new LinkWriter(this.#jsonAttributes)
  #parseStringTags = false
  #isTextChecked = false

  /** Tags that wait for the end of their span, by their number. */
  readonly #tags: readonly ByteRange[] = Array.from({ length: tagNumberMax + 1 }, () => new ByteRange())
  readonly #error = this.#tags[tagError]!
  readonly #statusCode = this.#tags[tagStatusCode]!
  readonly #statusDescription = this.#tags[tagStatusDescription]!
  readonly #kindTag = this.#tags[tagSpanKind]!
  readonly #scopeName = this.#tags[tagScopeName]!
  readonly #scopeVersion = this.#tags[tagScopeVersion]!
  readonly #libraryName = this.#tags[tagLibraryName]!
  readonly #libraryVersion = this.#tags[tagLibraryVersion]!
  readonly #serviceNameSource = this.#tags[tagServiceNameSource]!
  readonly #serviceNameTag = this.#tags[tagServiceName]!

  readonly #ranges = [this.name, this.local, this.serviceName, ...this.#tags]

  readonly #groups = new SpanGroups()

  reset(parseStringTags: boolean, isTextChecked: boolean): this {
    this.#writer.reset()
    this.spanCount = 0
    this.#groups.reset()
    this.#parseStringTags = parseStringTags
    this.#isTextChecked = isTextChecked
    return this
  }

  /** The request written since `reset`. */
  finish(): Uint8Array {
    this.#groups.close(this.#writer)
    return this.#writer.finish()
  }

  /** Forgets the source, and the memory of the request if that was much. */
  clear(): void {
    for (const range of this.#ranges) range.release()
    this.#writer.resetWithin(memoryKeptBytes, 16 * 1024)
  }

  beginSpan(): void {
    const writer = this.#writer
    this.#groups.beginSpan(writer)
    this.#attributes.begin(writer, spanAttributes, this.#isTextChecked)
    this.#resourceAttributes.begin(this.#groups.resource, resourceAttributes, this.#isTextChecked)
    this.#links.begin()
    const ranges = this.#ranges
    for (let i = 0; i < ranges.length; i++) ranges[i]!.clear()
    this.ids.fill(0)
    this.kind = 0
    this.timestamp.low = 0
    this.timestamp.high = 0
    this.duration.low = 0
    this.duration.high = 0
    this.isShared = false
    this.isDebug = false
  }

  /** One tag; `hash` is the `hashKey` of its key. */
  tag(
    hash: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    text: Uint8Array,
    start: number,
    end: number,
  ): void {
    const tag = tagTable.find(hash, keyBytes, keyStart, keyEnd)
    switch (tag) {
      case 0:
        if (isLinkKey(keyBytes, keyStart, keyEnd) && this.#links.write(this.#writer, text, start, end)) return
        this.attribute(keyBytes, keyStart, keyEnd, text, start, end)
        return
      case tagResource:
        this.#resourceAttributes.string(keyBytes, keyStart, keyEnd, text, start, end)
        return
      case tagTraceState:
        this.#text(spanTraceState, text, start, end)
        return
      default:
        this.#tags[tag]!.set(text, start, end)
    }
  }

  /** An attribute of the span from text, parsed where that is asked for. */
  attribute(
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    text: Uint8Array,
    start: number,
    end: number,
  ): void {
    const attributes = this.#attributes
    if (!this.#parseStringTags) {
      attributes.string(keyBytes, keyStart, keyEnd, text, start, end)
      return
    }
    switch (parsedTag.parse(text, start, end)) {
      case tagAsInt:
        attributes.int(keyBytes, keyStart, keyEnd, parsedTag.low, parsedTag.high)
        return
      case tagAsDouble:
        attributes.double(keyBytes, keyStart, keyEnd, parsedTag.low, parsedTag.high)
        return
      case tagAsBool:
        attributes.bool(keyBytes, keyStart, keyEnd, parsedTag.low === 1)
        return
      default:
        attributes.string(keyBytes, keyStart, keyEnd, text, start, end)
    }
  }

  /** An annotation at microseconds; one in the form of OpenTelemetry's exporters has its attributes inside. */
  annotation(low: number, high: number, text: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    const mark = writer.open(spanEvents)
    this.#microseconds(eventTime, low, high)
    const json = this.#jsonAttributes
    const first = indexOfBar(text, start, end)
    const last = first < 0 ? -1 : lastIndexOfBar(text, start, end)
    const dropped = last <= first ? -1 : decimalCount(text, last + 1, end)
    if (dropped >= 0 && json.isObject(text, first + 1, last)) {
      this.#richEvent(text, start, first, first + 1, last)
      if (dropped > 0) writer.uint32Field(eventDroppedAttributesCount, dropped)
    } else if (json.findNamed(text, start, end)) {
      this.#richEvent(json.namedText, 0, json.nameEnd, json.bodyStart, json.bodyEnd)
    } else this.#text(eventName, text, start, end)
    writer.close(mark)
  }

  /** Name and attributes of an event from ranges of its text. */
  #richEvent(text: Uint8Array, nameStart: number, nameEnd: number, bodyStart: number, bodyEnd: number): void {
    this.#text(eventName, text, nameStart, nameEnd)
    this.#eventAttributes.begin(this.#writer, eventAttributes, this.#isTextChecked)
    this.#jsonAttributes.write(text, bodyStart, bodyEnd, this.#eventAttributes)
  }

  /** An annotation that is a name and nothing else. */
  event(low: number, high: number, text: Uint8Array, start: number, end: number): void {
    const mark = this.#writer.open(spanEvents)
    this.#microseconds(eventTime, low, high)
    this.#text(eventName, text, start, end)
    this.#writer.close(mark)
  }

  /** Attributes of the span that have types of their own. */
  get attributes(): AttributeWriter {
    return this.#attributes
  }

  /** Attributes of the resource beside the service's name. */
  get resourceAttributes(): AttributeWriter {
    return this.#resourceAttributes
  }

  /** Sets the status where no tag does. */
  status(code: number, message: ByteRange): void {
    const mark = this.#writer.open(spanStatus)
    if (!message.isEmpty) this.#text(statusMessage, message.bytes, message.start, message.end)
    if (code !== 0) this.#writer.varint64Field(statusCode, BigInt(code))
    this.#writer.close(mark)
  }

  /** Writes the address in `local` and a port as attributes; 0 is no port. */
  writeLocal(port: number): void {
    const { bytes, start, end } = this.local
    this.localAddress(bytes, start, end)
    this.localPort(port)
  }

  localAddress(text: Uint8Array, start: number, end: number): void {
    this.#address(localKeys, text, start, end)
  }

  remoteAddress(text: Uint8Array, start: number, end: number): void {
    this.#address(remoteKeys, text, start, end)
  }

  localPort(port: number): void {
    this.#port(localKeys, port)
  }

  remotePort(port: number): void {
    this.#port(remoteKeys, port)
  }

  remoteServiceName(text: Uint8Array, start: number, end: number): void {
    if (start < end) this.#attributes.string(keyPeerService, 0, keyPeerService.length, text, start, end)
  }

  #address({ address }: EndpointKeys, text: Uint8Array, start: number, end: number): void {
    if (start < end) this.#attributes.string(address, 0, address.length, text, start, end)
  }

  #port(keys: EndpointKeys, port: number): void {
    if (port > 0) this.#attributes.int(keys.port, 0, keys.port.length, port, 0)
  }

  /** Completes the span and puts it into the group of its resource and scope. */
  endSpan(): void {
    const writer = this.#writer
    const { ids } = this
    writer.bytesField(spanTraceId, ids, 0, 16)
    writer.bytesField(spanSpanId, ids, 16, 24)
    if (!isZero(ids, 24, 32) && !isSameId(ids)) writer.bytesField(spanParentSpanId, ids, 24, 32)
    if (this.name.isSet && !this.name.isEmpty) this.#text(spanName, this.name.bytes, this.name.start, this.name.end)
    this.#writeKind()
    this.#writeTimes()
    this.#writeStatus()
    if (this.isShared) this.#attributes.bool(keyShared, 0, keyShared.length, true)
    if (this.isDebug) this.#attributes.bool(keyDebug, 0, keyDebug.length, true)
    this.#writeResource()
    this.#writeScope()
    this.#groups.endSpan(writer)
    this.spanCount++
  }

  #writeKind(): void {
    let { kind } = this
    const tag = this.#kindTag
    if (kind === 0 && tag.isSet && tag.equals(textInternal)) kind = spanKindInternal
    else if (tag.isSet) {
      this.attribute(keySpanKind, 0, keySpanKind.length, tag.bytes, tag.start, tag.end)
    }
    if (kind !== 0) this.#writer.uint32Field(spanKind, kind)
  }

  #writeTimes(): void {
    const { timestamp, duration } = this
    if ((timestamp.low | timestamp.high) === 0) {
      this.#attributes.bool(keyAbsentStart, 0, keyAbsentStart.length, true)
    } else this.#microseconds(spanStartTime, timestamp.low, timestamp.high)
    uint64.low = timestamp.low
    uint64.high = timestamp.high
    addUint64(duration.low, duration.high)
    if ((uint64.low | uint64.high) !== 0) this.#microseconds(spanEndTime, uint64.low, uint64.high)
  }

  #writeStatus(): void {
    const description = this.#statusDescription
    let code = this.#statusCode.isSet ? namedStatus(this.#statusCode) : 0
    const hasDescription = this.#statusCode.isSet && description.isSet
    if (description.isSet && !hasDescription) {
      this.attribute(keyDescription, 0, keyDescription.length, description.bytes, description.start, description.end)
    }
    const error = this.#error
    let message = hasDescription ? description : noText
    if (error.isSet) {
      code = statusError
      if (!error.equals(textTrue)) {
        this.attribute(keyError, 0, keyError.length, error.bytes, error.start, error.end)
        // OpenTelemetry's exporters put the status message there.
        if (!hasDescription && !error.equals(textFalse)) message = error
      }
    }
    if (code !== 0 || !message.isEmpty) this.status(code, message)
  }

  #writeResource(): void {
    const name = this.#serviceNameTag.isEmpty ? this.serviceName : this.#serviceNameTag
    if (!name.isSet || name.isEmpty || name.equals(noServiceName)) return
    const source = this.#serviceNameSource
    const isNamed = source.isSet && !source.isEmpty && name === this.serviceName
    const { bytes, start, end } = isNamed ? source : wholeServiceName
    this.#resourceAttributes.string(bytes, start, end, name.bytes, name.start, name.end)
  }

  #writeScope(): void {
    const { scope } = this.#groups
    const name = this.#scopeName.isSet ? this.#scopeName : this.#libraryName
    const version = this.#scopeVersion.isSet ? this.#scopeVersion : this.#libraryVersion
    if (name.isSet && !name.isEmpty) writeText(scope, scopeName, name.bytes, name.start, name.end)
    if (version.isSet && !version.isEmpty) writeText(scope, scopeVersion, version.bytes, version.start, version.end)
  }

  #text(fieldNumber: number, text: Uint8Array, start: number, end: number): void {
    if (this.#isTextChecked) this.#writer.bytesField(fieldNumber, text, start, end)
    else writeText(this.#writer, fieldNumber, text, start, end)
  }

  /** Microseconds as a field of nanoseconds. */
  #microseconds(fieldNumber: number, low: number, high: number): void {
    multiplyUint64(low, high, 1000, 0)
    this.#writer.tag(fieldNumber, wireFixed64)
    this.#writer.fixed64Halves(uint64.low, uint64.high)
  }
}

const noText = new ByteRange()
const wholeServiceName = new ByteRange()
wholeServiceName.set(keyServiceName, 0, keyServiceName.length)

function namedStatus(range: ByteRange): number {
  const text = Buffer.from(range.bytes.subarray(range.start, Math.min(range.end, range.start + 20)))
    .toString('latin1')
    .toUpperCase()
    .replace('STATUS_CODE_', '')
  if (text === 'OK') return statusOk
  return text === 'ERROR' ? statusError : 0
}

/** A run of decimal digits below 2^32; -1 for anything else. */
function decimalCount(text: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > 10) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text[i]! - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value > 0xffffffff ? -1 : value
}

/** A span that is its own parent is a root. */
function isSameId(ids: Uint8Array): boolean {
  for (let i = 16; i < 24; i++) if (ids[i] !== ids[i + 8]) return false
  return true
}
