import http from 'node:http'
import net from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../clock/clock.ts'
import { ManualClock } from '../../testkit/manual-clock.ts'
import type { ClientRequest, HttpClientSettings } from '../client.ts'
import { HttpSocketClient } from './http-socket-client.ts'

const request: ClientRequest = { path: '/x', headers: [], parts: [Buffer.from('hello')], timeoutMs: 5000 }
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

interface Peer {
  readonly socket: net.Socket
  /** The beginning of what has come on this connection. */
  readonly received: () => string
}

/** A server that does what the test says with each connection, and sees to nothing else. */
async function serverOf(t: Test, serve: (peer: Peer, index: number) => void) {
  const sockets: net.Socket[] = []
  let closedCount = 0
  const server = net.createServer(socket => {
    sockets.push(socket)
    let received = ''
    socket.on('error', () => undefined)
    socket.on('close', () => closedCount++)
    socket.on('data', bytes => {
      if (received.length < 1000) received += bytes.toString('latin1')
    })
    serve({ socket, received: () => received }, sockets.length - 1)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, sockets, closedCount: () => closedCount }
}

function clientOf(t: Test, port: number, overrides: Partial<HttpClientSettings> = {}) {
  const client = new HttpSocketClient({
    endpoint: new URL(`http://127.0.0.1:${port}`),
    headers: [],
    connectionsMax: 1,
    idleTimeoutMs: 60_000,
    connectTimeoutMs: 5000,
    responseBytesMax: 1000,
    clock: systemClock,
    ...overrides,
  })
  t.teardown(() => client.shutdown())
  return client
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setImmediate(resolve))
}

/** Answers each request of a few bytes with the same. */
function answering(answer: string) {
  return ({ socket }: Peer) => void socket.on('data', () => socket.write(answer, 'latin1'))
}

