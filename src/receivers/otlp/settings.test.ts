import net from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { systemClock } from '../../clock/clock.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { authority, serverPair } from '../../testkit/certificates.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { bothProtocols, protobuf, spans, startReceiver } from '../../testkit/otlp-receiver-run.ts'
import { createHttpClient } from '../../transport/http-client.ts'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

t.test('metadata reaches the batch only where it is asked for', async t => {
  const yaml = bothProtocols.replace('"127.0.0.1:0"}, http', '"127.0.0.1:0", include_metadata: true}, http')
  const { post, call, batches } = await startReceiver(t, yaml)
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
  const { receiver, post } = await startReceiver(t, yaml)
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
  const { post, call, batches } = await startReceiver(t, yaml, { host })
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

t.test('response headers are added to every answer, and connections end where they shall not be kept', async t => {
  const yaml = `protocols: {http: {endpoint: "127.0.0.1:0", response_headers: {X-Agent: sluice}, keep_alives_enabled: false}}`
  const { post } = await startReceiver(t, yaml)
  for (const [path, status] of [
    ['/v1/traces', 200],
    ['/nowhere', 404],
  ] as const) {
    const answer = await post(path, spans(1))
    t.same([answer.status, answer.header('x-agent'), answer.header('connection')], [status, 'sluice', 'close'])
  }
})

t.test('a reload keeps the sockets whose address stays, and opens before it closes', async t => {
  const world = await startReceiver(t)
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
  const world = await startReceiver(t)
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
  const world = await startReceiver(t)
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
  const first = await startReceiver(t)
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

t.test('a gateway keeps more connections than a sidecar: as many as its memory has room for', async t => {
  const { receiver, settings } = await startReceiver(t)
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
