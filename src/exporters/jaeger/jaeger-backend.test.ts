import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import { ConfigError } from '../../config/config-error.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { Backend } from '../../exporter-helper/export-request.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { jaegerBatch, postSpansRequest } from '../../testkit/jaeger-oracle.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { decodeThrift, type ThriftValue } from '../../testkit/thrift-oracle.ts'
import { jaegerExporterConfig } from './config.ts'
import { JaegerGrpcBackend } from './grpc-backend.ts'
import { JaegerThriftHttpBackend } from './thrift-http-backend.ts'
import { JaegerThriftUdpBackend } from './thrift-udp-backend.ts'

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const span = {
  traceId: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'),
  spanId: Buffer.from('ff02030405060708', 'hex'),
  parentSpanId: Buffer.from('0000000000000003', 'hex'),
  name: 'GET /',
  kind: 2,
  flags: 257,
  startTimeUnixNano: '1700000000000001000',
  endTimeUnixNano: '1700000000000006000',
  traceState: 'a=b',
  attributes: [
    text('s', 'naïve 🎉'),
    { key: 'i', value: { intValue: '-9223372036854775808' } },
    { key: 'd', value: { doubleValue: -1.5 } },
    { key: 'b', value: { boolValue: true } },
    { key: 'x', value: { bytesValue: Buffer.from([0, 255]) } },
    { key: 'l', value: { arrayValue: { values: [{ intValue: '1' }] } } },
  ],
  events: [{ timeUnixNano: '1700000000000002000', name: 'retry', attributes: [text('k', 'v')] }],
  links: [
    {
      traceId: Buffer.alloc(16, 9),
      spanId: Buffer.alloc(8, 8),
      attributes: [text('opentracing.ref_type', 'child_of'), text('lost', 'x')],
    },
    { traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 6) },
  ],
  status: { code: 2, message: 'no' },
}
const group = (serviceName: string, spans: object[]) => ({
  resource: { attributes: [text('service.name', serviceName), text('host.name', 'h')] },
  scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans }],
})
const request = (groups: object[]) => encodePlain('traces', { resourceSpans: groups })
const send = (backend: Backend, bytes: Uint8Array, itemCount = 1) =>
  backend.send(
    { signal: 'traces', parts: [bytes], itemCount, byteCount: bytes.length, metadata: undefined },
    { timeoutMs: 5000, signal: new AbortController().signal },
  )
const tagText = (tag: ThriftValue) =>
  `${tag['key']}=${tag['vStr'] ?? tag['vLong'] ?? tag['vDouble'] ?? tag['vBool'] ?? (tag['vBinary'] as Buffer).toString('hex')}`
const list = (value: ThriftValue | undefined, name: string) => (value?.[name] ?? []) as ThriftValue[]

const expectedTags = [
  'otel.scope.name=lib',
  'otel.scope.version=1',
  's=naïve 🎉',
  'i=-9223372036854775808',
  'd=-1.5',
  'b=true',
  'x=00ff',
  'l=[1]',
  'span.kind=server',
  'otel.status_code=ERROR',
  'error=true',
  'otel.status_description=no',
  'w3c.tracestate=a=b',
]

function expectSpan(t: Tap.Test, value: ThriftValue | undefined) {
  t.match(value, {
    traceIdHigh: 0x0001020304050607n,
    traceIdLow: 0x08090a0b0c0d0e0fn,
    spanId: BigInt.asIntN(64, 0xff02030405060708n),
    parentSpanId: 3n,
    operationName: 'GET /',
    flags: 1,
    startTime: 1700000000000001n,
    duration: 5n,
  })
  t.same(list(value, 'tags').map(tagText), expectedTags)
  t.same(
    list(value, 'references').map(({ refType, spanId }) => [refType, spanId]),
    [
      [0, 0x0808080808080808n],
      [1, 0x0606060606060606n],
    ],
  )
  const [log] = list(value, 'logs')
  t.equal(log!['timestamp'], 1700000000000002n)
  t.same(list(log, 'fields').map(tagText), ['event=retry', 'k=v'])
}
declare namespace Tap {
  type Test = {
    match(a: unknown, b: unknown): void
    same(a: unknown, b: unknown): void
    equal(a: unknown, b: unknown): void
    teardown(action: () => void | Promise<void>): void
  }
}

