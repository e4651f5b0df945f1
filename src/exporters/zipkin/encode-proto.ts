import { wireFixed64 } from '../../wire/wire-type.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { ZipkinEndpoint, ZipkinSpan } from './zipkin-spans.ts'

/**
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
const kinds = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER']

/** Spans as a `ListOfSpans`. */
export function encodeZipkinProto(spans: readonly ZipkinSpan[]): Uint8Array {
  const writer = new WireWriter(spans.length * 512)
  for (const span of spans) {
    const mark = writer.open(1)
    writeSpan(writer, span)
    writer.close(mark)
  }
  return writer.finish()
}

function writeSpan(writer: WireWriter, span: ZipkinSpan): void {
  writer.bytesField(1, Buffer.from(span.traceId, 'hex'))
  if (span.parentId !== undefined) writer.bytesField(2, Buffer.from(span.parentId, 'hex'))
  writer.bytesField(3, Buffer.from(span.id, 'hex'))
  if (span.kind !== undefined) writer.uint32Field(4, kinds.indexOf(span.kind))
  if (span.name !== undefined) writer.stringField(5, span.name)
  if (span.timestamp !== undefined) writeTime(writer, 6, span.timestamp)
  if (span.duration !== undefined) writer.varint64Field(7, BigInt(span.duration))
  if (span.localEndpoint !== undefined) writeEndpoint(writer, 8, span.localEndpoint)
  if (span.remoteEndpoint !== undefined) writeEndpoint(writer, 9, span.remoteEndpoint)
  for (const { timestamp, value } of span.annotations ?? []) {
    const mark = writer.open(10)
    writeTime(writer, 1, timestamp)
    writer.stringField(2, value)
    writer.close(mark)
  }
  for (const [key, value] of Object.entries(span.tags ?? {})) {
    const mark = writer.open(11)
    writer.stringField(1, key)
    writer.stringField(2, value)
    writer.close(mark)
  }
  if (span.debug) writer.boolField(12, true)
  if (span.shared) writer.boolField(13, true)
}

function writeTime(writer: WireWriter, fieldNumber: number, value: number): void {
  writer.tag(fieldNumber, wireFixed64)
  writer.fixed64(BigInt(value))
}

function writeEndpoint(writer: WireWriter, fieldNumber: number, endpoint: ZipkinEndpoint): void {
  const mark = writer.open(fieldNumber)
  if (endpoint.serviceName !== undefined) writer.stringField(1, endpoint.serviceName)
  if (endpoint.ipv4 !== undefined) writer.bytesField(2, Uint8Array.from(endpoint.ipv4.split('.').map(Number)))
  if (endpoint.ipv6 !== undefined) writer.bytesField(3, ipv6Bytes(endpoint.ipv6))
  if (endpoint.port !== undefined) writer.uint32Field(4, endpoint.port)
  writer.close(mark)
}

/** The sixteen bytes of an IPv6 address that `isIP` approved of; a zone is left out. */
export function ipv6Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const [head = '', tail] = (text.split('%')[0] ?? '').split('::')
  const before = groupBytes(head)
  const after = tail === undefined ? [] : groupBytes(tail)
  bytes.set(before, 0)
  bytes.set(after, 16 - after.length)
  return bytes
}

function groupBytes(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 255]
  })
}
