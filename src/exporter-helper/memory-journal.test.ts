import t from 'tap'
import { ManualClock, settle } from '../testkit/manual-clock.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { type JournalLimits, noLimit } from './capacity.ts'
import { MemoryJournal } from './memory-journal.ts'

const size = spanBatch(0, 1, 1000).bytes.length

/** A journal with room for two batches whose limit of bytes nobody asked for. */
function patientJournal(others: Partial<JournalLimits> = {}) {
  const clock = new ManualClock()
  const bytes = { max: 2 * size, policy: 'refuse' as const }
  const limits = { requests: noLimit, items: noLimit, bytes, age: noLimit, ...others }
  return { clock, journal: new MemoryJournal({ limits, blocksOnOverflow: false, isPatientForBytes: true, clock }) }
}

t.test('a sender waits a moment for room under our own ceiling, in the order of coming', async t => {
  const { clock, journal } = patientJournal()
  const first = await journal.append(spanBatch(0, 1, 1000))
  await journal.append(spanBatch(1, 1, 1000))
  const taken: number[] = []
  const third = journal.append(spanBatch(2, 1, 1000)).then(() => taken.push(3))
  const fourth = journal.append(spanBatch(3, 1, 1000)).then(
    () => taken.push(4),
    error => t.match(error, { kind: 'overloaded', reason: 'queue_full' }),
  )
  await clock.advance(500)
  t.same(taken, [], 'there is no room yet')
  journal.settle(first!)
  await third
  t.same(taken, [3])
  await clock.advance(499)
  await settle()
  t.same(taken, [3])
  await clock.advance(1)
  await fourth
  t.same(taken, [3], 'the last one was told to come again after a second')
  t.equal(journal.capacity.bytes, 2 * size)
})

t.test('the end of the journal ends the waiting', async t => {
  const { journal } = patientJournal()
  await journal.append(spanBatch(0, 2, 800))
  await journal.append(spanBatch(1, 1, 100))
  const waiting = journal.append(spanBatch(2, 1, 1000))
  await journal.close()
  await waiting.then(
    () => t.fail('nothing was kept'),
    error => t.match(error, { kind: 'retryable', reason: 'shutdown' }),
  )
})

const full = { kind: 'overloaded', reason: 'queue_full' }
/** How it ends without any time going by. */
const now = (append: Promise<unknown>) =>
  Promise.race([append.then(entry => (entry === undefined ? 'dropped' : 'kept')).catch(error => error), settle()])

t.test('limits that somebody set hold at once, also while others wait for bytes', async t => {
  for (const policy of ['refuse', 'drop_newest'] as const) {
    const { journal } = patientJournal({ items: { max: 3, policy } })
    await journal.append(spanBatch(0, 1, 1000))
    await journal.append(spanBatch(1, 1, 900))
    const waiting = journal.append(spanBatch(2, 1, 1000)).catch(() => {})
    t.match(await now(journal.append(spanBatch(3, 2))), policy === 'refuse' ? full : 'dropped', policy)
    await journal.close()
    await waiting
  }
})

t.test('a queue whose oldest batch is too old refuses at once', async t => {
  const { clock, journal } = patientJournal({ age: { max: 5000, policy: 'refuse' } })
  await journal.append(spanBatch(0, 1, 100))
  await clock.advance(5001)
  t.match(await now(journal.append(spanBatch(1, 1, 100))), full)
})

t.test('a full queue of requests refuses at once', async t => {
  const { journal } = patientJournal({ requests: { max: 1, policy: 'refuse' } })
  await journal.append(spanBatch(0, 1))
  t.match(await now(journal.append(spanBatch(1, 1))), full)
})

t.test('a sender who is faster than a backend that answers waits for it, and is not held up in an outage', async t => {
  const { clock, journal } = patientJournal({ bytes: { max: 8 * size, policy: 'refuse' } })
  const [first, second] = [await journal.append(spanBatch(0, 1, 1000)), await journal.append(spanBatch(1, 1, 1000))]
  t.equal(await now(journal.append(spanBatch(2, 1, 1000))), 'kept', 'nothing has left yet: as in an outage')
  journal.settle(first!)
  const taken: number[] = []
  const fourth = journal.append(spanBatch(3, 1, 1000)).then(() => taken.push(4))
  const fifth = journal.append(spanBatch(4, 1, 1000)).then(() => taken.push(5))
  await settle()
  t.same(taken, [], 'a quarter of the ceiling is held, and things leave')
  journal.settle(second!)
  await fourth
  t.same(taken, [4])
  await clock.advance(99)
  t.same(taken, [4])
  await clock.advance(1)
  await fifth
  t.same(taken, [4, 5], 'nobody waits for longer than a moment')
  await clock.advance(500)
  t.equal(await now(journal.append(spanBatch(5, 1, 1000))), 'kept', 'nothing leaves any more')
  t.equal(journal.capacity.bytes, 4 * size)
})

t.test(
  'a batch above the paced share goes when the queue is empty; the end of the journal ends the waiting',
  async t => {
    const { journal } = patientJournal({ bytes: { max: 8 * size, policy: 'refuse' } })
    const first = await journal.append(spanBatch(0, 1, 1000))
    journal.settle(first!)
    const second = await journal.append(spanBatch(1, 4, 1000))
    const third = journal.append(spanBatch(2, 4, 990))
    journal.settle(second!)
    const entry = await third
    t.equal(entry?.batch.itemCount, 4)
    const waiting = journal.append(spanBatch(3, 1, 100))
    await journal.close()
    await waiting.then(
      () => t.fail('nothing was kept'),
      error => t.match(error, { kind: 'retryable', reason: 'shutdown' }),
    )
  },
)
