import { hashRange } from '../../wire/key-hash.ts'
import { KeyTable } from '../../wire/key-table.ts'
import { ByteRange } from './byte-range.ts'
import type { ZipkinTraceWriter } from './trace-writer.ts'
import { V1Endpoint } from './v1-endpoint.ts'
import { V1Status } from './v1-status.ts'

const key = (text: string): Uint8Array => Buffer.from(text)
const keyComponent = key('component')
const keyIpv4 = key('ipv4')
const keyIpv6 = key('ipv6')
const keyPort = key('port')
const keyLocalComponent = key('lc')
const unknownService = key('unknown-service')

/** Annotations that say what kind of span this is, as OTLP numbers them. */
const kindTable = new KeyTable([
  ['cs', 3],
  ['cr', 3],
  ['ms', 4],
  ['mr', 5],
  ['ss', 2],
  ['sr', 2],
])
const twoTo32 = 0x100000000

/** One span of Zipkin's first format: kind, times, service and status are found in its annotations. */
export class V1Span {
  readonly #writer: ZipkinTraceWriter
  /** Whose annotation is being read; the reader fills it and calls `annotation` or one of the tags. */
  readonly endpoint = new V1Endpoint()
  readonly #service = new V1Endpoint()
  readonly #fallbackService = new ByteRange()
  readonly #status = new V1Status()
  #earliest = Number.POSITIVE_INFINITY
  #latest = Number.NEGATIVE_INFINITY

  constructor(writer: ZipkinTraceWriter) {
    this.#writer = writer
  }

  begin(): void {
    this.#writer.beginSpan()
    this.endpoint.clear()
    this.#service.clear()
    this.#fallbackService.clear()
    this.#status.begin()
    this.#earliest = Number.POSITIVE_INFINITY
    this.#latest = Number.NEGATIVE_INFINITY
  }

  annotation(low: number, high: number, text: Uint8Array, start: number, end: number): void {
    if (start === end) return
    const writer = this.#writer
    const kind = kindTable.find(hashRange(text, start, end), text, start, end)
    const { endpoint } = this
    if (kind !== 0) {
      if (!this.#service.isSet && endpoint.isSet && !endpoint.serviceName.isEmpty) this.#service.copy(endpoint)
      if (writer.kind === 0) writer.kind = kind
    }
    const time = (high | 0) * twoTo32 + low
    this.#earliest = Math.min(this.#earliest, time)
    this.#latest = Math.max(this.#latest, time)
    if (kind === 0) writer.event(time <= 0 ? 0 : low, time <= 0 ? 0 : high, text, start, end)
  }

  textTag(keyBytes: Uint8Array, keyStart: number, keyEnd: number, text: Uint8Array, start: number, end: number): void {
    const hash = hashRange(keyBytes, keyStart, keyEnd)
    const isLocalComponent = isKey(keyBytes, keyStart, keyEnd, keyLocalComponent)
    this.#noteService(isLocalComponent, text, start, end)
    if (this.#status.take(hash, keyBytes, keyStart, keyEnd, text, start, end)) return
    if (isLocalComponent) this.#writer.attribute(keyComponent, 0, keyComponent.length, text, start, end)
    else this.#writer.attribute(keyBytes, keyStart, keyEnd, text, start, end)
  }

  intTag(keyBytes: Uint8Array, keyStart: number, keyEnd: number, low: number, high: number): void {
    this.#noteService(false, keyBytes, 0, 0)
    const value = (high | 0) * twoTo32 + low
    if (this.#status.number(hashRange(keyBytes, keyStart, keyEnd), keyBytes, keyStart, keyEnd, value)) return
    this.#writer.attributes.int(keyBytes, keyStart, keyEnd, low, high)
  }

  /** A tag such as `error` says by being there that the span failed, whatever its type. */
  doubleTag(keyBytes: Uint8Array, keyStart: number, keyEnd: number, low: number, high: number): void {
    this.#noteService(false, keyBytes, 0, 0)
    if (this.#status.number(hashRange(keyBytes, keyStart, keyEnd), keyBytes, keyStart, keyEnd, Number.NaN)) return
    this.#writer.attributes.double(keyBytes, keyStart, keyEnd, low, high)
  }

  boolTag(keyBytes: Uint8Array, keyStart: number, keyEnd: number, value: boolean): void {
    this.#noteService(false, keyBytes, 0, 0)
    if (this.#status.number(hashRange(keyBytes, keyStart, keyEnd), keyBytes, keyStart, keyEnd, Number.NaN)) return
    this.#writer.attributes.bool(keyBytes, keyStart, keyEnd, value)
  }

  bytesTag(
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#noteService(false, keyBytes, 0, 0)
    this.#writer.attributes.bytes(keyBytes, keyStart, keyEnd, value, start, end)
  }

  /** A binary annotation's endpoint names the service where no annotation of a kind does, then the local component. */
  #noteService(isLocalComponent: boolean, text: Uint8Array, start: number, end: number): void {
    const { endpoint } = this
    if (endpoint.isSet && !endpoint.serviceName.isEmpty) this.#fallbackService.copy(endpoint.serviceName)
    else if (isLocalComponent && !this.#fallbackService.isSet) this.#fallbackService.set(text, start, end)
  }

  end(): void {
    const writer = this.#writer
    const { timestamp, duration } = writer
    if ((timestamp.low | timestamp.high) === 0 && this.#earliest < Number.POSITIVE_INFINITY) {
      const start = Math.max(0, this.#earliest)
      const length = Math.max(0, this.#latest) - start
      timestamp.high = Math.floor(start / twoTo32)
      timestamp.low = start % twoTo32
      duration.high = Math.floor(length / twoTo32)
      duration.low = length % twoTo32
    }
    this.#status.write(writer)
    this.#writeResource()
    writer.endSpan()
  }

  #writeResource(): void {
    const writer = this.#writer
    const service = this.#service
    if (service.isSet) writer.serviceName.copy(service.serviceName)
    else if (this.#fallbackService.isSet && !this.#fallbackService.isEmpty)
      writer.serviceName.copy(this.#fallbackService)
    else writer.serviceName.set(unknownService, 0, unknownService.length)
    if (!service.isSet) return
    const attributes = writer.resourceAttributes
    const { ipv4, ipv6, port } = service
    if (!ipv4.isEmpty) attributes.string(keyIpv4, 0, keyIpv4.length, ipv4.bytes, ipv4.start, ipv4.end)
    if (!ipv6.isEmpty) attributes.string(keyIpv6, 0, keyIpv6.length, ipv6.bytes, ipv6.start, ipv6.end)
    if (port !== 0) {
      const text = Buffer.from(String(port))
      attributes.string(keyPort, 0, keyPort.length, text, 0, text.length)
    }
  }
}

function isKey(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false
  return true
}
