import { JsonError } from '../../wire/json-error.ts'
import { JsonReader } from '../../wire/json-reader.ts'
import { KeyTable } from '../../wire/key-table.ts'
import { uint64 } from '../../wire/uint64.ts'
import type { DecodedSpans, DecodeSettings } from './decoded-spans.ts'
import { JsonText, readHexId } from './json-text.ts'
import { ZipkinTraceWriter } from './trace-writer.ts'
import { V1Span } from './v1-span.ts'

const spanTable = new KeyTable([
  ['traceId', 1],
  ['id', 2],
  ['parentId', 3],
  ['name', 4],
  ['timestamp', 5],
  ['duration', 6],
  ['debug', 7],
  ['annotations', 8],
  ['binaryAnnotations', 9],
])
/** Keys of an annotation, a binary annotation and an endpoint. */
const innerTable = new KeyTable([
  ['timestamp', 1],
  ['value', 2],
  ['key', 3],
  ['endpoint', 4],
  ['serviceName', 5],
  ['ipv4', 6],
  ['ipv6', 7],
  ['port', 8],
])

const quote = 0x22

/** Reads a list of spans as Zipkin's v1 API takes it. Throws `JsonError`. */
export function decodeV1Json(json: Uint8Array, settings: DecodeSettings): DecodedSpans {
  return decoder.decode(json, settings)
}

class V1JsonDecoder {
  readonly #reader = new JsonReader()
  readonly #writer = new ZipkinTraceWriter()
  readonly #span = new V1Span(this.#writer)
  readonly #text = new JsonText()
  #seen = 0

  decode(json: Uint8Array, settings: DecodeSettings): DecodedSpans {
    const reader = this.#reader.reset(json, { depthMax: 64, elementsMax: settings.elementsMax })
    const writer = this.#writer.reset(settings.parseStringTags, true)
    try {
      reader.enterArray()
      for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) {
        if (writer.spanCount >= settings.spansMax) {
          throw new JsonError(`more than ${settings.spansMax} spans`, reader.offset, 'budget')
        }
        this.#readSpan()
      }
      reader.finish()
      const bytes = writer.finish()
      return { bytes, spanCount: writer.spanCount }
    } finally {
      reader.clear()
      writer.clear()
    }
  }

  #readSpan(): void {
    const reader = this.#reader
    const start = reader.offset
    this.#span.begin()
    this.#text.begin()
    this.#seen = 0
    reader.enterObject()
    for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
      const key = spanTable.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
      if (key === 0) reader.skipValue()
      else if (!reader.tryNull()) this.#value(key)
    }
    if ((this.#seen & 6) !== 6) throw reader.error('a span without traceId or id', start)
    this.#span.end()
  }

  #value(key: number): void {
    const reader = this.#reader
    const writer = this.#writer
    if ((this.#seen & (1 << key)) !== 0) throw reader.error('a second value of one key')
    this.#seen |= 1 << key
    switch (key) {
      case 1:
        readHexId(reader, writer.ids, 0, 16)
        this.#refuseZero(0, 16)
        return
      case 2:
        readHexId(reader, writer.ids, 16, 8)
        this.#refuseZero(16, 24)
        return
      case 3:
        readHexId(reader, writer.ids, 24, 8)
        return
      case 4:
        this.#text.read(reader)
        writer.name.set(this.#text.bytes, this.#text.start, this.#text.end)
        return
      case 5:
        this.#microseconds(writer.timestamp)
        return
      case 6:
        this.#microseconds(writer.duration)
        return
      case 7:
        writer.isDebug = reader.boolean()
        return
      default:
        reader.enterArray()
        for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) this.#annotation(key === 9)
    }
  }

  #refuseZero(start: number, end: number): void {
    const { ids } = this.#writer
    for (let i = start; i < end; i++) if (ids[i] !== 0) return
    throw this.#reader.error('an id of zero')
  }

  #microseconds(target: { low: number; high: number }): void {
    if (this.#reader.peek() === quote) throw this.#reader.error('a number was expected')
    this.#reader.uint64()
    target.low = uint64.low
    target.high = uint64.high
  }

  #annotation(isBinary: boolean): void {
    const reader = this.#reader
    const span = this.#span
    const text = this.#text
    const time = { low: 0, high: 0 }
    let keyBytes = text.bytes
    let keyStart = 0
    let keyEnd = 0
    let bytes = text.bytes
    let start = 0
    let end = 0
    // Clients say of an address in `sa` and `ca` that it is there: with true, as in thrift.
    let flag: boolean | undefined
    span.endpoint.clear()
    reader.enterObject()
    for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
      const key = innerTable.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
      if (key === 0 || key > 4) reader.skipValue()
      else if (reader.tryNull()) continue
      else if (key === 1) this.#microseconds(time)
      else if (key === 4) this.#endpoint()
      else if (key === 2 && isBinary && reader.peek() !== quote) flag = reader.boolean()
      else {
        text.read(reader)
        if (key === 2) ({ bytes, start, end } = text)
        else ({ bytes: keyBytes, start: keyStart, end: keyEnd } = text)
      }
    }
    if (flag !== undefined) span.boolTag(keyBytes, keyStart, keyEnd, flag)
    else if (isBinary) span.textTag(keyBytes, keyStart, keyEnd, bytes, start, end)
    else span.annotation(time.low, time.high, bytes, start, end)
  }

  #endpoint(): void {
    const reader = this.#reader
    const text = this.#text
    const { endpoint } = this.#span
    endpoint.isSet = true
    reader.enterObject()
    for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
      const key = innerTable.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
      if (key < 5) reader.skipValue()
      else if (reader.tryNull()) continue
      else if (key === 8) endpoint.port = reader.integer(-0x80000000, 0x7fffffff)
      else {
        text.read(reader)
        const range = key === 5 ? endpoint.serviceName : key === 6 ? endpoint.ipv4 : endpoint.ipv6
        range.set(text.bytes, text.start, text.end)
      }
    }
  }
}

const decoder = new V1JsonDecoder()
