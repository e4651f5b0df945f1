import net from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import { systemClock } from '../../clock/clock.ts'
import type { ComponentSettings } from '../../component/component.ts'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import { authority, serverPair } from '../../testkit/certificates.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { ByteBudget } from '../../transport/byte-budget.ts'
import type { ClientResponse, GrpcResponse } from '../../transport/client.ts'
import { compressSync } from '../../transport/compress.ts'
import { createGrpcClient } from '../../transport/grpc-client.ts'
import { createHttpClient } from '../../transport/http-client.ts'
import { decodeRpcStatus } from '../../transport/rpc-status.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

const bothProtocols = 'protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0"}}'

/** A traces request of `count` spans with a name each. */
function spans(count: number, name = 'span'): Uint8Array {
  const writer = new WireWriter()
  const group = writer.open(1)
  const scope = writer.open(2)
  for (let i = 0; i < count; i++) {
    const span = writer.open(2)
    writer.stringField(5, name)
    writer.close(span)
  }
  writer.close(scope)
  writer.close(group)
  return writer.finish()
}

interface SetUp {
  readonly receiver: OtlpReceiver
  readonly batches: OtlpBatch[]
  readonly settings: ReturnType<typeof componentSettings>
  refuse: ConsumeError | undefined
  signals: Signal[]
  post(path: string, body: Uint8Array, headers?: string[]): Promise<ClientResponse>
  call(
    body: Uint8Array,
    overrides?: { path?: string; headers?: string[]; compression?: 'gzip' | 'zstd' },
  ): Promise<GrpcResponse>
}

async function setUp(
  t: { teardown(action: () => Promise<void>): void },
  yaml = bothProtocols,
  overrides: Partial<ComponentSettings> = {},
): Promise<SetUp> {
  const settings = componentSettings('otlp', overrides as object)
  const batches: OtlpBatch[] = []
  const consumer = {
    async consume(batch: OtlpBatch) {
      if (world.refuse !== undefined) throw world.refuse
      batches.push(batch)
    },
  }
  const receiver = new OtlpReceiver(parseConfig(otlpReceiverConfig, yaml), settings, {
    get: signal => (world.signals.includes(signal) ? consumer : undefined),
  })
  await receiver.start()
  const clients: { shutdown(): Promise<void> }[] = []
  t.teardown(async () => {
    for (const client of clients) await client.shutdown()
    await receiver.shutdown({ atMs: settings.clock.nowMs() })
  })
  const common = { headers: [], connectTimeoutMs: 1000, responseBytesMax: 65_536, clock: systemClock }
  const world: SetUp = {
    receiver,
    batches,
    settings,
    refuse: undefined,
    signals: ['traces', 'metrics', 'logs', 'profiles'],
    post(path, body, headers = ['content-type', 'application/x-protobuf']) {
      const endpoint = new URL(`http://127.0.0.1:${receiver.port('http')}`)
      const client = createHttpClient({ ...common, endpoint, connectionsMax: 1, idleTimeoutMs: 1000 })
      clients.push(client)
      return client.send({ path, headers, parts: [body], timeoutMs: 3000 })
    },
    call(body, { path = tracesPath, headers = [], compression } = {}) {
      const client = createGrpcClient({
        ...common,
        target: `127.0.0.1:${receiver.port('grpc')}`,
        userAgent: 'test',
        compression: compression ?? 'identity',
        pingIntervalMs: 0,
        pingTimeoutMs: 0,
        pingWithoutCalls: false,
      })
      clients.push(client)
      return client.send({ path, headers, parts: [body], timeoutMs: 3000 })
    },
  }
  return world
}

const tracesPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const protobuf = ['content-type', 'application/x-protobuf']
const json = ['content-type', 'application/json']