for (const [title, answer, body] of [
  ['a length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', 'hello'],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nt: u\r\n\r\n',
    'hello',
  ],
  ['answers before the one that counts', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\na: b\r\n\r\n${ok}`, 'ok'],
  ['no reason and no body', 'HTTP/1.1 204\r\n\r\n', ''],
] as const) {
  t.test(`an answer of ${title} is read, at once and byte by byte`, async t => {
    const { port, sockets } = await serverOf(t, ({ socket }, index) => {
      socket.setNoDelay(true)
      socket.on('data', async () => {
        const pieces = index === 0 && sockets.length === 1 && isWhole ? [answer] : [...answer]
        for (const piece of pieces) {
          socket.write(piece)
          await new Promise(resolve => setImmediate(resolve))
        }
      })
    })
    let isWhole = true
    const client = clientOf(t, port)
    t.equal(String((await client.send(request)).body), body)
    isWhole = false
    t.equal(String((await client.send(request)).body), body)
    t.equal(sockets.length, 1, 'on the same connection')
  })
}

t.test('a body without a length ends with the connection', async t => {
  const { port, sockets } = await serverOf(t, ({ socket }) => {
    socket.on('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'))
  })
  const client = clientOf(t, port)
  for (let i = 0; i < 2; i++) t.equal(String((await client.send(request)).body), 'until the end')
  t.equal(sockets.length, 2)
})

for (const [title, answer, kind, status] of [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'protocol'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok', 'protocol', 200],
  [
    'a length with chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nok',
    'protocol',
    200,
  ],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', 'protocol', 200],
  ['a switch of protocols', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n', 'protocol'],
  ['endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17), 'protocol'],
  ['an endless head', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(70_000)}`, 'protocol', 200],
  ['too many fields', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(257)}\r\n`, 'protocol', 200],
  ['a refusal with a bare LF', 'HTTP/1.1 503 Busy\r\nretry-after: 1\n\r\n', 'protocol', 503],
  ['a status that is none', 'HTTP/1.1 2000 OK\r\n\r\n', 'protocol'],
  ['too long a body', `HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n`, 'response_too_large'],
  [
    'chunks without end',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'64\r\n'.padEnd(104, 'x')}\r\n`.padEnd(
      1200,
      '64\r\n'.padEnd(104, 'x').concat('\r\n'),
    ),
    'response_too_large',
  ],
  ['a body until the end that does not come', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`, 'response_too_large'],
] as const) {
  t.test(`${title} is told apart, and the connection is closed`, async t => {
    const server = await serverOf(t, answering(answer))
    await t.rejects(clientOf(t, server.port).send(request), { kind, status } as never)
    await until(() => server.closedCount() === 1)
  })
}

t.test('what a refusal says at length is read over, and the connection is used again', async t => {
  const page = 'x'.repeat(300_000)
  const long = (head: string) => `HTTP/1.1 ${head}content-length: ${page.length}\r\n\r\n${page}`
  const answers = [long('503 Busy\r\nretry-after: 7\r\n'), long('200 OK\r\n'), ok]
  const { port, sockets } = await serverOf(t, ({ socket }) => {
    socket.on('data', () => socket.write(answers.shift()!))
  })
  const client = clientOf(t, port, { responseBytesMax: 1_000_000 })
  const refusal = await client.send(request)
  t.same([refusal.status, refusal.header('retry-after'), refusal.body.length], [503, '7', 65_536])
  t.equal((await client.send(request)).body.length, page.length, 'a success is read whole')
  t.equal(String((await client.send(request)).body), 'ok')
  t.equal(sockets.length, 1)
})

t.test('a reset in the middle of an answer, or before it, is a lost connection with its reason', async t => {
  for (const answer of ['', 'HTTP/1.1 200 OK\r\ncontent-le', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf']) {
    const { port, sockets } = await serverOf(t, ({ socket }) => {
      socket.on('data', () => {
        if (answer === '') socket.resetAndDestroy()
        else socket.write(answer, () => setImmediate(() => socket.resetAndDestroy()))
      })
    })
    await t.rejects(clientOf(t, port).send(request), { kind: 'lost', message: /reset|closed/i } as never)
    t.equal(sockets.length, 1, 'a request that had left is not sent again')
  }
})

t.test('an answer that comes while the body is on its way counts, and ends the connection', async t => {
  const { port, sockets } = await serverOf(t, ({ socket, received }, index) => {
    if (index > 0) {
      answering(ok)({ socket, received })
      return
    }
    // Only the head is read: the rest of the body can never leave.
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig')
    })
  })
  const client = clientOf(t, port)
  const answer = await client.send({ ...request, parts: [Buffer.alloc(32 * 1024 * 1024)] })
  t.match([answer.status, String(answer.body)], [413, 'big'])
  t.not(answer.isRequestLetGo, true, 'the socket still has the rest')
  t.equal((await client.send(request)).status, 200)
  t.equal(sockets.length, 2)
})

t.test('memory that the client has let go can be overwritten and freed while the server still reads', async t => {
  let letGoCount = 0
  for (let round = 0; round < 40; round++) {
    const chunks: Buffer[] = []
    const { port, closedCount } = await serverOf(t, ({ socket }) => {
      // Answers by the head alone, whatever of the body is there, and reads on.
      socket.once('data', () => socket.write(ok))
      socket.on('data', (bytes: Buffer) => chunks.push(bytes))
    })
    const client = clientOf(t, port)
    const parts = Array.from({ length: 1 + (round % 5) }, () => new Uint8Array(1000 << (round % 13)).fill(0x61))
    const answer = await client.send({ ...request, parts })
    if (answer.isRequestLetGo) {
      letGoCount++
      for (const part of parts) {
        part.fill(0x62)
        structuredClone(part.buffer, { transfer: [part.buffer] })
      }
    }
    await client.shutdown()
    await until(() => closedCount() === 1)
    const received = Buffer.concat(chunks)
    const body = received.subarray(received.indexOf('\r\n\r\n') + 4)
    if (!body.equals(Buffer.alloc(body.length, 0x61))) t.fail(`round ${round}: other bytes went out`)
  }
  t.ok(letGoCount > 5, `${letGoCount} let go`)
})

t.test('what comes behind an answer is never the next answer', async t => {
  const smuggled = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled'
  const { port, sockets } = await serverOf(t, answering(ok + smuggled))
  const client = clientOf(t, port)
  // The second waits for the only connection while the first is answered.
  const answers = await Promise.all([client.send(request), client.send(request)])
  t.same(
    answers.map(each => String(each.body)),
    ['ok', 'ok'],
  )
  t.equal(sockets.length, 2)
})

t.test('a server that speaks on an idle connection loses it', async t => {
  const server = await serverOf(t, answering(ok))
  const client = clientOf(t, server.port)
  await client.send(request)
  server.sockets[0]!.write(ok)
  await until(() => server.closedCount() === 1)
  t.equal(String((await client.send(request)).body), 'ok')
  t.equal(server.sockets.length, 2)
})

t.test(
  'a request that could not leave on a connection used before goes out on a new one; one that left does not',
  async t => {
    const large = Buffer.alloc(32 * 1024 * 1024)
    for (const [parts, isRepeated] of [
      [[large, large], true],
      [[Buffer.from('small')], false],
    ] as const) {
      const requests: string[] = []
      const { port, sockets } = await serverOf(t, ({ socket, received }, index) => {
        let seenBytes = 0
        socket.on('data', bytes => {
          seenBytes += bytes.length
          const isFirst = received().startsWith('POST /first')
          if (isFirst && seenBytes === bytes.length) {
            requests.push('first')
            socket.write(ok)
          } else if (index === 0) {
            requests.push('cut off')
            socket.resetAndDestroy()
          } else if (seenBytes > 64 * 1024 * 1024) {
            requests.push('whole')
            socket.write(ok)
          }
        })
      })
      const client = clientOf(t, port)
      await client.send({ ...request, path: '/first' })
      const second = client.send({ ...request, path: '/second', parts, timeoutMs: 20_000 })
      if (isRepeated) t.match(await second, { status: 200, isRequestLetGo: false })
      else await t.rejects(second, { kind: 'lost' } as never)
      t.same(requests, isRepeated ? ['first', 'cut off', 'whole'] : ['first', 'cut off'])
      t.equal(sockets.length, isRepeated ? 2 : 1)
    }
  },
)

t.test('connections that are told to close, or idle for too long, are not used again', async t => {
  for (const [answer, waitMs, connections] of [
    [ok, 0, 1],
    [ok, 9000, 1],
    [ok, 11_000, 2],
    [ok.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'), 0, 2],
    [ok.replace('\r\n\r\n', '\r\nkeep-alive: timeout=1\r\n\r\n'), 0, 2],
    [ok.replace('\r\n\r\n', '\r\nkeep-alive: timeout=5\r\n\r\n'), 3900, 1],
    [ok.replace('\r\n\r\n', '\r\nkeep-alive: timeout=5\r\n\r\n'), 4100, 2],
    [ok.replace('1.1', '1.0'), 0, 2],
  ] as const) {
    const clock = new ManualClock()
    const server = await serverOf(t, answering(answer))
    const client = clientOf(t, server.port, { clock, idleTimeoutMs: 10_000, connectionsMax: 2 })
    await client.send(request)
    await clock.advance(waitMs)
    if (waitMs > 10_000) await until(() => server.closedCount() === 1)
    await client.send(request)
    t.equal(server.sockets.length, connections, `${answer} after ${waitMs} ms`)
  }
})

t.test('no more connections are kept without a request than are wanted', async t => {
  const { port, sockets, closedCount } = await serverOf(t, answering(ok))
  const client = clientOf(t, port, { connectionsMax: 0, idleConnectionsMax: 2 })
  await Promise.all(Array.from({ length: 5 }, () => client.send(request)))
  t.equal(sockets.length, 5)
  await until(() => closedCount() === 3)
  await Promise.all([client.send(request), client.send(request)])
  t.equal(sockets.length, 5, 'two were there')
})

t.test('the one used last is used next, and the others grow old', async t => {
  const clock = new ManualClock()
  const server = await serverOf(t, answering(ok))
  const client = clientOf(t, server.port, { clock, idleTimeoutMs: 10_000, connectionsMax: 3 })
  await Promise.all([client.send(request), client.send(request), client.send(request)])
  t.equal(server.sockets.length, 3)
  for (let i = 0; i < 4; i++) {
    await clock.advance(4000)
    await client.send(request)
  }
  await until(() => server.closedCount() === 2)
  t.equal(server.sockets.length, 3)
})

t.test('a peer that takes a connection and never speaks TLS is given up after the time to connect', async t => {
  const clock = new ManualClock()
  const server = await serverOf(t, () => undefined)
  const endpoint = new URL(`https://127.0.0.1:${server.port}`)
  const client = clientOf(t, server.port, { clock, endpoint, connectTimeoutMs: 2000 })
  const failed = t.rejects(client.send(request), { kind: 'connect', message: /2000 ms/ } as never)
  await until(() => server.sockets.length === 1)
  await clock.advance(2001)
  await failed
  await until(() => server.closedCount() === 1)
})

