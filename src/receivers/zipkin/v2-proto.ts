import { FieldCursor } from '../../wire/field-cursor.ts'
import { isZero } from '../../wire/is-zero.ts'
import { hashRange } from '../../wire/key-hash.ts'
import { readVarint, readWord, uint64 } from '../../wire/uint64.ts'
import { WireError } from '../../wire/wire-error.ts'
import { wireBytes, wireFixed64, wireVarint } from '../../wire/wire-type.ts'
import { addressText } from './address-text.ts'
import type { DecodedSpans, DecodeSettings } from './decoded-spans.ts'
import { ZipkinTraceWriter } from './trace-writer.ts'

/**
 * Zipkin's v2 in protobuf.
 *
 * | message     | fields |
 * | ----------- | ------ |
 * | ListOfSpans | spans 1 |
 * | Span        | trace_id 1, parent_id 2, id 3, kind 4, name 5, timestamp 6, duration 7, local_endpoint 8, remote_endpoint 9, annotations 10, tags 11, debug 12, shared 13 |
 * | Endpoint    | service_name 1, ipv4 2, ipv6 3, port 4 |
 * | Annotation  | timestamp 1, value 2 |
 * | tags        | key 1, value 2 |
 *
 * Source: https://github.com/openzipkin/zipkin-api/blob/master/zipkin.proto
 */

/** OTLP's kinds of a span by Zipkin's: unspecified, client, server, producer, consumer. */
const kinds = [0, 3, 2, 4, 5]
const noBytes = new Uint8Array(0)

/** Reads a `ListOfSpans`. Throws `WireError`. */
export function decodeV2Proto(bytes: Uint8Array, settings: DecodeSettings): DecodedSpans {
  return decoder.decode(bytes, settings)
}

class V2ProtoDecoder {
  readonly #writer = new ZipkinTraceWriter()
  readonly #list = new FieldCursor()
  readonly #fields = new FieldCursor()
  readonly #inner = new FieldCursor()
  #elementsLeft = 0

  decode(bytes: Uint8Array, settings: DecodeSettings): DecodedSpans {
    const writer = this.#writer.reset(settings.parseStringTags, false)
    this.#elementsLeft = settings.elementsMax
    try {
      const list = this.#list.reset(bytes, 0, bytes.length)
      while (list.next()) {
        if (list.fieldNumber !== 1 || list.wireType !== wireBytes) continue
        if (writer.spanCount >= settings.spansMax) {
          throw new WireError(`more than ${settings.spansMax} spans`, list.fieldStart, 'budget')
        }
        this.#span(bytes, list.valueStart, list.fieldEnd)
      }
      const otlp = writer.finish()
      return { bytes: otlp, spanCount: writer.spanCount }
    } finally {
      writer.clear()
      for (const cursor of [this.#list, this.#fields, this.#inner]) cursor.reset(noBytes, 0, 0)
    }
  }

  #span(bytes: Uint8Array, start: number, end: number): void {
    const writer = this.#writer
    writer.beginSpan()
    const fields = this.#fields.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.wireType === wireBytes) this.#message(bytes, fields.fieldNumber, fields.valueStart, fields.fieldEnd)
      else if (fields.wireType === wireVarint) this.#varint(fields)
      else if (fields.wireType === wireFixed64 && fields.fieldNumber === 6) {
        writer.timestamp.low = readWord(bytes, fields.valueStart)
        writer.timestamp.high = readWord(bytes, fields.valueStart + 4)
      }
    }
    if (isZero(writer.ids, 0, 16) || isZero(writer.ids, 16, 24)) throw new WireError('a span without its ids', start)
    writer.endSpan()
  }

