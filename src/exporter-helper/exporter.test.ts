import t from 'tap'
import { acceptedAtOnce } from '../component/consumer.ts'
import { BatchMemory } from '../pdata/batch-memory.ts'
import { settle } from '../testkit/manual-clock.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { down, like, never, none, rule, setUp } from './exporter-run.oracle.ts'

t.test('acknowledges what the queue holds, and delivers it in order', async t => {
  const { exporter, give, counts, backend, numbers, end } = setUp('sending_queue: {num_consumers: 1}')
  await exporter.start()
  for (let i = 0; i < 10; i++) await give(3)
  await settle()
  t.strictSame(backend.received, numbers(30))
  t.strictSame(counts(), { ...none, received: 30, exported: 30 })
  await end()
})

t.test('accepts before consume returns where the queue has room, and only there', async t => {
  const yaml = 'sending_queue: {num_consumers: 1, sizer: items, queue_size: 5}'
  const { exporter, end } = setUp(yaml)
  await exporter.start()
  t.equal(exporter.consume(spanBatch(0, 2)), acceptedAtOnce)
  t.equal(exporter.consume(spanBatch(2, 3)), acceptedAtOnce, 'up to the limit')
  const refused = exporter.consume(spanBatch(5, 1))
  t.not(refused, acceptedAtOnce)
  await t.rejects(refused, like({ kind: 'overloaded', reason: 'queue_full' }))
  await end()
  await t.rejects(exporter.consume(spanBatch(5, 1)), like({ reason: 'shutdown' }))
  const waiting = setUp('sending_queue: {wait_for_result: true}')
  await waiting.exporter.start()
  const answer = waiting.exporter.consume(spanBatch(0, 1))
  t.not(answer, acceptedAtOnce, 'the backend has not said anything yet')
  await answer
  await waiting.end()
})

t.test('shares the bytes of a batch with the request, without a copy', async t => {
  const { exporter, backend, end } = setUp()
  await exporter.start()
  const batch = spanBatch(0, 3)
  await exporter.consume(batch)
  await settle()
  t.equal(backend.attempts[0]?.parts[0], batch.bytes)
  await end()
})

t.test('merges by the rule of a batch processor: by size at once, by time at the latest', async t => {
  const { exporter, give, counts, backend, clock, end } = setUp()
  await exporter.start()
  const merge = rule(200, 10)
  await give(4, merge)
  await clock.advance(199)
  t.equal(backend.attempts.length, 0)
  t.equal(counts().queued, 4)
  await clock.advance(1)
  t.strictSame(
    backend.attempts.map(each => each.itemCount),
    [4],
  )
  for (let i = 0; i < 5; i++) await give(4, merge)
  await settle()
  t.strictSame(
    backend.attempts.map(each => each.itemCount),
    [4, 12],
  )
  await clock.advance(200)
  t.strictSame(
    backend.attempts.map(each => each.itemCount),
    [4, 12, 8],
  )
  t.strictSame(counts(), { ...none, received: 24, exported: 24 })
  await end()
})

t.test('keeps batches of different rules apart', async t => {
  const { exporter, give, backend, clock, end } = setUp()
  await exporter.start()
  const [a, b] = [rule(100, 100), rule(100, 100)]
  await give(1, a)
  await give(2, b)
  await give(3, a)
  await clock.advance(100)
  t.strictSame(backend.attempts.map(each => each.itemCount).sort(), [2, 4])
  await end()
})

t.test('cuts what is larger than the largest request', async t => {
  const { exporter, give, backend, numbers, counts, end } = setUp('sending_queue: {num_consumers: 1}')
  await exporter.start()
  await give(25, rule(200, 10, 10))
  await end()
  t.strictSame(
    backend.attempts.map(each => each.itemCount),
    [10, 10, 5],
  )
  t.strictSame(backend.received, numbers(25))
  t.strictSame(counts(), { ...none, received: 25, exported: 25 })
})

