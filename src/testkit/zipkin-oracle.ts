import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type { SeededRandom } from './seeded-random.ts'
import type { ThriftSchema, ThriftValue } from './thrift-oracle.ts'

// Zipkin's formats for tests, independent of the code under test.

const endpoint: ThriftSchema = {
  ipv4: [1, 'I32'],
  port: [2, 'I16'],
  serviceName: [3, 'STRING'],
  ipv6: [4, 'BINARY'],
}
const annotation: ThriftSchema = { timestamp: [1, 'I64'], value: [2, 'STRING'], host: [3, endpoint] }
const binaryAnnotation: ThriftSchema = {
  key: [1, 'STRING'],
  value: [2, 'BINARY'],
  type: [3, 'I32'],
  host: [4, endpoint],
}
/** A v1 span in thrift. */
export const zipkinV1Span: ThriftSchema = {
  traceId: [1, 'I64'],
  name: [3, 'STRING'],
  id: [4, 'I64'],
  parentId: [5, 'I64'],
  annotations: [6, [annotation]],
  binaryAnnotations: [8, [binaryAnnotation]],
  debug: [9, 'BOOL'],
  timestamp: [10, 'I64'],
  duration: [11, 'I64'],
  traceIdHigh: [12, 'I64'],
}

/** `zipkin.proto3.ListOfSpans`. */
export const listOfSpans = new protobuf.Root()
  .loadSync(fileURLToPath(new URL('../../proto/zipkin/zipkin.proto', import.meta.url)))
  .lookupType('zipkin.proto3.ListOfSpans')

export interface ZipkinEndpoint {
  serviceName?: string
  ipv4?: string
  ipv6?: string
  port?: number
}

/** A span as v2 has it in JSON. */
export interface ZipkinSpan {
  traceId: string
  id: string
  parentId?: string
  name?: string
  kind?: string
  timestamp?: number
  duration?: number
  debug?: boolean
  shared?: boolean
  localEndpoint?: ZipkinEndpoint
  remoteEndpoint?: ZipkinEndpoint
  annotations?: { timestamp: number; value: string }[]
  tags?: Record<string, string>
}

const protoKinds = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER']
/** Typed as a bare constructor upstream. */
const long = protobuf.util.Long as unknown as { fromNumber(value: number, isUnsigned: boolean): unknown }

/** The same spans in protobuf. */
export function spansToProto(spans: readonly ZipkinSpan[]): Uint8Array {
  const id = (text: string, length: number) => Buffer.from(text.padStart(length * 2, '0'), 'hex')
  const address = (value: ZipkinEndpoint | undefined) =>
    value === undefined
      ? undefined
      : {
          serviceName: value.serviceName,
          port: value.port,
          ...(value.ipv4 === undefined ? {} : { ipv4: Uint8Array.from(value.ipv4.split('.').map(Number)) }),
          ...(value.ipv6 === undefined ? {} : { ipv6: ipv6Bytes(value.ipv6) }),
        }
  const list = spans.map(span => ({
    ...span,
    traceId: id(span.traceId, 16),
    id: id(span.id, 8),
    ...(span.parentId === undefined ? {} : { parentId: id(span.parentId, 8) }),
    kind: Math.max(0, protoKinds.indexOf(span.kind ?? '')),
    timestamp: long.fromNumber(span.timestamp ?? 0, true),
    duration: long.fromNumber(span.duration ?? 0, true),
    localEndpoint: address(span.localEndpoint),
    remoteEndpoint: address(span.remoteEndpoint),
    annotations: (span.annotations ?? []).map(({ timestamp, value }) => ({
      timestamp: long.fromNumber(timestamp, true),
      value,
    })),
  }))
  return listOfSpans.encode(listOfSpans.fromObject({ spans: list })).finish()
}

/** Only the two forms that the generator uses: `::1` and eight groups. */
function ipv6Bytes(text: string): Uint8Array {
  const groups = text === '::1' ? [0, 0, 0, 0, 0, 0, 0, 1] : text.split(':').map(group => Number.parseInt(group, 16))
  const bytes = Buffer.alloc(16)
  for (const [i, group] of groups.entries()) bytes.writeUInt16BE(group, i * 2)
  return bytes
}

const tagKeys = [
  'http.method',
  'http.status_code',
  'error',
  'otel.status_code',
  'otel.status_description',
  'span.kind',
  'w3c.tracestate',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'service.version',
  'host.name',
  'otlp.service.name.source',
  'otlp.link.0',
  'ключ',
  '',
  'n',
  'ok',
  'f',
]
const tagTexts = [
  '',
  'GET',
  'true',
  'false',
  '42',
  '-7',
  '1.25',
  '9223372036854775808',
  'Error',
  'Ok',
  'STATUS_CODE_OK',
  'internal',
  'naïve "🎉"\n',
  'x'.repeat(150),
]
const link = '0af7651916cd43dd8448eb211c80319c|b7ad6b7169203331|a=b|{"k":"v|w","n":3,"b":true,"d":0.5}|2'

