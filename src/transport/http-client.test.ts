import http from 'node:http'
import net from 'node:net'
import t from 'tap'
import { systemClock } from '../clock/clock.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import type { HttpClient, HttpClientSettings } from './client.ts'
import { HttpSocketClient } from './h1/http-socket-client.ts'
import { createHttpClient } from './http-client.ts'
import { UndiciClient } from './undici-http-client.ts'

type Tap = { teardown(action: () => void | Promise<void>): void }

async function serverOf(t: Tap, answer: http.RequestListener) {
  const server = http.createServer(answer)
  let connectionCount = 0
  server.on('connection', () => connectionCount++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, connections: () => connectionCount }
}

type ClientFactory = (settings: HttpClientSettings) => HttpClient

function clientWith(create: ClientFactory, t: Tap, port: number, overrides: Partial<HttpClientSettings> = {}) {
  const client = create({
    endpoint: new URL(`http://127.0.0.1:${port}/ignored`),
    headers: ['x-all', 'every', 'x-both', 'client'],
    connectionsMax: 2,
    idleTimeoutMs: 10_000,
    connectTimeoutMs: 1000,
    responseBytesMax: 1000,
    clock: systemClock,
    ...overrides,
  })
  t.teardown(() => client.shutdown())
  return client
}

const request = { path: '/v1/x?a=1', headers: ['x-both', 'request'], parts: [Buffer.from('hello')], timeoutMs: 3000 }

