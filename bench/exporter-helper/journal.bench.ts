/**
 * What a queue costs: CPU per million spans and the time until a batch is acknowledged, for a queue in memory, on disk
 * (`process`) and on disk with syncs (`node`), over the same requests in the same run, beside a bare write and fdatasync of the
 * same bytes: no level that syncs is faster than that; and how fast a backlog drains, beside the rate at which the same
 * exporter passes through.
 *
 *   node bench/exporter-helper/journal.bench.ts [--spans 512] [--seconds 4] [--directory DIR]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../../src/clock/clock.ts'
import type { Component, ComponentSettings } from '../../src/component/component.ts'
import { defineConfig } from '../../src/config/declare.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { queueShape } from '../../src/config/sections/exporter-queue.ts'
import type { Backend, ExportResult } from '../../src/exporter-helper/export-request.ts'
import { createExporter } from '../../src/exporter-helper/exporter.ts'
import { componentSettings, testHost } from '../../src/testkit/component-settings.ts'
import { ByteBudget } from '../../src/transport/byte-budget.ts'
import { buildBody, seededRandom } from '../rig/corpus.ts'

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '512' },
    seconds: { type: 'string', default: '4' },
    directory: { type: 'string', default: tmpdir() },
  },
})
const spanCount = Number(values.spans)
const latencyRounds = 3
const seconds = Number(values.seconds)
/** A client that keeps nothing of the request, as ours when the socket has taken it. */
const letGo: ExportResult = { kind: 'accepted', isLetGo: true }

const levels = ['memory', 'process', 'node'] as const
type Level = (typeof levels)[number]

const random = seededRandom(3)
const bodies = Array.from({ length: 8 }, () => buildBody('S', spanCount, random).bytes)
const batchOf = (i: number) => ({ signal: 'traces' as const, bytes: bodies[i % bodies.length]!, itemCount: spanCount })
const config = defineConfig(queueShape())

function createQueue(level: Level, path: string, backend: Backend) {
  const storage = {
    start: async () => {},
    shutdown: async () => {},
    directoryFor: () => ({ path, createsDirectory: true, syncs: false }),
  } satisfies Component & { directoryFor: unknown }
  const base = componentSettings('bench')
  const host = testHost({ extension: () => storage, admission: new ByteBudget(4 << 30) })
  const settings: ComponentSettings = { ...base, clock: systemClock, host }
  const yaml = `sending_queue: {storage: disk, durability: ${level}, queue_size: 10000000}`
  const { retry, queue } = parseConfig(config, yaml)
  return {
    exporter: createExporter({ backend, signals: ['traces'], timeoutMs: 0, retry, queue }, settings),
    ledger: base.ledger,
  }
}

