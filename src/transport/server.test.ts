import http2 from 'node:http2'
import net from 'node:net'
import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { echo, type ServerFactory, startServer } from '../testkit/test-server.ts'
import { NodeServer } from './node-server.ts'
import { SocketServer } from './socket-server.ts'

const noBytes = new Uint8Array(0)

/** Implementations by name; each passes the same tests. */
const implementations: Record<string, ServerFactory> = {
  node: settings => new NodeServer(settings),
  sockets: settings => new SocketServer(settings),
}

for (const [name, create] of Object.entries(implementations)) {
  t.test(`${name}: HTTP/1.1 requests come whole and are answered, one after the other`, async t => {
    const { http, handler } = await startServer(t, create)
    const client = http()
    for (const parts of [[], [Buffer.from('one')], [Buffer.alloc(200_000, 'a'), Buffer.from('b')]]) {
      const answer = await client.send({ path: '/v1/x?q=1', headers: [], parts, timeoutMs: 2000 })
      t.equal(answer.status, 200)
      t.equal(answer.header('x-query'), 'q=1')
      t.ok(Buffer.concat(parts).equals(answer.body))
    }
    t.same(handler.heads[0], 'http/1.1 POST /v1/x')
  })

  t.test(`${name}: gRPC calls come whole and are answered with trailers`, async t => {
    const { grpc, handler } = await startServer(t, create)
    const client = grpc()
    for (const parts of [[], [Buffer.from('one')], [Buffer.alloc(900_000, 'a'), Buffer.from('b')]]) {
      const answer = await client.send({ path: '/a.B/C', headers: [], parts, timeoutMs: 2000 })
      t.equal(answer.status, 0)
      t.equal(answer.trailer('x-trailer'), 'last')
      t.ok(Buffer.concat(parts).equals(answer.body))
    }
    t.equal(handler.heads[0], 'h2 POST /a.B/C')
  })

  t.test(`${name}: heads of one length on one connection are told apart, however often they come`, async t => {
    const { server, handler } = await startServer(t, create)
    const session = http2.connect(`http://127.0.0.1:${server.port}`)
    t.teardown(() => session.destroy())
    const expected: string[] = []
    for (let i = 0; i < 12; i++) {
      const path = i % 3 === 0 ? '/one1' : '/one2'
      const stream = session.request({ ':method': 'POST', ':path': path, 'x-token': i % 2 === 0 ? 'first' : 'other' })
      stream.end()
      await new Promise((resolve, reject) => stream.resume().once('end', resolve).once('error', reject))
      expected.push(`h2 POST ${path}`)
    }
    t.same(handler.heads, expected)
  })

  t.test(`${name}: a body is taken up to the handler's limit and not one byte more`, async t => {
    const { http, grpc, handler } = await startServer(t, create)
    handler.bodyBytesMax = 1000
    for (const [bytes, status] of [
      [1000, 200],
      [1001, 413],
    ] as const) {
      const parts = [Buffer.alloc(bytes)]
      t.equal((await http().send({ path: '/', headers: [], parts, timeoutMs: 2000 })).status, status)
    }
    const fits = await grpc().send({ path: '/', headers: [], parts: [Buffer.alloc(995)], timeoutMs: 2000 })
    t.equal(fits.status, 0)
    const over = await grpc().send({ path: '/', headers: [], parts: [Buffer.alloc(996)], timeoutMs: 2000 })
    t.equal(over.message, 'HTTP status 413 without a gRPC status')
    t.same(handler.failures, ['too_large', 'too_large'])
  })

  t.test(`${name}: bytes are admitted before they are kept, and a refusal is answered`, async t => {
    const { http, grpc, handler } = await startServer(t, create)
    handler.roomBytes = 5000
    const parts = [Buffer.alloc(2500)]
    t.equal((await http().send({ path: '/', headers: [], parts, timeoutMs: 2000 })).status, 200)
    t.equal(handler.admittedBytes, 2500)
    t.equal((await grpc().send({ path: '/', headers: [], parts: [Buffer.alloc(2495)], timeoutMs: 2000 })).status, 0)
    t.equal(handler.admittedBytes, 5000)
    t.equal((await http().send({ path: '/', headers: [], parts: [Buffer.of(1)], timeoutMs: 2000 })).status, 400)
    t.same(handler.failures, ['not_admitted'])
  })

  t.test(`${name}: a large body that is only announced holds nothing of the budget`, async t => {
    const { server, handler, http } = await startServer(t, create)
    handler.roomBytes = 1_000_000
    const socket = net.connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    t.teardown(() => void socket.destroy())
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${handler.bodyBytesMax}\r\n\r\n${'a'.repeat(1000)}`)
    while (handler.admittedBytes === 0) await new Promise(resolve => setImmediate(resolve))
    t.equal(handler.admittedBytes, 1000)
    const parts = [Buffer.alloc(900_000)]
    t.equal((await http().send({ path: '/', headers: [], parts, timeoutMs: 3000 })).status, 200)
    t.equal(handler.admittedBytes, 901_000)
    t.equal((await http().send({ path: '/', headers: [], parts, timeoutMs: 3000 })).status, 400)
    t.same(handler.failures, ['not_admitted'])
  })

  t.test(`${name}: an answer before the body leaves the connection usable`, async t => {
    const { http, grpc, handler, closed } = await startServer(t, create)
    const [first, second] = [http(), grpc()]
    handler.refusal = 404
    const parts = [Buffer.alloc(30_000)]
    t.equal((await first.send({ path: '/x', headers: [], parts, timeoutMs: 2000 })).status, 404)
    t.equal((await second.send({ path: '/x', headers: [], parts, timeoutMs: 2000 })).status, 12)
    handler.refusal = undefined
    t.equal((await first.send({ path: '/x', headers: [], parts, timeoutMs: 2000 })).status, 200)
    t.equal((await second.send({ path: '/x', headers: [], parts, timeoutMs: 2000 })).status, 0)
    t.same(closed, [])
  })

  t.test(`${name}: what is no HTTP gets an answer or a closed socket, and others go on`, async t => {
    const { server, http, closedCount, closed } = await startServer(t, create)
    const good = http()
    await good.send({ path: '/', headers: [], parts: [], timeoutMs: 2000 })
    const hostile = [
      Buffer.from('GET / HTTP/1.1\r\nbad header\r\n\r\n'),
      Buffer.from('GET / HTTP/9.9\r\n\r\n'),
      Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n'),
      Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
      Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x05\x00\x00\x00\x00\x00\x00hello', 'latin1'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'),
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(9), Buffer.alloc(200, 0xff)]),
    ]
    for (const [i, bytes] of hostile.entries()) {
      const socket = net.connect(server.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(bytes)
      await closedCount(i + 1)
    }
    t.equal(closed.length, hostile.length)
    t.notOk(closed.includes('shutdown'))
    t.equal((await good.send({ path: '/', headers: [], parts: [], timeoutMs: 2000 })).status, 200)
  })

  t.test(`${name}: headers have a limit in bytes and in number`, async t => {
    const { server } = await startServer(t, create, { limits: { headerPairsMax: 20, headerBytesMax: 4096 } })
    const ask = (headers: string) =>
      new Promise<string>(resolve => {
        const socket = net.connect(server.port, '127.0.0.1')
        socket.on('data', bytes => {
          resolve(bytes.toString('latin1').slice(9, 12))
          socket.destroy()
        })
        socket.on('error', () => undefined)
        socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n${headers}\r\n`)
      })
    t.equal(await ask('a: b\r\n'.repeat(18)), '200')
    t.equal(await ask('a: b\r\n'.repeat(19)), '431')
    t.equal(await ask(`a: ${'b'.repeat(3500)}\r\n`), '200')
    t.equal(await ask(`a: ${'b'.repeat(4200)}\r\n`), '431')
  })

  t.test(`${name}: above the limit those who are silent give way, then the idle, and never one at work`, async t => {
    const { server, http, handler, closedCount, closed } = await startServer(t, create, {
      limits: { connectionsMax: 3 },
    })
    const connect = async () => {
      const socket = net.connect(server.port, '127.0.0.1').on('error', () => undefined)
      await new Promise(resolve => socket.once('connect', resolve))
      return socket
    }
    const ask = (client = http()) => client.send({ path: '/', headers: [], parts: [], timeoutMs: 5000 })
    handler.held = []
    const working = ask()
    while (handler.held.length === 0) await new Promise(resolve => setImmediate(resolve))
    const held = handler.held[0]!
    handler.held = undefined
    const idle = http()
    t.equal((await ask(idle)).status, 200)
    const silent = await connect()
    t.equal((await ask()).status, 200, 'in place of the silent one')
    await closedCount(1)
    t.ok(silent.destroyed || (await new Promise(resolve => silent.once('close', () => resolve(true)))))
    t.equal((await ask()).status, 200, 'in place of the idle one')
    await closedCount(2)
    t.same(closed, ['connections_max', 'connections_max'])
    t.equal(server.connectionCount, 3)
    echo(held, noBytes)
    t.equal((await working).status, 200)
  })

  t.test(`${name}: where all are at work one connection above the limit is closed at once`, async t => {
    const { server, http, handler, closedCount, closed } = await startServer(t, create, {
      limits: { connectionsMax: 2 },
    })
    handler.held = []
    const working = [1, 2].map(() => http().send({ path: '/', headers: [], parts: [], timeoutMs: 5000 }))
    while (handler.held.length < 2) await new Promise(resolve => setImmediate(resolve))
    net.connect(server.port, '127.0.0.1').on('error', () => undefined)
    await closedCount(1)
    t.same(closed, ['connections_max'])
    for (const exchange of handler.held) echo(exchange, noBytes)
    t.same(
      (await Promise.all(working)).map(answer => answer.status),
      [200, 200],
    )
  })

  t.test(`${name}: silent, half-said and idle connections are closed, each for its reason`, async t => {
    const clock = new ManualClock()
    const { server, closed, closedCount, handler } = await startServer(t, create, { clock })
    const open = async (text: string) => {
      const socket = net.connect(server.port, '127.0.0.1')
      socket.on('error', () => undefined)
      await new Promise<void>(resolve => socket.once('connect', resolve))
      if (text !== '') socket.write(text)
      return socket
    }
    await open('')
    await open('P')
    await open('POST / HTTP/1.1\r\nhost:')
    await open('PRI * HTTP/2.0\r\n\r\nSM')
    const idle = await open('POST /idle HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
    await new Promise(resolve => idle.once('data', resolve))
    await open('POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc')
    while (handler.heads.length < 2) await new Promise(resolve => setImmediate(resolve))
    await clock.advance(7_000)
    await closedCount(3)
    t.same([...closed].sort(), ['preface_timeout', 'preface_timeout', 'preface_timeout'])
    await clock.advance(5_000)
    await closedCount(4)
    t.same(closed.slice(3), ['headers_timeout'])
    await clock.advance(20_000)
    await closedCount(5)
    t.same(closed.slice(4), ['body_timeout'])
    t.same(handler.failures, ['too_slow'])
    await clock.advance(30_000)
    await closedCount(6)
    t.same(closed.slice(5), ['idle'])
  })

  t.test(`${name}: a port that speaks HTTP/2 only says so to HTTP/1.1`, async t => {
    const { server, closed, closedCount } = await startServer(t, create, { http1: false })
    const socket = net.connect(server.port, '127.0.0.1')
    socket.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\n\r\n')
    const answer = await new Promise(resolve => socket.once('data', resolve))
    t.match(String(answer), /505 .*\r\n\r\nThis port speaks gRPC/s)
    await closedCount(1)
    t.same(closed, ['wrong_protocol'])
  })

  t.test(`${name}: shutdown finishes what runs, refuses what is new, and cuts off at its deadline`, async t => {
    const { server, http, grpc, handler, closed } = await startServer(t, create)
    handler.held = []
    const running = [
      http().send({ path: '/', headers: [], parts: [Buffer.from('a')], timeoutMs: 5000 }),
      grpc().send({ path: '/', headers: [], parts: [Buffer.from('b')], timeoutMs: 5000 }),
    ]
    while (handler.held.length < 2) await new Promise(resolve => setImmediate(resolve))
    const done = server.shutdown(performance.now() + 5000)
    for (const exchange of handler.held) echo(exchange, Buffer.of(0, 0, 0, 0, 1, 1))
    t.same((await Promise.all(running)).map(answer => answer.status).sort(), [0, 200])
    await done
    await t.rejects(http().send({ path: '/', headers: [], parts: [], timeoutMs: 1000 }), { kind: 'connect' } as never)
    t.same(closed, ['shutdown', 'shutdown'])
    await server.shutdown(performance.now())
  })

  t.test(`${name}: a request that never ends does not hold shutdown up`, async t => {
    const { server, http, handler, closed } = await startServer(t, create)
    handler.held = []
    const lost = http().send({ path: '/', headers: [], parts: [Buffer.from('a')], timeoutMs: 5000 })
    const rejected = t.rejects(lost, { kind: 'lost' } as never)
    while (handler.held.length < 1) await new Promise(resolve => setImmediate(resolve))
    await server.shutdown(performance.now() + 20)
    await rejected
    t.same(closed, ['shutdown'])
    t.ok(handler.held[0]!.isOver, 'an answer to it has no effect any more')
  })

  t.test(`${name}: a peer that leaves in the middle of a body is told to the handler`, async t => {
    const { server, handler, closedCount } = await startServer(t, create)
    const socket = net.connect(server.port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc')
    while (handler.heads.length < 1) await new Promise(resolve => setImmediate(resolve))
    socket.destroy()
    await closedCount(1)
    t.same(handler.failures, ['aborted'])
  })

  t.test(`${name}: one bad stream does not harm the others of its connection`, async t => {
    const { server, handler } = await startServer(t, create)
    handler.bodyBytesMax = 100
    const session = http2.connect(`http://127.0.0.1:${server.port}`)
    t.teardown(() => session.destroy())
    const ask = (path: string, bytes: number) =>
      new Promise<number>(resolve => {
        const stream = session.request({ ':method': 'POST', ':path': path })
        stream.on('response', headers => resolve(Number(headers[':status'])))
        stream.on('error', () => undefined)
        stream.resume()
        stream.end(Buffer.alloc(bytes))
      })
    t.same(await Promise.all([ask('/a', 10), ask('/b', 500_000), ask('/c', 100)]), [200, 413, 200])
    t.equal(await ask('/d', 1), 200)
  })

  t.test(`${name}: a new handler takes the next request on the same connection`, async t => {
    const { server, http } = await startServer(t, create)
    const client = http()
    t.equal((await client.send({ path: '/', headers: [], parts: [], timeoutMs: 2000 })).status, 200)
    server.setHandler({
      head(exchange) {
        exchange.respond(418, [], Buffer.from('new'))
        return -1
      },
      admit: () => true,
      body: () => undefined,
      failed: () => undefined,
    })
    t.equal((await client.send({ path: '/', headers: [], parts: [], timeoutMs: 2000 })).status, 418)
  })
}
