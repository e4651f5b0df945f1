import http2 from 'node:http2'
import net from 'node:net'
import { gzipSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spans, tracesPath } from '../../testkit/otlp-receiver-run.ts'
import { frameMessage } from '../../transport/grpc.ts'
import { decodeRpcStatus } from '../../transport/rpc-status.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

type Tap = { teardown(action: () => void | Promise<void>): void }

async function setUp(t: Tap, grpcMore = '') {
  const settings = componentSettings('otlp')
  const world = {
    settings,
    batches: [] as OtlpBatch[],
    refuse: undefined as ConsumeError | undefined,
    wait: undefined as Promise<void> | undefined,
    grpcPort: 0,
    httpPort: 0,
  }
  const consumer = {
    async consume(batch: OtlpBatch) {
      await world.wait
      if (world.refuse !== undefined) throw world.refuse
      world.batches.push(batch)
    },
  }
  const yaml = `protocols: {grpc: {endpoint: "127.0.0.1:0"${grpcMore}}, http: {endpoint: "127.0.0.1:0"}}`
  const receiver = new OtlpReceiver(parseConfig(otlpReceiverConfig, yaml), settings, { get: () => consumer })
  await receiver.start()
  world.grpcPort = receiver.port('grpc')!
  world.httpPort = receiver.port('http')!
  t.teardown(() => receiver.shutdown({ atMs: 0 }))
  return world
}

const identity = (bytes: Buffer) => bytes

/** A call of the official client, which checks framing, headers and trailers for itself. */
function officialClient(t: Tap, port: number, options: grpc.ClientOptions = {}) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options)
  t.teardown(() => client.close())
  return (message: Buffer, callOptions: grpc.CallOptions = {}, path = tracesPath) =>
    new Promise<{ code: number; details: string; body?: Buffer; metadata: grpc.Metadata }>(resolve => {
      let body: Buffer | undefined
      const call = client.makeUnaryRequest(path, identity, identity, message, callOptions, (_error, received) => {
        body = received
      })
      call.on('status', status => resolve({ ...status, ...(body === undefined ? {} : { body }) }))
    })
}

t.test('the official gRPC client: small, large, compressed, many at once', async t => {
  const world = await setUp(t)
  const call = officialClient(t, world.grpcPort)
  t.match(await call(spans(1)), { code: 0, body: Buffer.alloc(0) })
  t.match(await call(spans(20_000, 'a name that makes it long '.repeat(15))), { code: 0 })
  const zipped = officialClient(t, world.grpcPort, { 'grpc.default_compression_algorithm': 2 })
  t.match(await zipped(spans(1000)), { code: 0 })
  const many = await Promise.all(Array.from({ length: 400 }, () => call(spans(10))))
  t.ok(many.every(({ code }) => code === 0))
  t.equal(world.batches.length, 403)
  t.equal(world.settings.host.admission.usedBytes, 0)
})

t.test('the official gRPC client understands refusals, with RetryInfo where it may come again', async t => {
  const world = await setUp(t)
  const call = officialClient(t, world.grpcPort)
  world.refuse = new ConsumeError('overloaded', 'voll – 100 %', { reason: 'queue_full', retryDelayMs: 1500 })
  const refused = await call(spans(1))
  t.match(refused, { code: 14, details: 'voll – 100 %' })
  const [details] = refused.metadata.get('grpc-status-details-bin')
  t.match(decodeRpcStatus(details as Buffer), { code: 14, retryDelayMs: 1500 })
  t.match(await call(spans(1), {}, '/no.Such/Method'), { code: 12 })
  t.match(await call(Buffer.from('garbage')), { code: 3 })
})

t.test('gRPC health checks are answered, for the server and its services', async t => {
  const world = await setUp(t)
  const call = officialClient(t, world.grpcPort)
  const check = (service: string) => {
    const name = Buffer.from(service)
    return call(Buffer.concat([Buffer.of(0x0a, name.length), name]), {}, '/grpc.health.v1.Health/Check')
  }
  t.match(await call(Buffer.alloc(0), {}, '/grpc.health.v1.Health/Check'), { code: 0, body: Buffer.of(8, 1) })
  t.match(await check('opentelemetry.proto.collector.trace.v1.TraceService'), { code: 0, body: Buffer.of(8, 1) })
  t.match(await check('some.Other'), { code: 5 })
  t.match(await call(Buffer.alloc(0), {}, '/grpc.health.v1.Health/Watch'), { code: 12 })
})

t.test('a client that gives up at its deadline harms nobody, and its answer has no effect', async t => {
  const world = await setUp(t)
  const call = officialClient(t, world.grpcPort)
  let release = () => {}
  world.wait = new Promise(resolve => {
    release = resolve
  })
  t.match(await call(spans(1), { deadline: Date.now() + 30 }), { code: 4 })
  release()
  world.wait = undefined
  t.match(await call(spans(1)), { code: 0 })
  t.equal(world.settings.host.admission.usedBytes, 0)
})

/** Opens HTTP/2 streams without any gRPC library. */
function rawClient(t: Tap, port: number) {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return (body: Uint8Array, headers: http2.OutgoingHttpHeaders = {}) =>
    new Promise<Record<string, unknown>>(resolve => {
      const stream = session.request({
        ':method': 'POST',
        ':path': tracesPath,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      })
      const answer: Record<string, unknown> = {}
      stream.on('response', received => Object.assign(answer, received))
      stream.on('trailers', received => Object.assign(answer, received))
      stream.on('error', () => undefined)
      stream.on('close', () => resolve(answer))
      stream.resume()
      stream.end(body)
    })
}

