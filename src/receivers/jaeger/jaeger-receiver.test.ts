import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { readSeries } from '../../telemetry/metric-registry.ts'
import { joinSnapshots, snapshotOf } from '../../telemetry/metric-snapshot.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { batchToProto, jaegerBatch } from '../../testkit/jaeger-oracle.ts'
import { decodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { encodeThrift } from '../../testkit/thrift-oracle.ts'
import { ByteBudget } from '../../transport/byte-budget.ts'
import { jaegerReceiverConfig } from './config.ts'
import { type JaegerProtocol, JaegerReceiver } from './jaeger-receiver.ts'
import { dropsIn, kernelDrops } from './kernel-drops.ts'

const span = {
  traceIdLow: 2n,
  traceIdHigh: 1n,
  spanId: 3n,
  parentSpanId: 0n,
  operationName: 'op',
  flags: 1,
  startTime: 1_700_000_000_000_000n,
  duration: 5n,
}
const batch = { process: { serviceName: 'shop' }, spans: [span] }

type Tap = { teardown(action: () => void | Promise<void>): void }

async function setUp(t: Tap, udpKeys = '') {
  const settings = componentSettings('jaeger', { host: testHost({ admission: new ByteBudget(1 << 20) }) })
  const world = {
    settings,
    batches: [] as OtlpBatch[],
    refuse: undefined as ConsumeError | undefined,
    /** Called for every batch before it is taken. */
    wait: undefined as Promise<void> | undefined,
    arrived: (_count: number) => {},
    port: (protocol: JaegerProtocol) => receiver.listener(protocol)!.port,
    receiver: undefined as unknown as JaegerReceiver,
  }
  const consumer = {
    async consume(taken: OtlpBatch) {
      await world.wait
      if (world.refuse !== undefined) throw world.refuse
      world.batches.push(taken)
      world.arrived(world.batches.length)
    },
  }
  const endpoint = '{endpoint: 127.0.0.1:0}'
  const udp = `{endpoint: "127.0.0.1:0"${udpKeys}}`
  const yaml = `protocols: {grpc: ${endpoint}, thrift_http: ${endpoint}, thrift_compact: ${udp}, thrift_binary: ${udp}}`
  const receiver = new JaegerReceiver(parseConfig(jaegerReceiverConfig, yaml), settings, { get: () => consumer })
  world.receiver = receiver
  await receiver.start()
  t.teardown(() => receiver.shutdown({ atMs: 0 }))
  return world
}

/** Resolves once that many batches have come. */
function received(world: Awaited<ReturnType<typeof setUp>>, count: number): Promise<void> {
  return new Promise(resolve => {
    if (world.batches.length >= count) resolve()
    world.arrived = have => {
      if (have >= count) resolve()
    }
  })
}

const spansOf = ({ bytes }: OtlpBatch) =>
  (
    decodePlain('traces', bytes) as unknown as { resourceSpans: { scopeSpans: { spans: Plain[] }[] }[] }
  ).resourceSpans.flatMap(group => group.scopeSpans.flatMap(({ spans }) => spans))

function post(
  port: number,
  body: Uint8Array,
  headers: Record<string, string> = {},
  path = '/api/traces?format=jaeger.thrift',
) {
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
}

t.test('thrift over HTTP: every media type that clients use, and the answers', async t => {
  const world = await setUp(t)
  const body = encodeThrift('binary', jaegerBatch, batch)
  const send = (type: string, bytes: Uint8Array = body, path?: string) =>
    post(world.port('thrift_http'), bytes, { 'content-type': type }, path)
  for (const type of [
    'application/x-thrift',
    'Application/Vnd.Apache.Thrift.Binary; charset=utf-8',
    'application/octet-stream',
  ]) {
    t.equal((await send(type)).status, 202, type)
  }
  t.equal(world.batches.length, 3)
  t.match(spansOf(world.batches[0]!), [
    { traceId: '00000000000000010000000000000002', spanId: '0000000000000003', name: 'op' },
  ])
  const bad = await send('application/x-thrift', body.subarray(0, 20))
  t.equal(bad.status, 400)
  t.match(await bad.text(), /at byte \d+/)
  t.equal((await send('text/plain')).status, 415)
  t.equal((await send('application/x-thrift', body, '/other')).status, 404)
  world.refuse = new ConsumeError('overloaded', 'full', { reason: 'queue_full', retryDelayMs: 1500 })
  const full = await send('application/x-thrift')
  t.same([full.status, full.headers.get('retry-after')], [503, '2'])
  t.equal(world.settings.host.admission.usedBytes, 0)
  t.equal(world.settings.ledger.imbalance('traces'), 3, 'only what the consumer here took is open')
})

t.test('PostSpans of the official gRPC client', async t => {
  const world = await setUp(t)
  const client = new grpc.Client(`127.0.0.1:${world.port('grpc')}`, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const identity = (bytes: Buffer) => bytes
  const call = (bytes: Uint8Array) =>
    new Promise<{ code: number | undefined; body: Buffer | undefined }>(resolve =>
      client.makeUnaryRequest(
        '/jaeger.api_v2.CollectorService/PostSpans',
        identity,
        identity,
        Buffer.from(bytes),
        (error, body) => resolve({ code: error?.code, body }),
      ),
    )
  t.match(await call(batchToProto(batch)), { code: undefined, body: Buffer.alloc(0) })
  t.match(spansOf(world.batches[0]!), [{ name: 'op', flags: 1 }])
  t.match(await call(Buffer.from([0x0a, 0x05])), { code: 3 })
  world.refuse = new ConsumeError('permanent', 'no', { reason: 'permanent' })
  t.ok((await call(batchToProto(batch))).code !== undefined)
})

t.test('datagrams of both encodings; what cannot be taken is counted by its reason', async t => {
  const world = await setUp(t, ', max_packet_size: 200, queue_size: 2')
  const socket = createSocket('udp4')
  t.teardown(() => {
    socket.close()
  })
  const send = (protocol: 'thrift_compact' | 'thrift_binary', bytes: Uint8Array) =>
    new Promise<void>(resolve => socket.send(bytes, world.port(protocol), '127.0.0.1', () => resolve()))
  const compact = encodeThrift('compact', jaegerBatch, batch, 'emitBatch')
  const binary = encodeThrift('binary', jaegerBatch, batch, 'emitBatch')
  await send('thrift_compact', compact)
  await send('thrift_binary', binary)
  await received(world, 2)
  t.same(
    world.batches.map(taken => spansOf(taken).length),
    [1, 1],
  )
  const counted = (name: string, transport: string, reason?: string) =>
    world.settings.registry.value(name, {
      receiver: 'jaeger',
      transport: `udp_${transport}`,
      ...(reason === undefined ? {} : { reason }),
    })
  await send('thrift_compact', Buffer.alloc(0))
  await send('thrift_compact', binary)
  await send('thrift_compact', Buffer.alloc(201, 1))
  let release = () => {}
  world.wait = new Promise(resolve => {
    release = resolve
  })
  for (let i = 0; i < 3; i++) await send('thrift_compact', compact)
  while (counted('sluice_receiver_datagrams', 'thrift_compact') !== 7)
    await new Promise(resolve => setImmediate(resolve))
  t.equal(counted('sluice_receiver_datagrams_dropped', 'thrift_compact', 'malformed'), 2)
  t.equal(counted('sluice_receiver_datagrams_dropped', 'thrift_compact', 'too_large'), 1)
  t.equal(counted('sluice_receiver_datagrams_dropped', 'thrift_compact', 'queue_full'), 1)
  t.equal(world.settings.host.admission.usedBytes, compact.length * 2)
  release()
  await received(world, 4)
  world.refuse = new ConsumeError('overloaded', 'full', { reason: 'queue_full' })
  await send('thrift_compact', compact)
  while (world.settings.ledger.entry('traces').rejected.get('queue_full') !== 1)
    await new Promise(resolve => setImmediate(resolve))
  t.equal(world.settings.host.admission.usedBytes, 0)
  world.refuse = undefined
  t.ok(world.settings.host.admission.tryReserve(1 << 20))
  await send('thrift_compact', compact)
  while (counted('sluice_receiver_datagrams_dropped', 'thrift_compact', 'admission') !== 1)
    await new Promise(resolve => setImmediate(resolve))
})

t.test('what the kernel dropped is read from its table', async t => {
  const table = [
    '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
    '  221: 0100007F:1AAF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 43210 2 0000000000000000 17',
    '  222: 0100007F:1AB0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 43211 2 0000000000000000 5',
    '  223: 00000000:1AAF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 43212 2 0000000000000000 3',
  ].join('\n')
  t.equal(dropsIn(table, 6831), 20)
  t.equal(dropsIn(table, 6832), 5)
  t.equal(dropsIn('', 6831), 0)
})

t.test(
  'what the kernel dropped counts once, however many processes share the socket',
  { skip: process.platform !== 'linux' && 'only Linux tells' },
  async t => {
    const world = await setUp(t, ', socket_buffer_size: 4096')
    const port = world.port('thrift_compact')
    const socket = createSocket('udp4')
    t.teardown(() => void socket.close())
    await new Promise<void>(resolve => socket.connect(port, '127.0.0.1', resolve))
    // Sent in one turn of the event loop, in which nobody reads.
    const sent = Array.from({ length: 500 }, () => new Promise(resolve => socket.send(Buffer.alloc(1000), resolve)))
    await Promise.all(sent)
    const dropped = kernelDrops(port)
    t.ok(dropped > 0)
    const each = snapshotOf(world.settings.registry.families())
    const joined = joinSnapshots([each, each]).find(({ description }) => description.name.endsWith('_by_kernel'))
    const series = [...joined!.series.values()].find(({ labels }) => labels.transport === 'udp_thrift_compact')
    t.equal(series && readSeries(series), dropped)
  },
)

const grantedBytesMax = () => Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))

