import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type { SeededRandom } from './seeded-random.ts'
import type { ThriftSchema, ThriftValue } from './thrift-oracle.ts'

// Jaeger's formats for tests, independent of the code under test: thrift by the official library, protobuf by protobufjs.

/** Typed as a bare constructor upstream. */
const long = protobuf.util.Long as unknown as { fromString(text: string): unknown }

const tag: ThriftSchema = {
  key: [1, 'STRING'],
  vType: [2, 'I32'],
  vStr: [3, 'STRING'],
  vDouble: [4, 'DOUBLE'],
  vBool: [5, 'BOOL'],
  vLong: [6, 'I64'],
  vBinary: [7, 'BINARY'],
}
const log: ThriftSchema = { timestamp: [1, 'I64'], fields: [2, [tag]] }
const reference: ThriftSchema = {
  refType: [1, 'I32'],
  traceIdLow: [2, 'I64'],
  traceIdHigh: [3, 'I64'],
  spanId: [4, 'I64'],
}
const span: ThriftSchema = {
  traceIdLow: [1, 'I64'],
  traceIdHigh: [2, 'I64'],
  spanId: [3, 'I64'],
  parentSpanId: [4, 'I64'],
  operationName: [5, 'STRING'],
  references: [6, [reference]],
  flags: [7, 'I32'],
  startTime: [8, 'I64'],
  duration: [9, 'I64'],
  tags: [10, [tag]],
  logs: [11, [log]],
}
const process: ThriftSchema = { serviceName: [1, 'STRING'], tags: [2, [tag]] }
export const jaegerBatch: ThriftSchema = { process: [1, process], spans: [2, [span]] }

const protoFile = fileURLToPath(new URL('../../proto/jaeger/api_v2/collector.proto', import.meta.url))
const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url))

/** `jaeger.api_v2.PostSpansRequest`. */
export const postSpansRequest = loadPostSpans()

function loadPostSpans(): protobuf.Type {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) =>
    target.startsWith('google/protobuf/') || target === protoFile ? target : protoFolder + target
  root.loadSync(protoFile)
  return root.lookupType('jaeger.api_v2.PostSpansRequest')
}

const thriftTypeOfProto = [0, 2, 3, 1, 4]

/** A thrift batch as api_v2 has it: the same spans, times in seconds and nanoseconds. */
export function batchToProto(batch: ThriftValue): Uint8Array {
  const request = { batch: { process: processToProto(batch['process']), spans: list(batch, 'spans').map(spanToProto) } }
  return postSpansRequest.encode(postSpansRequest.fromObject(request)).finish()
}

function spanToProto(value: ThriftValue): object {
  const nanos = (name: string) => (value[name] as bigint) * 1000n
  const references = list(value, 'references').map(ref => ({
    traceId: idBytes(ref['traceIdHigh'], ref['traceIdLow']),
    spanId: idBytes(ref['spanId']),
    refType: ref['refType'],
  }))
  // api_v2 has no parent id: the parent is the first reference.
  if (value['parentSpanId'] !== 0n) {
    references.unshift({
      traceId: idBytes(value['traceIdHigh'], value['traceIdLow']),
      spanId: idBytes(value['parentSpanId']),
      refType: 0,
    })
  }
  return {
    traceId: idBytes(value['traceIdHigh'], value['traceIdLow']),
    spanId: idBytes(value['spanId']),
    operationName: value['operationName'],
    references,
    flags: value['flags'],
    startTime: timeOf(nanos('startTime')),
    duration: timeOf(nanos('duration')),
    tags: list(value, 'tags').map(tagToProto),
    logs: list(value, 'logs').map(entry => ({
      timestamp: timeOf((entry['timestamp'] as bigint) * 1000n),
      fields: list(entry, 'fields').map(tagToProto),
    })),
  }
}

function processToProto(value: unknown): object {
  const process = value as ThriftValue
  return { serviceName: process['serviceName'], tags: list(process, 'tags').map(tagToProto) }
}

function tagToProto(value: ThriftValue): object {
  return {
    key: value['key'],
    vType: thriftTypeOfProto.indexOf(value['vType'] as number),
    vStr: value['vStr'],
    vBool: value['vBool'],
    vInt64: value['vLong'] === undefined ? undefined : long.fromString(String(value['vLong'])),
    vFloat64: value['vDouble'],
    vBinary: value['vBinary'],
  }
}

function idBytes(...halves: unknown[]): Uint8Array {
  const bytes = Buffer.alloc(halves.length * 8)
  for (const [i, half] of halves.entries()) bytes.writeBigInt64BE(half as bigint, i * 8)
  return bytes
}

function timeOf(nanos: bigint): object {
  return {
    seconds: long.fromString(String(nanos / 1_000_000_000n)),
    nanos: Number(nanos % 1_000_000_000n),
  }
}

function list(value: ThriftValue, name: string): ThriftValue[] {
  return (value[name] ?? []) as ThriftValue[]
}

const keys = [
  'http.method',
  'http.url',
  'error',
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'ключ',
  '',
  'http.status_code',
  'http.status_message',
  'w3c.tracestate',
  'otel.scope.name',
  'otel.scope.version',
  'event',
  'component',
  'big',
  'hostname',
  'host.name',
  'jaeger.version',
]
const texts = [
  '',
  'GET',
  'server',
  'client',
  'ERROR',
  'ok',
  'naïve 🎉',
  'x'.repeat(200),
  '503',
  '404',
  'vendor=1',
  'library',
  '1.2.3',
  'true',
]
const integers = [0n, 1n, 404n, 503n, 200n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]

/** A batch with everything that Jaeger's thrift can say. */
export function randomBatch(random: SeededRandom, spansMax = 4): ThriftValue {
  const id = () => BigInt.asIntN(64, (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32)))
  const traceIdLow = id()
  const traceIdHigh = random.chance(0.5) ? 0n : id()
  const time = () => 1_700_000_000_000_000n + BigInt(random.below(2 ** 31))
  const tags = (max: number) =>
    random
      .shuffle([...keys])
      .slice(0, random.below(max + 1))
      .map(key => {
        const base = { key }
        switch (random.below(5)) {
          case 0:
            return { ...base, vType: 1, vDouble: random.pick([0, -1.5, 1e300, 200]) }
          case 1:
            return { ...base, vType: 2, vBool: random.chance(0.7) }
          case 2:
            return { ...base, vType: 3, vLong: random.pick(integers) }
          case 3:
            return { ...base, vType: 4, vBinary: Buffer.from(random.bytes(random.below(9))) }
          default:
            return { ...base, vType: 0, vStr: random.pick(texts) }
        }
      })
  const spans = Array.from({ length: random.below(spansMax + 1) }, () => {
    const parentSpanId = random.chance(0.5) ? 0n : id()
    return {
      traceIdLow,
      traceIdHigh,
      spanId: id(),
      parentSpanId,
      operationName: random.pick(texts),
      references: Array.from({ length: random.below(3) }, () => ({
        refType: random.below(2),
        traceIdLow: random.chance(0.5) ? traceIdLow : id(),
        traceIdHigh,
        spanId: random.chance(0.3) && parentSpanId !== 0n ? parentSpanId : id(),
      })),
      flags: random.below(4),
      startTime: time(),
      duration: BigInt(random.below(2 ** 31)),
      tags: tags(6),
      logs: Array.from({ length: random.below(3) }, () => ({ timestamp: time(), fields: tags(3) })),
    }
  })
  return { process: { serviceName: random.pick(['shop', 'ключ', '']), tags: tags(4) }, spans }
}
