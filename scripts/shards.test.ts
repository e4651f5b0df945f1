// One agent of several processes, as it is seen from outside: clients, files, signals, the admin endpoint.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { spanBatch } from '../src/testkit/span-batches.ts'
import { frameMessage } from '../src/transport/grpc.ts'

const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

interface Ports {
  readonly grpc: number
  readonly metrics: number
}

interface Variant {
  readonly shards?: number
  readonly attribute?: string
}

function yamlOf(dir: string, { grpc, metrics }: Ports, { shards = 2, attribute = 'a' }: Variant = {}): string {
  return `receivers: {otlp: {protocols: {grpc: {endpoint: 127.0.0.1:${grpc}}}}}
processors: {resource: {attributes: [{key: k, value: ${attribute}, action: insert}]}}
exporters: {file: {path: ${join(dir, 'out.json')}, append: true, flush_interval: 1ms}}
service:
  shards: ${shards}
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${metrics}}}}}]}}
  pipelines: {traces: {receivers: [otlp], processors: [resource], exporters: [file]}}
`
}

class AgentProcess {
  readonly ports: Ports
  readonly dir: string
  readonly #child: ChildProcess
  output = ''

  constructor(t: Test, ports: Ports) {
    this.ports = ports
    this.dir = t.testdir()
    this.write()
    const env = { ...process.env, NODE_COMPILE_CACHE: compileCache, SLUICE_SHUTDOWN_TIMEOUT: '10s' }
    this.#child = spawn(process.execPath, [main, '--config', this.#file], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.on('data', (part: Buffer) => {
      this.output += part.toString()
    })
    t.teardown(() => this.#child.kill('SIGKILL'))
  }

  get #file(): string {
    return join(this.dir, 'sluice.yaml')
  }

  write(variant?: Variant): void {
    writeFileSync(this.#file, yamlOf(this.dir, this.ports, variant))
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      if (this.#child.exitCode !== null) throw new Error(this.output)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  says(text: string): Promise<void> {
    return this.until(() => this.output.includes(text))
  }

  /** What each shard wrote, in lines: one for a request. */
  get written(): number[] {
    return ['out.json', 'out.shard-1.json'].map(name => {
      const path = join(this.dir, name)
      return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
    })
  }

  async ask(method: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.metrics}${path}`, { method })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.ports.metrics}/metrics`)).text()
  }

  async shardProcesses(): Promise<{ shard: number; pid: number; generation: number }[]> {
    return (await this.ask('GET', '/-/status')).body['shards'] as { shard: number; pid: number; generation: number }[]
  }

  exitCode(): Promise<number | null> {
    return new Promise(resolve => this.#child.once('close', code => resolve(code)))
  }

  killFirst(): void {
    this.#child.kill('SIGKILL')
  }

  end(): Promise<number | null> {
    const ended = this.exitCode()
    this.#child.kill('SIGTERM')
    return ended
  }
}

async function start(t: Test): Promise<AgentProcess> {
  const agent = new AgentProcess(t, { grpc: await freePort(), metrics: await freePort() })
  await agent.says('Everything is ready')
  return agent
}

/** Resolves when none of these processes is there any more. */
async function gone(pids: readonly number[]): Promise<void> {
  const isThere = (pid: number) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  while (pids.some(isThere)) await new Promise(resolve => setTimeout(resolve, 10))
}

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** One HTTP/2 connection to the gRPC port. */
class Client {
  readonly session: http2.ClientHttp2Session

  constructor(t: Test, { ports }: AgentProcess) {
    this.session = http2.connect(`http://127.0.0.1:${ports.grpc}`)
    this.session.on('error', () => {})
    t.teardown(() => this.session.destroy())
  }

  /** Resolves with the gRPC status, or with what became of the connection. */
  export(spans: number): Promise<string> {
    return new Promise(resolve => {
      const stream = this.session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
      let status = 'none'
      stream.on('trailers', trailers => {
        status = String(trailers['grpc-status'])
      })
      stream.on('error', error => resolve(error.message))
      stream.on('close', () => resolve(status))
      stream.resume()
      stream.end(frameMessage(spanBatch(0, spans).bytes))
    })
  }
}

async function clients(t: Test, agent: AgentProcess, count: number): Promise<Client[]> {
  const list: Client[] = []
  // One after the other, so that each finds the shards as the one before left them.
  for (let i = 0; i < count; i++) {
    const client = new Client(t, agent)
    await client.export(1)
    list.push(client)
  }
  return list
}

