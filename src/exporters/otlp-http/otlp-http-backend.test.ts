import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { systemClock } from '../../clock/clock.ts'
import type { ComponentSettings } from '../../component/component.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain } from '../../testkit/otlp-oracle.ts'
import { spanBatch, spanNumbers } from '../../testkit/span-batches.ts'
import { otlpHttpConfig } from './config.ts'
import { otlpHttpExporter } from './factory.ts'

interface Seen {
  readonly path: string | undefined
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

type Answer = (response: http.ServerResponse, seen: Seen) => void

const ok: Answer = response => response.writeHead(200).end()

async function backend(t: Test, script: Answer[] = []) {
  const seen: Seen[] = []
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    seen.push({ path: request.url, headers: request.headers, body })
    const answer = script.shift() ?? ok
    answer(response, seen.at(-1) as Seen)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function exporterFor(t: Test, yaml: string) {
  const base = componentSettings('otlp_http')
  const settings: ComponentSettings = { ...base, clock: systemClock }
  const exporter = otlpHttpExporter.create(parseConfig(otlpHttpConfig, yaml), settings)
  t.teardown(() => exporter.shutdown({ atMs: 0 }))
  return { exporter, ledger: base.ledger }
}

const soon = () => ({ atMs: systemClock.nowMs() + 2000 })
const fast = 'retry_on_failure: {initial_interval: 1ms, max_interval: 2ms}'

t.test('posts protobuf, gzip by default, with the headers of the file', async t => {
  const { seen, url } = await backend(t)
  const { exporter } = exporterFor(t, `endpoint: ${url}/base/\nheaders: {X-Tenant: a}`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 3))
  await exporter.shutdown(soon())
  t.equal(seen[0]?.path, '/base/v1/traces')
  t.match(seen[0]?.headers, {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    'x-tenant': 'a',
    'user-agent': /^sluice/,
  })
  t.strictSame(spanNumbers([gunzipSync(seen[0]?.body ?? '')]), [0, 1, 2])
})

t.test('posts JSON that says the same, to the endpoint of the signal as it stands', async t => {
  const { seen, url } = await backend(t)
  const { exporter } = exporterFor(t, `traces_endpoint: ${url}/own?x=1\nencoding: json\ncompression: none`)
  await exporter.start()
  const batch = spanBatch(0, 3)
  await exporter.consume(batch)
  await exporter.shutdown(soon())
  t.equal(seen[0]?.path, '/own?x=1')
  t.equal(seen[0]?.headers['content-encoding'], undefined)
  const spans = (of: unknown) =>
    (of as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }).resourceSpans[0]?.scopeSpans[0]?.spans
  const names = spans(decodePlain('traces', batch.bytes))?.map(each => each.name)
  t.strictSame(
    spans(JSON.parse(seen[0]?.body.toString() ?? ''))?.map(each => each.name),
    names,
  )
})

for (const compression of ['zstd', 'deflate', 'zlib', 'snappy', 'none']) {
  t.test(`compresses: ${compression}`, async t => {
    const { seen, url } = await backend(t)
    const { exporter } = exporterFor(t, `endpoint: ${url}\ncompression: ${compression}`)
    await exporter.start()
    await exporter.consume(spanBatch(0, 50))
    await exporter.shutdown(soon())
    t.equal(seen[0]?.headers['content-encoding'], compression === 'none' ? undefined : compression)
    if (compression !== 'none') t.ok((seen[0]?.body.length ?? 0) < spanBatch(0, 50).bytes.length)
  })
}