t.test('merges what piled up behind a busy backend, though nothing asked for it', async t => {
  let release: (result: ExportResult) => void = () => {}
  const first = new Promise<ExportResult>(resolve => {
    release = resolve
  })
  const { exporter, give, backend, end } = setUp('sending_queue: {num_consumers: 1}', [first])
  await exporter.start()
  for (let i = 0; i < 5; i++) await give(2)
  release(accepted)
  await settle()
  t.strictSame(
    backend.attempts.map(each => each.itemCount),
    [2, 8],
  )
  await end()
})

t.test('never has more requests under way than num_consumers', async t => {
  const slow = () => new Promise<ExportResult>(resolve => setImmediate(() => resolve(accepted)))
  const { exporter, give, backend, counts, end } = setUp('sending_queue: {num_consumers: 3}', [], slow)
  await exporter.start()
  for (let i = 0; i < 20; i++) await give(1, rule(0, 1))
  await end()
  t.equal(backend.inFlightMax, 3)
  t.strictSame(counts(), { ...none, received: 20, exported: 20 })
})

for (const { name, yaml, units } of [
  { name: 'requests', yaml: 'sending_queue: {queue_size: 3, num_consumers: 1}', units: 3 },
  { name: 'items', yaml: 'sending_queue: {queue_size: 12, sizer: items, num_consumers: 1}', units: 3 },
  { name: 'bytes', yaml: `sending_queue: {queue_size: ${spanBatch(0, 4).bytes.length * 3}, sizer: bytes}`, units: 3 },
]) {
  t.test(`refuses with a hint once the queue is full: ${name}, at the limit and one above`, async t => {
    const { exporter, give, counts, settings, end } = setUp(yaml, [], never)
    await exporter.start()
    for (let i = 0; i < units; i++) await give(4)
    await t.rejects(give(4), like({ kind: 'overloaded', reason: 'queue_full', retryDelayMs: 1000 }))
    t.match(counts(), { queued: 12, rejected: { queue_full: 4 }, imbalance: 0 })
    t.equal(settings.registry.value('otelcol_exporter_enqueue_failed_spans'), 4)
    void end(0)
  })
}

t.test('gives the memory of what a full queue refuses back at once', async t => {
  const { exporter, give, end } = setUp('sending_queue: {queue_size: 1}', [], never)
  await exporter.start()
  await give(1)
  const batch = spanBatch(1, 100, 1000)
  const own = Uint8Array.from(batch.bytes)
  await t.rejects(
    exporter.consume({ ...batch, bytes: own, memory: BatchMemory.of(own) }),
    like({ reason: 'queue_full' }),
  )
  t.equal(own.length, 0)
  void end(0)
})

t.test('counts a small batch behind a batch processor as its share of a request', async t => {
  const { exporter, give, counts } = setUp('sending_queue: {queue_size: 2}', [], never)
  await exporter.start()
  const merge = rule(1000, 100)
  for (let i = 0; i < 20; i++) await give(10, merge)
  await t.rejects(give(10, merge), like({ reason: 'queue_full' }))
  t.match(counts(), { queued: 200, imbalance: 0 })
})

t.test('lets senders wait for room where block_on_overflow says so', async t => {
  const { exporter, give, backend, counts, clock, end } = setUp(
    'sending_queue: {queue_size: 1, block_on_overflow: true}',
    [down],
  )
  await exporter.start()
  await give(1)
  let isThrough = false
  const second = give(1).then(() => {
    isThrough = true
  })
  await settle()
  t.notOk(isThrough)
  await clock.advance(5000)
  await second
  await settle()
  t.strictSame(backend.received, [0, 1])
  t.strictSame(counts(), { ...none, received: 2, exported: 2 })
  await end()
})

t.test('refuses for good what could never fit', async t => {
  const { exporter, give, counts } = setUp('sending_queue: {queue_size: 5, sizer: items}')
  await exporter.start()
  await t.rejects(give(6), like({ kind: 'permanent', reason: 'queue_too_small', httpStatus: 413 }))
  t.match(counts(), { rejected: { queue_too_small: 6 }, imbalance: 0 })
})
