import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComponentRegistry } from '../component/registry.ts'
import { type AgentRun, ConfigRefused } from '../service/run-agent.ts'
import { agentRun, freePorts } from './agent-run.ts'
import { decodePlain, encodePlain } from './otlp-oracle.ts'

export interface StormSettings {
  readonly components: ComponentRegistry
  readonly reloadCount: number
  readonly spansPerSecond: number
}

export interface StormReport {
  readonly reloads: Readonly<Record<string, number>>
  readonly sentSpans: number
  readonly lostSpans: number
  readonly doubledSpans: number
  readonly failedRequests: number
  readonly latencyP50Ms: number
  readonly latencyP99Ms: number
  readonly latencyMaxMs: number
  /** Open descriptors after the warm-up and at the end, before the shutdown. */
  readonly descriptors: readonly [before: number, after: number]
  readonly heapBytes: readonly [before: number, after: number]
  readonly imbalance: number
  readonly ledger: readonly string[]
}

const spansPerRequest = 50
const warmUpCount = 10

/** Every kind of reload that the storm plays, in turn. */
const kinds = [
  'same file',
  'changed exporter',
  'added pipeline',
  'changed processor',
  'invalid',
  'port change',
  'removed pipeline',
  'symlink swap',
  'changed receiver',
] as const
type Kind = (typeof kinds)[number]

/** Reloads an agent again and again while spans flow through it, and counts each span at the far end. */
export async function reloadStorm(settings: StormSettings): Promise<StormReport> {
  const world = new StormWorld(settings)
  try {
    await world.start()
    return await world.play()
  } finally {
    await world.end()
  }
}

class StormWorld {
  readonly #settings: StormSettings
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-storm-'))
  readonly #sink = new Sink()
  readonly #load: Load
  readonly #reloads = new Map<string, number>()
  readonly #state = { exporter: 0, processor: 0, receiver: 0, hasExtra: false, sidePort: 0 }
  readonly #ports: number[] = []
  #run: AgentRun | undefined
  #version = 0

  constructor(settings: StormSettings) {
    this.#settings = settings
    this.#load = new Load(settings.spansPerSecond)
  }

  async start(): Promise<void> {
    await this.#sink.start()
    this.#ports.push(...(await freePorts(3)))
    this.#state.sidePort = this.#ports[1]!
    this.#publish(this.#yaml())
    const file = join(this.#folder, 'mount', 'sluice.yaml')
    this.#run = agentRun(this.#settings.components, [file], { shutdownTimeoutMs: 20_000 })
    await this.#run.start()
  }

  async play(): Promise<StormReport> {
    const run = this.#run!
    this.#load.start(this.#ports[0]!)
    for (let i = 0; i < warmUpCount; i++) await this.#reload(kinds[i % kinds.length]!)
    // The first seconds of a process, in which code is compiled, say nothing about reloads.
    this.#load.latenciesMs.length = 0
    const before = await widestUsage()
    for (let i = 0; i < this.#settings.reloadCount; i++) await this.#reload(kinds[i % kinds.length]!)
    const after = await settledUsage(before.descriptors)
    await this.#load.stop()
    await run.shutdown()
    const counts = this.#sink.counts()
    const lost = this.#load.acceptedIds.filter(id => !counts.has(id))
    const latencies = this.#load.latenciesMs.toSorted((a, b) => a - b)
    const at = (ratio: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * ratio))] ?? 0
    return {
      reloads: Object.fromEntries(this.#reloads),
      sentSpans: this.#load.acceptedIds.length,
      lostSpans: lost.length,
      doubledSpans: [...counts.values()].filter(count => count > 1).length,
      failedRequests: this.#load.failedCount,
      latencyP50Ms: at(0.5),
      latencyP99Ms: at(0.99),
      latencyMaxMs: at(1),
      descriptors: [before.descriptors, after.descriptors],
      heapBytes: [before.heapBytes, after.heapBytes],
      imbalance: run.ledger.imbalance('traces'),
      ledger: run.account(),
    }
  }

  async end(): Promise<void> {
    await this.#load.stop()
    await this.#run?.shutdown()
    await this.#sink.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #reload(kind: Kind): Promise<void> {
    this.#reloads.set(kind, (this.#reloads.get(kind) ?? 0) + 1)
    const run = this.#run!
    const state = this.#state
    if (kind === 'invalid') {
      this.#publish('receivers: {otlp: {protocol: }}\n')
      const refused = await run.reload(kind).then(
        () => undefined,
        error => error,
      )
      if (!(refused instanceof ConfigRefused)) throw new Error('a wrong configuration was taken')
      this.#publish(this.#yaml())
      return
    }
    if (kind === 'changed exporter') state.exporter += 1
    if (kind === 'changed processor') state.processor += 1
    if (kind === 'changed receiver') state.receiver += 1
    if (kind === 'added pipeline') state.hasExtra = true
    if (kind === 'removed pipeline') state.hasExtra = false
    if (kind === 'port change') state.sidePort = this.#ports[state.sidePort === this.#ports[1] ? 2 : 1]!
    if (kind === 'symlink swap') {
      state.exporter += 1
      const { generation } = run.agent.state()
      this.#publish(this.#yaml())
      while (run.agent.state().generation === generation) await pause(20)
      return
    }
    this.#publish(this.#yaml())
    await run.reload(kind)
  }

  /** As Kubernetes mounts a ConfigMap: a new folder, and the `..data` link renamed over the old one. */
  #publish(yaml: string): void {
    const mount = join(this.#folder, 'mount')
    const version = `v${this.#version++}`
    mkdirSync(join(mount, version), { recursive: true })
    writeFileSync(join(mount, version, 'sluice.yaml'), yaml)
    symlinkSync(version, join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    if (this.#version === 1) symlinkSync(join('..data', 'sluice.yaml'), join(mount, 'sluice.yaml'))
    else rmSync(join(mount, `v${this.#version - 2}`), { recursive: true })
  }

  #yaml(): string {
    const { exporter, processor, receiver, hasExtra, sidePort } = this.#state
    const extra = '\n    traces/extra: {receivers: [otlp], exporters: [nop]}'
    return `
receivers:
  otlp: {protocols: {http: {endpoint: "127.0.0.1:${this.#ports[0]}", max_request_body_size: ${1_000_000 + receiver}}}}
  otlp/side: {protocols: {http: {endpoint: "127.0.0.1:${sidePort}"}}}
processors:
  batch: {timeout: 20ms, send_batch_size: 500}
  attributes: {actions: [{key: storm, value: ${processor}, action: upsert}]}
exporters:
  nop:
  otlp_http: {endpoint: "http://127.0.0.1:${this.#sink.port}", compression: none, headers: {x-storm: "${exporter}"}, sending_queue: {num_consumers: 2}}
service:
  telemetry: {logs: {level: error, output_paths: [${JSON.stringify(join(this.#folder, 'log'))}]}, metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp, otlp/side], processors: [attributes, batch], exporters: [otlp_http]}${hasExtra ? extra : ''}
`
  }
}

/** A backend that keeps what it gets, and reads it with a decoder that is not ours. */
class Sink {
  readonly #bodies: Buffer[] = []
  readonly #server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      this.#bodies.push(Buffer.concat(parts))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  start(): Promise<void> {
    return new Promise(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** How often each span arrived, by its id in hex. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const body of this.#bodies) {
      const { resourceSpans } = decodePlain('traces', body) as { resourceSpans: PlainResourceSpans[] }
      for (const { scopeSpans } of resourceSpans) {
        for (const { spans } of scopeSpans) {
          for (const { spanId } of spans) counts.set(spanId, (counts.get(spanId) ?? 0) + 1)
        }
      }
    }
    return counts
  }
}

interface PlainResourceSpans {
  readonly scopeSpans: readonly { readonly spans: readonly { readonly spanId: string }[] }[]
}

/** An application that sends requests at a steady rate, whatever the answers do. */
class Load {
  readonly acceptedIds: string[] = []
  readonly latenciesMs: number[] = []
  failedCount = 0
  readonly #intervalMs: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  readonly #open = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(spansPerSecond: number) {
    this.#intervalMs = (1000 * spansPerRequest) / spansPerSecond
  }