t.test('what arrives over gRPC and HTTP is passed on byte by byte, and the books balance', async t => {
  const { post, call, batches, settings } = await setUp(t)
  const body = spans(3)
  t.equal((await call(body)).status, 0)
  t.equal((await call(body, { compression: 'gzip' })).status, 0)
  t.equal((await call(body, { compression: 'zstd' })).status, 0)
  t.equal((await post('/v1/traces', body)).status, 200)
  t.equal((await post('/v1/traces', gzipSync(body), [...protobuf, 'content-encoding', 'gzip'])).status, 200)
  t.equal((await post('/v1/traces', zstdCompressSync(body), [...protobuf, 'content-encoding', 'zstd'])).status, 200)
  const snappy = compressSync('snappy', body)
  t.equal((await post('/v1/traces', snappy, [...protobuf, 'content-encoding', 'snappy'])).status, 200)
  t.equal(batches.length, 7)
  for (const batch of batches) {
    t.same(Buffer.from(batch.bytes), Buffer.from(body))
    t.match({ signal: batch.signal, itemCount: batch.itemCount }, { signal: 'traces', itemCount: 3 })
  }
  t.equal(settings.ledger.entry('traces').received, 21)
  t.equal(settings.registry.value('otelcol_receiver_accepted_spans', { receiver: 'otlp', transport: 'grpc' }), 9)
  t.equal(settings.registry.value('otelcol_receiver_accepted_spans', { receiver: 'otlp', transport: 'http' }), 12)
  t.equal(settings.host.admission.usedBytes, 0)
})

t.test('bytes of a request are no Buffer, whose slice would be a view, however they came', async t => {
  const world = await setUp(t)
  for (const count of [1, 3000, 30_000]) {
    const bytes = spans(count, 'a name of a span')
    await world.post('/v1/traces', bytes)
    for (const [encoding, packed] of [
      ['gzip', gzipSync(bytes)],
      ['zstd', zstdCompressSync(bytes)],
      ['snappy', compressSync('snappy', bytes)],
    ] as const) {
      await world.post('/v1/traces', packed, [...protobuf, 'content-encoding', encoding])
    }
    await world.call(bytes)
    await world.call(bytes, { compression: 'gzip' })
  }
  await world.post('/v1/traces', Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}'), json)
  t.equal(world.batches.length, 19)
  t.ok(world.batches.every(({ bytes }) => Object.getPrototypeOf(bytes) === Uint8Array.prototype))
})

t.test('JSON becomes the same bytes as protobuf, and is answered in JSON', async t => {
  const { post, batches } = await setUp(t)
  const text = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"span"},{"name":"span"}]}]}]}'
  const answer = await post('/v1/traces', Buffer.from(text), [...json.slice(0, 1), 'application/json; charset=utf-8'])
  t.equal(answer.status, 200)
  t.equal(answer.header('content-type'), 'application/json')
  t.same(JSON.parse(String(answer.body)), { partialSuccess: {} })
  t.same(Buffer.from(batches[0]!.bytes), Buffer.from(spans(2)))
  const refused = await post('/v1/traces', Buffer.from('{"resourceSpans":['), json)
  t.equal(refused.status, 400)
  t.equal(refused.header('content-type'), 'application/json')
  t.match(JSON.parse(String(refused.body)), { code: 3, message: /byte/ })
})

t.test('an empty request is a success that no pipeline hears of', async t => {
  const { post, call, batches } = await setUp(t)
  t.equal((await call(new Uint8Array(0))).status, 0)
  t.equal((await post('/v1/traces', new Uint8Array(0))).status, 200)
  t.equal((await post('/v1/logs', Buffer.from('{}'), json)).status, 200)
  t.same(batches, [])
})

