import { gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { silentLogger } from '../../telemetry/logger.ts'
import { bothProtocols, json, protobuf, spans, startReceiver, tracesPath } from '../../testkit/otlp-receiver-run.ts'
import { compressSync } from '../../transport/compress.ts'

t.test('what arrives over gRPC and HTTP is passed on byte by byte, and the books balance', async t => {
  const { post, call, batches, settings } = await startReceiver(t)
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
  const world = await startReceiver(t)
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
  const { post, batches } = await startReceiver(t)
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
  const { post, call, batches } = await startReceiver(t)
  t.equal((await call(new Uint8Array(0))).status, 0)
  t.equal((await post('/v1/traces', new Uint8Array(0))).status, 200)
  t.equal((await post('/v1/logs', Buffer.from('{}'), json)).status, 200)
  t.same(batches, [])
})

t.test('every signal has its path and its method, and a signal without a pipeline has none', async t => {
  const world = await startReceiver(t)
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
  const world = await startReceiver(t)
  t.equal((await world.post('//v1/traces', spans(1))).status, 200)
  t.equal(world.batches.length, 1)
  t.equal((await world.post('/v1/traces/', spans(1))).status, 404)
})

t.test('JSON with keys as in the .proto files is read, counted and told once', async t => {
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const { post, settings, batches } = await startReceiver(t, bothProtocols, { logger })
  const text = '{"resource_spans":[{"scope_spans":[{"spans":[{"name":"span"}]}]}]}'
  for (let i = 0; i < 2; i++) t.equal((await post('/v1/traces', Buffer.from(text), json)).status, 200)
  t.same(Buffer.from(batches[0]!.bytes), Buffer.from(spans(1)))
  const labels = { receiver: 'otlp', transport: 'http' }
  t.equal(settings.registry.value('otelcol_receiver_json_snake_case_keys', labels), 4)
  t.equal(warnings.length, 1)
})
