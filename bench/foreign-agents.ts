// Whole agents that take Zipkin and Jaeger: CPU-seconds per million spans, in rounds that alternate between the agents.
// Every agent runs the same file: receivers zipkin and jaeger, batch, exporter nop. Requests are pre-built and sent over
// kept connections by this process, whose own time does not count.
//
//   node bench/foreign-agents.ts [--spans 128] [--rounds 3] [--seconds 4] [--collector PATH] [--only REGEX]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { jaegerBodies, zipkinBodies } from './receivers/foreign-bodies.ts'
import { cpuSeconds, freePort, listening, memoryMiB, type Running, start, stop } from './rig/agent-process.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '4' },
    inflight: { type: 'string', default: '4' },
    collector: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const spanCount = Number(values.spans)
const zipkin = zipkinBodies(spanCount)
const jaeger = jaegerBodies(spanCount)
const works = [
  { name: 'zipkin v2 JSON', port: 'zipkin', path: '/api/v2/spans', type: 'application/json', body: zipkin.json },
  {
    name: 'zipkin v2 protobuf',
    port: 'zipkin',
    path: '/api/v2/spans',
    type: 'application/x-protobuf',
    body: zipkin.proto,
  },
  {
    name: 'jaeger thrift over HTTP',
    port: 'jaeger',
    path: '/api/traces',
    type: 'application/x-thrift',
    body: jaeger.binary,
  },
] as const

const folder = mkdtempSync(join(tmpdir(), 'sluice-foreign-'))
const file = join(folder, 'agent.yaml')
const commands: Record<string, string[]> = { sluice: [process.execPath, join(root, 'src/main.ts'), '--config', file] }
if (values.collector !== undefined) commands['collector'] = [values.collector, '--config', file]

const figures = new Map<string, number[]>()
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [agent, command] of Object.entries(commands)) await measure(agent, command)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const { name, body } of works) {
  console.log(`${name}, ${(body.length / spanCount).toFixed(0)} bytes a span, ${spanCount} spans a request`)
  for (const agent of Object.keys(commands)) {
    const rounds = figures.get(`${agent} ${name}`)
    if (rounds === undefined) continue
    const sorted = [...rounds].sort((a, b) => a - b)
    const median = sorted[sorted.length >> 1]!
    console.log(
      `  ${median.toFixed(2).padStart(6)} CPU-s per million spans  ${agent} (${sorted.map(x => x.toFixed(2)).join(', ')})`,
    )
  }
}
for (const agent of Object.keys(commands)) {
  console.log(
    `${agent}: ${Math.max(...(figures.get(`${agent} memory`) ?? [0])).toFixed(0)} MiB resident at its highest`,
  )
}

async function measure(agent: string, command: readonly string[]): Promise<void> {
  const ports = { zipkin: await freePort(), jaeger: await freePort() }
  writeFileSync(
    file,
    `receivers:
  zipkin: {endpoint: "127.0.0.1:${ports.zipkin}"}
  jaeger: {protocols: {thrift_http: {endpoint: "127.0.0.1:${ports.jaeger}"}}}
processors:
  batch: {send_batch_size: 8192, timeout: 200ms}
exporters:
  nop: {}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [zipkin, jaeger], processors: [batch], exporters: [nop]}
`,
  )
  const running = start({ command, environment: { GOMAXPROCS: '1' } })
  try {
    await listening(ports.zipkin, running)
    await listening(ports.jaeger, running)
    for (const work of works) {
      if (!new RegExp(values.only).test(work.name)) continue
      const send = sender(ports[work.port], work.path, work.type, work.body)
      await load(send, Number(values.warmup))
      const before = cpuSeconds(running.pid)
      const requestCount = await load(send, Number(values.seconds))
      const perMillion = ((cpuSeconds(running.pid) - before) / (requestCount * spanCount)) * 1e6
      note(`${agent} ${work.name}`, perMillion)
    }
    noteMemory(agent, running)
  } finally {
    await stop(running)
  }
}

function noteMemory(agent: string, running: Running): void {
  note(`${agent} memory`, memoryMiB(running.pid, 'VmHWM'))
}

function note(name: string, value: number): void {
  const list = figures.get(name) ?? []
  list.push(value)
  figures.set(name, list)
}

function sender(port: number, path: string, type: string, body: Uint8Array): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const headers = { 'content-type': type, 'content-length': body.length }
  return () =>
    new Promise((resolve, reject) => {
      const outgoing = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, response => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 202 ? resolve() : reject(new Error(`${path}: ${response.statusCode}`)),
        )
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
}

/** Keeps some requests under way; returns how many were answered. */
async function load(send: () => Promise<void>, seconds: number): Promise<number> {
  const endMs = performance.now() + seconds * 1000
  let count = 0
  await Promise.all(
    Array.from({ length: Number(values.inflight) }, async () => {
      while (performance.now() < endMs) {
        await send()
        count++
      }
    }),
  )
  return count
}
