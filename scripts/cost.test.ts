// Cost and budgets, played through with processes: applications with every instrumentation, the agent, a backend, a webhook.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { flattenItems } from '../src/testkit/otlp-items.ts'
import type { Plain } from '../src/testkit/otlp-oracle.ts'
import { dialectSpans, type EmittedSpan } from './interop/genai-dialects.ts'

const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

async function freePort(): Promise<number> {
  const server = createNetServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

type Take = (path: string, body: Buffer, headers: IncomingHttpHeaders) => number

/** An HTTP server that hands each body to `take`, and answers with the status that it gives. */
class Recorder {
  port = 0
  readonly #take: Take
  #server: Server | undefined

  constructor(take: Take) {
    this.#take = take
  }

  async start(): Promise<void> {
    const server = createServer((request: IncomingMessage, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () =>
        response.writeHead(this.#take(request.url ?? '', Buffer.concat(parts), request.headers)).end(),
      )
    })
    await new Promise<void>(resolve => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    server?.closeAllConnections()
    if (server !== undefined) await new Promise(resolve => server.close(resolve))
  }
}

class AgentProcess {
  readonly #child: ChildProcess
  output = ''

  constructor(t: Test, config: object) {
    const env = { OTEL_CONFIG: JSON.stringify(config), NODE_COMPILE_CACHE: compileCache }
    this.#child = spawn(process.execPath, [main, '--config=env:OTEL_CONFIG'], {
      env,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child.stderr?.on('data', (part: Buffer) => {
      this.output += part.toString()
    })
    t.teardown(() => this.#child.kill('SIGKILL'))
  }

  async ready(): Promise<this> {
    while (!this.output.includes('Everything is ready')) {
      if (this.#child.exitCode !== null) throw new Error(this.output)
      await delay(10)
    }
    return this
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.#child.once('exit', code => resolve(code)))
    this.#child.kill(signal)
    return ended
  }
}

function anyValue(value: string | number | readonly string[]) {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value !== 'number') return { arrayValue: { values: value.map(stringValue => ({ stringValue })) } }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

let nextId = 1

/** OTLP/JSON of a trace, each span the child of the one before it. */
function traceOf(spans: readonly EmittedSpan[], scope: string): object {
  const traceId = (nextId++).toString(16).padStart(32, '0')
  const endMs = Date.now()
  let parentSpanId = ''
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: scope },
            spans: spans.map(({ name, attributes }) => {
              const spanId = (nextId++).toString(16).padStart(16, '0')
              const span = {
                traceId,
                spanId,
                parentSpanId,
                name,
                kind: 3,
                startTimeUnixNano: `${endMs - 900}000000`,
                endTimeUnixNano: `${endMs}000000`,
                attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
              }
              parentSpanId = spanId
              return span
            }),
          },
        ],
      },
    ],
  }
}

/** True where the agent said that it accepted. */
function send(port: number, body: object): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).then(
    async response => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )
}

function attributesOf(record: Plain): Record<string, unknown> {
  const pairs = (record['attributes'] ?? []) as { key: string; value: Plain }[]
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))
}

t.test('every dialect: the cost arrives once per call and on no wrapper, and the metrics agree', async t => {
  const spans: { name: string; attributes: Record<string, unknown> }[] = []
  const sums = new Map<string, number>()
  const backend = new Recorder((path, body) => {
    if (path === '/v1/traces') {
      for (const { record } of flattenItems('traces', body) as { record: Plain }[])
        spans.push({ name: record['name'] as string, attributes: attributesOf(record) })
    } else {
      for (const { metric, point } of flattenItems('metrics', body) as { metric: Plain; point: Plain }[]) {
        const name = metric['name'] as string
        sums.set(name, (sums.get(name) ?? 0) + Number(point['asInt'] ?? point['asDouble']))
      }
    }
    return 200
  })
  await backend.start()
  t.teardown(() => backend.stop())
  const port = await freePort()
  const agent = new AgentProcess(t, {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors: { cost: {} },
    connectors: { cost: {} },
    exporters: { otlp_http: { endpoint: `http://127.0.0.1:${backend.port}`, compression: 'none' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['cost'], exporters: ['cost', 'otlp_http'] },
        metrics: { receivers: ['cost'], exporters: ['otlp_http'] },
      },
    },
  })
  await agent.ready()
  for (const { scope, spans: emitted } of dialectSpans) t.ok(await send(port, traceOf(emitted, scope)))
  t.equal(await agent.kill('SIGTERM'), 0)
  const expected = dialectSpans.flatMap(dialect => dialect.spans.map(span => ({ ...span, dialect: dialect.name })))
  t.equal(spans.length, expected.length)
  for (const { dialect, name, cost, attributes } of expected) {
    const at = spans.findIndex(span => span.name === name)
    const [found] = spans.splice(at, 1)
    const written = attributes['gen_ai.usage.cost'] ?? found?.attributes['gen_ai.usage.cost']
    if (cost === undefined) t.equal(written, undefined, `${dialect}: ${name} is no call`)
    else t.ok(Math.abs(Number(written) - cost) < 1e-12, `${dialect}: ${name} costs ${cost}, found ${String(written)}`)
  }
  const costs = expected.flatMap(({ cost }) => cost ?? [])
  t.equal(sums.get('sluice.cost.calls'), costs.length)
  t.ok(Math.abs(sums.get('sluice.cost')! - costs.reduce((sum, cost) => sum + cost, 0)) < 1e-12)
  t.match(agent.output, /metrics: (\d+) received = \1 exported \+ 0 queued/)
})