  start(port: number): void {
    const startedMs = performance.now()
    let sentCount = 0
    this.#timer = setInterval(() => {
      const dueCount = Math.floor((performance.now() - startedMs) / this.#intervalMs)
      for (; sentCount < dueCount; sentCount++) {
        const sending = this.#send(port).finally(() => this.#open.delete(sending))
        this.#open.add(sending)
      }
    }, this.#intervalMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
    this.#agent.destroy()
  }

  async #send(port: number): Promise<void> {
    const ids = Array.from({ length: spansPerRequest }, () => (++this.#lastId).toString(16).padStart(16, '0'))
    const spans = ids.map(spanId => ({
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.from(spanId, 'hex'),
      name: 'storm',
    }))
    const body = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
    const startedMs = performance.now()
    const status = await post(this.#agent, port, body)
    this.latenciesMs.push(performance.now() - startedMs)
    if (status === 200) this.acceptedIds.push(...ids)
    else this.failedCount += 1
  }
}

function post(agent: Agent, port: number, body: Uint8Array): Promise<number> {
  return new Promise(resolve => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const settings = { agent, port, host: '127.0.0.1', path: '/v1/traces', method: 'POST', headers }
    const sending = httpRequest(settings, response => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    sending.on('error', () => resolve(0)).end(body)
  })
}

function usage(): { descriptors: number; heapBytes: number } {
  globalThis.gc?.()
  return { descriptors: readdirSync('/proc/self/fd').length, heapBytes: process.memoryUsage().heapUsed }
}

// Connections come and go with the load, as many as there are consumers at once. What reloads left behind stays, however often
// one looks: so the most that is open before them stands beside the fewest that are open after.

async function widestUsage(): Promise<ReturnType<typeof usage>> {
  let widest = usage()
  for (let looks = 0; looks < 10; looks++) {
    await pause(20)
    const now = usage()
    if (now.descriptors > widest.descriptors) widest = now
  }
  return widest
}

async function settledUsage(expectedDescriptors: number): Promise<ReturnType<typeof usage>> {
  let fewest = usage()
  for (let looks = 0; looks < 40 && fewest.descriptors > expectedDescriptors; looks++) {
    await pause(50)
    const now = usage()
    if (now.descriptors < fewest.descriptors) fewest = now
  }
  return fewest
}

function pause(durationMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, durationMs))
}
