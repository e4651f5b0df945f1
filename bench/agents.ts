// Whole agents, side by side: CPU-seconds per million spans, peak memory, added latency and losses, in rounds that
// alternate between the agents so that a noisy neighbour meets them all. The relay hands bytes through and is the floor.
//
//   node bench/agents.ts [--shape S] [--spans 512] [--protocol grpc] [--work pass-through] [--rounds 3] [--seconds 5]
//                        [--collector PATH] [--peer 'NAME=COMMAND with {in} {out} {config}'] [--rate SPANS_PER_SECOND]
//                        [--connections 1] [--inflight 4] [--json]
//
// `--collector` names an OpenTelemetry Collector binary (bench/peers/build-otelcol.sh builds one): it runs the same file.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cpuSeconds, freePort, listening, memoryMiB, type Running, start, stop } from './rig/agent-process.ts'
import { type Shape, writeCorpus } from './rig/corpus.ts'
import { median } from './rig/median.ts'
import { runsOnCollector, type Work, workConfig, works } from './rig/work.ts'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, 'out')

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: 'S' },
    spans: { type: 'string', default: '512' },
    protocol: { type: 'string', default: 'grpc' },
    work: { type: 'string', default: 'pass-through' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '3' },
    connections: { type: 'string', default: '1' },
    inflight: { type: 'string', default: '4' },
    rate: { type: 'string', default: '0' },
    collector: { type: 'string' },
    peer: { type: 'string', multiple: true, default: [] },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

if (!['loadgen', 'sink', 'relay'].every(name => existsSync(join(out, name)))) {
  console.error('agents: build the rig first: bench/rig/build.sh')
  process.exit(2)
}
// What users run is the bundle; from source the agent takes a tenth more CPU and 40 MiB more memory.
const build = spawnSync(process.execPath, [join(here, '../scripts/build.ts')], { stdio: 'inherit' })
if (build.status !== 0) process.exit(1)
if (!Object.hasOwn(works, values.work)) {
  console.error(`agents: --work is one of ${Object.keys(works).join(', ')}`)
  process.exit(2)
}
const grpc = values.protocol === 'grpc'
const work = values.work as Work
const spanCount = Number(values.spans)

interface Agent {
  readonly name: string
  readonly command: (ports: { input: number; output: number }, config: string) => string[]
  readonly environment?: Record<string, string>
}

const agents: Agent[] = [
  { name: 'relay', command: ({ input, output }) => [join(out, 'relay'), '--port', `${input}`, '--to', `${output}`] },
  { name: 'sluice', command: (_, config) => [join(here, '../bin/sluice'), '--config', config] },
]
if (values.collector !== undefined && !runsOnCollector(work))
  console.error(`agents: a Collector has no ${work}, so it sits this work out`)
else if (values.collector !== undefined) {
  const collector = values.collector
  agents.push({
    name: 'collector',
    command: (_, config) => [collector, '--config', config],
    environment: { GOMAXPROCS: '1' },
  })
}
for (const peer of values.peer) {
  const [name, command] = [peer.slice(0, peer.indexOf('=')), peer.slice(peer.indexOf('=') + 1)]
  agents.push({
    name,
    command: ({ input, output }, config) =>
      command
        .split(' ')
        .map(word => word.replace('{in}', `${input}`).replace('{out}', `${output}`).replace('{config}', config)),
  })
}

interface Result {
  readonly agent: string
  readonly cpuPerMillion: number
  readonly cpuPerRequestUs: number
  readonly spansPerSecond: number
  readonly peakMiB: number
  readonly idleMiB: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly missing: number
  readonly doubles: number
  readonly refused: number
}

async function loadgen(port: number, corpus: string, first: number, seconds: number, rate: number) {
  const run = start({
    command: [
      join(out, 'loadgen'),
      '--port',
      `${port}`,
      '--protocol',
      values.protocol,
      '--corpus',
      corpus,
      '--seconds',
      `${seconds}`,
      '--connections',
      values.connections,
      '--inflight',
      values.inflight,
      '--first',
      `${first}`,
      '--rate',
      `${rate}`,
    ],
    cpu: 1,
  })
  await once(run.child, 'close')
  return JSON.parse(run.output()) as {
    requests: number
    ok: number
    failed: number
    spans: number
    spansSent: number
    seconds: number
  }
}

interface SinkStats {
  unique: number
  doubles: number
  malformed: number
  p50Ms: number
  p99Ms: number
}

async function sinkStats(sink: Running): Promise<SinkStats> {
  const before = sink.output().split('\n').length
  sink.child.kill('SIGUSR1')
  while (sink.output().split('\n').length === before) await delay(5)
  return JSON.parse(sink.output().trim().split('\n').at(-1)!) as SinkStats
}