t.test(
  '1 USD under load, kill -9 in between, the webhook away: each alert once, and telemetry does not wait',
  async t => {
    const alerts: { threshold: number; spent: number }[] = []
    const keys = new Set<unknown>()
    const webhook = new Recorder((_path, body, headers) => {
      // A kill before the answer is noted sends an alert again, under the same key.
      if (!keys.has(headers['idempotency-key'])) alerts.push(JSON.parse(body.toString()))
      keys.add(headers['idempotency-key'])
      return 200
    })
    const backend = new Recorder(() => 200)
    await webhook.start()
    await backend.start()
    t.teardown(() => Promise.all([webhook.stop(), backend.stop()]))
    const [port, decisionPort] = [await freePort(), await freePort()]
    const config = {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      processors: { cost: {} },
      exporters: { otlp_http: { endpoint: `http://127.0.0.1:${backend.port}`, compression: 'none' } },
      extensions: {
        budgets: {
          endpoint: `127.0.0.1:${decisionPort}`,
          state_file: join(t.testdir(), 'budgets'),
          budgets: [{ name: 'monthly', scope: 'service.name', limit: 1, period: 'month' }],
          alerts: { retry_interval: '200ms', webhook: { url: `http://127.0.0.1:${webhook.port}/alert` } },
        },
      },
      service: {
        extensions: ['budgets'],
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], processors: ['cost'], exporters: ['otlp_http'] } },
      },
    }
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 2000,
      'gen_ai.usage.output_tokens': 500,
    }
    const callCost = 0.01 // 2.50 and 10 USD a million
    let [sent, accepted] = [0, 0]
    /** Four applications at once, until `count` more calls were accepted or the agent is gone. */
    const load = async (count: number) => {
      const end = accepted + count
      const application = async () => {
        while (accepted < end) {
          sent++
          if (!(await send(port, traceOf([{ name: 'chat', attributes }], 'load')))) return
          accepted++
        }
      }
      await Promise.all([application(), application(), application(), application()])
    }
    const arrived = async (count: number) => {
      for (let i = 0; i < 1000 && alerts.length < count; i++) await delay(10)
    }
    let agent = await new AgentProcess(t, config).ready()
    const dieAndReturn = async () => {
      const dying = load(1000) // cut off by the kill
      await delay(20)
      await agent.kill('SIGKILL')
      await dying
      agent = await new AgentProcess(t, config).ready()
    }
    await load(30)
    const soFar = sent
    await agent.kill('SIGKILL')
    agent = await new AgentProcess(t, config).ready()
    await load(25) // over a half
    await arrived(1)
    t.equal(alerts.length, 1)
    await webhook.stop()
    const startMs = performance.now()
    await load(Math.max(4, 85 - sent)) // over 0.8, nobody listens
    t.ok(performance.now() - startMs < 10_000, 'telemetry does not wait for the webhook')
    await dieAndReturn()
    await load(Math.max(4, 105 - accepted))
    t.equal(alerts.length, 1)
    await webhook.start()
    await arrived(4)
    for (let i = 0; i < 2; i++) await dieAndReturn()
    await delay(500)
    t.same(
      alerts.map(({ threshold }) => threshold),
      [0.5, 0.8, 0.9, 1],
    )
    t.ok(soFar >= 30)
    const answer = await fetch(`http://127.0.0.1:${decisionPort}/v1/budget/shop`)
    const { decision, spent } = (await answer.json()) as { decision: string; spent: number }
    t.equal(decision, 'deny')
    t.ok(spent >= accepted * callCost - 1e-9, `${spent} spent, ${accepted * callCost} accepted: a kill forgets nothing`)
    t.ok(spent <= sent * callCost + 1e-9, `${spent} spent, ${sent * callCost} sent: a kill repeats nothing`)
    t.equal(await agent.kill('SIGTERM'), 0)
  },
)
