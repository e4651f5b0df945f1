import http2 from 'node:http2'
import net from 'node:net'
import * as grpc from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { systemClock } from '../clock/clock.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import type { GrpcClient, GrpcClientSettings } from './client.ts'
import { frameMessage } from './grpc.ts'
import { parseGrpcTarget } from './grpc-target.ts'
import { GrpcSocketClient } from './h2/grpc-socket-client.ts'
import { defaultInflateLimits, inflate } from './inflate.ts'
import { NodeGrpcClient } from './node-grpc-client.ts'
import { encodeRpcStatus } from './rpc-status.ts'

type Tap = { teardown(action: () => void | Promise<void>): void }

/** Implementations by name; each passes the same tests. */
const implementations: Record<string, (settings: GrpcClientSettings) => GrpcClient> = {
  node: settings => new NodeGrpcClient(settings),
  sockets: settings => new GrpcSocketClient(settings),
}
let createGrpcClient = implementations['sockets']!

/** The same test of each of them. */
function eachClient(title: string, test: (t: Test) => Promise<void>): void {
  for (const [name, create] of Object.entries(implementations)) {
    t.test(`${name}: ${title}`, t => {
      createGrpcClient = create
      return test(t)
    })
  }
}

function clientOf(t: Tap, port: number, overrides: Partial<GrpcClientSettings> = {}) {
  const client = createGrpcClient({
    target: `127.0.0.1:${port}`,
    headers: ['x-all', 'every call'],
    userAgent: 'sluice-test/1',
    compression: 'identity',
    pingIntervalMs: 0,
    pingTimeoutMs: 0,
    pingWithoutCalls: false,
    connectTimeoutMs: 1000,
    responseBytesMax: 100_000,
    clock: systemClock,
    ...overrides,
  })
  t.teardown(() => client.shutdown())
  return client
}

const request = {
  path: '/test.Echo/Call',
  headers: [],
  parts: [Buffer.from('he'), Buffer.from('llo')],
  timeoutMs: 3000,
}

const identity = (bytes: Buffer) => bytes
const method: grpc.MethodDefinition<Buffer, Buffer> = {
  path: '/test.Echo/Call',
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
}

/** The official server as the peer. */
async function officialServer(t: Tap, call: grpc.handleUnaryCall<Buffer, Buffer>) {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 })
  server.addService({ Call: method }, { Call: call })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  t.teardown(() => server.forceShutdown())
  return { port, server }
}

eachClient('calls the official server: parts joined, metadata, time-out, every compression it knows', async t => {
  const seen: { metadata: Record<string, unknown>; deadlineMs: number }[] = []
  const { port } = await officialServer(t, (call, done) => {
    seen.push({ metadata: call.metadata.getMap(), deadlineMs: Number(call.getDeadline()) - Date.now() })
    const trailer = new grpc.Metadata()
    trailer.set('x-last', 'yes')
    done(null, Buffer.concat([call.request, Buffer.from('!')]), trailer)
  })
  for (const compression of ['identity', 'gzip', 'deflate'] as const) {
    const client = clientOf(t, port, { compression })
    const answer = await client.send({ ...request, headers: ['x-one', 'this call'] })
    t.equal(answer.status, 0, compression)
    t.equal(String(answer.body), 'hello!')
    t.equal(answer.trailer('x-last'), 'yes')
  }
  for (const { metadata, deadlineMs } of seen) {
    t.match(metadata, { 'x-all': 'every call', 'x-one': 'this call', 'user-agent': 'sluice-test/1' })
    t.ok(deadlineMs > 1000 && deadlineMs <= 3001)
  }
})

eachClient('a message of several megabytes goes out in parts and comes back', async t => {
  const { port } = await officialServer(t, (call, done) => done(null, call.request))
  const client = clientOf(t, port, { responseBytesMax: 16_000_000 })
  const parts = Array.from({ length: 5 }, (_, i) => Buffer.alloc(1_000_000, i))
  for (const compression of ['identity', 'gzip'] as const) {
    const answer = await clientOf(t, port, { responseBytesMax: 16_000_000, compression }).send({ ...request, parts })
    t.ok(Buffer.concat(parts).equals(answer.body), compression)
  }
  t.equal((await Promise.all(Array.from({ length: 300 }, () => client.send(request)))).length, 300, 'and many at once')
})

eachClient('statuses come with their message and the delay of RetryInfo', async t => {
  const { port } = await officialServer(t, (_call, done) => {
    const metadata = new grpc.Metadata()
    const details = encodeRpcStatus({ code: 14, message: 'slow down – ☂', retryDelayMs: 2500 })
    metadata.set('grpc-status-details-bin', Buffer.from(details))
    done({ code: 14, details: 'slow down – ☂', metadata })
  })
  const answer = await clientOf(t, port).send(request)
  t.match(answer, { status: 14, message: 'slow down – ☂', retryDelayMs: 2500 })
  const unknown = await clientOf(t, port).send({ ...request, path: '/test.Echo/Other' })
  t.match(unknown, { status: 12, retryDelayMs: undefined })
})

