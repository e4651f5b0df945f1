import { mkdtempSync, rmSync } from 'node:fs'
import http2 from 'node:http2'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../clock/clock.ts'
import { ManualClock } from '../../testkit/manual-clock.ts'
import { rawFrame, rawHeaders } from '../../testkit/raw-http2.ts'
import type { GrpcClientSettings } from '../client.ts'
import { frameMessage } from '../grpc.ts'
import { GrpcSocketClient } from './grpc-socket-client.ts'

function clientOf(t: Test, target: string, overrides: Partial<GrpcClientSettings> = {}) {
  const client = new GrpcSocketClient({
    target,
    headers: [],
    userAgent: 'test',
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

const request = { path: '/test.Echo/Call', headers: [], parts: [Buffer.from('hello')], timeoutMs: 3000 }

interface Peer {
  readonly port: number
  readonly calls: string[]
  readonly sessions: Set<http2.Http2Session>
  close(): Promise<void>
}

type Answer = (stream: http2.ServerHttp2Stream, body: Buffer, session: http2.Http2Session) => void

/** A server of node:http2 that says its name in every answer. */
async function peer(
  t: Test,
  name: string,
  where: net.ListenOptions = { port: 0, host: '127.0.0.1' },
  answer: Answer = stream => reply(stream, name),
  settings: http2.Settings = {},
): Promise<Peer> {
  const server = http2.createServer({ settings })
  const sessions = new Set<http2.Http2Session>()
  const calls: string[] = []
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', stream => {
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const body = Buffer.concat(chunks)
      calls.push(String(body.subarray(5, 20)))
      answer(stream as http2.ServerHttp2Stream, body, stream.session!)
    })
  })
  await new Promise<void>(resolve => server.listen(where, resolve))
  const close = async () => {
    for (const session of sessions) session.destroy()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
  t.teardown(close)
  const address = server.address()
  return { port: typeof address === 'string' ? 0 : address!.port, calls, sessions, close }
}

function reply(stream: http2.ServerHttp2Stream, text: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(frameMessage(Buffer.from(text)))
}

async function ask(client: GrpcSocketClient, overrides: object = {}): Promise<string> {
  return String((await client.send({ ...request, ...overrides })).body)
}

t.test('a server that goes away while calls are on their way costs no call', async t => {
  let answered = 0
  const server = await peer(t, 'a', undefined, (stream, _body, session) => {
    reply(stream, String(++answered))
    // Every tenth answer sends the client away; streams it did not see are for the next connection.
    if (answered % 10 === 0) session.close()
  })
  const client = clientOf(t, `127.0.0.1:${server.port}`)
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask(client)))
    t.equal(new Set(answers).size, 25)
  }
})

t.test('a refused stream is sent again', async t => {
  let seen = 0
  const server = await peer(t, 'a', undefined, stream => {
    if (++seen < 4) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    else reply(stream, 'at last')
  })
  t.equal(await ask(clientOf(t, `127.0.0.1:${server.port}`)), 'at last')
  t.equal(seen, 4)
})

t.test('calls beyond the streams a server takes wait for their turn', async t => {
  let most = 0
  let open = 0
  const server = await peer(
    t,
    'a',
    undefined,
    stream => {
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        reply(stream, 'done')
      })
    },
    { maxConcurrentStreams: 3 },
  )
  const client = clientOf(t, `127.0.0.1:${server.port}`)
  await ask(client)
  t.same(new Set(await Promise.all(Array.from({ length: 60 }, () => ask(client)))), new Set(['done']))
  t.ok(most <= 3)
})

t.test('bodies larger than the windows flow as they open, and short calls pass them', async t => {
  const order: string[] = []
  const server = await peer(
    t,
    'a',
    undefined,
    (stream, body) => {
      order.push(body.length > 1000 ? 'large' : 'small')
      reply(stream, String(body.length))
    },
    { initialWindowSize: 20_000 },
  )
  const client = clientOf(t, `127.0.0.1:${server.port}`)
  const large = ask(client, { parts: [Buffer.alloc(3_000_000, 1), Buffer.alloc(10), Buffer.alloc(2_000_000)] })
  const small = Promise.all(Array.from({ length: 20 }, () => ask(client)))
  t.same(new Set(await small), new Set(['10']))
  t.equal(await large, '5000015')
  t.equal(order.at(-1), 'large')
})

