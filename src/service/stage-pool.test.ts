import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { systemClock } from '../clock/clock.ts'
import { parseConfig } from '../config/parse-config.ts'
import { countItems } from '../pdata/count.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { encodePlain } from '../testkit/otlp-oracle.ts'
import { randomRequest } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { misbehaviour, stageFixtureProcessor } from '../testkit/stage-fixture.ts'
import { WorkerPool } from '../workers/worker-pool.ts'
import type { StageStep } from './graph-plan.ts'
import { LoadGauge } from './load-gauge.ts'
import { PooledStage } from './pooled-stage.ts'
import { defaultPoolLimits, StagePool, type StagePoolLimits } from './stage-pool.ts'

const filename = fileURLToPath(new URL('../testkit/stage-fixture-worker.ts', import.meta.url))

function stepOf(yaml: string): StageStep {
  const config = parseConfig(stageFixtureProcessor.config, yaml)
  const pipeline = { id: 'traces', signal: 'traces', receivers: [], processors: [], exporters: [] } as const
  if (stageFixtureProcessor.kind !== 'processor' || stageFixtureProcessor.form !== 'stateless') throw new Error('form')
  const part = { id: { type: 'fixture', name: '' }, factory: stageFixtureProcessor, config }
  return { kind: 'stage', key: 'stage:traces:0', fingerprint: '', pipeline, parts: [part] }
}

interface PoolSetUp {
  readonly limits?: Partial<StagePoolLimits>
  readonly threadsMax?: number
  /** Without it the load gauge says idle. */
  readonly isBusy?: boolean
  readonly yaml?: string
}

function setUp(t: Test, { limits, threadsMax = 1, isBusy = true, yaml = '{mark: m}' }: PoolSetUp = {}) {
  const registry = new MetricRegistry()
  const scope = registry.scope({})
  const workers = new WorkerPool({
    filename,
    threadsMax,
    idleTimeoutMs: 1000,
    heapMibMax: 32,
    clock: systemClock,
  })
  const pool = new StagePool(workers, scope, { ...defaultPoolLimits, ...limits })
  t.teardown(() => pool.shutdown())
  const load = { isBusy } as LoadGauge
  const stage = new PooledStage(stepOf(yaml), ['!'], pool, load, 0)
  const inline = new PooledStage(stepOf(yaml), ['!'], pool, { isBusy: false } as LoadGauge, 0)
  const value = (name: string) => registry.value(`sluice_stage_pool_${name}`)
  return { registry, workers, pool, stage, inline, value }
}

const batchOf = (bytes: Uint8Array): OtlpBatch => ({ signal: 'traces', bytes, itemCount: countItems('traces', bytes) })
const spansNamed = (...names: string[]) =>
  batchOf(encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans: names.map(name => ({ name })) }] }] }))

t.test('the same bytes and counts come out inline and from a thread, for any request', async t => {
  for (const yaml of ['{}', '{mark: changed, secret: "$$"}']) {
    const { stage, inline, value } = setUp(t, { yaml, threadsMax: 2 })
    const random = new SeededRandom(7)
    const batches = Array.from({ length: 150 }, () => batchOf(randomRequest(random, 'traces')))
    const pooled = await Promise.all(batches.map(batch => stage.run(batch)))
    for (const [i, batch] of batches.entries()) {
      // Who may give bytes back does not cross between threads.
      const { memory, ...expected } = await inline.run(batch)
      t.equal(memory !== undefined && expected.bytes === batch.bytes, false)
      t.same(pooled[i], expected)
      if (expected.bytes === batch.bytes) t.equal(pooled[i]?.bytes, batch.bytes, 'untouched: the very same array')
    }
    t.equal(value('requests'), 150)
    t.ok(value('groups') < 150, 'requests travelled in groups')
  }
})

t.test('memory in a context is one for the stages on all threads', async t => {
  const { pool } = setUp(t)
  const seen = new SharedArrayBuffer(4)
  const isBusy = (value: boolean) => ({ isBusy: value }) as LoadGauge
  const contexts = [{ seen, name: 'plain data beside it' }]
  const busy = new PooledStage(stepOf('{}'), contexts, pool, isBusy(true), 0)
  const idle = new PooledStage(stepOf('{}'), contexts, pool, isBusy(false), 0)
  await busy.run(spansNamed('a', 'b'))
  await idle.run(spansNamed('c'))
  await busy.run(spansNamed('d'))
  t.equal(new Int32Array(seen)[0], 4)
})

