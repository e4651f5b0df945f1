import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import t, { type Test } from 'tap'
import { ManualClock } from '../../testkit/manual-clock.ts'
import { frameMessage } from '../grpc.ts'
import { GrpcSocketClient } from './grpc-socket-client.ts'

const timeoutMs = 5_000
const request = { path: '/test.Echo/Call', headers: [], parts: [Buffer.from('hello')], timeoutMs }
const turn = () => new Promise(resolve => setImmediate(resolve))

/** A backend behind something that can swallow all that connections carry. */
async function setUp(t: Test) {
  const world = { connections: 0, closed: 0, pings: 0, answers: true, swallow: () => {} }
  const server = http2.createServer()
  server.on('session', session => {
    session.on('error', () => undefined)
    session.on('ping', () => world.pings++)
  })
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    stream.resume()
    stream.on('end', () => {
      if (!world.answers) return
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(frameMessage(Buffer.from('pong')))
    })
  })
  const sockets = new Set<net.Socket>()
  const between = net.createServer(near => {
    world.connections++
    const far = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
    let isOpen = true
    const swallow = world.swallow
    world.swallow = () => {
      isOpen = false
      swallow()
    }
    near.on('data', bytes => void (isOpen && far.write(bytes)))
    far.on('data', bytes => void (isOpen && near.write(bytes)))
    near.on('close', () => world.closed++)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
  })
  for (const each of [server, between]) {
    each.listen(0, '127.0.0.1')
    await once(each, 'listening')
  }
  const clock = new ManualClock()
  const client = new GrpcSocketClient({
    target: `127.0.0.1:${(between.address() as net.AddressInfo).port}`,
    headers: [],
    userAgent: 'test',
    compression: 'identity',
    pingIntervalMs: 0,
    pingTimeoutMs: 0,
    pingWithoutCalls: false,
    connectTimeoutMs: 1000,
    responseBytesMax: 100_000,
    clock,
  })
  t.teardown(async () => {
    await client.shutdown()
    for (const socket of sockets) socket.destroy()
    server.close()
    between.close()
  })
  const lateCall = async () => {
    const failed = client.send(request).catch((error: unknown) => error)
    await turn()
    await clock.advance(timeoutMs)
    t.match(await failed, { kind: 'timeout' })
  }
  return { world, client, clock, lateCall }
}

t.test('a connection that swallows everything is found out by the first call that waits in vain', async t => {
  const { world, client, clock, lateCall } = await setUp(t)
  t.equal((await client.send(request)).status, 0)
  world.swallow()
  await clock.advance(1)
  await lateCall()
  // Others on the connection need not wait for their own deadline.
  const caught = client.send({ ...request, timeoutMs: 60_000 }).catch((error: unknown) => error)
  await turn()
  await clock.advance(4_000)
  t.match(await caught, { kind: 'lost', message: /PING/ })
  while (world.closed === 0) await turn()
  t.equal((await client.send(request)).status, 0)
  t.equal(world.connections, 2)
})

t.test('a server that is slow keeps its connection, and is asked once a minute', async t => {
  const { world, client, clock, lateCall } = await setUp(t)
  t.equal((await client.send(request)).status, 0)
  world.answers = false
  await clock.advance(1)
  await lateCall()
  while (world.pings === 0) await turn()
  for (let i = 0; i < 5; i++) {
    await clock.advance(1_000)
    for (let j = 0; j < 20; j++) await turn()
  }
  for (let i = 0; i < 5; i++) await lateCall()
  t.equal(world.pings, 1)
  world.answers = true
  t.equal((await client.send(request)).status, 0)
  t.equal(world.connections, 1)
})