/** A server of frames: `receive` gets each connection's bytes after its settings have gone out. */
async function rawServer(t: Test, hello: Buffer, receive: (socket: net.Socket, bytes: Buffer) => void) {
  const sockets: net.Socket[] = []
  const server = net.createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => receive(socket, bytes))
    socket.write(hello)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, sockets }
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
/** SETTINGS with INITIAL_WINDOW_SIZE alone. */
const initialWindow = (bytes: number) => rawFrame(4, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(bytes)]))
const windowUpdate = (streamId: number, bytes: number) => rawFrame(8, 0, streamId, uint32(bytes))

t.test('a body goes out byte by byte where the server opens its window like that', async t => {
  const parts = [Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251))]
  const body: Buffer[] = []
  let seen = Buffer.alloc(0)
  const { port } = await rawServer(t, initialWindow(1), (socket, bytes) => {
    seen = Buffer.concat([seen, bytes])
    if (seen[0] === 0x50) {
      if (seen.length < 24) return
      seen = seen.subarray(24)
    }
    while (seen.length >= 9 && seen.length >= 9 + seen.readUIntBE(0, 3)) {
      const length = seen.readUIntBE(0, 3)
      const [type, flags, id] = [seen[3]!, seen[4]!, seen.readUInt32BE(5)]
      if (type === 4 && (flags & 1) === 0) socket.write(rawFrame(4, 1, 0))
      if (type === 0) {
        body.push(Buffer.from(seen.subarray(9, 9 + length)))
        if ((flags & 1) === 0) socket.write(windowUpdate(id, 1))
        else {
          const answer = rawHeaders(':status', '200', 'content-type', 'application/grpc', 'grpc-status', '5')
          socket.write(rawFrame(1, 5, id, answer))
        }
      }
      seen = seen.subarray(9 + length)
    }
  })
  const client = clientOf(t, `127.0.0.1:${port}`)
  await client.send(request)
  body.length = 0
  t.equal((await client.send({ ...request, parts })).status, 5)
  t.ok(body.every(piece => piece.length <= 1))
  t.same(Buffer.concat(body).subarray(5), parts[0])
})

t.test('a server that stops to read is given up, though the call may take as long as it likes', async t => {
  const hello = Buffer.concat([initialWindow(0x7fffffff), windowUpdate(0, 0x7fff0000)])
  const { port, sockets } = await rawServer(t, hello, socket => void socket.pause())
  const clock = new ManualClock()
  const client = clientOf(t, `127.0.0.1:${port}`, { clock })
  let failure: unknown
  const sent = client
    .send({ ...request, parts: [Buffer.alloc(32 << 20)], timeoutMs: 0 })
    .catch(error => (failure = error))
  while (sockets.length === 0) await new Promise(resolve => setImmediate(resolve))
  await clock.advance(59_000)
  t.equal(failure, undefined)
  for (let second = 0; second < 10 && failure === undefined; second++) await clock.advance(1000)
  await sent
  t.match(failure, { kind: 'lost', message: /read nothing for 60000 ms/ })
})

t.test('pick_first takes the first address that answers, and the next when it is gone', async t => {
  const first = await peer(t, 'first')
  const where = { host: '127.0.0.2', port: first.port }
  await peer(t, 'second', where)
  const client = clientOf(t, `service.test:${first.port}`, { lookup: async () => ['127.0.0.1', '127.0.0.2'] })
  for (let i = 0; i < 5; i++) t.equal(await ask(client), 'first')
  await first.close()
  // A call that meets the dying connection is lost; the next ones are not.
  await ask(client).catch(() => undefined)
  for (let i = 0; i < 5; i++) t.equal(await ask(client), 'second')
})

t.test('round_robin spreads calls, finds new addresses, and leaves those that are gone', async t => {
  const clock = new ManualClock()
  const one = await peer(t, 'one')
  const { port } = one
  await peer(t, 'two', { host: '127.0.0.2', port })
  let addresses = ['127.0.0.1', '127.0.0.2']
  const client = clientOf(t, `service.test:${port}`, {
    balancer: 'round_robin',
    lookup: async () => addresses,
    clock,
  })
  const spread = async () => {
    const counts: Record<string, number> = {}
    for (let i = 0; i < 30; i++) {
      const name = await ask(client, { timeoutMs: 0 })
      counts[name] = (counts[name] ?? 0) + 1
    }
    return counts
  }
  await ask(client, { timeoutMs: 0 })
  while ((await spread())['two'] !== 15) await new Promise(resolve => setTimeout(resolve, 5))
  t.same(await spread(), { one: 15, two: 15 })
  await peer(t, 'three', { host: '127.0.0.3', port })
  addresses = ['127.0.0.2', '127.0.0.3']
  await clock.advance(31_000)
  while ((await spread())['three'] !== 15) await new Promise(resolve => setTimeout(resolve, 5))
  t.same(await spread(), { two: 15, three: 15 })
})