  #varint(fields: FieldCursor): void {
    const writer = this.#writer
    switch (fields.fieldNumber) {
      case 4:
        writer.kind = kinds[fields.uint32()] ?? 0
        return
      case 7:
        readVarint(fields.bytes, fields.valueStart, fields.fieldEnd)
        writer.duration.low = uint64.low
        writer.duration.high = uint64.high
        return
      case 12:
        writer.isDebug = fields.uint32() !== 0
        return
      case 13:
        writer.isShared = fields.uint32() !== 0
    }
  }

  #message(bytes: Uint8Array, fieldNumber: number, start: number, end: number): void {
    const { ids, name } = this.#writer
    switch (fieldNumber) {
      case 1:
        if (end - start !== 16 && end - start !== 8) throw new WireError('a trace id has 8 or 16 bytes', start)
        ids.fill(0, 0, 16)
        ids.set(bytes.subarray(start, end), 16 - (end - start))
        return
      case 2:
        putSpanId(ids, 24, bytes, start, end)
        return
      case 3:
        putSpanId(ids, 16, bytes, start, end)
        return
      case 5:
        name.set(bytes, start, end)
        return
      case 8:
        this.#endpoint(bytes, start, end, false)
        return
      case 9:
        this.#endpoint(bytes, start, end, true)
        return
      case 10:
        this.#annotation(bytes, start, end)
        return
      case 11:
        this.#tag(bytes, start, end)
    }
  }

  #endpoint(bytes: Uint8Array, start: number, end: number, isRemote: boolean): void {
    const writer = this.#writer
    const fields = this.#inner.reset(bytes, start, end)
    while (fields.next()) {
      const { fieldNumber, valueStart, fieldEnd } = fields
      if (fieldNumber === 4 && fields.wireType === wireVarint) {
        const port = fields.uint32() | 0
        if (isRemote) writer.remotePort(port)
        else writer.localPort(port)
      } else if (fields.wireType !== wireBytes) continue
      else if (fieldNumber === 1) {
        if (isRemote) writer.remoteServiceName(bytes, valueStart, fieldEnd)
        else writer.serviceName.set(bytes, valueStart, fieldEnd)
      } else if ((fieldNumber === 2 || fieldNumber === 3) && valueStart < fieldEnd) {
        const text = addressText(bytes.subarray(valueStart, fieldEnd))
        if (text === undefined) throw new WireError('an address has 4 or 16 bytes', valueStart)
        if (isRemote) writer.remoteAddress(text, 0, text.length)
        else writer.localAddress(text, 0, text.length)
      }
    }
  }

  #annotation(bytes: Uint8Array, start: number, end: number): void {
    this.#countElement(start)
    let low = 0
    let high = 0
    let valueStart = 0
    let valueEnd = 0
    const fields = this.#inner.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.fieldNumber === 1 && fields.wireType === wireFixed64) {
        low = readWord(bytes, fields.valueStart)
        high = readWord(bytes, fields.valueStart + 4)
      } else if (fields.fieldNumber === 2 && fields.wireType === wireBytes) {
        valueStart = fields.valueStart
        valueEnd = fields.fieldEnd
      }
    }
    this.#writer.annotation(low, high, bytes, valueStart, valueEnd)
  }

  #tag(bytes: Uint8Array, start: number, end: number): void {
    this.#countElement(start)
    let keyStart = 0
    let keyEnd = 0
    let valueStart = 0
    let valueEnd = 0
    const fields = this.#inner.reset(bytes, start, end)
    while (fields.next()) {
      if (fields.wireType !== wireBytes) continue
      if (fields.fieldNumber === 1) {
        keyStart = fields.valueStart
        keyEnd = fields.fieldEnd
      } else if (fields.fieldNumber === 2) {
        valueStart = fields.valueStart
        valueEnd = fields.fieldEnd
      }
    }
    this.#writer.tag(hashRange(bytes, keyStart, keyEnd), bytes, keyStart, keyEnd, bytes, valueStart, valueEnd)
  }

  #countElement(offset: number): void {
    if (--this.#elementsLeft < 0) throw new WireError('more tags and annotations than allowed', offset, 'budget')
  }
}

const decoder = new V2ProtoDecoder()

function putSpanId(ids: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): void {
  if (end !== start && end - start !== 8) throw new WireError('a span id has 8 bytes', start)
  for (let i = 0; i < end - start; i++) ids[at + i] = bytes[start + i]!
}