t.test('broken gRPC framing is INVALID_ARGUMENT, and the connection goes on', async t => {
  const world = await setUp(t)
  const call = rawClient(t, world.grpcPort)
  const message = frameMessage(spans(1))
  const zipped = frameMessage(gzipSync(spans(1)), true)
  const gzip = { 'grpc-encoding': 'gzip' }
  for (const [name, body, headers, status] of [
    ['no message', Buffer.alloc(0), {}, '3'],
    ['a cut prefix', message.subarray(0, 3), {}, '3'],
    ['a cut message', message.subarray(0, message.length - 1), {}, '3'],
    ['two messages', Buffer.concat([message, message]), {}, '3'],
    ['an unknown flag', Buffer.concat([Buffer.of(7), message.subarray(1)]), {}, '3'],
    ['compressed without a name', zipped, {}, '3'],
    ['corrupt gzip', frameMessage(Buffer.from('nope'), true), gzip, '3'],
    ['gzip and garbage', frameMessage(Buffer.concat([gzipSync(spans(1)), Buffer.of(1)]), true), gzip, '3'],
    ['an encoding nobody knows', zipped, { 'grpc-encoding': 'br' }, '12'],
    ['a length of four gigabytes', Buffer.of(0, 255, 255, 255, 255, 1), {}, '8'],
    ['gzip, as announced', zipped, gzip, '0'],
    ['not compressed, as a message may be', message, gzip, '0'],
  ] as const) {
    const answer = await call(body, headers)
    t.match(answer, { ':status': 200, 'grpc-status': status }, name)
    if (status === '12') t.match(answer['grpc-accept-encoding'], /gzip/)
  }
  t.match(await call(message, { 'content-type': 'application/json' }), { ':status': 415 })
  t.match(await call(message, { 'content-type': 'application/grpc-web' }), { ':status': 415 })
  t.match(await call(message, { 'content-type': 'application/grpc+json' }), { ':status': 415 })
  t.match(await call(message, { 'content-type': 'application/grpc+proto' }), { 'grpc-status': '0' })
  t.match(await call(message, { ':method': 'PUT' }), { ':status': 405 })
  t.equal(world.batches.length, 3)
})

t.test('a bomb is refused over both protocols, and not to be sent again', async t => {
  const world = await setUp(t)
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const overGrpc = await rawClient(t, world.grpcPort)(frameMessage(bomb, true), { 'grpc-encoding': 'gzip' })
  t.match(overGrpc, { 'grpc-status': '8' })
  t.equal(overGrpc['grpc-status-details-bin'], undefined, 'not to be retried')
  const answer = await fetch(`http://127.0.0.1:${world.httpPort}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    body: bomb,
  })
  t.equal(answer.status, 413)
  t.equal(answer.headers.get('retry-after'), null)
  t.equal(world.settings.host.admission.usedBytes, 0)
})

t.test('two million empty spans in four megabytes are refused by their number', async t => {
  const world = await setUp(t)
  const body = Buffer.alloc(4_000_000)
  for (let i = 0; i < body.length; i += 2) body[i] = 0x12
  const writer = new WireWriter()
  const group = writer.open(1)
  writer.bytesField(2, body)
  writer.close(group)
  t.match(await rawClient(t, world.grpcPort)(frameMessage(writer.finish())), { 'grpc-status': '8' })
  t.same(world.batches, [])
})

t.test('bytes that are no HTTP, sent at random, leave the process and other connections alone', async t => {
  const world = await setUp(t)
  const call = rawClient(t, world.grpcPort)
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const settings = Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0)
  let seed = 20_261_121
  const random = (max: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * max)
  }
  for (let round = 0; round < 60; round++) {
    const noise = Buffer.from(Array.from({ length: 1 + random(300) }, () => random(256)))
    const frame = Buffer.concat([
      Buffer.of(0, 0, noise.length & 255, random(12), random(256), 0, 0, 0, random(6)),
      noise.subarray(0, noise.length & 255),
    ])
    const starts = [noise, Buffer.concat([preface, noise]), Buffer.concat([preface, settings, frame, frame])]
    const port = round % 2 === 0 ? world.grpcPort : world.httpPort
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    socket.end(starts[round % 3]!)
    await new Promise(resolve => socket.once('close', resolve))
  }
  t.match(await call(frameMessage(spans(1))), { 'grpc-status': '0' })
  t.equal(world.settings.host.admission.usedBytes, 0)
})

t.test('random damage to a good request is answered, never with success it does not deserve', async t => {
  const world = await setUp(t)
  const call = rawClient(t, world.grpcPort)
  const good = spans(5)
  let seed = 7
  const random = (max: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * max)
  }
  const answers = new Map<unknown, number>()
  for (let round = 0; round < 150; round++) {
    const body = Buffer.from(good)
    for (let i = 0; i <= random(3); i++) body[random(body.length)] = random(256)
    const answer = await call(frameMessage(body))
    answers.set(answer['grpc-status'], (answers.get(answer['grpc-status']) ?? 0) + 1)
  }
  t.ok(
    [...answers.keys()].every(status => status === '0' || status === '3'),
    'OK or INVALID_ARGUMENT',
  )
  t.ok((answers.get('3') ?? 0) > 20)
  const received = world.settings.ledger.entry('traces').received
  t.equal(
    received,
    world.batches.reduce((sum, { itemCount }) => sum + itemCount, 0),
  )
})