eachClient('what never connects, never answers or answers too much is told apart', async t => {
  const closedPort = await new Promise<number>(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })
  await t.rejects(clientOf(t, closedPort).send(request), { kind: 'connect' } as never)
  const { port } = await officialServer(t, (call, done) => {
    const text = String(call.request)
    if (text === 'big') done(null, Buffer.alloc(100_001))
    else if (text === 'fits') done(null, Buffer.alloc(100_000))
  })
  const client = clientOf(t, port)
  await t.rejects(client.send({ ...request, timeoutMs: 30 }), { kind: 'timeout' } as never)
  const aborter = new AbortController()
  const aborted = t.rejects(client.send({ ...request, signal: aborter.signal }), { kind: 'aborted' } as never)
  aborter.abort()
  await aborted
  const big = client.send({ ...request, parts: [Buffer.from('big')] })
  await t.rejects(big, { kind: 'response_too_large' } as never)
  t.equal((await client.send({ ...request, parts: [Buffer.from('fits')] })).body.length, 100_000)
  const hanging = t.rejects(client.send(request), { kind: 'aborted' } as never)
  setImmediate(() => void client.shutdown())
  await hanging
  await t.rejects(client.send(request), { kind: 'aborted' } as never)
})

eachClient('a connection that nobody accepts in time fails as a connection, on the injected clock', async t => {
  const clock = new ManualClock()
  // TLS to a server that says nothing: connected, but never secure.
  const server = net.createServer(socket => socket.on('error', () => undefined))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as net.AddressInfo
  const tls = { current: () => ({}), serverName: undefined, skipsVerification: false }
  const client = clientOf(t, port, { clock, tls })
  const sent = t.rejects(client.send({ ...request, timeoutMs: 0 }), { kind: 'connect' } as never)
  await clock.advance(1001)
  await sent
})

/** A peer that answers each stream as the test wants. */
async function oddServer(t: Tap, answer: (stream: http2.ServerHttp2Stream, session: http2.Http2Session) => void) {
  const server = http2.createServer()
  const sessions = new Set<http2.Http2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => undefined)
  })
  server.on('stream', stream => {
    stream.on('error', () => undefined)
    stream.resume()
    answer(stream as http2.ServerHttp2Stream, stream.session!)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, sessions }
}

const head = { ':status': 200, 'content-type': 'application/grpc' }

eachClient('answers that gRPC does not foresee do no harm', async t => {
  const cases: [string, (stream: http2.ServerHttp2Stream) => void, object][] = [
    ['Trailers-Only', s => s.respond({ ...head, 'grpc-status': '8' }, { endStream: true }), { status: 8 }],
    ['an HTTP error', s => s.respond({ ':status': 503 }, { endStream: true }), { status: 14 }],
    ['a page', page, { status: 2 }],
    ['a status that is no number', s => s.respond({ ...head, 'grpc-status': 'x' }, { endStream: true }), { status: 2 }],
    [
      'a broken escape',
      s => s.respond({ ...head, 'grpc-status': '3', 'grpc-message': '%E0%A' }, { endStream: true }),
      { status: 3 },
    ],
    ['OK without a message', s => withTrailers(s, Buffer.alloc(0)), { kind: 'protocol' }],
    [
      'two messages',
      s => withTrailers(s, Buffer.concat([frameMessage(Buffer.of(1)), frameMessage(Buffer.of(2))])),
      { kind: 'protocol' },
    ],
    ['a length beyond the end', s => withTrailers(s, Buffer.of(0, 0, 0, 0, 9, 1)), { kind: 'protocol' }],
    ['a huge length', s => withTrailers(s, Buffer.of(0, 255, 255, 255, 255, 1)), { kind: 'response_too_large' }],
    ['compressed nonsense', s => withTrailers(s, frameMessage(Buffer.from('x'), true), 'gzip'), { kind: 'protocol' }],
    ['an unknown encoding', s => withTrailers(s, frameMessage(Buffer.from('x'), true), 'br'), { kind: 'protocol' }],
    ['a refused stream', s => s.close(http2.constants.NGHTTP2_REFUSED_STREAM), { kind: 'connect' }],
    ['a reset', s => s.close(http2.constants.NGHTTP2_INTERNAL_ERROR), { kind: 'lost' }],
    ['a closed connection', s => s.session!.destroy(), { kind: 'lost' }],
  ]
  for (const [name, answer, expected] of cases) {
    const { port } = await oddServer(t, answer)
    const outcome = await clientOf(t, port)
      .send(request)
      .catch(error => error)
    t.match(outcome, expected, name)
  }
})