t.test('connections are spread evenly, and one ledger counts all that came', async t => {
  const agent = await start(t)
  const eight = await clients(t, agent, 8)
  t.strictSame(agent.written, [4, 4], 'four connections each')
  const statuses = await Promise.all(eight.flatMap(client => Array.from({ length: 25 }, () => client.export(5))))
  t.ok(statuses.every(status => status === '0'))
  const text = await agent.metrics()
  t.match(text, /^otelcol_receiver_accepted_spans\{receiver="otlp",transport="grpc"\} 1008$/m)
  t.match(text, /^sluice_ledger_items\{signal="traces",account="received",reason=""\} 1008$/m)
  t.match(text, /^sluice_shards 2$/m)
  t.equal(await agent.end(), 0)
  const lines = agent.output.split('\n').filter(line => line.startsWith('traces: '))
  t.strictSame(lines, ['traces: 1008 received = 1008 exported + 0 queued + 0 dropped + 0 rejected'])
})

t.test('a reload reaches every shard, and a wrong file or another number of shards reaches none', async t => {
  const agent = await start(t)
  const [first, second] = await clients(t, agent, 2)
  agent.write({ attribute: 'b' })
  await agent.until(async () => (await agent.shardProcesses()).every(({ generation }) => generation === 2))
  t.same([await first!.export(1), await second!.export(1)], ['0', '0'], 'connections stay')
  for (const name of ['out.json', 'out.shard-1.json']) {
    const [before, after] = readFileSync(join(agent.dir, name), 'utf8').split('\n')
    t.match(before, '"stringValue":"a"')
    t.match(after, '"stringValue":"b"')
  }
  agent.write({ shards: 3 })
  const refused = await agent.ask('POST', '/-/reload')
  t.equal(refused.status, 422)
  t.match(refused.body, { error: 'service.shards is 3, and 2 run: a change of it takes a restart' })
  agent.write({ attribute: '{' })
  t.equal((await agent.ask('POST', '/-/reload')).status, 422)
  t.same(
    (await agent.shardProcesses()).map(({ generation }) => generation),
    [2, 2],
  )
})

t.test('a shard that dies is said and started again, while the other one serves', async t => {
  const agent = await start(t)
  const eight = await clients(t, agent, 8)
  await agent.until(async () =>
    /received = 8 exported/.test(String((await agent.ask('GET', '/-/status')).body['ledger'])),
  )
  t.match(await agent.metrics(), /^otelcol_receiver_accepted_spans\{[^}]*\} 8$/m)
  const [, victim] = await agent.shardProcesses()
  process.kill(victim!.pid, 'SIGKILL')
  await agent.says('shard died, it is started again')
  const statuses = await Promise.all(eight.map(client => client.export(1)))
  t.equal(statuses.filter(status => status === '0').length, 4, 'the connections of the other one live')
  await agent.says('shard runs again')
  const again = await clients(t, agent, 4)
  t.same(await Promise.all(again.map(client => client.export(1))), ['0', '0', '0', '0'])
  t.strictSame(agent.written, [4 + 4 + 4, 4 + 4], 'new connections are spread over both')
  const text = await agent.metrics()
  t.match(text, /^otelcol_receiver_accepted_spans\{[^}]*\} 20$/m, 'what the dead one counted still counts')
  t.match(text, /^sluice_shard_restarts 1$/m)
  t.equal(await agent.end(), 0)
  t.match(agent.output, /^traces: 20 received = 20 exported \+ 0 queued/m)
})

t.test('without the first process the shards drain and end', async t => {
  const agent = await start(t)
  const pids = (await agent.shardProcesses()).map(({ pid }) => pid)
  const { body } = await agent.ask('GET', '/-/status')
  t.equal(body['phase'], 'ready')
  agent.killFirst()
  await gone(pids)
})

t.test('a second signal ends all processes at once', async t => {
  const agent = await start(t)
  const pids = (await agent.shardProcesses()).map(({ pid }) => pid)
  // A shard that does nothing any more would keep the first process waiting.
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  const ended = agent.end()
  await agent.says('shutting down all shards')
  agent.end()
  t.equal(await ended, 1)
  t.match(agent.output, 'ended at once by a second signal')
  await gone(pids)
})

t.test('a port that cannot be had is one error, and nothing runs on', async t => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const agent = new AgentProcess(t, { grpc: (taken.address() as AddressInfo).port, metrics: await freePort() })
  t.equal(await agent.exitCode(), 1)
  t.match(agent.output, /the address is in use by another process/)
})