async function httpServer(t: Tap.Test, answer: (body: Buffer, count: number) => number) {
  const bodies: Buffer[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', chunk => chunks.push(chunk))
    incoming.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.writeHead(answer(bodies.at(-1)!, bodies.length)).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  const { port } = server.address() as { port: number }
  const { thriftHttp } = parseConfig(
    jaegerExporterConfig,
    `thrift_http: {endpoint: "http://127.0.0.1:${port}/api/traces"}`,
  )
  const settings = componentSettings('jaeger')
  const backend = new JaegerThriftHttpBackend(thriftHttp!, settings)
  await backend.start()
  t.teardown(() => backend.shutdown())
  return { backend, bodies, settings }
}

t.test('thrift over HTTP, as the official library reads it; what is not carried is counted', async t => {
  const { backend, bodies, settings } = await httpServer(t, () => 202)
  t.match(await send(backend, request([group('shop', [span])])), { kind: 'accepted', rejectedCount: 0 })
  const batch = decodeThrift('binary', jaegerBatch, bodies[0]!)
  t.match(batch['process'], { serviceName: 'shop' })
  t.same(list(batch['process'] as ThriftValue, 'tags').map(tagText), ['host.name=h'])
  expectSpan(t, list(batch, 'spans')[0])
  t.equal(
    settings.registry.value('sluice_exporter_details_not_carried', { exporter: 'jaeger', what: 'link_attributes' }),
    1,
  )
})

t.test('groups of one resource are one batch; a retry goes on where the attempt before ended', async t => {
  const answers = [202, 503, 202]
  const { backend, bodies } = await httpServer(t, (_body, count) => answers[count - 1] ?? 202)
  const bytes = request([group('a', [span]), group('b', [span]), group('a', [span])])
  const first = await send(backend, bytes, 3)
  t.match(first, { kind: 'refused' })
  t.match(await send(backend, bytes, 3), { kind: 'accepted', rejectedCount: 0 })
  const services = bodies.map(body => {
    const batch = decodeThrift('binary', jaegerBatch, body)
    return [(batch['process'] as ThriftValue)['serviceName'], list(batch, 'spans').length]
  })
  t.same(services, [
    ['a', 2],
    ['b', 1],
    ['b', 1],
  ])
})

t.test('a batch that is refused for good does not hold up the others', async t => {
  const { backend } = await httpServer(t, (_body, count) => (count === 1 ? 400 : 202))
  t.match(await send(backend, request([group('a', [span, span]), group('b', [span])]), 3), {
    kind: 'accepted',
    rejectedCount: 2,
  })
})

t.test('compact thrift over UDP in datagrams that are not too large', async t => {
  const socket = createSocket('udp4')
  const datagrams: Buffer[] = []
  socket.on('message', datagram => datagrams.push(datagram))
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  t.teardown(() => {
    socket.close()
  })
  const backend = new JaegerThriftUdpBackend(
    { endpoint: `127.0.0.1:${socket.address().port}`, maxPacketBytes: 2000 },
    componentSettings('jaeger'),
  )
  await backend.start()
  t.teardown(() => backend.shutdown())
  const large = { ...span, attributes: [text('large', 'x'.repeat(2000))] }
  t.match(await send(backend, request([group('shop', [...Array.from({ length: 20 }, () => span), large])]), 21), {
    kind: 'accepted',
    rejectedCount: 1,
  })
  const count = () =>
    datagrams.flatMap(datagram => list(decodeThrift('compact', jaegerBatch, datagram, 'emitBatch'), 'spans')).length
  while (count() < 20) await new Promise(resolve => setImmediate(resolve))
  t.equal(count(), 20)
  t.ok(datagrams.length > 1 && datagrams.every(datagram => datagram.length <= 2000))
  const batch = decodeThrift('compact', jaegerBatch, datagrams[0]!, 'emitBatch')
  t.match(batch['process'], { serviceName: 'shop' })
  expectSpan(t, list(batch, 'spans')[0])
})

t.test('PostSpans of the official gRPC server; several resources are one call', async t => {
  const server = new grpc.Server()
  const calls: Buffer[] = []
  let failure: grpc.ServiceError | undefined
  const identity = (bytes: Buffer) => bytes
  const method = {
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  }
  server.addService(
    { PostSpans: { path: '/jaeger.api_v2.CollectorService/PostSpans', ...method } },
    {
      PostSpans: (call: { request: Buffer }, done: (error: grpc.ServiceError | null, body?: Buffer) => void) => {
        calls.push(call.request)
        done(failure ?? null, Buffer.alloc(0))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  t.teardown(() => server.forceShutdown())
  const config = parseConfig(jaegerExporterConfig, `{endpoint: "127.0.0.1:${port}", tls: {insecure: true}}`)
  const backend = new JaegerGrpcBackend(config, componentSettings('jaeger'))
  await backend.start()
  t.teardown(() => backend.shutdown())
  t.match(await send(backend, request([group('a', [span]), group('b', [span])]), 2), { kind: 'accepted' })
  t.equal(calls.length, 1)
  const { batch } = postSpansRequest.toObject(postSpansRequest.decode(calls[0]!), {
    longs: String,
    enums: Number,
    bytes: String,
  }) as {
    batch: {
      process: { serviceName: string }
      spans: {
        process?: { serviceName: string }
        references: object[]
        startTime: object
        tags: object[]
        flags: number
      }[]
    }
  }
  t.equal(batch.process.serviceName, 'a')
  t.same(
    batch.spans.map(each => each.process?.serviceName),
    [undefined, 'b'],
  )
  t.match(batch.spans[0], {
    flags: 1,
    startTime: { seconds: '1700000000', nanos: 1000 },
    duration: { nanos: 5000 },
    references: [
      { spanId: span.parentSpanId.toString('base64') },
      { spanId: Buffer.alloc(8, 8).toString('base64') },
      { refType: 1 },
    ],
  })
  t.equal(batch.spans[0]!.tags.length, expectedTags.length)
  failure = Object.assign(new Error('later'), { code: 14, details: 'later', metadata: new grpc.Metadata() })
  t.match(await send(backend, request([group('a', [span])])), { kind: 'refused' })
})

t.test('exactly one way must be configured', async t => {
  for (const yaml of [
    '{}',
    '{endpoint: "a:1", thrift_compact: {}}',
    '{thrift_http: {endpoint: "http://a:1"}, thrift_compact: {}}',
  ]) {
    t.throws(() => parseConfig(jaegerExporterConfig, yaml), ConfigError)
  }
  t.ok(parseConfig(jaegerExporterConfig, 'thrift_compact: {}').thriftCompact)
})