/** Waits until the sink's count stands still: everything that was accepted has come out, or never will. */
async function drained(sink: Running, expected: number): Promise<SinkStats> {
  let last = await sinkStats(sink)
  for (let still = 0; still < 15 && last.unique < expected; ) {
    await delay(200)
    const next = await sinkStats(sink)
    still = next.unique === last.unique ? still + 1 : 0
    last = next
  }
  return last
}

async function measure(agent: Agent, corpus: string, folder: string): Promise<Result> {
  const ports = { input: await freePort(), output: await freePort(), metrics: await freePort() }
  const config = join(folder, 'config.yaml')
  writeFileSync(config, workConfig(work, { ...ports, protocol: values.protocol as 'grpc' | 'http' }))
  const sink = start({ command: [join(out, 'sink'), '--port', `${ports.output}`], cpu: 1 })
  await listening(ports.output, sink)
  const running = start({
    command: agent.command(ports, config),
    cpu: 0,
    ...(agent.environment && { environment: agent.environment }),
  })
  try {
    await listening(ports.input, running)
    await delay(300)
    const idleMiB = memoryMiB(running.pid, 'VmRSS')
    const keepsAll = works[work].keepsAll
    const warm = await loadgen(ports.input, corpus, 0, Number(values.warmup), Number(values.rate))
    const settled = await drained(sink, keepsAll ? warm.spans : Number.POSITIVE_INFINITY)
    const before = cpuSeconds(running.pid)
    const load = await loadgen(ports.input, corpus, warm.spansSent, Number(values.seconds), Number(values.rate))
    const stats = await drained(sink, keepsAll ? warm.spans + load.spans : Number.POSITIVE_INFINITY)
    const used = cpuSeconds(running.pid) - before
    return {
      agent: agent.name,
      cpuPerMillion: (used / load.spans) * 1e6,
      cpuPerRequestUs: (used / load.ok) * 1e6,
      spansPerSecond: load.spans / load.seconds,
      peakMiB: memoryMiB(running.pid, 'VmHWM'),
      idleMiB,
      p50Ms: stats.p50Ms,
      p99Ms: stats.p99Ms,
      missing: keepsAll ? warm.spans + load.spans - stats.unique : 0,
      doubles: stats.doubles - settled.doubles,
      refused: load.failed,
    }
  } finally {
    await stop(running)
    await stop(sink, 'SIGKILL')
  }
}

mkdirSync(out, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const corpus = join(folder, 'corpus')
const { bytesPerSpan } = writeCorpus(
  corpus,
  values.shape as Shape,
  spanCount,
  Math.max(64, Math.ceil(1024 / spanCount)),
)
const chosen = agents.filter(agent => values.only === undefined || values.only.split(',').includes(agent.name))
const results = new Map<string, Result[]>(chosen.map(agent => [agent.name, []]))
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const agent of chosen) {
      // The relay speaks to the sink in the sender's protocol, and cannot do any other work.
      if (agent.name === 'relay' && work !== 'pass-through' && round > 0) continue
      results.get(agent.name)!.push(await measure(agent, corpus, folder))
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const floor = median((results.get('relay') ?? []).map(result => result.cpuPerMillion))
const rows = [...results].map(([agent, list]) => {
  const of = (key: Exclude<keyof Result, 'agent'>) => median(list.map(result => result[key]))
  const total = (key: 'missing' | 'doubles' | 'refused') => list.reduce((sum, result) => sum + result[key], 0)
  return {
    agent,
    'CPU-s/Mspan': Number(of('cpuPerMillion').toFixed(3)),
    'x relay': Number((of('cpuPerMillion') / floor).toFixed(2)),
    'us/request': Number(of('cpuPerRequestUs').toFixed(1)),
    'spans/s': Math.round(of('spansPerSecond')),
    'idle MiB': Math.round(of('idleMiB')),
    'peak MiB': Math.round(of('peakMiB')),
    'p50 ms': of('p50Ms'),
    'p99 ms': of('p99Ms'),
    missing: total('missing'),
    doubled: total('doubles'),
    refused: total('refused'),
  }
})
if (values.json)
  console.log(JSON.stringify({ settings: values, bytesPerSpan, results: Object.fromEntries(results) }, null, 2))
else {
  console.log(
    `${work}, ${grpc ? 'gRPC' : 'HTTP'}, ${values.shape} spans of ${bytesPerSpan.toFixed(0)} bytes, ${spanCount} a request, one core for the agent, median of ${values.rounds}`,
  )
  console.table(rows)
}
