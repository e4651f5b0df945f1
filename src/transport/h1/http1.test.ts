import net from 'node:net'
import t, { type Test } from 'tap'
import { FakeSocket } from '../../testkit/fake-socket.ts'
import { ManualClock } from '../../testkit/manual-clock.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { EchoHandler, startServer, type TestServer } from '../../testkit/test-server.ts'
import { defaultKeepalive, defaultLimits } from '../limits.ts'
import { SocketServer } from '../socket-server.ts'
import { ChunkedReader } from './chunked-reader.ts'
import { Http1ServerConnection } from './http1-server-connection.ts'
import { parseHead } from './request-head.ts'

function start(t: Test, overrides: Parameters<typeof startServer>[2] = {}): Promise<TestServer> {
  return startServer(t, each => new SocketServer(each), overrides)
}

/** Sends pieces, one after the other, and returns all that comes back until the server closes. */
function exchange(t: Test, { server }: TestServer, pieces: (string | Buffer)[], ends = true): Promise<string> {
  const socket = net.connect(server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  return new Promise(resolve => {
    let answer = ''
    socket.setNoDelay(true)
    socket.on('data', bytes => (answer += bytes.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
    const next = () => {
      const piece = pieces.shift()
      if (piece !== undefined)
        socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece, () => setImmediate(next))
      else if (ends) socket.end()
    }
    next()
  })
}

function statuses(answer: string): number[] {
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(match => Number(match[1]))
}

function bodies(answer: string): string[] {
  return answer.split(/HTTP\/1\.1 [\s\S]*?\r\n\r\n/).slice(1)
}

const unusedSettings = {
  listen: { host: '', port: 0 },
  http1: true,
  http2: false,
  limits: defaultLimits,
  keepalive: defaultKeepalive,
  clock: new ManualClock(),
  events: { connectionOpened() {}, connectionClosed() {}, requestRefused() {} },
}

const host = 'host: x\r\n'

for (const [title, request, status] of [
  ['two lengths', `POST / HTTP/1.1\r\n${host}content-length: 3\r\ncontent-length: 3\r\n\r\nabc`, 400],
  ['a list of lengths', `POST / HTTP/1.1\r\n${host}content-length: 3, 3\r\n\r\nabc`, 400],
  ['a length with a sign', `POST / HTTP/1.1\r\n${host}content-length: +3\r\n\r\nabc`, 400],
  ['a length in hex', `POST / HTTP/1.1\r\n${host}content-length: 0x3\r\n\r\nabc`, 400],
  ['an empty length', `POST / HTTP/1.1\r\n${host}content-length:\r\n\r\n`, 400],
  [
    'a length with chunked',
    `POST / HTTP/1.1\r\n${host}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    'chunked twice',
    `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['chunked after another coding', `POST / HTTP/1.1\r\n${host}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ['an unknown coding', `POST / HTTP/1.1\r\n${host}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
  ['chunked in HTTP/1.0', `POST / HTTP/1.0\r\n${host}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a bare LF after the request line', `POST / HTTP/1.1\n${host}\r\n`, 400],
  ['a bare LF after a field', `POST / HTTP/1.1\r\nhost: x\n\r\n`, 400],
  ['bare LFs only', 'POST / HTTP/1.1\nhost: x\n\n', 400],
  ['a bare CR in a value', `POST / HTTP/1.1\r\n${host}a: b\rc\r\n\r\n`, 400],
  ['obsolete folding', `POST / HTTP/1.1\r\n${host}a: b\r\n c\r\n\r\n`, 400],
  ['folding before the first field', `POST / HTTP/1.1\r\n a: b\r\n${host}\r\n`, 400],
  ['a space before the colon', `POST / HTTP/1.1\r\n${host}content-length : 3\r\n\r\nabc`, 400],
  ['a field without a name', `POST / HTTP/1.1\r\n${host}: b\r\n\r\n`, 400],
  ['a field without a colon', `POST / HTTP/1.1\r\n${host}ab\r\n\r\n`, 400],
  ['a control character in a name', `POST / HTTP/1.1\r\n${host}a\x01b: c\r\n\r\n`, 400],
  ['NUL in a value', `POST / HTTP/1.1\r\n${host}a: b\0c\r\n\r\n`, 400],
  ['DEL in a value', `POST / HTTP/1.1\r\n${host}a: b\x7fc\r\n\r\n`, 400],
  ['no Host', 'POST / HTTP/1.1\r\na: b\r\n\r\n', 400],
  ['two Hosts', `POST / HTTP/1.1\r\n${host}${host}\r\n`, 400],
  ['a target that is no path', `POST x HTTP/1.1\r\n${host}\r\n`, 400],
  ['a fragment', `POST /#a HTTP/1.1\r\n${host}\r\n`, 0],
  ['a target of an authority', `CONNECT a:1 HTTP/1.1\r\n${host}\r\n`, 400],
  ['two spaces', `POST  / HTTP/1.1\r\n${host}\r\n`, 0],
  ['a tab for a space', `POST\t/ HTTP/1.1\r\n${host}\r\n`, 0],
  ['no version', `POST /\r\n${host}\r\n`, 0],
  ['a later version', `POST / HTTP/2.0\r\n${host}\r\n`, 505],
  ['words after the version', `POST / HTTP/1.1 x\r\n${host}\r\n`, 400],
  ['an unknown expectation', `POST / HTTP/1.1\r\n${host}expect: 200-maybe\r\ncontent-length: 1\r\n\r\na`, 417],
  ['a chunk size that is none', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['a chunk size with a sign', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n-1\r\n`, 400],
  ['a chunk size with 0x', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n`, 400],
  [
    'a chunk size of nine digits',
    `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n000000001\r\na\r\n0\r\n\r\n`,
    400,
  ],
  [
    'a chunk size with a space',
    `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n`,
    400,
  ],
  ['a chunk size ended by LF', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n`, 400],
  [
    'a chunk longer than its size',
    `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`,
    400,
  ],
  ['a chunk ended by LF', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n`, 400],
  ['an extension with LF', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1;a\nb\r\na\r\n0\r\n\r\n`, 400],
  ['a folded trailer', `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n0\r\n a: b\r\n\r\n`, 400],
] as const) {
  t.test(`refuses ${title}, and what follows it`, async t => {
    const server = await start(t)
    const smuggled = `POST /smuggled HTTP/1.1\r\n${host}content-length: 0\r\n\r\n`
    const answer = await exchange(t, server, [request + smuggled])
    t.same(statuses(answer), status === 0 ? [] : [status])
    t.notOk(server.handler.heads.includes('http/1.1 POST /smuggled'))
    t.notOk(server.handler.heads.length > 0 && !request.includes('chunked'))
  })
}

for (const [title, request, body] of [
  ['a length', `POST /p HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, 'abc'],
  [
    'chunks',
    `POST /p HTTP/1.1\r\n${host}Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\nA;x="y"\r\n0123456789\r\n0\r\nt: v\r\n\r\n`,
    'a0123456789',
  ],
  ['no body', `GET /p HTTP/1.1\r\n${host}\r\n`, ''],
  ['HTTP/1.0', 'POST /p HTTP/1.0\r\ncontent-length: 3\r\n\r\nabc', 'abc'],
  ['the absolute form', `POST http://other:80/p?q HTTP/1.1\r\n${host}content-length: 1\r\n\r\na`, 'a'],
  [
    'spaces around a value and bytes above 127',
    `POST /p HTTP/1.1\r\n${host}a: \t b\xe9 c\t \r\ncontent-length:1\r\n\r\na`,
    'a',
  ],
] as const) {
  t.test(`takes ${title}, in any pieces`, async t => {
    const server = await start(t)
    const bytes = Buffer.from(request, 'latin1')
    const pieces = [[bytes], [...bytes].map(byte => Buffer.of(byte)), [bytes.subarray(0, 30), bytes.subarray(30)]]
    for (const each of pieces) {
      const answer = await exchange(t, server, each)
      t.same(statuses(answer), [200])
      t.ok(answer.endsWith(`content-length: ${body.length}\r\n\r\n${body}`), JSON.stringify(answer))
      t.match(answer, /\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
    }
    t.same(new Set(server.handler.heads), new Set([`http/1.1 ${request.includes('GET') ? 'GET' : 'POST'} /p`]))
  })
}

t.test('an empty line between two requests is let pass, more are not', async t => {
  const server = await start(t)
  const one = `POST / HTTP/1.1\r\n${host}content-length: 1\r\n\r\na`
  t.same(statuses(await exchange(t, server, [`${one}\r\n${one}`])), [200, 200])
  t.same(statuses(await exchange(t, server, [one, '\r', '\n', one])), [200, 200])
  t.same(statuses(await exchange(t, server, [`${one}\r\n\r\n${one}`])), [200])
})

t.test('requests sent ahead are answered in order, however late their answers are ready', async t => {
  const server = await start(t)
  const one = (body: string, more = '') =>
    `POST /${body} HTTP/1.1\r\n${host}content-length: ${body.length}\r\n${more}\r\n${body}`
  const bodies = Array.from({ length: 50 }, (_, i) => `body-${i}`)
  const answer = await exchange(t, server, [bodies.map(body => one(body)).join('')])
  t.same(answer.match(/body-\d+$|body-\d+(?=HTTP)/g), bodies)
  server.handler.held = []
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  let late = ''
  socket.on('data', bytes => (late += bytes.toString()))
  socket.write(one('first') + one('second'))
  socket.write(one('third', 'connection: close\r\n') + one('never'))
  for (const expected of ['first', 'second', 'third']) {
    while (server.handler.held.length === 0) await new Promise(resolve => setImmediate(resolve))
    t.equal(server.handler.held.length, 1, 'one at a time')
    const held = server.handler.held.pop()!
    t.equal(held.path, `/${expected}`)
    held.respond(200, [], Buffer.from(expected))
  }
  await new Promise(resolve => socket.once('close', resolve))
  t.same(late.match(/first|second|third|never/g), ['first', 'second', 'third'])
})

t.test('answers that are ready at once leave together, however many requests a read brings', async t => {
  const socket = new FakeSocket()
  const handler = new EchoHandler()
  const connection = new Http1ServerConnection(socket.asSocket(), {
    settings: { ...unusedSettings, handler },
    handler,
    remoteAddress: '',
    isPeerAuthorized: false,
    close: () => undefined,
    destroy: () => undefined,
  })
  const post = (body: string) => `POST /${body} HTTP/1.1\r\n${host}content-length: ${body.length}\r\n\r\n${body}`
  const read = Buffer.from(`${post('one')}${post('two')}${post('three').slice(0, -1)}`)
  connection.receive(read, 0, read.length)
  t.equal(socket.chunks.length, 1)
  t.same(bodies(socket.written.toString('latin1')), ['one', 'two'])
  connection.receive(Buffer.from('e'), 0, 1)
  t.equal(socket.chunks.length, 2, 'and one that comes alone leaves alone')
  t.same(bodies(socket.written.toString('latin1')), ['one', 'two', 'three'])
})

t.test('a client that floods ahead of its answers is not read any further', async t => {
  const server = await start(t)
  server.handler.held = []
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  socket.on('error', () => undefined)
  const one = Buffer.from(`POST / HTTP/1.1\r\n${host}content-length: 1000\r\n\r\n${'a'.repeat(1000)}`)
  const many = Buffer.concat(Array.from({ length: 100 }, () => one))
  let sent = 0
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 200; i++) socket.write(many, () => sent++)
  await new Promise(resolve => setTimeout(resolve, 100))
  t.ok(sent < 200, 'the kernel holds it back')
  t.equal(server.handler.held.length, 1)
  server.handler.held[0]!.respond(200, ['connection', 'close'], Buffer.alloc(0))
  t.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024)
})

t.test('a client that reads no answers is not served any further, and goes on when it reads', async t => {
  const server = await start(t)
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  socket.on('error', () => undefined)
  const one = Buffer.from(`POST / HTTP/1.1\r\n${host}content-length: 20000\r\n\r\n${'a'.repeat(20_000)}`)
  const count = 1500
  for (let i = 0; i < count; i++) socket.write(one)
  let before = -1
  while (server.handler.heads.length !== before || before < 1) {
    before = server.handler.heads.length
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  t.ok(before < count, `${before} served before anything was read`)
  let bytes = 0
  socket.on('data', chunk => (bytes += chunk.length))
  while (server.handler.heads.length < count) await new Promise(resolve => setTimeout(resolve, 5))
  socket.end()
  await new Promise(resolve => socket.once('close', resolve))
  t.ok(bytes > count * 20_000)
})

t.test('a client that never reads its answers is cut off, and the connection counts as that', async t => {
  const clock = new ManualClock()
  const server = await start(t, { clock })
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  socket.on('error', () => undefined)
  const one = Buffer.from(`POST / HTTP/1.1\r\n${host}content-length: 500000\r\n\r\n${'a'.repeat(500_000)}`)
  for (let i = 0; i < 40; i++) socket.write(one)
  let before = -1
  while (server.handler.heads.length !== before || before < 1) {
    before = server.handler.heads.length
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  t.ok(before < 40, `${before} served before anything was read`)
  await clock.advance(29_000)
  t.same(server.closed, [])
  for (let i = 0; i < 5 && server.closed.length === 0; i++) await clock.advance(1000)
  await server.closedCount(1)
  t.same(server.closed, ['write_timeout'])
})

t.test('thousands of requests sent ahead cost no more than their bytes', async t => {
  const server = await start(t)
  const later: (() => void)[] = []
  server.server.setHandler({
    head: () => 0,
    admit: () => true,
    body: each => void later.push(() => each.respond(200, [], Buffer.alloc(0))),
    failed: () => undefined,
  })
  const count = 20_000
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  socket.on('error', () => undefined)
  socket.resume()
  const started = process.cpuUsage().user
  socket.write(Buffer.from(`GET / HTTP/1.1\r\n${host}\r\n`.repeat(count)))
  for (let answered = 0; answered < count; answered++) {
    while (later.length === 0) await new Promise(resolve => setImmediate(resolve))
    later.pop()!()
  }
  t.ok(process.cpuUsage().user - started < 5_000_000)
})

t.test('Expect: 100-continue is answered before the body, or refused without one', async t => {
  const server = await start(t)
  const head = `POST / HTTP/1.1\r\n${host}content-length: 3\r\nexpect: 100-continue\r\n\r\n`
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  socket.write(head)
  t.equal(String(await new Promise(resolve => socket.once('data', resolve))), 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('abc')
  t.match(String(await new Promise(resolve => socket.once('data', resolve))), /^HTTP\/1\.1 200 .*\r\n\r\nabc$/s)
  server.handler.refusal = 401
  const answer = await exchange(t, server, [head], false)
  t.same(statuses(answer), [401])
  t.match(answer, /connection: close/)
})

t.test('HEAD and 204 have no body, and values that would break their line are not sent', async t => {
  const server = await start(t)
  server.server.setHandler({
    head(each) {
      const status = each.path === '/204' ? 204 : 200
      each.respond(status, ['a', 'b\r\nsmuggled: yes', 'c', 'd'], Buffer.from('body'))
      return -1
    },
    admit: () => true,
    body: () => undefined,
    failed: () => undefined,
  })
  const answer = await exchange(t, server, [`HEAD / HTTP/1.1\r\n${host}\r\nGET /204 HTTP/1.1\r\n${host}\r\n`])
  t.same(statuses(answer), [200, 204])
  t.notMatch(answer, /body/)
  t.notMatch(answer, /smuggled/)
  t.match(answer, /c: d\r\n.*content-length: 4\r\n/s)
})

t.test('slow heads get 408, slow bodies their status, and idle connections are closed', async t => {
  const clock = new ManualClock()
  const server = await start(t, { clock })
  // Behind a whole request, so that its answer tells that the half head is there too.
  const whole = `POST / HTTP/1.1\r\n${host}content-length: 0\r\n\r\n`
  const slowHead = exchange(t, server, [`${whole}POST / HTTP/1.1\r\nhost`], false)
  const slowBody = exchange(t, server, [`POST / HTTP/1.1\r\n${host}content-length: 100000\r\n\r\nabc`], false)
  while (server.handler.heads.length < 2) await new Promise(resolve => setImmediate(resolve))
  await clock.advance(11_000)
  t.same(statuses(await slowHead), [200, 408])
  await clock.advance(21_000)
  t.same(statuses(await slowBody), [400])
  t.same(server.handler.failures, ['too_slow'])
  t.same(server.closed, ['headers_timeout', 'body_timeout'])
})

t.test('a body that is only a little fast enough is not cut off', async t => {
  const clock = new ManualClock()
  const server = await start(t, { clock, limits: { bodyTimeoutMs: 4000, bodyBytesPerSecondMin: 10 } })
  const socket = net.connect(server.server.port, '127.0.0.1')
  t.teardown(() => void socket.destroy())
  socket.write(`POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n`)
  for (let i = 1; i < 10; i++) {
    socket.write('a\r\n0123456789\r\n')
    while (server.handler.admittedBytes < 10 * i) await new Promise(resolve => setImmediate(resolve))
    await clock.advance(950)
  }
  socket.write('0\r\n\r\n')
  t.match(String(await new Promise(resolve => socket.once('data', resolve))), / 200 /)
})

t.test('chunked bodies are the same in whatever pieces they come', async t => {
  const random = new SeededRandom(5)
  for (let round = 0; round < 300; round++) {
    const body = random.bytes(random.below(300))
    const wire: Buffer[] = []
    for (let offset = 0; offset < body.length; ) {
      const size = Math.min(body.length - offset, 1 + random.below(80))
      wire.push(Buffer.from(`${size.toString(16)}${random.chance(0.2) ? ';ext=1' : ''}\r\n`))
      wire.push(Buffer.from(body.subarray(offset, offset + size)), Buffer.from('\r\n'))
      offset += size
    }
    wire.push(Buffer.from(random.chance(0.3) ? '0\r\nx: y\r\n\r\nNEXT' : '0\r\n\r\nNEXT'))
    const bytes = Buffer.concat(wire)
    const got: Buffer[] = []
    const reader = new ChunkedReader(
      1000,
      (source, start, end) => void got.push(Buffer.from(source.subarray(start, end))),
    )
    let offset = 0
    while (!reader.isDone) {
      const end = Math.min(bytes.length, offset + 1 + random.below(40))
      offset = reader.push(bytes, offset, end)
    }
    if (!Buffer.concat(got).equals(body)) t.fail(`round ${round}`)
    if (bytes.subarray(offset).toString() !== 'NEXT') t.fail(`round ${round}: ends at ${offset}`)
  }
})

t.test('random heads are read or refused, and never anything else', async t => {
  const random = new SeededRandom(6)
  const base = Buffer.from(
    `POST /v1/traces?x=1 HTTP/1.1\r\n${host}content-length: 10\r\naccept: */*\r\nconnection: keep-alive\r\n\r\n`,
  )
  let refused = 0
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(base)
    for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length - 4)] = random.below(256)
    try {
      const head = parseHead(bytes.toString('latin1'), 20)
      for (const each of [...head.names, ...head.values]) if (/[\r\n\0]/.test(each)) t.fail(JSON.stringify(each))
    } catch (error) {
      refused++
      if ((error as Error).name !== 'Http1Error') throw error
    }
  }
  t.ok(refused > 100 && refused < 3000)
})