t.test('no thread runs before there is need of one', async t => {
  const { stage, workers } = setUp(t, { isBusy: false })
  await stage.run(spansNamed('a'))
  t.equal(workers.threadCount, 0)
})

t.test('a malformed request is refused as inline, and its neighbours are not', async t => {
  const { stage } = setUp(t)
  const bad = { signal: 'traces', bytes: new Uint8Array([0x0a, 0x7f]), itemCount: 1 } as const
  const results = await Promise.allSettled([stage.run(spansNamed('a')), stage.run(bad), stage.run(spansNamed('b'))])
  t.same(
    results.map(result => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.match(results[1], { reason: { name: 'WireError' } })
})

t.test('a full backlog refuses with a hint', async t => {
  const { stage, value } = setUp(t, { limits: { backlogRequestsMax: 2 } })
  const results = await Promise.allSettled([1, 2, 3].map(async () => await stage.run(spansNamed('a'))))
  t.same(
    results.map(result => result.status),
    ['fulfilled', 'fulfilled', 'rejected'],
  )
  t.match(results[2], { reason: { kind: 'overloaded', reason: 'stage_backlog_full', retryDelayMs: 1000 } })
  t.equal(value('refused_items'), 1)
})

t.test('one request larger than the whole backlog still passes alone', async t => {
  const { stage } = setUp(t, { limits: { backlogBytesMax: 1 } })
  t.equal((await stage.run(spansNamed('a', 'b'))).itemCount, 2)
})

/** An exhausted heap dies slowly on a busy machine; an endless loop is known for what it is at once. */
const timeouts = {
  died: { groupTimeoutMs: 20_000, secondTryTimeoutMs: 20_000 },
  hung: { groupTimeoutMs: 150, secondTryTimeoutMs: 300 },
}

for (const { name, how } of [
  { name: misbehaviour.dies, how: 'died' },
  { name: misbehaviour.eats, how: 'died' },
  { name: misbehaviour.hangs, how: 'hung' },
] as const) {
  t.test(`a ${name} costs its thread; the others of its group are tried again, it alone is refused`, async t => {
    const { stage, registry, value } = setUp(t, { limits: timeouts[how] })
    await stage.run(spansNamed('first, so that the thread runs'))
    const results = await Promise.allSettled([
      stage.run(spansNamed('a')),
      stage.run(spansNamed(name)),
      stage.run(spansNamed('b')),
    ])
    t.same(
      results.map(result => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    t.match(results[1], { reason: { kind: 'permanent', reason: 'worker_lost' } })
    t.equal(value('retried_requests'), 3)
    t.equal(registry.value('sluice_stage_pool_lost_threads', { loss: how }), 2)
    t.equal((await stage.run(spansNamed('later'))).itemCount, 1, 'and work goes on')
  })
}

t.test('what waits at the end is told to come again', async t => {
  const { stage, pool } = setUp(t)
  const waiting = Promise.allSettled([stage.run(spansNamed('a'))])
  await pool.shutdown()
  t.match(await waiting, [{ status: 'rejected', reason: { kind: 'retryable', reason: 'shutdown' } }])
})

t.test('the gauge says busy from its threshold on, and idle only well below it', async t => {
  const { ManualClock } = await import('../testkit/manual-clock.ts')
  const clock = new ManualClock()
  let utilization = 0
  const registry = new MetricRegistry()
  const gauge = new LoadGauge(clock, () => utilization, registry.scope({}), { busyFrom: 0.7, idleBelow: 0.35 })
  gauge.start()
  const seen: boolean[] = []
  for (utilization of [0.69, 0.7, 0.5, 0.35, 0.34, 0.6]) {
    await clock.advance(100)
    seen.push(gauge.isBusy)
  }
  t.same(seen, [false, true, true, true, false, false])
  t.equal(registry.value('sluice_event_loop_utilization'), 0.6)
  t.equal(registry.value('sluice_stage_pool_threshold_utilization'), 0.7)
  gauge.shutdown()
  t.equal(clock.pendingCount, 0)
})