/** Spans with everything that v2 can say. */
export function randomZipkinSpans(random: SeededRandom, spansMax = 4): ZipkinSpan[] {
  const hex = (digits: number) =>
    Array.from({ length: digits }, (_, i) => (i === 0 ? 1 + random.below(15) : random.below(16)).toString(16)).join('')
  const time = () => 1_700_000_000_000_000 + random.below(2 ** 31)
  const place = (): ZipkinEndpoint => ({
    ...(random.chance(0.8) ? { serviceName: random.pick(['shop', 'cart', 'ключ']) } : {}),
    ...(random.chance(0.4) ? { ipv4: '10.0.0.7' } : {}),
    ...(random.chance(0.2) ? { ipv6: random.pick(['::1', '2001:db8:1:2:3:4:5:6']) } : {}),
    ...(random.chance(0.4) ? { port: random.below(65_536) } : {}),
  })
  const traceId = hex(random.chance(0.3) ? 16 : 32)
  return Array.from({ length: random.below(spansMax + 1) }, () => {
    const span: ZipkinSpan = { traceId, id: hex(16) }
    if (random.chance(0.6)) span.parentId = hex(16)
    if (random.chance(0.9)) span.name = random.pick(['get /', 'naïve 🎉', ''])
    if (random.chance(0.7)) span.kind = random.pick(protoKinds.slice(1))
    if (random.chance(0.9)) span.timestamp = time()
    if (random.chance(0.9)) span.duration = random.below(2 ** 31)
    if (random.chance(0.9)) span.localEndpoint = place()
    if (random.chance(0.5)) span.remoteEndpoint = place()
    if (random.chance(0.1)) span.debug = true
    if (random.chance(0.1)) span.shared = true
    span.annotations = Array.from({ length: random.below(3) }, () => ({
      timestamp: time(),
      value: random.pick(['ws', 'retry', 'exception|{"exception.type":"E","n":3,"f":1.5,"b":false}|0', 'x|{}|4']),
    }))
    span.tags = Object.fromEntries(
      random
        .shuffle([...tagKeys])
        .slice(0, random.below(8))
        .map(key => [key, key.startsWith('otlp.link') ? link : random.pick(tagTexts)]),
    )
    return span
  })
}

const v1Values = ['cs', 'cr', 'ss', 'sr', 'ms', 'mr', 'retry', 'naïve']

/** Spans with everything that v1 can say in thrift; strings only where `isText`. */
export function randomV1Spans(random: SeededRandom, isText: boolean, spansMax = 4): ThriftValue[] {
  const id = () => BigInt(1 + random.below(2 ** 31)) * 3_000_000_019n
  const time = () => 1_700_000_000_000_000n + BigInt(random.below(2 ** 31))
  const host = () => ({
    ipv4: random.chance(0.5) ? 0x0a000007 : 0,
    port: random.below(30_000),
    serviceName: random.pick(['shop', 'cart']),
  })
  const traceId = id()
  return Array.from({ length: random.below(spansMax + 1) }, () => ({
    traceId,
    traceIdHigh: random.chance(0.5) ? 0n : id(),
    id: id(),
    ...(random.chance(0.5) ? { parentId: id() } : {}),
    name: random.pick(['get', 'naïve']),
    annotations: Array.from({ length: 1 + random.below(3) }, () => ({
      timestamp: time(),
      value: random.pick(v1Values),
      ...(random.chance(0.7) ? { host: host() } : {}),
    })),
    binaryAnnotations: random
      .shuffle([
        'http.method',
        'http.status_code',
        'error',
        'lc',
        'otel.status_code',
        'census.status_code',
        'census.status_description',
        'k',
        'l',
      ])
      .slice(0, random.below(6))
      .map(key => ({
        key,
        ...(isText || key === 'lc' || key.includes('status') || random.chance(0.4)
          ? { type: 6, value: Buffer.from(random.pick(['GET', '404', '2', '0', 'true', ''])) }
          : random.pick([
              { type: 0, value: Buffer.from([1]) },
              { type: 2, value: Buffer.from([0x01, 0xff]) },
              { type: 3, value: Buffer.from([0, 0, 1, 0x94]) },
              { type: 4, value: Buffer.from([0, 0, 0, 0, 0, 0, 0, 2]) },
              { type: 5, value: Buffer.from([0x3f, 0xf8, 0, 0, 0, 0, 0, 0]) },
            ])),
        ...(random.chance(0.3) ? { host: host() } : {}),
      })),
    ...(random.chance(0.7) ? { timestamp: time(), duration: BigInt(random.below(2 ** 31)) } : {}),
  }))
}

/** Spans of v1 in thrift as v1 has them in JSON. */
export function v1ToJson(spans: readonly ThriftValue[]): unknown[] {
  const hex = (value: unknown) => (value as bigint).toString(16).padStart(16, '0')
  const place = (value: unknown) => {
    if (value === undefined) return undefined
    const { ipv4, port, serviceName } = value as { ipv4: number; port: number; serviceName: string }
    return { serviceName, port, ...(ipv4 === 0 ? {} : { ipv4: '10.0.0.7' }) }
  }
  return spans.map(span => ({
    traceId: (span['traceIdHigh'] === 0n ? '' : hex(span['traceIdHigh'])) + hex(span['traceId']),
    id: hex(span['id']),
    ...(span['parentId'] === undefined ? {} : { parentId: hex(span['parentId']) }),
    name: span['name'],
    ...(span['timestamp'] === undefined
      ? {}
      : { timestamp: Number(span['timestamp']), duration: Number(span['duration']) }),
    annotations: (span['annotations'] as ThriftValue[]).map(({ timestamp, value, host }) => ({
      timestamp: Number(timestamp),
      value,
      endpoint: place(host),
    })),
    binaryAnnotations: (span['binaryAnnotations'] as ThriftValue[]).map(({ key, value, host }) => ({
      key,
      value: (value as Buffer).toString(),
      endpoint: place(host),
    })),
  }))
}