t.test('a name that cannot be resolved is a failure to connect', async t => {
  const lookup = () => Promise.reject(new Error('no such name'))
  const failing = clientOf(t, 'nowhere.test:1', { lookup })
  await t.rejects(failing.send(request), { kind: 'connect', message: 'no such name' } as never)
  await t.rejects(clientOf(t, 'nowhere.test:1', { lookup: async () => [] }).send(request), { kind: 'connect' } as never)
})

t.test('wait_for_ready waits for a server that is not there yet, and no longer than the call', async t => {
  const clock = new ManualClock()
  const placeholder = await peer(t, 'x')
  await placeholder.close()
  const client = clientOf(t, `127.0.0.1:${placeholder.port}`, { waitForReady: true, clock })
  let isDone = false
  const late = ask(client, { timeoutMs: 0 }).finally(() => {
    isDone = true
  })
  const tooLate = t.rejects(client.send({ ...request, timeoutMs: 1500 }), { kind: 'timeout' } as never)
  await clock.advance(1500)
  await tooLate
  t.notOk(isDone)
  await peer(t, 'there', { host: '127.0.0.1', port: placeholder.port })
  while (!isDone) {
    await clock.advance(500)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  t.equal(await late, 'there')
})

t.test('a Unix socket is a target like any other', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'grpc.sock')
  await peer(t, 'unix', { path })
  t.equal(await ask(clientOf(t, `unix://${path}`)), 'unix')
})

t.test('a proxy is asked with CONNECT, and what it refuses is told', async t => {
  const server = await peer(t, 'behind')
  const asked: string[] = []
  const proxy = net.createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', head => {
      asked.push(String(head))
      if (!String(head).includes('proxy-authorization: Basic dTpwJQ==')) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
        return
      }
      const onward = net.connect(server.port, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void proxy.close())
  const { port } = proxy.address() as net.AddressInfo
  const client = clientOf(t, 'backend.test:4317', { proxyUrl: `http://u:p%25@127.0.0.1:${port}` })
  t.equal(await ask(client), 'behind')
  t.match(asked[0], /^CONNECT backend\.test:4317 HTTP\/1\.1\r\nhost: backend\.test:4317\r\n/)
  await client.shutdown()
  const refused = clientOf(t, 'backend.test:4317', { proxyUrl: `http://127.0.0.1:${port}` })
  await t.rejects(refused.send(request), {
    kind: 'connect',
    message: /^proxy 127\.0\.0\.1:\d+ .*CONNECT backend\.test:4317 with 407; user and password/,
  } as never)
  proxy.close()
  const closed = clientOf(t, 'backend.test:4317', { proxyUrl: `http://127.0.0.1:${port}` })
  await t.rejects(closed.send(request), { message: /^proxy .*HTTPS_PROXY.*ECONNREFUSED/ } as never)
})

t.test('a backend that speaks something else on that port is said to', async t => {
  for (const [answer, message] of [
    ['HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n', /speaks HTTP\/1 on this port/],
    ['\x15\x03\x01\x00\x02\x02\x46\x00\x00', /speaks TLS on this port/],
    ['\x7f\x7f\x7f\x00\x00\x00\x00\x00\x00', /a frame of 8355711 bytes/],
  ] as const) {
    const server = net.createServer(socket => void socket.on('error', () => undefined).end(answer, 'latin1'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void server.close())
    const { port } = server.address() as net.AddressInfo
    await t.rejects(clientOf(t, `127.0.0.1:${port}`).send(request), { message } as never)
  }
})

t.test('TLS towards a backend that speaks plain text names the key to write', async t => {
  const server = net.createServer(
    socket =>
      void socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0\r\n'),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as net.AddressInfo
  const tls = { current: () => ({}), serverName: undefined, skipsVerification: true }
  const failing = clientOf(t, `127.0.0.1:${port}`, { tls })
  await t.rejects(failing.send(request), { kind: 'connect', message: /tls: \{insecure: true\}/ } as never)
})

t.test('a server that closes connections before a word is a failure to connect', async t => {
  const server = net.createServer(socket => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as net.AddressInfo
  await t.rejects(clientOf(t, `127.0.0.1:${port}`).send(request), { kind: 'connect' } as never)
})