t.test(
  'a burst of full datagrams has room until somebody reads',
  {
    skip:
      process.platform !== 'linux'
        ? 'only Linux tells'
        : grantedBytesMax() < 4 << 20 && 'the system grants no more than its default',
  },
  async t => {
    const port = (await setUp(t)).port('thrift_compact')
    const socket = createSocket('udp4')
    t.teardown(() => void socket.close())
    await new Promise<void>(resolve => socket.connect(port, '127.0.0.1', resolve))
    const sent = Array.from({ length: 40 }, () => new Promise(resolve => socket.send(Buffer.alloc(60_000), resolve)))
    await Promise.all(sent)
    t.equal(kernelDrops(port), 0)
  },
)

t.test('shutdown waits for datagrams that were taken, no longer than its deadline', async t => {
  const world = await setUp(t)
  const socket = createSocket('udp4')
  let release = () => {}
  world.wait = new Promise(resolve => {
    release = resolve
  })
  const compact = encodeThrift('compact', jaegerBatch, batch, 'emitBatch')
  socket.send(compact, world.port('thrift_compact'), '127.0.0.1')
  while (world.settings.host.admission.usedBytes === 0) await new Promise(resolve => setImmediate(resolve))
  const done = world.receiver.shutdown({ atMs: world.settings.clock.nowMs() + 10_000 })
  release()
  await done
  t.equal(world.batches.length, 1)
  socket.close()
})