t.test('every signal has its path and its method, and a signal without a pipeline has none', async t => {
  const world = await setUp(t)
  const paths = {
    traces: ['/v1/traces', tracesPath],
    metrics: ['/v1/metrics', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
    logs: ['/v1/logs', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
    profiles: [
      '/v1development/profiles',
      '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
    ],
  } as const
  for (const [path, method] of Object.values(paths)) {
    t.equal((await world.post(path, new Uint8Array(0))).status, 200, path)
    t.equal((await world.call(new Uint8Array(0), { path: method })).status, 0, method)
  }
  world.signals = ['traces']
  t.equal((await world.post('/v1/logs', new Uint8Array(0))).status, 404)
  t.equal((await world.call(new Uint8Array(0), { path: paths.logs[1] })).status, 12)
})

t.test('an endpoint that ends in a slash makes a path with two, and is served', async t => {
  const world = await setUp(t)
  t.equal((await world.post('//v1/traces', spans(1))).status, 200)
  t.equal(world.batches.length, 1)
  t.equal((await world.post('/v1/traces/', spans(1))).status, 404)
})

t.test('HTTP refusals are those of the table, each with a Status in the encoding of the request', async t => {
  const { post, settings } = await setUp(t, 'protocols: {http: {endpoint: "127.0.0.1:0", max_request_body_size: 2000}}')
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
  const { post } = await setUp(t, yaml)
  const gzip = [...protobuf, 'content-encoding', 'gzip']
  t.equal((await post('/v1/traces', exact)).status, 200)
  t.equal((await post('/v1/traces', gzipSync(exact), gzip)).status, 200)
  const more = spans(1, 'a'.repeat(1001))
  t.equal((await post('/v1/traces', more)).status, 413)
  t.equal((await post('/v1/traces', gzipSync(more), gzip)).status, 413)
})

t.test('without a limit in the file a body may be as large as the Collector takes it: 20 MiB', async t => {
  for (const key of ['', ', max_request_body_size: 0']) {
    const { post } = await setUp(t, `protocols: {http: {endpoint: "127.0.0.1:0"${key}}}`)
    const most = 20 * 1024 * 1024
    const text = 'a'.repeat(most - spans(1, 'a'.repeat(most - 100)).length + most - 100)
    const exact = spans(1, text)
    t.equal(exact.length, most)
    t.equal((await post('/v1/traces', exact)).status, 200)
    t.equal((await post('/v1/traces', spans(1, `${text}a`))).status, 413)
  }
})

t.test('gRPC refusals are those of the table', async t => {
  const { call } = await setUp(t, 'protocols: {grpc: {endpoint: "127.0.0.1:0", max_recv_msg_size_mib: 1}}')
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
  const world = await setUp(t)
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
  const { post, call, batches } = await setUp(t, bothProtocols, { host })
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
  const { call, batches } = await setUp(t, bothProtocols, { host })
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
  const { receiver, post, settings } = await setUp(t)
  const port = receiver.port('http')
  const done = receiver.shutdown({ atMs: settings.clock.nowMs() })
  await t.rejects(post('/v1/traces', spans(1)), { kind: 'connect' } as never, `port ${port} is closed`)
  await done
})

t.test('a pipeline that a reload takes away while a body comes in refuses for now, not for ever', async t => {
  const world = await setUp(t)
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

t.test('metadata reaches the batch only where it is asked for', async t => {
  const yaml = bothProtocols.replace('"127.0.0.1:0"}, http', '"127.0.0.1:0", include_metadata: true}, http')
  const { post, call, batches } = await setUp(t, yaml)
  await post('/v1/traces', spans(1), [...protobuf, 'x-tenant', 'a'])
  t.equal(batches[0]!.metadata, undefined)
  await call(spans(1), { headers: ['x-tenant', 'b'] })
  t.same(batches[1]!.metadata?.headers.get('x-tenant'), ['b'])
  t.equal(batches[1]!.metadata?.clientAddress, '127.0.0.1')
  t.match(batches[1]!.metadata?.headers.get('host')?.[0], /^127\.0\.0\.1:/)
})

t.test('browsers of allowed origins may call, others get no permission', async t => {
  const yaml = `protocols: {http: {endpoint: "127.0.0.1:0", cors: {allowed_origins: ["https://*.example.com"],
    allowed_headers: [x-token], max_age: 60}}}`
  const { receiver, post } = await setUp(t, yaml)
  const preflight = (origin: string, headers: string) =>
    fetch(`http://127.0.0.1:${receiver.port('http')}/v1/traces`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
    })
  const good = await preflight('https://app.example.com', 'content-type, x-token')
  t.equal(good.status, 204)
  t.equal(good.headers.get('access-control-allow-origin'), 'https://app.example.com')
  t.equal(good.headers.get('access-control-max-age'), '60')
  t.equal((await preflight('https://example.org', 'content-type')).headers.get('access-control-allow-origin'), null)
  t.equal((await preflight('https://a.example.com', 'x-other')).headers.get('access-control-allow-origin'), null)
  const answer = await post('/v1/traces', spans(1), [...protobuf, 'origin', 'https://app.example.com'])
  t.equal(answer.header('access-control-allow-origin'), 'https://app.example.com')
  const other = await post('/v1/traces', spans(1), [...protobuf, 'origin', 'https://example.org'])
  t.same([other.status, other.header('access-control-allow-origin')], [200, undefined])
})

t.test('the authenticator decides before the body is read, and without it nobody comes in', async t => {
  const authenticator = {
    async start() {},
    async shutdown() {},
    authenticate(request: { header(name: string): string | undefined }) {
      const value = request.header('authorization')
      if (value === 'Bearer crash') throw new Error('the key server is on fire')
      if (value === 'Bearer good') return { kind: 'allowed', attributes: new Map([['subject', 'me']]) }
      return value === 'Bearer known'
        ? { kind: 'forbidden', message: 'not here' }
        : { kind: 'unauthenticated', message: 'who are you' }
    },
  }
  const yaml = bothProtocols.replaceAll('"127.0.0.1:0"', '"127.0.0.1:0", auth: {authenticator: bearer}')
  const host = testHost({ extension: id => (id === 'bearer' && isRunning ? authenticator : undefined) })
  let isRunning = true
  const { post, call, batches } = await setUp(t, yaml, { host })
  for (const [token, http, grpc] of [
    ['Bearer good', 200, 0],
    ['Bearer known', 403, 7],
    ['Bearer bad', 401, 16],
    ['Bearer crash', 500, 13],
    ['', 401, 16],
  ] as const) {
    const headers = ['authorization', token]
    t.equal((await post('/v1/traces', spans(1), [...protobuf, ...headers])).status, http, token)
    t.equal((await call(spans(1), { headers })).status, grpc, token)
  }
  t.equal(batches[0]!.metadata?.auth?.get('subject'), 'me')
  isRunning = false
  t.equal((await post('/v1/traces', spans(1), [...protobuf, 'authorization', 'Bearer good'])).status, 401)
})

t.test('an authenticator that is not running stops the start', async t => {
  const yaml = 'protocols: {grpc: {endpoint: "127.0.0.1:0", auth: {authenticator: bearer}}}'
  const receiver = new OtlpReceiver(parseConfig(otlpReceiverConfig, yaml), componentSettings('otlp'), {
    get: () => undefined,
  })
  await t.rejects(receiver.start(), /"bearer" is no authenticator among service\.extensions/)
})

t.test('JSON with keys as in the .proto files is read, counted and told once', async t => {
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const { post, settings, batches } = await setUp(t, bothProtocols, { logger })
  const text = '{"resource_spans":[{"scope_spans":[{"spans":[{"name":"span"}]}]}]}'
  for (let i = 0; i < 2; i++) t.equal((await post('/v1/traces', Buffer.from(text), json)).status, 200)
  t.same(Buffer.from(batches[0]!.bytes), Buffer.from(spans(1)))
  const labels = { receiver: 'otlp', transport: 'http' }
  t.equal(settings.registry.value('otelcol_receiver_json_snake_case_keys', labels), 4)
  t.equal(warnings.length, 1)
})

t.test('the first refusal for a reason is logged, the others are counted', async t => {
  const warnings: unknown[] = []
  const logger = { ...silentLogger, warn: (_message: string, fields?: object) => void warnings.push(fields) }
  const { post } = await setUp(t, bothProtocols, { logger })
  for (let i = 0; i < 3; i++) await post('/v1/traces', Buffer.from('garbage'))
  await post('/nowhere', spans(1))
  t.match(warnings, [{ reason: 'malformed' }, { reason: 'unknown_path', error: /\/nowhere/ }])
  t.equal(warnings.length, 2)
})

t.test('whoever takes one port of OTLP for the other is told so, and so is the log', async t => {
  const warnings: { reason?: string; error?: string }[] = []
  const logger = { ...silentLogger, warn: (_message: string, fields?: object) => void warnings.push(fields ?? {}) }
  const { receiver } = await setUp(t, bothProtocols, { logger })
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
  const world = await setUp(t)
  world.signals = ['traces']
  const answer = await world.post('/v1/logs', new Uint8Array(0))
  t.match(decodeRpcStatus(answer.body), { message: 'no pipeline takes what comes to /v1/logs' })
})

t.test('response headers are added to every answer, and connections end where they shall not be kept', async t => {
  const yaml = `protocols: {http: {endpoint: "127.0.0.1:0", response_headers: {X-Agent: sluice}, keep_alives_enabled: false}}`
  const { post } = await setUp(t, yaml)
  for (const [path, status] of [
    ['/v1/traces', 200],
    ['/nowhere', 404],
  ] as const) {
    const answer = await post(path, spans(1))
    t.same([answer.status, answer.header('x-agent'), answer.header('connection')], [status, 'sluice', 'close'])
  }
})

t.test('a reload keeps the sockets whose address stays, and opens before it closes', async t => {
  const world = await setUp(t)
  const { receiver } = world
  const [http, grpc] = [receiver.port('http'), receiver.port('grpc')]
  const smaller = `protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0", max_request_body_size: 10}}`
  t.equal(await receiver.reconfigure(parseConfig(otlpReceiverConfig, smaller)), true)
  t.same([receiver.port('http'), receiver.port('grpc')], [http, grpc])
  t.equal((await world.post('/v1/traces', spans(5))).status, 413)
  t.equal((await world.call(spans(5))).status, 0)
  const taken = `protocols: {http: {endpoint: "127.0.0.1:${grpc}"}}`
  await t.rejects(receiver.reconfigure(parseConfig(otlpReceiverConfig, taken)), /in use/)
  t.equal((await world.call(spans(5))).status, 0, 'nothing changed')
  const onlyHttp = 'protocols: {http: {endpoint: "127.0.0.1:0"}}'
  const done = receiver.reconfigure(parseConfig(otlpReceiverConfig, onlyHttp))
  await world.settings.clock.advance(6000)
  await done
  t.equal(receiver.port('grpc'), undefined)
  t.equal((await world.post('/v1/traces', spans(5))).status, 200)
})

t.test('a reload counts for the next request of an open connection, though its head is the same again', async t => {
  const world = await setUp(t)
  const { receiver } = world
  const client = createHttpClient({
    endpoint: new URL(`http://127.0.0.1:${receiver.port('http')}`),
    headers: [],
    connectTimeoutMs: 1000,
    responseBytesMax: 65_536,
    clock: systemClock,
    connectionsMax: 1,
    idleTimeoutMs: 10_000,
  })
  t.teardown(() => client.shutdown())
  const headers = [...protobuf, 'content-encoding', 'gzip']
  const send = () => client.send({ path: '/v1/traces', headers, parts: [gzipSync(spans(2))], timeoutMs: 3000 })
  t.same([(await send()).status, (await send()).status], [200, 200])
  const http = (keys: string) => `protocols: {http: {endpoint: "127.0.0.1:0", ${keys}}}`
  for (const [keys, status] of [
    ['compression_algorithms: [zstd]', 415],
    ['traces_url_path: /other', 404],
    ['max_request_body_size: 10', 413],
    ['response_headers: {}', 200],
  ] as const) {
    t.equal(await receiver.reconfigure(parseConfig(otlpReceiverConfig, http(keys))), true)
    t.equal((await send()).status, status, keys)
  }
  world.signals = ['logs']
  t.equal((await send()).status, 404, 'no pipeline takes it any more')
  world.signals = ['traces']
  t.equal((await send()).status, 200)
})

t.test('a reload turns TLS on without closing the socket, and files that do not parse change nothing', async t => {
  const world = await setUp(t)
  const { receiver } = world
  const port = receiver.port('http')
  const folder = t.testdir({ 'server.pem': serverPair.cert, 'server.key': serverPair.key, 'bad.key': 'no key' })
  const withTls = (key: string) =>
    parseConfig(
      otlpReceiverConfig,
      bothProtocols.replaceAll(
        '"127.0.0.1:0"',
        `"127.0.0.1:0", tls: {cert_file: "${folder}/server.pem", key_file: "${folder}/${key}"}`,
      ),
    )
  await t.rejects(receiver.reconfigure(withTls('bad.key')), /does not parse/)
  t.equal((await world.post('/v1/traces', spans(1))).status, 200)
  t.equal(await receiver.reconfigure(withTls('server.key')), true)
  t.equal(receiver.port('http'), port)
  await t.rejects(world.post('/v1/traces', spans(1)), 'plain text is no longer spoken')
  const client = createHttpClient({
    endpoint: new URL(`https://localhost:${port}`),
    tls: { current: () => ({ ca: authority }), serverName: undefined, skipsVerification: false },
    headers: protobuf,
    connectionsMax: 1,
    idleTimeoutMs: 1000,
    connectTimeoutMs: 1000,
    responseBytesMax: 65_536,
    clock: systemClock,
  })
  t.teardown(() => client.shutdown())
  const answer = await client.send({ path: '/v1/traces', headers: [], parts: [spans(1)], timeoutMs: 3000 })
  t.equal(answer.status, 200)
})

t.test('a start that fails on one port leaves none open', async t => {
  const first = await setUp(t)
  const yaml = `protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:${first.receiver.port('http')}"}}`
  const second = new OtlpReceiver(parseConfig(otlpReceiverConfig, yaml), componentSettings('otlp'), {
    get: () => undefined,
  })
  await t.rejects(second.start(), /cannot listen on 127\.0\.0\.1:\d+: the address is in use/)
  t.equal(second.port('grpc'), undefined)
  await second.shutdown({ atMs: 0 })
})

t.test('a configuration without protocols is refused with the Collector’s words', async t => {
  t.throws(() => parseConfig(otlpReceiverConfig, 'protocols: {}'), /must specify at least one protocol/)
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

t.test('a gateway keeps more connections than a sidecar: as many as its memory has room for', async t => {
  const { receiver, settings } = await setUp(t)
  const open = () =>
    new Promise<net.Socket>((resolve, reject) => {
      const socket = net.connect(receiver.port('grpc') ?? 0, '127.0.0.1', () => resolve(socket)).resume()
      socket.on('error', reject)
      t.teardown(() => socket.destroy())
    })
  for (let i = 0; i < 1100; i += 50) await Promise.all(Array.from({ length: 50 }, open))
  const opened = () => settings.registry.value('otelcol_receiver_connections_opened', { transport: 'grpc' })
  while (opened() < 1100) await new Promise(resolve => setImmediate(resolve))
  t.equal(settings.registry.value('otelcol_receiver_connections_closed', { transport: 'grpc' }), 0)
})
