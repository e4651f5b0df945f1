import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { encodeThriftList } from '../../testkit/thrift-oracle.ts'
import { spansToProto, zipkinV1Span } from '../../testkit/zipkin-oracle.ts'
import { zipkinReceiverConfig } from './config.ts'
import { ZipkinReceiver } from './zipkin-receiver.ts'

const span = { traceId: '0af7651916cd43dd8448eb211c80319c', id: 'b7ad6b7169203331', name: 'get', timestamp: 1 }

type Tap = { teardown(action: () => void | Promise<void>): void }

async function setUp(t: Tap, keys = '', overrides: Parameters<typeof componentSettings>[1] = {}) {
  const settings = componentSettings('zipkin', overrides)
  const world = {
    settings,
    batches: [] as OtlpBatch[],
    refuse: undefined as ConsumeError | undefined,
    url: '',
    receiver: undefined as unknown as ZipkinReceiver,
  }
  const consumer = {
    async consume(taken: OtlpBatch) {
      if (world.refuse !== undefined) throw world.refuse
      world.batches.push(taken)
    },
  }
  const config = parseConfig(zipkinReceiverConfig, `{endpoint: "127.0.0.1:0"${keys}}`)
  const receiver = new ZipkinReceiver(config, settings, { get: () => consumer })
  await receiver.start()
  t.teardown(() => receiver.shutdown({ atMs: 0 }))
  world.url = `http://127.0.0.1:${receiver.listener!.port}`
  world.receiver = receiver
  return world
}