async function withQueue<T>(
  level: Level,
  backend: Backend,
  work: (queue: ReturnType<typeof createQueue>) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(values.directory, 'sluice-journal-bench-'))
  try {
    const queue = createQueue(level, join(directory, 'bench.traces'), backend)
    await queue.exporter.start()
    const result = await work(queue)
    await queue.exporter.shutdown({ atMs: systemClock.nowMs() + 5000 })
    return result
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Four senders, each waiting for its answer: CPU per million spans. */
async function cpu(level: Level): Promise<{ cpuSeconds: number; rate: number }> {
  const backend = { send: async () => letGo }
  return withQueue(level, backend, async ({ exporter }) => {
    let sent = 0
    const until = performance.now() + seconds * 1000
    const sender = async () => {
      while (performance.now() < until) await exporter.consume(batchOf(sent++))
    }
    const before = process.cpuUsage()
    const startMs = performance.now()
    await Promise.all([sender(), sender(), sender(), sender()])
    const { user, system } = process.cpuUsage(before)
    const spans = sent * spanCount
    return { cpuSeconds: (user + system) / spans, rate: (spans / (performance.now() - startMs)) * 1000 }
  })
}

/** 10,000 spans a second: the times until each batch is acknowledged. */
async function paced(acknowledge: (i: number) => Promise<void>): Promise<number[]> {
  const times: number[] = []
  const running: Promise<void>[] = []
  const gapMs = (spanCount / 10_000) * 1000
  const startMs = performance.now()
  for (let i = 0; i * gapMs < seconds * 1000; i++) {
    while (performance.now() - startMs < i * gapMs) await new Promise(resolve => setTimeout(resolve, 1))
    const atMs = performance.now()
    running.push(acknowledge(i).then(() => void times.push(performance.now() - atMs)))
  }
  await Promise.all(running)
  return times
}

function latency(level: Level): Promise<number[]> {
  const backend = { send: async () => letGo }
  return withQueue(level, backend, ({ exporter }) => paced(i => exporter.consume(batchOf(i))))
}

/** The disk's own: what comes meanwhile waits, and shares the next write. */
async function diskLatency(isSynced: boolean): Promise<number[]> {
  const directory = mkdtempSync(join(values.directory, 'sluice-journal-bench-'))
  const file = await open(join(directory, 'bare'), 'w')
  const fileBytes = 16 << 20
  try {
    await file.write(Buffer.alloc(fileBytes, 1))
    await file.sync()
    let offset = 0
    let group: Promise<void> | undefined
    let writing: Promise<void> = Promise.resolve()
    let waiting: Uint8Array[] = []
    return await paced(i => {
      waiting.push(batchOf(i).bytes)
      group ??= writing.then(async () => {
        const buffers = waiting
        waiting = []
        group = undefined
        const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
        if (offset + bytes > fileBytes) offset = 0
        writing = file.writev(buffers, offset).then(() => (isSynced ? file.datasync() : undefined))
        offset += bytes
        await writing
      })
      return group
    })
  } finally {
    await file.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Fills the queue while the backend is away, then measures how fast it leaves. */
async function drain(level: Level, requests: number): Promise<number> {
  let open: (() => void) | undefined
  const away = new Promise<void>(resolve => {
    open = resolve
  })
  let arrived = 0
  let done: (() => void) | undefined
  const all = new Promise<void>(resolve => {
    done = resolve
  })
  const backend: Backend = {
    async send(request): Promise<ExportResult> {
      await away
      arrived += request.itemCount
      if (arrived >= requests * spanCount) done?.()
      return letGo
    },
  }
  return withQueue(level, backend, async ({ exporter }) => {
    for (let i = 0; i < requests; i++) await exporter.consume(batchOf(i))
    const startMs = performance.now()
    open?.()
    await all
    return ((requests * spanCount) / (performance.now() - startMs)) * 1000
  })
}

console.log(
  `requests of ${spanCount} spans, ${Math.round(bodies[0]!.length / spanCount)} bytes a span, in ${values.directory}`,
)
await cpu('memory')
const baseline = await cpu('memory')
for (const level of levels) {
  const first = await cpu(level)
  const second = await cpu(level)
  const cpuSeconds = Math.min(first.cpuSeconds, second.cpuSeconds)
  console.log(
    `${level.padEnd(8)} ${cpuSeconds.toFixed(3)} CPU-seconds per million spans (+${(cpuSeconds - baseline.cpuSeconds).toFixed(3)}), ` +
      `${Math.round(first.rate / 1000)}k spans/s`,
  )
}
// In turns: what the disk is asked by others changes from one second to the next.
const subjects = [
  { name: 'memory', measure: () => latency('memory') },
  { name: 'a bare write', measure: () => diskLatency(false) },
  { name: 'process', measure: () => latency('process') },
  { name: 'a bare write and fdatasync', measure: () => diskLatency(true) },
  { name: 'node', measure: () => latency('node') },
]
const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
for (let round = 0; round < latencyRounds; round++) {
  for (const { name, measure } of subjects) times.get(name)?.push(...(await measure()))
}
for (const [name, all] of times) {
  all.sort((a, b) => a - b)
  const at = (share: number) => `${(all[Math.floor(all.length * share)] ?? 0).toFixed(2)} ms`
  console.log(`at 10k spans/s, ${name.padEnd(26)} p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)} of ${all.length}`)
}
const requests = Math.max(1, Math.round(1_500_000 / spanCount))
const passing = (await cpu('process')).rate
const draining = await drain('process', requests)
console.log(
  `process: passes through ${Math.round(passing / 1000)}k spans/s, drains a backlog of ${Math.round((requests * bodies[0]!.length) / 1e6)} MB with ` +
    `${Math.round(draining / 1000)}k spans/s (${Math.round((draining / passing) * 100)} %)`,
)