t.test('a request given up in the middle takes its connection with it and no other', async t => {
  const server = await serverOf(t, ({ socket }, index) => {
    if (index === 0) socket.pause()
    else answering(ok)({ socket, received: () => '' })
  })
  const client = clientOf(t, server.port, { connectionsMax: 2 })
  const aborter = new AbortController()
  const large = client.send({ ...request, parts: [Buffer.alloc(32 * 1024 * 1024)], signal: aborter.signal })
  await until(() => server.sockets.length === 1)
  const other = await client.send(request)
  aborter.abort()
  await t.rejects(large, { kind: 'aborted' } as never)
  t.equal(other.status, 200)
  server.sockets[0]!.resume()
  await until(() => server.closedCount() === 1)
  t.equal((await client.send(request)).status, 200)
  t.equal(server.sockets.length, 2)
})

t.test('a server that stops to read is given up, though the request may take as long as it likes', async t => {
  const { port, sockets, closedCount } = await serverOf(t, ({ socket }) => void socket.pause())
  const clock = new ManualClock()
  const client = clientOf(t, port, { clock })
  const body = Buffer.alloc(32 << 20)
  let failure: unknown
  const sent = client.send({ ...request, parts: [body], timeoutMs: 0 }).catch(error => (failure = error))
  await until(() => sockets.length === 1)
  await clock.advance(59_000)
  t.equal(failure, undefined)
  await clock.advance(10_000)
  await sent
  t.match(failure, { kind: 'timeout', message: /read nothing of the request for 60000 ms/ })
  sockets[0]!.resume()
  await until(() => closedCount() === 1)
})

