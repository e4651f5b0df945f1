// The life of a sidecar, played through with processes: an application, the agent, a backend.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { decodePlain } from '../src/testkit/otlp-oracle.ts'

/** Four agents start here: what one compiles the others need not. */
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

async function freePort(): Promise<number> {
  const server = createNetServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Keeps the names of all spans that it is given; `delayMs` may change on the way. */
class Backend {
  readonly names: string[] = []
  delayMs = 0
  readonly #server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      setTimeout(() => {
        const body = decodePlain('traces', Buffer.concat(parts)) as { resourceSpans: ResourceSpans[] }
        for (const { scopeSpans } of body.resourceSpans) {
          for (const { spans } of scopeSpans) this.names.push(...spans.map(span => span.name))
        }
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      }, this.delayMs).unref()
    })
  })

  async start(t: Test): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      this.#server.closeAllConnections()
      this.#server.close()
    })
    return (this.#server.address() as AddressInfo).port
  }
}

interface ResourceSpans {
  readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[]
}

/** The agent as the operator starts it: its configuration in a variable, and little else around it. */
class AgentProcess {
  readonly #child: ChildProcess
  output = ''

  constructor(t: Test, config: string, shutdownTimeout: string, stdout: 'ignore' | 'pipe' = 'ignore') {
    const env = { OTEL_CONFIG: config, SLUICE_SHUTDOWN_TIMEOUT: shutdownTimeout, NODE_COMPILE_CACHE: compileCache }
    const args = [main, '--config=env:OTEL_CONFIG', '--feature-gates=+some.gate']
    this.#child = spawn(process.execPath, args, { env, cwd: '/', stdio: ['ignore', stdout, 'pipe'] })
    this.#child.stderr?.on('data', (part: Buffer) => {
      this.output += part.toString()
    })
    t.teardown(() => this.#child.kill('SIGKILL'))
  }

  async ready(): Promise<void> {
    while (!this.output.includes('Everything is ready')) {
      if (this.#child.exitCode !== null) throw new Error(this.output)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  /** Whoever reads stdout and stderr goes away: to write there is EPIPE from now on. */
  async breakOutput(): Promise<void> {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue
      const closed = new Promise(resolve => stream.once('close', resolve))
      stream.destroy()
      await closed
    }
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.#child.once('exit', code => resolve(code)))
    this.#child.kill(signal)
    return ended
  }
}

function configOf(port: number, backendPort: number): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors: { batch: { timeout: '100ms' } },
    exporters: { otlp_http: { endpoint: `http://127.0.0.1:${backendPort}`, compression: 'none' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['otlp_http'] } },
    },
  })
}

/** One span as an SDK would send it; true where the agent accepted it. */
async function send(port: number, name: string): Promise<boolean> {
  const span = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name }
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const headers = { 'content-type': 'application/json' }
  return await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body }).then(
    response => response.ok,
    () => false,
  )
}

t.test('TERM to the application first, then to the agent: the last span arrives, and the exit code is 0', async t => {
  const backend = new Backend()
  const [port, backendPort] = [await freePort(), await backend.start(t)]
  const agent = new AgentProcess(t, configOf(port, backendPort), '5s')
  await agent.ready()
  const accepted: string[] = []
  for (const name of ['first', 'second', 'flushed by the application as it ends']) {
    if (await send(port, name)) accepted.push(name)
  }
  backend.delayMs = 300
  t.equal(await agent.kill('SIGTERM'), 0)
  t.same(backend.names.sort(), accepted.sort())
  t.match(agent.output, /traces: 3 received = 3 exported \+ 0 queued/)
})

t.test('killed at half of its grace it frees its ports, and the next one starts at once', async t => {
  const backend = new Backend()
  const [port, backendPort] = [await freePort(), await backend.start(t)]
  const config = configOf(port, backendPort)
  const first = new AgentProcess(t, config, '4s')
  await first.ready()
  t.ok(await send(port, 'held by a slow backend'))
  backend.delayMs = 60_000
  t.ok(await send(port, 'never answered'))
  const ended = first.kill('SIGTERM')
  await new Promise(resolve => setTimeout(resolve, 500))
  t.equal(await send(port, 'too late'), false, 'a draining agent takes nothing')
  await first.kill('SIGKILL')
  await ended
  backend.delayMs = 0
  const second = new AgentProcess(t, config, '4s')
  await second.ready()
  t.ok(await send(port, 'after'))
  t.equal(await second.kill('SIGTERM'), 0)
  t.ok(backend.names.includes('after'))
})

t.test('what cannot be delivered within the grace is said, by the deadline', async t => {
  const port = await freePort()
  const agent = new AgentProcess(t, configOf(port, await freePort()), '1s')
  await agent.ready()
  t.ok(await send(port, 'nowhere to go'))
  const startedMs = performance.now()
  t.equal(await agent.kill('SIGTERM'), 0)
  t.ok(performance.now() - startedMs < 5000)
  t.match(agent.output, /traces: 1 received = 0 exported \+ 0 queued \+ 1 dropped \(\w+ 1\)/)
})

t.test('a second signal ends it at once, and it still says what became of every item', async t => {
  const backend = new Backend()
  const [port, backendPort] = [await freePort(), await backend.start(t)]
  const agent = new AgentProcess(t, configOf(port, backendPort), '60s')
  await agent.ready()
  t.ok(await send(port, 'delivered'))
  while (backend.names.length === 0) await new Promise(resolve => setTimeout(resolve, 10))
  backend.delayMs = 60_000
  t.ok(await send(port, 'never answered'))
  const ended = agent.kill('SIGINT')
  while (!agent.output.includes('shutting down')) await new Promise(resolve => setTimeout(resolve, 10))
  void agent.kill('SIGINT')
  t.equal(await ended, 1)
  t.match(agent.output, /queued in memory is lost\ntraces: 2 received = 1 exported \+ 1 queued \+ 0 dropped/)
})

t.test('whoever reads its output may go: it takes and delivers what comes, and ends in good order', async t => {
  const backend = new Backend()
  const [port, backendPort] = [await freePort(), await backend.start(t)]
  const config = JSON.parse(configOf(port, backendPort))
  config.exporters['debug/stdout'] = {}
  config.exporters['debug/stderr'] = { output_paths: ['stderr'] }
  config.service.pipelines.traces.exporters = ['debug/stdout', 'debug/stderr', 'otlp_http']
  const agent = new AgentProcess(t, JSON.stringify(config), '5s', 'pipe')
  await agent.ready()
  await agent.breakOutput()
  for (const name of ['first', 'second', 'third']) t.ok(await send(port, name), `${name} is accepted`)
  t.equal(await agent.kill('SIGTERM'), 0)
  t.same(backend.names.sort(), ['first', 'second', 'third'])
})