function page(stream: http2.ServerHttp2Stream): void {
  stream.respond({ ':status': 200 })
  stream.end('<html>')
}

function withTrailers(stream: http2.ServerHttp2Stream, body: Uint8Array, encoding?: string): void {
  stream.respond(encoding === undefined ? head : { ...head, 'grpc-encoding': encoding }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(body)
}

eachClient('after GOAWAY or a lost connection the next call opens a new one', async t => {
  let calls = 0
  const { port, sessions } = await oddServer(t, (stream, session) => {
    calls++
    withTrailers(stream, frameMessage(Buffer.from(String(calls))))
    if (calls === 1) session.close()
    if (calls === 2) stream.once('close', () => session.destroy())
  })
  const client = clientOf(t, port)
  for (const expected of ['1', '2', '3', '4']) {
    t.equal(String((await client.send(request)).body), expected)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  t.equal(sessions.size, 3)
})

eachClient('a peer that answers no PING is dropped, and the call with it', async t => {
  const clock = new ManualClock()
  const sockets: net.Socket[] = []
  const server = net.createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    // An empty SETTINGS, then silence.
    socket.write(Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  const client = clientOf(t, port, { clock, pingIntervalMs: 10_000, pingTimeoutMs: 5_000 })
  const lost = t.rejects(client.send({ ...request, timeoutMs: 0 }), { kind: 'lost' } as never)
  await new Promise(resolve => server.once('connection', resolve))
  await new Promise(resolve => setTimeout(resolve, 20))
  await clock.advance(10_000)
  await clock.advance(5_000)
  await lost
})

eachClient('snappy is framed, as the servers of gRPC read it', async t => {
  const bodies: Buffer[] = []
  const { port } = await oddServer(t, stream => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      withTrailers(stream, frameMessage(Buffer.from('ok')))
    })
  })
  const parts = [Buffer.alloc(100_000, 'snap')]
  t.equal((await clientOf(t, port, { compression: 'snappy' }).send({ ...request, parts })).status, 0)
  const [message] = bodies.map(body => body.subarray(5))
  t.equal(message?.subarray(0, 10).toString('latin1'), '\xff\x06\x00\x00sNaPpY')
  const room = { reserve: () => true, reserveSoon: async () => true }
  t.ok(Buffer.concat(parts).equals(await inflate('snappy', message!, defaultInflateLimits, room)))
})

t.test('sockets: whether anything of a request is left is known when the answer comes', async t => {
  createGrpcClient = implementations['sockets']!
  const large = { ...request, parts: [Buffer.alloc(3_000_000, 1), Buffer.alloc(40_000, 2)], timeoutMs: 10_000 }
  const { port } = await officialServer(t, (call, callback) => callback(null, call.request.subarray(0, 2)))
  t.equal((await clientOf(t, port).send(large)).isRequestLetGo, true, 'the kernel has it all')
  const gzip = clientOf(t, port, { compression: 'gzip' })
  t.equal((await gzip.send(large)).isRequestLetGo, true, 'only a copy went out')
  // Answers at once, and lets the request stand in the socket.
  const early = await oddServer(t, stream => {
    stream.pause()
    withTrailers(stream, frameMessage(Buffer.from('early')))
  })
  const answer = await clientOf(t, early.port).send({ ...large, parts: [Buffer.alloc(30_000_000, 1)] })
  t.equal(String(answer.body), 'early')
  t.not(answer.isRequestLetGo, true)
})

t.test('targets are read as gRPC names them', async t => {
  for (const [target, isSecure, expected] of [
    ['host:4317', false, { host: 'host', port: 4317, authority: 'host:4317' }],
    ['dns:///host:4317', false, { host: 'host', port: 4317 }],
    ['dns://8.8.8.8/host:1', false, { host: 'host', port: 1 }],
    ['passthrough:///10.0.0.1:1', false, { host: '10.0.0.1', port: 1 }],
    ['https://host:4317', true, { host: 'host', port: 4317 }],
    ['http://host:4317/', false, { host: 'host', port: 4317 }],
    ['host', true, { port: 443 }],
    ['host', false, { port: 80 }],
    ['[::1]:4317', false, { host: '::1', port: 4317, authority: '[::1]:4317' }],
    ['unix:///run/otel.sock', false, { path: '/run/otel.sock' }],
    ['unix:/run/otel.sock', false, { path: '/run/otel.sock' }],
  ] as const) {
    t.match(parseGrpcTarget(target, isSecure), expected, target)
  }
  t.throws(() => parseGrpcTarget('host:port', false), /not host:port/)
})
