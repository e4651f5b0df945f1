import net from 'node:net'
import { gzipSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import { testHost } from '../../testkit/component-settings.ts'
import { bothProtocols, json, protobuf, spans, startReceiver, tracesPath } from '../../testkit/otlp-receiver-run.ts'
import { ByteBudget } from '../../transport/byte-budget.ts'
import type { GrpcResponse } from '../../transport/client.ts'
import { decodeRpcStatus } from '../../transport/rpc-status.ts'

t.test('HTTP refusals are those of the table, each with a Status in the encoding of the request', async t => {
  const { post, settings } = await startReceiver(
    t,
    'protocols: {http: {endpoint: "127.0.0.1:0", max_request_body_size: 2000}}',
  )
  const big = spans(1, 'a'.repeat(3000))
  const cases: [string, number, string, Uint8Array, string[], number][] = [
    ['truncated protobuf', 400, '/v1/traces', spans(1).subarray(0, 5), protobuf, 3],
    ['garbage', 400, '/v1/traces', Buffer.from('not protobuf at all'), protobuf, 3],
    ['an id of three bytes', 400, '/v1/traces', badId(), protobuf, 3],
    ['bad JSON', 400, '/v1/traces', Buffer.from('{'), json, 3],
    ['corrupt gzip', 400, '/v1/traces', Buffer.from('nope'), [...protobuf, 'content-encoding', 'gzip'], 3],
    ['trailing garbage', 400, '/v1/traces', trailing(), [...protobuf, 'content-encoding', 'gzip'], 3],
    ['too large raw', 413, '/v1/traces', big, protobuf, 8],
    ['too large inflated', 413, '/v1/traces', gzipSync(big), [...protobuf, 'content-encoding', 'gzip'], 8],
    ['unknown type', 415, '/v1/traces', spans(1), ['content-type', 'text/plain'], 3],
    ['no type', 415, '/v1/traces', spans(1), [], 3],
    ['unknown encoding', 415, '/v1/traces', spans(1), [...protobuf, 'content-encoding', 'br'], 12],
    ['unknown path', 404, '/v1/trace', spans(1), protobuf, 12],
  ]
  for (const [name, status, path, body, headers, code] of cases) {
    const answer = await post(path, body, headers)
    t.equal(answer.status, status, name)
    t.equal(answer.header('retry-after'), undefined, `${name}: no invitation to retry`)
    const isJson = headers === json
    if (!isJson && !headers.includes('application/x-protobuf')) {
      t.equal(answer.header('content-type'), 'text/plain; charset=utf-8', name)
      t.match(String(answer.body), /content type.*, supported: \[application\/x-protobuf, application\/json\]\n$/, name)
      continue
    }
    t.equal(answer.header('content-type'), isJson ? 'application/json' : 'application/x-protobuf', name)
    const decoded = isJson ? JSON.parse(String(answer.body)) : decodeRpcStatus(answer.body)
    t.match(decoded, { code, message: /./ }, name)
  }
  const encoding = await post('/v1/traces', spans(1), [...protobuf, 'content-encoding', 'br'])
  t.match(encoding.header('accept-encoding'), /gzip/)
  t.equal(settings.registry.value('otelcol_receiver_refused_requests', refusedBy('http', 'too_large')), 2)
  t.equal(settings.registry.value('otelcol_receiver_refused_requests', refusedBy('http', 'malformed')), 6)
  t.equal(settings.ledger.entry('traces').received, 0)
})

t.test('the limit of an HTTP body is exact, raw and inflated', async t => {
  const exact = spans(1, 'a'.repeat(1000))
  const yaml = `protocols: {http: {endpoint: "127.0.0.1:0", max_request_body_size: ${exact.length}}}`
  const { post } = await startReceiver(t, yaml)
  const gzip = [...protobuf, 'content-encoding', 'gzip']
  t.equal((await post('/v1/traces', exact)).status, 200)
  t.equal((await post('/v1/traces', gzipSync(exact), gzip)).status, 200)
  const more = spans(1, 'a'.repeat(1001))
  t.equal((await post('/v1/traces', more)).status, 413)
  t.equal((await post('/v1/traces', gzipSync(more), gzip)).status, 413)
})

t.test('without a limit in the file a body may be as large as the Collector takes it: 20 MiB', async t => {
  for (const key of ['', ', max_request_body_size: 0']) {
    const { post } = await startReceiver(t, `protocols: {http: {endpoint: "127.0.0.1:0"${key}}}`)
    const most = 20 * 1024 * 1024
    const text = 'a'.repeat(most - spans(1, 'a'.repeat(most - 100)).length + most - 100)
    const exact = spans(1, text)
    t.equal(exact.length, most)
    t.equal((await post('/v1/traces', exact)).status, 200)
    t.equal((await post('/v1/traces', spans(1, `${text}a`))).status, 413)
  }
})

t.test('gRPC refusals are those of the table', async t => {
  const { call } = await startReceiver(t, 'protocols: {grpc: {endpoint: "127.0.0.1:0", max_recv_msg_size_mib: 1}}')
  const big = spans(1, 'a'.repeat(1024 * 1024))
  const cases: [string, number, Promise<GrpcResponse>][] = [
    ['truncated', 3, call(spans(1).subarray(0, 5))],
    ['wrong wire type', 3, call(Uint8Array.of(0x08, 1))],
    ['too large raw', 8, call(big)],
    ['too large inflated', 8, call(big, { compression: 'gzip' })],
    ['unknown method', 12, call(spans(1), { path: '/a.B/C' })],
    ['unknown encoding', 12, call(spans(1), { headers: ['grpc-encoding', 'br'] })],
    ['corrupt gzip', 3, call(spans(1), { headers: ['grpc-encoding', 'gzip'], compression: 'zstd' })],
  ]
  for (const [name, status, answer] of cases) {
    const { status: got, retryDelayMs, message } = await answer
    t.equal(got, status, `${name}: ${message}`)
    t.equal(retryDelayMs, undefined, `${name}: no RetryInfo`)
  }
})

t.test('a refusal of the pipeline that may be retried always says when', async t => {
  const world = await startReceiver(t)
  const body = spans(2)
  for (const [refusal, http, grpc, seconds] of [
    [new ConsumeError('overloaded', 'full', { reason: 'queue_full', retryDelayMs: 2500 }), 503, 14, 2.5],
    [new ConsumeError('overloaded', 'full', { reason: 'queue_full' }), 503, 14, 1],
    [new ConsumeError('retryable', 'away', { reason: 'backend', grpcStatus: 14 }), 503, 14, 1],
    [new ConsumeError('retryable', 'slow down', { reason: 'backend', httpStatus: 429 }), 429, 14, 1],
    [new ConsumeError('permanent', 'bad', { reason: 'backend', httpStatus: 400 }), 400, 3, undefined],
    [new ConsumeError('permanent', 'who', { reason: 'backend', grpcStatus: 16 }), 401, 16, undefined],
    [new ConsumeError('permanent', 'bug', { reason: 'internal_error' }), 500, 13, undefined],
    [new ConsumeError('permanent', 'odd', { reason: 'backend', httpStatus: 503 }), 500, 13, undefined],
  ] as const) {
    world.refuse = refusal
    const overHttp = await world.post('/v1/traces', body)
    t.equal(overHttp.status, http, refusal.message)
    const wholeSeconds = seconds === undefined ? undefined : String(Math.ceil(seconds))
    t.equal(overHttp.header('retry-after'), wholeSeconds)
    const status = decodeRpcStatus(overHttp.body)!
    t.same([status.code, status.message, status.retryDelayMs], [grpc, refusal.message, seconds && seconds * 1000])
    const overGrpc = await world.call(body)
    t.same([overGrpc.status, overGrpc.message], [grpc, refusal.message])
    t.equal(overGrpc.retryDelayMs, seconds && seconds * 1000)
  }
  const { ledger, registry } = world.settings
  t.equal(ledger.entry('traces').rejected.get('queue_full'), 8)
  t.equal(ledger.imbalance('traces'), 0)
  t.equal(registry.value('otelcol_receiver_refused_spans', { receiver: 'otlp', transport: 'grpc' }), 16)
})

t.test('over the budget of bytes in flight everybody is told to come again, and nothing is kept', async t => {
  const body = spans(10, 'a'.repeat(100))
  const host = testHost({ admission: new ByteBudget(body.length + 5) })
  const { post, call, batches } = await startReceiver(t, bothProtocols, { host })
  t.equal((await post('/v1/traces', body)).status, 200)
  t.equal((await call(body)).status, 0, 'the message and its prefix fit exactly')
  const more = spans(11, 'a'.repeat(100))
  const overHttp = await post('/v1/traces', more)
  t.same([overHttp.status, overHttp.header('retry-after')], [503, '1'])
  const overGrpc = await call(more)
  t.same([overGrpc.status, overGrpc.retryDelayMs], [14, 1000])
  const zipped = await call(body, { compression: 'gzip' })
  t.same([zipped.status, zipped.retryDelayMs], [14, 1000], 'what inflating needs is counted too')
  t.equal(host.admission.usedBytes, 0)
  t.equal(batches.length, 2)
})

t.test('a compressed request waits for the room of what it holds', async t => {
  const body = spans(10, 'a'.repeat(100))
  const host = testHost({ admission: new ByteBudget(body.length * 2) })
  const { call, batches } = await startReceiver(t, bothProtocols, { host })
  host.admission.tryReserve(body.length)
  const zipped = call(body, { compression: 'gzip' })
  while (host.admission.usedBytes === body.length) await new Promise(resolve => setImmediate(resolve))
  t.equal(batches.length, 0)
  host.admission.release(body.length)
  t.equal((await zipped).status, 0)
  t.equal(batches.length, 1)
  t.equal(host.admission.usedBytes, 0)
})

t.test('while draining everybody is told to come again', async t => {
  const { receiver, post, settings } = await startReceiver(t)
  const port = receiver.port('http')
  const done = receiver.shutdown({ atMs: settings.clock.nowMs() })
  await t.rejects(post('/v1/traces', spans(1)), { kind: 'connect' } as never, `port ${port} is closed`)
  await done
})

t.test('a pipeline that a reload takes away while a body comes in refuses for now, not for ever', async t => {
  const world = await startReceiver(t)
  const socket = net.connect(world.receiver.port('http')!, '127.0.0.1')
  const body = spans(1)
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  while (world.settings.host.admission.usedBytes === 0) await new Promise(resolve => setImmediate(resolve))
  world.signals = []
  socket.end(body)
  const answer = String(await new Promise(resolve => socket.once('data', resolve)))
  t.match(answer, /^HTTP\/1\.1 503 /)
  t.match(answer, /retry-after: 1\r\n/)
  t.equal(world.settings.ledger.imbalance('traces'), 0)
})

t.test('the first refusal for a reason is logged, the others are counted', async t => {
  const warnings: unknown[] = []
  const logger = { ...silentLogger, warn: (_message: string, fields?: object) => void warnings.push(fields) }
  const { post } = await startReceiver(t, bothProtocols, { logger })
  for (let i = 0; i < 3; i++) await post('/v1/traces', Buffer.from('garbage'))
  await post('/nowhere', spans(1))
  t.match(warnings, [{ reason: 'malformed' }, { reason: 'unknown_path', error: /\/nowhere/ }])
  t.equal(warnings.length, 2)
})

t.test('whoever takes one port of OTLP for the other is told so, and so is the log', async t => {
  const warnings: { reason?: string; error?: string }[] = []
  const logger = { ...silentLogger, warn: (_message: string, fields?: object) => void warnings.push(fields ?? {}) }
  const { receiver } = await startReceiver(t, bothProtocols, { logger })
  const client = new grpc.Client(`127.0.0.1:${receiver.port('http')}`, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const identity = (bytes: Buffer) => bytes
  const error = await new Promise<grpc.ServiceError | null>(resolve =>
    client.makeUnaryRequest(tracesPath, identity, identity, Buffer.from(spans(1)), failure => resolve(failure)),
  )
  t.match(error, { code: 12, details: /gRPC has a port of its own/ })
  t.match(warnings, [{ reason: 'wrong_protocol', error: /gRPC has a port of its own/ }])
  for (const [protocol, first, spoken] of [
    ['grpc', 'POST /v1/traces HTTP/1.1\r\nhost: x\r\n\r\n', /speaks gRPC without TLS/],
    ['http', '\x16\x03\x01\x02\x00\x01\x00', /speaks HTTP without TLS/],
  ] as const) {
    for (let i = 0; i < 2; i++) {
      const socket = net.connect(receiver.port(protocol) ?? 0, '127.0.0.1').resume()
      socket.write(first, 'latin1')
      await new Promise(resolve => socket.once('close', resolve))
    }
    t.match(warnings.pop(), { reason: 'wrong_protocol', error: spoken })
  }
  t.equal(warnings.length, 1)
})

t.test('a signal without a pipeline is refused with these words', async t => {
  const world = await startReceiver(t)
  world.signals = ['traces']
  const answer = await world.post('/v1/logs', new Uint8Array(0))
  t.match(decodeRpcStatus(answer.body), { message: 'no pipeline takes what comes to /v1/logs' })
})

function refusedBy(transport: string, reason: string) {
  return { receiver: 'otlp', transport, reason }
}

function badId(): Uint8Array {
  // resource_spans { scope_spans { spans { trace_id: 3 bytes } } }
  return Uint8Array.of(0x0a, 9, 0x12, 7, 0x12, 5, 0x0a, 3, 1, 2, 3)
}

function trailing(): Uint8Array {
  return Buffer.concat([gzipSync(spans(1)), Buffer.from('garbage')])
}