for (const [name, create] of [
  ['sockets', createHttpClient],
  ['undici', settings => new UndiciClient(settings)],
] as [string, ClientFactory][]) {
  const clientOf = (t: Tap, port: number, overrides: Partial<HttpClientSettings> = {}) =>
    clientWith(create, t, port, overrides)

  t.test(
    `${name}: sends parts as one body with its length, keeps connections, and gives back what was answered`,
    async t => {
      const bodies: string[] = []
      const { port, connections } = await serverOf(t, async (received, answer) => {
        let body = ''
        for await (const chunk of received) body += chunk
        bodies.push(`${received.method} ${received.url} ${received.headers['content-length']} ${body}`)
        answer.writeHead(429, {
          'retry-after': '7',
          'x-echo': received.headers['x-both'],
          'x-all': received.headers['x-all'],
        })
        answer.end('busy')
      })
      const client = clientOf(t, port)
      for (const parts of [[], [Buffer.from('one')], [Buffer.from('on'), Buffer.from(''), Buffer.from('e!')]]) {
        const answer = await client.send({ ...request, parts })
        t.match([answer.status, answer.header('retry-after'), String(answer.body)], [429, '7', 'busy'])
        t.equal(answer.header('x-echo'), 'request', 'a request’s header wins over the client’s')
        t.equal(answer.header('x-all'), 'every')
      }
      t.same(bodies, ['POST /v1/x?a=1 0 ', 'POST /v1/x?a=1 3 one', 'POST /v1/x?a=1 4 one!'])
      t.ok(connections() <= 2)
      await Promise.all(Array.from({ length: 20 }, () => client.send(request)))
      t.equal(connections(), 2, 'never more than allowed')
    },
  )

  t.test(`${name}: many small parts and large ones between them arrive in their order`, async t => {
    const received: Buffer[] = []
    const { port } = await serverOf(t, async (request, answer) => {
      for await (const chunk of request) received.push(chunk)
      answer.end()
    })
    const lengths = [0, 3500, 40_000, 1, ...Array.from({ length: 300 }, (_, i) => 1000 + i), 32 * 1024, 0, 200_000, 7]
    const parts = lengths.map((length, i) => Buffer.alloc(length, i))
    t.equal((await clientOf(t, port).send({ ...request, parts })).status, 200)
    t.ok(Buffer.concat(received).equals(Buffer.concat(parts)))
  })

  t.test(`${name}: a redirect is an answer like any other`, async t => {
    const { port } = await serverOf(t, (_received, answer) => {
      answer.writeHead(307, { location: 'http://127.0.0.1:1/' })
      answer.end()
    })
    t.equal((await clientOf(t, port).send(request)).status, 307)
  })

  t.test(`${name}: what never connects, never answers, breaks off or answers too much is told apart`, async t => {
    const { port } = await serverOf(t, (received, answer) => {
      received.resume()
      if (received.url === '/cut') answer.socket!.destroy()
      else if (received.url === '/half')
        answer.writeHead(200, { 'content-length': '10' }).write('x', () => answer.destroy())
      else if (received.url === '/fits') answer.end('a'.repeat(1000))
      else if (received.url === '/big') answer.end('a'.repeat(1001))
      else if (received.url === '/stream') answer.write('a'.repeat(600), () => answer.end('a'.repeat(600)))
    })
    const client = clientOf(t, port)
    await t.rejects(client.send({ ...request, path: '/cut' }), { kind: 'lost' } as never)
    await t.rejects(client.send({ ...request, path: '/half' }), { kind: 'lost' } as never)
    await t.rejects(client.send({ ...request, path: '/big' }), { kind: 'response_too_large' } as never)
    await t.rejects(client.send({ ...request, path: '/stream' }), { kind: 'response_too_large' } as never)
    t.equal((await client.send({ ...request, path: '/fits' })).body.length, 1000)
    await t.rejects(client.send({ ...request, timeoutMs: 30 }), { kind: 'timeout' } as never)
    const aborter = new AbortController()
    const aborted = t.rejects(client.send({ ...request, signal: aborter.signal }), { kind: 'aborted' } as never)
    aborter.abort()
    await aborted
    const early = AbortSignal.abort()
    await t.rejects(client.send({ ...request, signal: early }), { kind: 'aborted' } as never)
    const hanging = t.rejects(client.send(request), { kind: 'aborted' } as never)
    await client.shutdown()
    await hanging
    await t.rejects(client.send(request), { kind: 'aborted' } as never)
    await t.rejects(clientOf(t, 1).send(request), { kind: 'connect' } as never)
  })

  t.test(`${name}: an answer that is not HTTP is a mistake of the protocol`, async t => {
    const server = net.createServer(socket => {
      socket.on('error', () => undefined)
      socket.end('SSH-2.0-OpenSSH\r\n')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void server.close())
    const { port } = server.address() as net.AddressInfo
    await t.rejects(clientOf(t, port).send(request), { kind: 'protocol' } as never)
  })

  t.test(`${name}: the deadline covers waiting for a connection`, async t => {
    const clock = new ManualClock()
    const { port } = await serverOf(t, () => undefined)
    const client = clientOf(t, port, { clock, connectionsMax: 1 })
    const both = Promise.all([
      t.rejects(client.send({ ...request, timeoutMs: 100 }), { kind: 'timeout' } as never),
      t.rejects(client.send({ ...request, timeoutMs: 100 }), { kind: 'timeout' } as never),
    ])
    await clock.advance(101)
    await both
  })

  t.test(`${name}: a Unix socket`, async t => {
    const folder = t.testdir({})
    const server = http.createServer((received, answer) => answer.end(received.url))
    await new Promise<void>(resolve => server.listen(`${folder}/s`, resolve))
    t.teardown(() => void server.close())
    const client = clientOf(t, 0, { endpoint: new URL(`unix://${folder}/s`), idleTimeoutMs: 1 })
    t.equal(String((await client.send(request)).body), '/v1/x?a=1')
    await client.shutdown()
  })

  t.test(`${name}: a proxy gets the whole URL of a plain endpoint`, async t => {
    const asked: string[] = []
    const proxy = await serverOf(t, (received, answer) => {
      asked.push(received.url ?? '')
      answer.end('through')
    })
    const client = clientOf(t, 1, { proxyUrl: `http://127.0.0.1:${proxy.port}` })
    t.equal(String((await client.send(request)).body), 'through')
    t.same(asked, ['http://127.0.0.1:1/v1/x?a=1'])
  })

  if (name === 'sockets') {
    t.test(`${name}: a proxy that is away is said to be one`, async t => {
      // Nobody may listen on port 1 of the loopback.
      const client = clientOf(t, 1, { proxyUrl: 'http://user:secret@127.0.0.1:1' })
      const message = /^proxy 127\.0\.0\.1:1 .*HTTP_PROXY.*ECONNREFUSED/
      await t.rejects(client.send(request), { kind: 'connect', message } as never)
    })
  }

  t.test(`${name}: a proxy opens a tunnel for TLS`, async t => {
    const asked: string[] = []
    const proxy = http.createServer()
    proxy.on('connect', (received, socket) => {
      asked.push(received.url ?? '')
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void proxy.close())
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`
    const client = clientOf(t, 1, { proxyUrl, endpoint: new URL('https://backend.test:4318') })
    await t.rejects(client.send(request), { kind: 'connect' } as never)
    t.same(asked, ['backend.test:4318'])
  })
}

t.test('undici is there for a proxy that is asked over TLS, and for nothing else', async t => {
  const kinds = [undefined, 'http://proxy.test:3128', 'https://proxy.test:3128'].map(proxyUrl => {
    const client = clientWith(createHttpClient, t, 1, { proxyUrl })
    return client instanceof HttpSocketClient ? 'sockets' : client instanceof UndiciClient ? 'undici' : 'neither'
  })
  t.same(kinds, ['sockets', 'sockets', 'undici'])
})
