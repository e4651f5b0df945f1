import t from 'tap'
import { acceptedAtOnce, ConsumeError, type RefusalKind } from '../component/consumer.ts'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { queueShape } from '../config/sections/exporter-queue.ts'
import { BatchMemory } from '../pdata/batch-memory.ts'
import type { MergeRule } from '../pdata/otlp-batch.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import { settle } from '../testkit/manual-clock.ts'
import { type Answer, ScriptedBackend } from '../testkit/scripted-backend.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { createExporter } from './exporter.ts'

const config = defineConfig(queueShape())

function refused(kind: RefusalKind, retryDelayMs?: number, reason = 'test'): ExportResult {
  const details = retryDelayMs === undefined ? { reason } : { reason, retryDelayMs }
  return { kind: 'refused', refusal: new ConsumeError(kind, 'told to', details) }
}

/** An error with these fields; tap's types know those of plain errors only. */
const like = (fields: object) => fields as Error

const tooLarge: ExportResult = {
  kind: 'too_large',
  refusal: new ConsumeError('permanent', 'too large', { reason: 'x' }),
}
const down = refused('retryable')
const never = new Promise<ExportResult>(() => {})

function setUp(yaml = '{}', script: Answer<ExportResult>[] = [], otherwise: Answer<ExportResult> = accepted) {
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  const logger = { ...silentLogger, warn: say, error: say }
  const settings = componentSettings('test', { random: () => 0.5, logger })
  const { retry, queue } = parseConfig(config, yaml)
  const backend = new ScriptedBackend<ExportResult>(otherwise, script)
  const create = () => createExporter({ backend, signals: ['traces'], timeoutMs: 5000, retry, queue }, settings)
  const exporter = create()
  let first = 0
  const { ledger, clock } = settings
  return {
    said,
    settings,
    ledger,
    clock,
    backend,
    exporter,
    create,
    /** Sends the next `count` spans in one batch, as a receiver does. */
    async give(count: number, merge?: MergeRule) {
      const batch = spanBatch(first, count)
      first += count
      ledger.received('traces', count)
      try {
        await exporter.consume(merge === undefined ? batch : { ...batch, merge })
      } catch (error) {
        ledger.rejected('traces', (error as ConsumeError).reason, count)
        throw error
      }
    },
    counts() {
      const { received, exported, dropped, rejected } = ledger.entry('traces')
      return {
        received,
        exported,
        queued: ledger.queued('traces'),
        dropped: Object.fromEntries(dropped),
        rejected: Object.fromEntries(rejected),
        imbalance: ledger.imbalance('traces'),
      }
    },
    numbers: (count: number) => Array.from({ length: count }, (_, i) => i),
    end: (inMs = 1000) => exporter.shutdown({ atMs: clock.nowMs() + inMs }),
  }
}

const none = { received: 0, exported: 0, queued: 0, dropped: {}, rejected: {}, imbalance: 0 }
const rule = (timeoutMs: number, sizeMin: number, sizeMax = 0): MergeRule => ({
  timeoutMs,
  sizer: 'items',
  sizeMin,
  sizeMax,
})

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