t.test('one that waits for a connection and is given up leaves its place to the next', async t => {
  const { port, sockets } = await serverOf(t, ({ socket }) => void socket)
  const client = clientOf(t, port)
  const first = client.send(request)
  await until(() => sockets.length === 1)
  const aborter = new AbortController()
  const second = client.send({ ...request, signal: aborter.signal })
  const third = client.send(request)
  aborter.abort()
  await t.rejects(second, { kind: 'aborted' } as never)
  sockets[0]!.on('data', () => sockets[0]!.write(ok))
  sockets[0]!.write(ok)
  t.same([(await first).status, (await third).status], [200, 200])
})

t.test('shutting down ends an attempt to connect as well', async t => {
  const server = await serverOf(t, () => undefined)
  const client = clientOf(t, server.port, { endpoint: new URL(`https://127.0.0.1:${server.port}`) })
  const failed = t.rejects(client.send(request), { kind: 'aborted' } as never)
  await until(() => server.sockets.length === 1)
  await client.shutdown()
  await client.shutdown()
  await failed
  await until(() => server.closedCount() === 1)
})

t.test('headers that would change the request’s end, or break their line, are named and not sent', async t => {
  const server = await serverOf(t, answering(ok))
  const client = clientOf(t, server.port)
  for (const [headers, message] of [
    [['content-length', '3'], /content-length/],
    [['transfer-encoding', 'chunked'], /transfer-encoding/],
    [['x', 'a\r\nb: c'], /value of the header x/],
    [['x', '\u20ac'], /value of the header x/],
    [['x y', 'a'], /"x y"/],
    [['', 'a'], /""/],
  ] as const) {
    await t.rejects(client.send({ ...request, headers: [...headers] }), { kind: 'connect', message } as never)
  }
  await t.rejects(client.send({ ...request, path: '/a b' }), { kind: 'connect', message: /path/ } as never)
  t.equal(server.sockets.length, 0)
  t.equal((await client.send({ ...request, headers: ['host', 'other.test'] })).status, 200)
})

t.test('heads that change between requests are not mixed up', async t => {
  const heads: string[] = []
  const server = http.createServer((received, answer) => {
    heads.push(`${received.url} ${received.headers['host']} ${received.headers['a']} ${received.headers['b']}`)
    received.resume()
    received.on('end', () => answer.end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  const client = clientOf(t, port, { headers: ['a', 'all', 'host', 'common.test'] })
  const own = ['b', '1']
  await client.send({ ...request, headers: own })
  own[1] = '2'
  await client.send({ ...request, headers: own })
  await client.send({ ...request, path: '/y?z', headers: ['a', 'one', 'host', 'own.test'] })
  t.same(heads, ['/x common.test all 1', '/x common.test all 2', '/y?z own.test one undefined'])
})

t.test('a proxy with a password is asked with it, for a request and for a tunnel', async t => {
  const asked: string[] = []
  const target = await serverOf(t, answering(ok))
  const proxy = http.createServer((received, answer) => {
    asked.push(
      `${received.method} ${received.url} ${received.headers['host']} ${received.headers['proxy-authorization']}`,
    )
    answer.end()
  })
  proxy.on('connect', (received, socket) => {
    asked.push(`CONNECT ${received.url} ${received.headers['proxy-authorization']}`)
    socket.on('error', () => undefined)
    socket.end('HTTP/1.1 407 Who\r\n\r\n')
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const proxyUrl = `http://us%65r:p%40ss@127.0.0.1:${(proxy.address() as net.AddressInfo).port}`
  t.equal((await clientOf(t, target.port, { proxyUrl }).send(request)).status, 200)
  const endpoint = new URL('https://backend.test')
  const tunnel = clientOf(t, 0, { proxyUrl, endpoint }).send(request)
  await t.rejects(tunnel, { kind: 'connect', message: /^proxy .* CONNECT \S+ with 407; user and password/ } as never)
  const credentials = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
  const host = `127.0.0.1:${target.port}`
  t.same(asked, [`POST http://${host}/x ${host} ${credentials}`, `CONNECT backend.test:443 ${credentials}`])
})
