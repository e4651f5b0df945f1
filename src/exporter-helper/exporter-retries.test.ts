import t from 'tap'
import { settle } from '../testkit/manual-clock.ts'
import type { Answer } from '../testkit/scripted-backend.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { down, like, none, refused, setUp, tooLarge } from './exporter-run.oracle.ts'

t.test('waits between attempts as configured, and gives up in time', async t => {
  const yaml =
    'retry_on_failure: {initial_interval: 1s, multiplier: 2, max_interval: 4s, max_elapsed_time: 20s, randomization_factor: 0}'
  const { exporter, give, backend, clock, counts, settings, end } = setUp(yaml, [], down)
  await exporter.start()
  await give(7)
  const attemptsAt: number[] = []
  for (let seen = 0; clock.nowMs() < 30_000; ) {
    if (backend.attempts.length > seen) {
      seen = backend.attempts.length
      attemptsAt.push(clock.nowMs())
    }
    await clock.advance(500)
  }
  t.strictSame(attemptsAt, [0, 1000, 3000, 7000, 11_000, 15_000, 19_000])
  t.strictSame(counts(), { ...none, received: 7, dropped: { retries_exhausted: 7 } })
  t.equal(settings.registry.value('otelcol_exporter_send_failed_spans'), 7)
  t.equal(settings.registry.value('sluice_exporter_retries', { data_type: 'traces' }), 6)
  await end()
})

t.test("waits at least as long as the backend's hint says, and grows from there", async t => {
  const { exporter, give, backend, clock, counts, end } = setUp('{}', [refused('overloaded', 40_000), down])
  await exporter.start()
  await give(1)
  await clock.advance(39_999)
  t.equal(backend.attempts.length, 1)
  await clock.advance(1)
  t.equal(backend.attempts.length, 2)
  await clock.advance(39_999)
  t.equal(backend.attempts.length, 2)
  await clock.advance(1)
  t.equal(backend.attempts.length, 3)
  t.strictSame(counts(), { ...none, received: 1, exported: 1 })
  await end()
})

t.test('drops at once, and counts by reason, what the backend refuses for good', async t => {
  const { exporter, give, backend, counts, said, end } = setUp('{}', [
    refused('permanent', undefined, 'backend_refused'),
  ])
  await exporter.start()
  await give(5)
  await give(2)
  await settle()
  t.strictSame(said, ['Exporting failed. Dropping data.'], 'and nobody says that it is tried again')
  t.strictSame(counts(), { ...none, received: 7, exported: 2, dropped: { backend_refused: 5 } })
  t.strictSame(backend.received, [5, 6])
  await end()
})

t.test('drops what fails while retrying is off', async t => {
  const { exporter, give, counts, end } = setUp('retry_on_failure: {enabled: false}', [down])
  await exporter.start()
  await give(5)
  await settle()
  t.strictSame(counts(), { ...none, received: 5, dropped: { test: 5 } })
  await end()
})

t.test('counts what a partial success rejected, and does not send it again', async t => {
  const partial: ExportResult = { kind: 'accepted', rejectedCount: 3, message: 'no' }
  const { exporter, give, backend, counts, end } = setUp('{}', [partial])
  await exporter.start()
  await give(10)
  await settle()
  t.equal(backend.attempts.length, 1)
  t.strictSame(counts(), { ...none, received: 10, exported: 7, dropped: { rejected_by_backend: 3 } })
  await end()
})

t.test('answers "too large" with halves until they pass, and merges less from then on', async t => {
  const limit: Answer<ExportResult> = request => (request.itemCount > 5 ? tooLarge : accepted)
  const { exporter, give, backend, counts, numbers, settings, end } = setUp(
    'sending_queue: {num_consumers: 1, batch: {min_size: 16, flush_timeout: 1s}}',
    [],
    limit,
  )
  await exporter.start()
  for (let i = 0; i < 4; i++) await give(4)
  await settle()
  await settle()
  t.strictSame(backend.received, numbers(16))
  t.strictSame(
    backend.attempts.map(each => each.itemCount),
    [16, 8, 4, 4, 8, 4, 4],
  )
  t.equal(settings.registry.value('sluice_exporter_splits', { data_type: 'traces' }), 3)
  await give(18)
  await settle()
  t.strictSame(backend.received, numbers(34))
  t.strictSame(counts(), { ...none, received: 34, exported: 34 })
  await end()
})

t.test('drops a single item that is too large by itself, and delivers its neighbours', async t => {
  const poison: Answer<ExportResult> = request => {
    const text = Buffer.concat(request.parts).toString('latin1')
    return text.includes('\x2a\x06000006') ? tooLarge : accepted
  }
  const { exporter, give, backend, counts, end } = setUp('{}', [], poison)
  await exporter.start()
  await give(10)
  for (let i = 0; i < 5; i++) await settle()
  t.strictSame(backend.received.sort(), [0, 1, 2, 3, 4, 5, 7, 8, 9])
  t.strictSame(counts(), { ...none, received: 10, exported: 9, dropped: { too_large_for_backend: 1 } })
  await end()
})

t.test('passes the answer of the backend on where the sender waits for it', async t => {
  for (const yaml of ['sending_queue: {wait_for_result: true}', 'sending_queue: {enabled: false}']) {
    const { exporter, give, counts, end } = setUp(yaml, [
      accepted,
      refused('permanent'),
      tooLarge,
      accepted,
      refused('permanent'),
    ])
    await exporter.start()
    await give(2)
    await t.rejects(give(2), like({ kind: 'permanent' }))
    t.strictSame(counts(), { ...none, received: 4, exported: 2, rejected: { test: 2 } }, yaml)
    await t.rejects(give(2), like({ kind: 'permanent' }))
    t.match(counts(), { exported: 3, rejected: { test: 4 }, dropped: {}, imbalance: 0 }, 'half delivered, half refused')
    await end()
  }
})

t.test('an exception of the backend is a bug of ours: dropped, counted, survived', async t => {
  const bug = () => {
    throw new TypeError('oops')
  }
  const { exporter, give, counts, end } = setUp('{}', [bug])
  await exporter.start()
  await give(1)
  await give(1)
  await settle()
  t.strictSame(counts(), { ...none, received: 2, exported: 1, dropped: { internal_error: 1 } })
  await end()
})

t.test('flapping for an hour loses nothing within the queue', async t => {
  const { exporter, give, backend, clock, counts, numbers, end } = setUp('retry_on_failure: {max_elapsed_time: 0}')
  backend.otherwise = () => (Math.floor(clock.nowMs() / 1000) % 2 === 0 ? down : accepted)
  await exporter.start()
  for (let i = 0; i < 120; i++) {
    await give(1)
    await clock.advance(30_000)
  }
  backend.otherwise = accepted
  await end(60_000)
  t.strictSame(
    backend.received.sort((a, b) => a - b),
    numbers(120),
  )
  t.strictSame(counts(), { ...none, received: 120, exported: 120 })
})
