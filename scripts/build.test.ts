import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { decodePlain, encodePlain, type Plain } from '../src/testkit/otlp-oracle.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What is shipped is the bundle, and a bundler can break what the sources do: dynamic imports, files found by name. */
t.test('the bundle receives, prices and exports over HTTP, from a folder without dependencies', async t => {
  const folder = t.testdir()
  const dist = join(folder, 'dist')
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), dist])

  const received: Buffer[] = []
  const backend = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      received.push(Buffer.concat(chunks))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  t.teardown(() => backend.close())
  const { port } = backend.address() as AddressInfo

  writeFileSync(
    join(folder, 'config.yaml'),
    `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
processors: {cost: {}, batch: {timeout: 10ms}}
exporters:
  otlp_http: {endpoint: "http://127.0.0.1:${port}", compression: none}
  debug: {verbosity: normal}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: [cost, batch], exporters: [otlp_http, debug]}}
`,
  )
  const agent = spawn(process.execPath, [join(dist, 'sluice.js'), '--config', join(folder, 'config.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => agent.kill('SIGKILL'))
  let output = ''
  agent.stderr.on('data', chunk => {
    output += chunk
  })
  const address = await until(() => /OTLP\/HTTP (127\.0\.0\.1:\d+)/.exec(output)?.[1])
  const attribute = (key: string, value: Plain) => ({ key, value })
  const body = encodePlain('traces', {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: Buffer.alloc(16, 1),
                spanId: Buffer.alloc(8, 2),
                name: 'chat',
                startTimeUnixNano: '1770000000000000000',
                endTimeUnixNano: '1770000001000000000',
                attributes: [
                  attribute('gen_ai.request.model', { stringValue: 'gpt-4o' }),
                  attribute('gen_ai.usage.input_tokens', { intValue: 1_000_000 }),
                ],
              },
            ],
          },
        ],
      },
    ],
  })
  const answer = await fetch(`http://${address}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(body),
  })
  t.equal(answer.status, 200)
  await until(() => received.length > 0)
  const text = JSON.stringify(decodePlain('traces', received[0]!))
  t.match(text, /"gen_ai\.usage\.cost","value":\{"doubleValue":2\.5\}/)
  agent.kill('SIGTERM')
  const [code] = await once(agent, 'exit')
  t.equal(code, 0)
  t.match(output, /traces: 1 received \+ 1 copied.* = 2 exported \+ 0 queued \+ 0 dropped \+ 0 rejected/)
})

async function until<T>(read: () => T): Promise<NonNullable<T>> {
  for (let i = 0; i < 2000; i++) {
    const value = read()
    if (value) return value as NonNullable<T>
    await delay(5)
  }
  throw new Error('it did not happen in time')
}