t.test('connection cut, 503 with a hint, a page of HTML: delivered once all that is over, ledger exact', async t => {
  const { seen, url } = await backend(t, [
    response => response.destroy(),
    response => response.writeHead(503, { 'retry-after': '0' }).end(),
    response => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>'.repeat(1000)),
    response => response.writeHead(429).end(),
  ])
  const { exporter, ledger } = exporterFor(t, `endpoint: ${url}\n${fast}`)
  await exporter.start()
  ledger.received('traces', 3)
  await exporter.consume(spanBatch(0, 3))
  await exporter.shutdown(soon())
  t.equal(seen.length, 5)
  t.match(ledger.entry('traces'), { exported: 3 })
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('413 is answered with halves', async t => {
  const refuse: Answer = response => response.writeHead(413).end()
  const { seen, url } = await backend(t, [refuse])
  const { exporter, ledger } = exporterFor(t, `endpoint: ${url}\ncompression: none`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 4))
  await exporter.shutdown(soon())
  t.strictSame(
    seen.map(each => spanNumbers([each.body])),
    [
      [0, 1, 2, 3],
      [0, 1],
      [2, 3],
    ],
  )
  t.match(ledger.entry('traces'), { exported: 4 })
})

t.test('an answer of 10 MiB is not read, and not tried again', async t => {
  const { seen, url } = await backend(t, [response => response.writeHead(500).end(Buffer.alloc(10 << 20))])
  const { exporter, ledger } = exporterFor(t, `endpoint: ${url}\n${fast}`)
  await exporter.start()
  await exporter.consume(spanBatch(0, 2))
  await exporter.shutdown(soon())
  t.equal(seen.length, 1)
  t.match([...ledger.entry('traces').dropped], [['backend_response_too_large', 2]])
})

t.test('nobody listens: what the deadline cuts off is counted', async t => {
  const { exporter, ledger } = exporterFor(t, `endpoint: http://127.0.0.1:1\n${fast}`)
  await exporter.start()
  ledger.received('traces', 2)
  await exporter.consume(spanBatch(0, 2))
  // The agent keeps its process alive; here nothing else does.
  const alive = setInterval(() => {}, 1000)
  await exporter.shutdown({ atMs: systemClock.nowMs() + 50 })
  clearInterval(alive)
  t.match([...ledger.entry('traces').dropped], [['shutdown', 2]])
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('an authenticator that is not there stops the start', async t => {
  const { exporter } = exporterFor(t, 'endpoint: http://127.0.0.1:1\nauth: {authenticator: missing}')
  await t.rejects(exporter.start(), { message: /missing/ })
})

t.test('user and password of the endpoint go as Basic, unless the file says otherwise', async t => {
  for (const { more, expected } of [
    { more: '', expected: `Basic ${Buffer.from('user:p@ss').toString('base64')}` },
    { more: '\nheaders: {Authorization: Bearer x}', expected: 'Bearer x' },
  ]) {
    const { seen, url } = await backend(t)
    const { exporter } = exporterFor(t, `endpoint: ${url.replace('//', '//user:p%40ss@')}${more}`)
    await exporter.start()
    await exporter.consume(spanBatch(0, 1))
    await exporter.shutdown(soon())
    t.equal(seen[0]?.headers.authorization, expected)
  }
})

for (const status of [307, 308]) {
  t.test(`${status} on the same host is followed with the same request`, async t => {
    const first = await backend(t, [response => response.writeHead(status, { location: '/moved?x=1' }).end()])
    const { exporter, ledger } = exporterFor(t, `endpoint: ${first.url}\ncompression: none`)
    await exporter.start()
    ledger.received('traces', 3)
    await exporter.consume(spanBatch(0, 3))
    await exporter.shutdown(soon())
    t.strictSame(
      first.seen.map(each => each.path),
      ['/v1/traces', '/moved?x=1'],
    )
    t.strictSame(spanNumbers([first.seen[1]?.body ?? Buffer.alloc(0)]), [0, 1, 2])
    t.match(ledger.entry('traces'), { exported: 3 })
  })
}

for (const { name, status, location } of [
  { name: 'to another host', status: 308, location: 'http://localhost:1/v1/traces' },
  { name: 'in a circle', status: 307, location: '/v1/traces' },
  { name: 'that turns a POST into a GET', status: 301, location: '/moved' },
]) {
  t.test(`a redirect ${name} is refused, and counted`, async t => {
    const always: Answer = response => response.writeHead(status, { location }).end()
    const { seen, url } = await backend(t, Array(10).fill(always))
    const { exporter, ledger } = exporterFor(t, `endpoint: ${url}`)
    await exporter.start()
    ledger.received('traces', 3)
    await exporter.consume(spanBatch(0, 3))
    await exporter.shutdown(soon())
    t.equal(seen.length, name === 'in a circle' ? 4 : 1)
    t.match([...ledger.entry('traces').dropped], [['backend_refused', 3]])
  })
}

t.test(
  'a redirect that comes before the body is read is followed, and the memory stays with that connection',
  async t => {
    const sockets: net.Socket[] = []
    let takenBytes = 0
    const server = net.createServer(socket => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      const isFirst = sockets.length === 1
      socket.on('data', bytes => {
        if (isFirst) {
          socket.pause()
          socket.write('HTTP/1.1 307 Elsewhere\r\nlocation: /moved\r\ncontent-length: 0\r\n\r\n')
          return
        }
        takenBytes += bytes.length
        if (takenBytes > batch.bytes.length) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      })
    })
    const batch = spanBatch(0, 700, 20_000)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const { exporter, ledger } = exporterFor(t, `endpoint: http://127.0.0.1:${port}\ncompression: none\n${fast}`)
    await exporter.start()
    await exporter.consume({ ...batch, memory: BatchMemory.of(batch.bytes) })
    await exporter.shutdown(soon())
    t.match(ledger.entry('traces'), { exported: 700 })
    t.equal(sockets.length, 2)
    t.ok(batch.bytes.length > 14_000_000, 'it was not given back')
  },
)
