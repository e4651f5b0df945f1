import grpc from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { systemClock } from '../../clock/clock.ts'
import type { ComponentSettings } from '../../component/component.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { parseEndpoint } from '../../exporter-helper/grpc-endpoint.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spanBatch, spanNumbers } from '../../testkit/span-batches.ts'
import { encodeRpcStatus } from '../../transport/rpc-status.ts'
import { otlpGrpcConfig } from './config.ts'
import { otlpGrpcExporter } from './factory.ts'

type Call = grpc.ServerUnaryCall<Buffer, Buffer>
type Answer = (callback: grpc.sendUnaryData<Buffer>, call: Call) => void

const ok: Answer = callback => callback(null, Buffer.alloc(0))
const fails =
  (code: number, details = '', retryDelayMs?: number): Answer =>
  callback => {
    const metadata = new grpc.Metadata()
    if (retryDelayMs !== undefined) {
      metadata.set('grpc-status-details-bin', Buffer.from(encodeRpcStatus({ code, message: details, retryDelayMs })))
    }
    callback({ code, details, metadata })
  }

/** The reference implementation of gRPC as the backend. */
async function backend(t: Test, script: Answer[] = []) {
  const seen: { body: Buffer; metadata: grpc.Metadata }[] = []
  const server = new grpc.Server()
  const bytes = (buffer: Buffer) => buffer
  server.addService(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    },
    {
      Export(call: Call, callback: grpc.sendUnaryData<Buffer>) {
        seen.push({ body: call.request, metadata: call.metadata })
        const answer = script.shift() ?? ok
        answer(callback, call)
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  t.teardown(() => server.forceShutdown())
  return { seen, server, endpoint: `127.0.0.1:${port}` }
}

function exporterFor(t: Test, yaml: string) {
  const base = componentSettings('otlp_grpc')
  const settings: ComponentSettings = { ...base, clock: systemClock }
  const exporter = otlpGrpcExporter.create(parseConfig(otlpGrpcConfig, yaml), settings)
  t.teardown(() => exporter.shutdown({ atMs: 0 }))
  return { exporter, ledger: base.ledger }
}

const soon = () => ({ atMs: systemClock.nowMs() + 2000 })
const fast = 'retry_on_failure: {initial_interval: 1ms, max_interval: 2ms}'
const plain = (endpoint: string) => `endpoint: ${endpoint}\ntls: {insecure: true}\n${fast}`

for (const compression of ['gzip', 'none']) {
  t.test(`calls Export with the bytes that came, ${compression}`, async t => {
    const { seen, endpoint } = await backend(t)
    const { exporter, ledger } = exporterFor(
      t,
      `${plain(endpoint)}\ncompression: ${compression}\nheaders: {X-Tenant: a}`,
    )
    await exporter.start()
    const batch = spanBatch(0, 30)
    await exporter.consume(batch)
    await exporter.shutdown(soon())
    t.strictSame(seen[0]?.body, Buffer.from(batch.bytes))
    t.strictSame(seen[0]?.metadata.get('x-tenant'), ['a'])
    t.match(ledger.entry('traces'), { exported: 30 })
  })
}

t.test('UNAVAILABLE, RESOURCE_EXHAUSTED with RetryInfo and a cut connection are tried again', async t => {
  const { seen, endpoint } = await backend(t, [fails(14, 'busy'), fails(8, 'busy', 1), fails(14, '', 5)])
  const { exporter, ledger } = exporterFor(t, plain(endpoint))
  await exporter.start()
  ledger.received('traces', 2)
  await exporter.consume(spanBatch(0, 2))
  await exporter.shutdown(soon())
  t.equal(seen.length, 4)
  t.match(ledger.entry('traces'), { exported: 2 })
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('RESOURCE_EXHAUSTED without RetryInfo is final; INVALID_ARGUMENT too', async t => {
  const { seen, endpoint } = await backend(t, [fails(8, 'quota'), fails(3, 'bad')])
  const { exporter, ledger } = exporterFor(t, `${plain(endpoint)}\nsending_queue: {num_consumers: 1}`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 2))
  await exporter.consume(spanBatch(2, 3))
  await exporter.shutdown(soon())
  t.equal(seen.length, 2)
  t.match(Object.fromEntries(ledger.entry('traces').dropped), { backend_overloaded: 2, backend_refused: 3 })
})

t.test('a server with its own limit of 4 MiB gets smaller requests, and all of it', async t => {
  const { seen, endpoint } = await backend(t)
  const { exporter, ledger } = exporterFor(t, `${plain(endpoint)}\nmax_request_size: 0\ncompression: none`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 60, 100_000))
  await exporter.shutdown(soon())
  t.strictSame(
    seen.flatMap(each => spanNumbers([each.body])),
    Array.from({ length: 60 }, (_, i) => i),
  )
  t.match(ledger.entry('traces'), { exported: 60 })
})

t.test('max_request_size is kept without asking the server', async t => {
  const { seen, endpoint } = await backend(t)
  const { exporter } = exporterFor(t, `${plain(endpoint)}\nmax_request_size: 10KiB\nsending_queue: {num_consumers: 1}`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 20, 1000))
  await exporter.shutdown(soon())
  t.ok(seen.every(each => each.body.length <= 10 * 1024))
  t.strictSame(
    seen.flatMap(each => spanNumbers([each.body])),
    Array.from({ length: 20 }, (_, i) => i),
  )
})

t.test('GOAWAY and a server that comes back: nothing is lost', async t => {
  const { seen, endpoint, server } = await backend(t)
  const { exporter, ledger } = exporterFor(t, plain(endpoint))
  await exporter.start()
  await exporter.consume(spanBatch(0, 1))
  while (seen.length < 1) await new Promise(resolve => setTimeout(resolve, 5))
  server.drain(endpoint, 0)
  await exporter.consume(spanBatch(1, 1))
  await exporter.shutdown(soon())
  t.match(ledger.entry('traces'), { exported: 2 })
})

t.test('the timeout of an attempt ends it, and the next one may work', async t => {
  const { seen, endpoint } = await backend(t, [() => {}])
  const { exporter, ledger } = exporterFor(t, `${plain(endpoint)}\ntimeout: 50ms`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 1))
  await exporter.shutdown(soon())
  t.equal(seen.length, 2)
  t.match(ledger.entry('traces'), { exported: 1 })
})

t.test('the scheme of the endpoint decides about TLS', async t => {
  t.strictSame(parseEndpoint('https://b:4317', true), { target: 'b:4317', isSecure: true })
  t.strictSame(parseEndpoint('http://b:4317', false), { target: 'b:4317', isSecure: false })
  t.strictSame(parseEndpoint('b:4317', false), { target: 'b:4317', isSecure: true })
  t.strictSame(parseEndpoint('dns:///b:4317', true), { target: 'dns:///b:4317', isSecure: false })
})
