import t from 'tap'
import { ConsumeError } from '../component/consumer.ts'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { queueShape } from '../config/sections/exporter-queue.ts'
import { componentSettings, testHost } from '../testkit/component-settings.ts'
import { ScriptedBackend } from '../testkit/scripted-backend.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { createExporter } from './exporter.ts'

const config = defineConfig(queueShape())
const down: ExportResult = {
  kind: 'refused',
  refusal: new ConsumeError('retryable', 'connect ECONNREFUSED', { reason: 'backend_connect' }),
}
const stepMs = 10_000
const outageSteps = (4 * 3_600_000) / stepMs

/** Real files under a clock that plays four hours in seconds: what is due on the disk gets a moment. */
const disk = () => new Promise(resolve => setTimeout(resolve, 1))

async function playOutage(directory: string, queue: string) {
  const storage = {
    start: async () => {},
    shutdown: async () => {},
    directoryFor: () => ({ path: `${directory}/exporter.test.traces`, createsDirectory: true, syncs: false }),
  }
  const settings = componentSettings('test', { host: testHost({ extension: () => storage }), random: () => 0.5 })
  const { clock, ledger } = settings
  const backend = new ScriptedBackend<ExportResult>(down)
  const parsed = parseConfig(config, `sending_queue: {storage: file_storage, num_consumers: 1, ${queue}}`)
  const exporter = createExporter({ backend, signals: ['traces'], timeoutMs: 5000, ...parsed }, settings)
  await exporter.start()
  let refusedCount = 0
  const give = async (i: number) => {
    ledger.received('traces', 1)
    await exporter.consume(spanBatch(i, 1)).catch((error: ConsumeError) => {
      refusedCount++
      ledger.rejected('traces', error.reason, 1)
    })
  }
  for (let i = 0; i < outageSteps; i++) {
    await give(i)
    await clock.advance(stepMs)
  }
  const during = {
    queued: ledger.queued('traces'),
    attempts: backend.attempts.length,
    imbalance: ledger.imbalance('traces'),
  }
  backend.otherwise = accepted
  for (let i = 0; i < 200 && ledger.queued('traces') > 0; i++) {
    await clock.advance(1000)
    await disk()
  }
  await exporter.shutdown({ atMs: clock.nowMs() + 1000 })
  const { exported, dropped } = ledger.entry('traces')
  return {
    during,
    exported,
    dropped: Object.fromEntries(dropped),
    refusedCount,
    backend,
    imbalance: ledger.imbalance('traces'),
  }
}

t.test('four hours without a backend: everything is delivered, in order, once', async t => {
  const run = await playOutage(t.testdir(), 'queue_size: 10000')
  t.match(run.during, { queued: outageSteps, imbalance: 0 })
  t.ok(run.during.attempts < 700, `${run.during.attempts} attempts in four hours are no storm`)
  t.match(run, { exported: outageSteps, dropped: {}, refusedCount: 0, imbalance: 0 })
  t.strictSame(
    run.backend.received,
    Array.from({ length: outageSteps }, (_, i) => i),
  )
})

t.test('four hours with room for one: the oldest go, are counted, and the rest is delivered in order', async t => {
  const run = await playOutage(t.testdir(), 'queue_size: 360, overflow: drop_oldest')
  t.match(run.dropped, { queue_full: outageSteps - 360 })
  t.match(run, { exported: 360, refusedCount: 0, imbalance: 0 })
  const newest = run.backend.received.slice(1)
  t.strictSame(
    newest,
    Array.from({ length: 359 }, (_, i) => outageSteps - 359 + i),
    'what is under way is never dropped',
  )
})

t.test('four hours with room for one: senders are refused with a hint, the oldest hour is delivered', async t => {
  const run = await playOutage(t.testdir(), 'queue_size: 360')
  t.match(run, { exported: 360, refusedCount: outageSteps - 360, dropped: {}, imbalance: 0 })
})

t.test('four hours with a limit by age: what is older goes, and is counted', async t => {
  const run = await playOutage(t.testdir(), 'queue_size: 10000, limits: {age: {max: 30m}}')
  t.match(run, { imbalance: 0, refusedCount: 0 })
  t.equal((run.dropped['expired'] ?? 0) + run.exported, outageSteps)
  t.ok(run.exported >= 180 && run.exported <= 182, `${run.exported} of the last half hour`)
})
