import t from 'tap'
import { BatchMemory } from '../pdata/batch-memory.ts'
import { settle } from '../testkit/manual-clock.ts'
import type { Answer } from '../testkit/scripted-backend.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { down, like, none, refused, rule, setUp } from './exporter-run.oracle.ts'

t.test('at shutdown: waits end, what waits is sent, what the deadline cuts off is counted', async t => {
  const { exporter, give, backend, clock, counts } = setUp('{}', [refused('overloaded', 60_000)], accepted)
  await exporter.start()
  await give(3)
  await give(4, rule(100_000, 1000))
  await settle()
  await exporter.shutdown({ atMs: clock.nowMs() + 1000 })
  t.strictSame(backend.received.sort(), [0, 1, 2, 3, 4, 5, 6])
  await t.rejects(give(1), like({ kind: 'retryable', reason: 'shutdown' }))
  t.strictSame(counts(), { ...none, received: 8, exported: 7, rejected: { shutdown: 1 } })
  t.equal(clock.pendingCount, 0)
})

t.test('at shutdown with a dead backend: tries until the deadline, then drops and says so', async t => {
  const { exporter, give, backend, clock, counts } = setUp('{}', [], down)
  await exporter.start()
  await give(3)
  await give(4, rule(100_000, 1000))
  await settle()
  const end = exporter.shutdown({ atMs: clock.nowMs() + 5000 })
  await clock.advance(5000)
  await end
  t.ok(backend.attempts.length >= 8, 'it kept trying')
  t.strictSame(counts(), { ...none, received: 7, dropped: { shutdown: 7 } })
  t.equal(clock.pendingCount, 0)
})

t.test('at shutdown with a backend that never answers: the deadline holds', async t => {
  const hangs: Answer<ExportResult> = (_request, signal) =>
    new Promise(resolve => signal.addEventListener('abort', () => resolve(down)))
  const { exporter, give, clock, counts } = setUp('{}', [], hangs)
  await exporter.start()
  await give(3)
  const end = exporter.shutdown({ atMs: clock.nowMs() + 1000 })
  await clock.advance(1000)
  await end
  t.strictSame(counts(), { ...none, received: 3, dropped: { shutdown: 3 } })
})

t.test('a reload hands everything to the successor, once', async t => {
  const { exporter, create, give, backend, clock, counts, numbers } = setUp('{}', [refused('overloaded', 60_000)])
  await exporter.start()
  await give(3)
  await give(4, rule(100_000, 1000))
  await settle()
  const successor = create()
  await successor.start()
  await exporter.handOver?.(successor, { atMs: clock.nowMs() + 1000 })
  await exporter.shutdown({ atMs: clock.nowMs() + 1000 })
  t.match(counts(), { received: 7, imbalance: 0 })
  await successor.shutdown({ atMs: clock.nowMs() + 1000 })
  t.strictSame(backend.received.sort(), numbers(7))
  t.strictSame(counts(), { ...none, received: 7, exported: 7 })
})

t.test('what waits when a reload comes keeps its bytes until the successor has sent them', async t => {
  const { exporter, create, backend, clock, numbers } = setUp()
  await exporter.start()
  const { bytes, ...batch } = spanBatch(0, 4, 16_000)
  const own = new Uint8Array(bytes)
  // Waits for company for a second.
  await exporter.consume({ ...batch, bytes: own, memory: BatchMemory.of(own), merge: rule(100_000, 1000) })
  await settle()
  const successor = create()
  await successor.start()
  await exporter.handOver?.(successor, { atMs: clock.nowMs() + 1000 })
  await exporter.shutdown({ atMs: clock.nowMs() + 1000 })
  await successor.shutdown({ atMs: clock.nowMs() + 1000 })
  t.strictSame(backend.received.sort(), numbers(4))
})

t.test('reports the backend once when it turns bad and once when it is well', async t => {
  const { exporter, give, clock, settings, end } = setUp('{}', [down, down, down])
  await exporter.start()
  await give(1)
  await clock.advance(60_000)
  t.strictSame(
    settings.reported.map(({ status }) => status),
    ['recoverable', 'ok'],
  )
  await end()
})

t.test('memory of a batch is given back when its only attempt left nothing behind, and never otherwise', async t => {
  const letGo: ExportResult = { kind: 'accepted', isLetGo: true }
  async function given(script: Answer<ExportResult>[], yaml = '{}'): Promise<Uint8Array> {
    const { exporter, clock, end } = setUp(yaml, script, letGo)
    await exporter.start()
    const { bytes, ...batch } = spanBatch(0, 4, 16_000)
    const own = new Uint8Array(bytes)
    await exporter.consume({ ...batch, bytes: own, memory: BatchMemory.of(own) })
    for (let i = 0; i < 20; i++) await clock.advance(1000)
    await end()
    return own
  }
  t.equal((await given([])).length, 0, 'accepted, and the transport is done with it')
  t.ok((await given([accepted])).length > 60_000, 'accepted, and the transport may still look')
  t.ok((await given([down])).length > 60_000, 'an attempt before may still look')
  t.ok((await given([refused('permanent')])).length > 60_000)
  t.equal((await given([], 'sending_queue: {enabled: false}')).length, 0, 'without a queue just as well')
  const split = 'sending_queue: {sizer: bytes, queue_size: 1000000, batch: {max_size: 20000, sizer: bytes}}'
  t.equal((await given([], split)).length, 0, 'cut in four, all let go')
  t.ok((await given([letGo, accepted], split)).length > 60_000, 'cut in four, one of them not')
})

t.test(
  'where items are counted, a merged request also closes before 4 MiB, but what came as one is not cut',
  async t => {
    const { exporter, backend, give, clock, end } = setUp()
    const merge = rule(200, 8192)
    await exporter.start()
    const padded = async (paddingBytes: number) => {
      const batch = spanBatch(0, 1, paddingBytes)
      await exporter.consume({ ...batch, merge })
    }
    for (let i = 0; i < 5; i++) await padded(1024 * 1024)
    await settle()
    t.same(
      backend.attempts.map(({ itemCount }) => itemCount),
      [3],
      'full by bytes, without waiting for the time',
    )
    await clock.advance(200)
    t.same(
      backend.attempts.map(({ itemCount }) => itemCount),
      [3, 2],
    )
    await padded(6 * 1024 * 1024)
    await settle()
    t.equal(backend.attempts.at(-1)?.itemCount, 1)
    await give(1, merge)
    await clock.advance(200)
    t.equal(backend.attempts.length, 4)
    await end()
  },
)