t.test('a reload keeps sockets whose keys stay and opens the others first', async t => {
  const world = await setUp(t)
  const before = ['grpc', 'thrift_http', 'thrift_compact'].map(name => world.port(name as JaegerProtocol))
  const [grpcPort, httpPort, udpPort] = before
  const yaml = `protocols: {grpc: {endpoint: "127.0.0.1:0"}, thrift_http: {endpoint: "127.0.0.1:0"}, thrift_compact: {endpoint: "127.0.0.1:0"}}`
  t.equal(await world.receiver.reconfigure(parseConfig(jaegerReceiverConfig, yaml)), true)
  t.same([world.port('grpc'), world.port('thrift_http'), world.port('thrift_compact')], [grpcPort, httpPort, udpPort])
  t.equal(world.receiver.listener('thrift_binary'), undefined)
  const taken = createSocket('udp4').bind(0, '127.0.0.1')
  await once(taken, 'listening')
  const clash = `protocols: {thrift_binary: {endpoint: "127.0.0.1:${taken.address().port}"}}`
  await t.rejects(world.receiver.reconfigure(parseConfig(jaegerReceiverConfig, clash)), /cannot listen/)
  t.equal(world.port('grpc'), grpcPort, 'a failure changes nothing')
  taken.close()
})

/** The old client for Node, as applications use it. */
interface OldTracer {
  startSpan(
    name: string,
    options: object,
  ): { context(): object; setTag(key: string, value: unknown): void; log(fields: object): void; finish(): void }
  inject: unknown
  close(done: () => void): void
}
const require = createRequire(import.meta.url)
const jaegerClient = require('jaeger-client') as { initTracer(config: object, options: object): OldTracer }
const { followsFrom } = require('opentracing') as { followsFrom(context: object): object }

