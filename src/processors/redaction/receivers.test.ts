import * as grpc from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { jaegerReceiverConfig } from '../../receivers/jaeger/config.ts'
import { JaegerReceiver } from '../../receivers/jaeger/jaeger-receiver.ts'
import { otlpReceiverConfig } from '../../receivers/otlp/config.ts'
import { OtlpReceiver } from '../../receivers/otlp/otlp-receiver.ts'
import { otlpJsonFileConfig } from '../../receivers/otlp-json-file/config.ts'
import { otlpJsonFileReceiver } from '../../receivers/otlp-json-file/factory.ts'
import { zipkinReceiverConfig } from '../../receivers/zipkin/config.ts'
import { ZipkinReceiver } from '../../receivers/zipkin/zipkin-receiver.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { batchToProto, jaegerBatch } from '../../testkit/jaeger-oracle.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { encodeThrift } from '../../testkit/thrift-oracle.ts'
import { spansToProto } from '../../testkit/zipkin-oracle.ts'
import { ByteBudget } from '../../transport/byte-budget.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

const canary = 'canary.k7@planted.org'
const card = '4111 1111 1111 1111'
const name = `GET /u/${canary}`
const tags = { 'app.note': `${canary} paid with ${card}`, [`mail.${canary}`]: 'x' }
const localhost = '{endpoint: "127.0.0.1:0"}'

const plain = {
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.alloc(8, 2),
  name,
  attributes: attributesOf(tags),
  events: [{ name: canary, attributes: attributesOf(tags) }],
  status: { message: canary },
}
const otlp = encodePlain('traces', requestOf('traces', [plain], tags, { name: canary }))
const otlpJson = JSON.stringify(
  requestOf('traces', [{ ...plain, traceId: '01'.repeat(16), spanId: '02'.repeat(8) }], tags),
)
const zipkinSpan = {
  traceId: '01'.repeat(16),
  id: '02'.repeat(8),
  name,
  timestamp: 1,
  duration: 1,
  tags,
  annotations: [{ timestamp: 1, value: canary }],
  localEndpoint: { serviceName: canary },
}
const jaegerTags = Object.entries(tags).map(([key, vStr]) => ({ key, vType: 0, vStr }))
const jaegerSpans = {
  process: { serviceName: canary, tags: jaegerTags },
  spans: [
    {
      traceIdLow: 2n,
      traceIdHigh: 1n,
      spanId: 3n,
      parentSpanId: 0n,
      operationName: name,
      flags: 1,
      startTime: 1_700_000_000_000_000n,
      duration: 5n,
      tags: jaegerTags,
      logs: [{ timestamp: 1_700_000_000_000_000n, fields: jaegerTags }],
    },
  ],
}
const thrift = encodeThrift('binary', jaegerBatch, jaegerSpans)

const batches: OtlpBatch[] = []
const pipelines = { get: () => ({ consume: async (batch: OtlpBatch) => void batches.push(batch) }) }
const settings = (type: string) => componentSettings(type, { host: testHost({ admission: new ByteBudget(1 << 20) }) })

const receivers = {
  otlp: new OtlpReceiver(
    parseConfig(otlpReceiverConfig, `protocols: {grpc: ${localhost}, http: ${localhost}}`),
    settings('otlp'),
    pipelines,
  ),
  zipkin: new ZipkinReceiver(parseConfig(zipkinReceiverConfig, localhost), settings('zipkin'), pipelines),
  jaeger: new JaegerReceiver(
    parseConfig(jaegerReceiverConfig, `protocols: {grpc: ${localhost}, thrift_http: ${localhost}}`),
    settings('jaeger'),
    pipelines,
  ),
}

t.before(() => Promise.all(Object.values(receivers).map(receiver => receiver.start())))
t.teardown(() => Promise.all(Object.values(receivers).map(receiver => receiver.shutdown({ atMs: 0 }))))

async function post(port: number, path: string, type: string, body: Uint8Array | string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: body as Uint8Array<ArrayBuffer>,
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
}

function call(port: number, path: string, body: Uint8Array): Promise<void> {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const identity = (bytes: Buffer) => bytes
  return new Promise<void>((resolve, reject) =>
    client.makeUnaryRequest(path, identity, identity, Buffer.from(body), error => {
      client.close()
      if (error === null) resolve()
      else reject(error)
    }),
  )
}

const { otlp: otlpReceiver, zipkin, jaeger } = receivers
const protobuf = 'application/x-protobuf'
const ways: Record<string, () => Promise<void>> = {
  'otlp grpc': () =>
    call(otlpReceiver.port('grpc')!, '/opentelemetry.proto.collector.trace.v1.TraceService/Export', otlp),
  'otlp http protobuf': () => post(otlpReceiver.port('http')!, '/v1/traces', protobuf, otlp),
  'otlp http json': () => post(otlpReceiver.port('http')!, '/v1/traces', 'application/json', otlpJson),
  'zipkin json': () => post(zipkin.listener!.port, '/api/v2/spans', 'application/json', JSON.stringify([zipkinSpan])),
  'zipkin protobuf': () => post(zipkin.listener!.port, '/api/v2/spans', protobuf, spansToProto([zipkinSpan])),
  'jaeger grpc': () =>
    call(jaeger.listener('grpc')!.port, '/jaeger.api_v2.CollectorService/PostSpans', batchToProto(jaegerSpans)),
  'jaeger thrift': () =>
    post(jaeger.listener('thrift_http')!.port, '/api/traces?format=jaeger.thrift', 'application/x-thrift', thrift),
}

/** Through a file, which is looked at when the clock says so. */
async function throughFile(t: Test): Promise<void> {
  const directory = t.testdir({ 'a.json': `${otlpJson}\n` })
  const own = componentSettings('otlp_json_file')
  const receiver = otlpJsonFileReceiver.create(
    parseConfig(otlpJsonFileConfig, `include: ['${directory}/*.json']\nstart_at: beginning`),
    own,
    pipelines,
  )
  await receiver.start()
  await own.clock.advance(200)
  while (batches.length === 0) await new Promise(resolve => setImmediate(resolve))
  await receiver.shutdown({ atMs: 0 })
}

for (const [way, send] of Object.entries({ ...ways, 'otlp json file': throughFile })) {
  t.test(`nothing planted that comes in as ${way} goes out`, async t => {
    batches.length = 0
    await send(t)
    t.equal(batches.length, 1)
    const came = Buffer.from(batches[0]!.bytes)
    t.ok(came.includes(canary) && came.includes(card), 'it came in')
    const walk = new StageWalk('traces', [
      new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'traces'),
    ])
    const out = Buffer.from(walk.run(batches[0]!.bytes))
    t.notOk(out.includes(canary))
    t.notOk(out.includes(card))
    t.ok(out.includes('[email]') && out.includes('[card]'))
  })
}
