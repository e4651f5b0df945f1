// What one request costs the main thread and the machine, inline and handed to a thread, by the size of requests.
//   node bench/stage-pool/stage-pool.bench.ts
// The main thread's share decides: a request goes to a thread where that frees the event loop of more than it costs.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/clock/clock.ts'
import { components } from '../../src/components.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import type { OtlpBatch } from '../../src/pdata/otlp-batch.ts'
import type { StageStep } from '../../src/service/graph-plan.ts'
import { InlineStage } from '../../src/service/inline-stage.ts'
import type { LoadGauge } from '../../src/service/load-gauge.ts'
import { PooledStage } from '../../src/service/pooled-stage.ts'
import { StagePool } from '../../src/service/stage-pool.ts'
import { MetricRegistry } from '../../src/telemetry/metric-registry.ts'
import { encodePlain } from '../../src/testkit/otlp-oracle.ts'
import { attributesOf } from '../../src/testkit/run-processor.ts'
import { WorkerPool } from '../../src/workers/worker-pool.ts'

const spanCounts = [1, 10, 50, 100, 512]
const spansPerRound = 100_000
/** Requests under way at once: alone each is a hand-over of its own, together they share one. */
const together = 64

const stages: Readonly<Record<string, readonly (readonly [type: string, yaml: string])[]>> = {
  attributes: [
    ['attributes', '{actions: [{key: env, value: prod, action: insert}, {key: http.user_agent, action: delete}]}'],
  ],
}

await components.loadAll()

function stepOf(parts: readonly (readonly [type: string, yaml: string])[]): StageStep {
  return {
    kind: 'stage',
    key: 'stage:traces:0',
    fingerprint: '',
    pipeline: { id: 'traces', signal: 'traces', receivers: [], processors: [], exporters: [] },
    parts: parts.map(([type, yaml]) => {
      const factory = components.find('processor', type)
      if (factory?.form !== 'stateless') throw new Error(`${type} is no stateless processor`)
      return { id: { type, name: '' }, factory, config: parseConfig(factory.config, yaml) }
    }),
  }
}

function requestOf(spanCount: number): OtlpBatch {
  const attributes = attributesOf({
    'http.method': 'GET',
    'http.route': '/users/{id}',
    'http.user_agent': 'x'.repeat(60),
  })
  const span = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name: 'GET /users/{id}', attributes }
  const spans = Array.from({ length: spanCount }, () => span)
  const bytes = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  return { signal: 'traces', bytes, itemCount: spanCount }
}

/** Microseconds per request: of the main thread alone, and of the whole process. */
async function measure(run: (batch: OtlpBatch) => unknown, batch: OtlpBatch, inFlightMax = together) {
  const requestCount = Math.ceil(spansPerRound / batch.itemCount / 4)
  const cpu = process.cpuUsage()
  const thread = process.threadCpuUsage()
  const open = new Set<Promise<unknown>>()
  for (let i = 0; i < requestCount; i++) {
    const result = run(batch)
    if (!(result instanceof Promise)) continue
    const settled: Promise<unknown> = result.finally(() => open.delete(settled))
    open.add(settled)
    if (open.size >= inFlightMax) await Promise.race(open)
  }
  await Promise.all(open)
  const { user, system } = process.cpuUsage(cpu)
  const main = process.threadCpuUsage(thread)
  return { mainUs: (main.user + main.system) / requestCount, totalUs: (user + system) / requestCount }
}

const threadsMax = Math.max(1, availableParallelism() - 1)
const workers = new WorkerPool({
  filename: fileURLToPath(new URL('../../src/stage-worker.ts', import.meta.url)),
  threadsMax,
  idleTimeoutMs: 10_000,
  heapMibMax: 128,
  clock: systemClock,
})
const pool = new StagePool(workers, new MetricRegistry().scope({}))
for (const [name, parts] of Object.entries(stages)) {
  const step = stepOf(parts)
  const inline = new InlineStage(step, [])
  const pooled = new PooledStage(step, [], pool, { isBusy: true } as LoadGauge, 0)
  console.log(`${name}, ${threadsMax} thread(s): microseconds per request`)
  console.log('spans  bytes      inline  main alone  main joint  all threads')
  for (const spanCount of spanCounts) {
    const batch = requestOf(spanCount)
    await measure(each => inline.run(each), batch)
    await measure(each => pooled.run(each), batch)
    const a = await measure(async each => inline.run(each), batch)
    const alone = await measure(each => pooled.run(each), batch, 1)
    const b = await measure(each => pooled.run(each), batch)
    const cells = [a.mainUs, alone.mainUs, b.mainUs, b.totalUs]
    console.log(
      `${String(spanCount).padStart(5)} ${String(batch.bytes.length).padStart(6)}${cells.map(us => us.toFixed(1).padStart(12)).join('')}`,
    )
  }
}
await pool.shutdown()