for (const way of ['thrift_binary', 'thrift_http'] as const) {
  t.test(`the old jaeger-client over ${way}: names, kinds, status, events, references and values arrive`, async t => {
    const world = await setUp(t)
    const port = world.port(way)
    const tracer = jaegerClient.initTracer(
      {
        serviceName: 'old-shop',
        sampler: { type: 'const', param: 1 },
        reporter: {
          flushIntervalMs: 50,
          ...(way === 'thrift_http'
            ? { collectorEndpoint: `http://127.0.0.1:${port}/api/traces` }
            : { agentHost: '127.0.0.1', agentPort: port }),
        },
      },
      { tags: { 'custom.tag': 'naïve 🎉' } },
    )
    const parent = tracer.startSpan('parent', { tags: { 'span.kind': 'server', 'http.status_code': 200 } })
    const child = tracer.startSpan('child', { childOf: parent.context(), references: [followsFrom(parent.context())] })
    child.setTag('error', true)
    child.setTag('binary', Buffer.from([0, 255]))
    child.log({ event: 'retry', attempt: 3 })
    child.finish()
    parent.finish()
    await new Promise<void>(resolve => tracer.close(resolve))
    while (world.batches.flatMap(spansOf).length < 2) await new Promise(resolve => setImmediate(resolve))
    const spans = world.batches.flatMap(spansOf)
    const byName = new Map(spans.map(each => [each['name'], each]))
    const parentSpan = byName.get('parent')!
    const childSpan = byName.get('child')!
    t.match(parentSpan, { kind: 2, flags: 1, traceId: /^[0-9a-f]{32}$/, spanId: /^[0-9a-f]{16}$/ })
    t.equal(childSpan['parentSpanId'], parentSpan['spanId'])
    t.equal(childSpan['traceId'], parentSpan['traceId'])
    t.match(childSpan, {
      status: { code: 2 },
      events: [{ name: 'retry', attributes: [{ key: 'attempt', value: { doubleValue: 3 } }] }],
    })
    const text = JSON.stringify(decodePlain('traces', world.batches[0]!.bytes))
    t.match(text, /"service.name","value":\{"stringValue":"old-shop"/)
    t.match(text, /naïve 🎉/)
    t.match(text, /opencensus.exporterversion","value":\{"stringValue":"Jaeger-Node-/)
    t.match(text, /"binary","value":\{"bytesValue":"00ff"|"binary"/)
  })
}