function post(url: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
  return fetch(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
}

const spansOf = ({ bytes }: OtlpBatch) =>
  (
    decodePlain('traces', bytes) as unknown as { resourceSpans: { scopeSpans: { spans: Plain[] }[] }[] }
  ).resourceSpans.flatMap(group => group.scopeSpans.flatMap(({ spans }) => spans))

t.test('every format at any path, plain and compressed, is taken with 202', async t => {
  const world = await setUp(t)
  const json = JSON.stringify([span])
  const v1Json = JSON.stringify([{ traceId: span.traceId, id: span.id, name: 'get', timestamp: 1 }])
  const v1Thrift = encodeThriftList(zipkinV1Span, [{ traceId: 1n, id: 2n, name: 'get', timestamp: 1n }])
  for (const [path, body, headers] of [
    ['/api/v2/spans', json, { 'content-type': 'application/json' }],
    ['/', json, {}],
    ['/anything', gzipSync(json), { 'content-encoding': 'gzip' }],
    ['/api/v2/spans', spansToProto([span]), { 'content-type': 'application/x-protobuf' }],
    ['/api/v1/spans', v1Json, { 'content-type': 'application/json' }],
    ['/prefix/api/v1/spans', v1Thrift, { 'content-type': 'application/x-thrift' }],
  ] as const) {
    const answer = await post(world.url + path, body, headers)
    t.same([answer.status, await answer.text()], [202, ''], `${path} ${headers}`)
  }
  t.equal(world.batches.length, 6)
  t.ok(world.batches.every(taken => taken.itemCount === 1 && spansOf(taken)[0]!['name'] === 'get'))
  t.equal((await post(`${world.url}/api/v2/spans`, '[]')).status, 202, 'no spans are a success that nobody hears of')
  t.equal(world.batches.length, 6)
})

t.test('an authenticator that is not running stops the start', async t => {
  await t.rejects(setUp(t, ', auth: {authenticator: bearer}'), /"bearer" is no authenticator among service\.extensions/)
})

t.test('the log hears of each reason for a refusal once', async t => {
  const warnings: unknown[] = []
  const logger = { ...silentLogger, warn: (message: string, fields?: object) => void warnings.push([message, fields]) }
  const world = await setUp(t, '', { logger })
  for (const body of ['[{"traceId":1}]', '{', '[']) t.equal((await post(world.url, body)).status, 400)
  world.refuse = new ConsumeError('retryable', 'the queue is full', { reason: 'queue_full' })
  await post(world.url, JSON.stringify([span]))
  const [told, ...more] = warnings
  t.match(told, [/^Refused a request; further ones/, { transport: 'http', reason: 'malformed', error: /at byte 12/ }])
  t.same(more, [], 'and the pipeline says for itself why it refuses')
})

t.test('refusals say why, and when to come again', async t => {
  const world = await setUp(t, ', max_request_body_size: 100')
  const bad = await post(world.url, '[{"traceId":1}]')
  t.equal(bad.status, 400)
  t.match(await bad.text(), /a string was expected at byte 12/)
  t.equal((await post(world.url, JSON.stringify([{ ...span, name: 'x'.repeat(100) }]))).status, 413)
  t.equal((await fetch(world.url)).status, 405)
  world.refuse = new ConsumeError('overloaded', 'full', { reason: 'queue_full' })
  const full = await post(world.url, '[{"traceId":"1","id":"2"}]')
  t.same([full.status, full.headers.get('retry-after')], [503, '1'])
  t.equal(world.settings.host.admission.usedBytes, 0)
})

t.test('parse_string_tags changes on the running receiver', async t => {
  const world = await setUp(t)
  const body = JSON.stringify([{ ...span, tags: { n: '42' } }])
  await post(world.url, body)
  const config = parseConfig(zipkinReceiverConfig, '{endpoint: "127.0.0.1:0", parse_string_tags: true}')
  t.equal(await world.receiver.reconfigure(config), true)
  await post(world.url, body)
  t.same(
    world.batches.map(taken => (spansOf(taken)[0]!['attributes'] as { value: Plain }[])[0]!.value),
    [{ stringValue: '42' }, { intValue: '42' }],
  )
})

interface ZipkinLibrary {
  Tracer: new (
    options: object,
  ) => {
    setId(id: object): void
    createRootId(): object
    recordAnnotation(annotation: object): void
    scoped<T>(run: () => T): T
    recordServiceName(name: string): void
    recordRpc(name: string): void
    recordBinary(key: string, value: string): void
    letId<T>(id: object, run: () => T): T
  }
  ExplicitContext: new () => object
  BatchRecorder: new (options: object) => object
  Annotation: { ServerRecv: new () => object; ServerSend: new () => object }
  jsonEncoder: { JSON_V2: object; JSON_V1: object }
}
const require = createRequire(import.meta.url)
const zipkin = require('zipkin') as ZipkinLibrary
const { HttpLogger } = require('zipkin-transport-http') as { HttpLogger: new (options: object) => object }

for (const [version, path, jsonEncoder] of [
  ['v2', '/api/v2/spans', zipkin.jsonEncoder.JSON_V2],
  ['v1', '/api/v1/spans', zipkin.jsonEncoder.JSON_V1],
] as const) {
  t.test(`the official zipkin client for Node, ${version}: name, kind, service and tags arrive`, async t => {
    const world = await setUp(t)
    const logger = new HttpLogger({ endpoint: world.url + path, httpInterval: 20, jsonEncoder })
    const tracer = new zipkin.Tracer({
      ctxImpl: new zipkin.ExplicitContext(),
      recorder: new zipkin.BatchRecorder({ logger }),
      localServiceName: 'old-shop',
      supportsJoin: true,
    })
    tracer.scoped(() => {
      tracer.setId(tracer.createRootId())
      tracer.recordServiceName('old-shop')
      tracer.recordRpc('get /cart')
      tracer.recordBinary('http.path', '/cart/naïve 🎉')
      tracer.recordAnnotation(new zipkin.Annotation.ServerRecv())
      tracer.recordAnnotation(new zipkin.Annotation.ServerSend())
    })
    while (world.batches.length === 0) await new Promise(resolve => setImmediate(resolve))
    t.match(spansOf(world.batches[0]!)[0], {
      name: 'get /cart',
      kind: 2,
      traceId: /^[0-9a-f]{32}$/,
      attributes: [{ key: 'http.path', value: { stringValue: '/cart/naïve 🎉' } }],
    })
    t.match(
      JSON.stringify(decodePlain('traces', world.batches[0]!.bytes)),
      /"service.name","value":\{"stringValue":"old-shop"/,
    )
  })
}
