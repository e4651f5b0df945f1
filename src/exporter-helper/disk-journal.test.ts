import t from 'tap'
import type { ConsumeError } from '../component/consumer.ts'
import { BatchMemory } from '../pdata/batch-memory.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { spanBatch, spanNumbers } from '../testkit/span-batches.ts'
import { type JournalLimits, type Limit, noLimit } from './capacity.ts'
import { DiskJournal } from './disk-journal.ts'
import type { DiskJournalSettings } from './disk-journal-settings.ts'
import type { JournalReader } from './journal.ts'
import type { QueueEntry } from './queue-entry.ts'

const like = (fields: object) => fields as Error
const unlimited: JournalLimits = { requests: noLimit, items: noLimit, bytes: noLimit, age: noLimit }
const items = (max: number, policy: Limit['policy']): JournalLimits => ({ ...unlimited, items: { max, policy } })
const settled = () => new Promise(resolve => setTimeout(resolve, 1))

/** Takes entries as they come, and settles them when the test says so. */
class Reader implements JournalReader {
  readonly journal: DiskJournal
  readonly held: QueueEntry[] = []
  readonly seen: number[] = []
  readonly droppedItems = new Map<string, number>()
  isPaused = false

  constructor(journal: DiskJournal) {
    this.journal = journal
  }

  readable(): void {
    if (this.isPaused) return
    for (let entry = this.journal.next(); entry !== undefined; entry = this.journal.next()) {
      this.held.push(entry)
      this.seen.push(...spanNumbers([entry.batch.bytes]))
    }
  }

  dropped(batch: OtlpBatch, _entry: QueueEntry | undefined, reason: string): void {
    this.droppedItems.set(reason, (this.droppedItems.get(reason) ?? 0) + batch.itemCount)
  }

  settleAll(): void {
    for (const entry of this.held.splice(0)) {
      entry.state = 'taken'
      this.journal.settle(entry)
    }
    this.readable()
  }
}

function setUp(disk: ModelDisk, limits = unlimited, more: Partial<DiskJournalSettings> = {}) {
  const clock = new ManualClock()
  const events = { recovered: 0, damagedItems: 0, faults: 0 }
  const journal = new DiskJournal({
    directory: '/queue',
    createsDirectory: true,
    syncLevel: 'written',
    signal: 'traces',
    limits,
    blocksOnOverflow: false,
    waitsForResult: false,
    clock,
    fileSystem: disk,
    segmentBytesMax: 2000,
    events: {
      recovered: count => {
        events.recovered += count
      },
      damaged: range => {
        events.damagedItems += range.itemCount
      },
      fault: () => {
        events.faults++
      },
      healed: () => {},
    },
    ...more,
  }).use(limits)
  const reader = new Reader(journal)
  return { journal, reader, clock, events }
}

const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)

t.test('gives entries on from memory, in order, with the very bytes that came', async t => {
  const { journal, reader } = setUp(new ModelDisk())
  journal.read(reader)
  const batch = spanBatch(0, 3)
  const entry = await journal.append(batch)
  t.equal(entry?.batch, batch)
  t.equal(reader.held[0], entry)
  t.match(journal.capacity, { items: 3, requests: 1 })
  reader.settleAll()
  t.match(journal.capacity, { items: 0, requests: 0, bytes: 0 })
  t.equal(journal.unreadItems, 0)
  await journal.close()
})

t.test('keeps little in memory when the backend is away, and reads the rest in order when it is back', async t => {
  const { journal, reader } = setUp(new ModelDisk(), unlimited, { residentBytesMax: 500 })
  journal.read(reader)
  for (let i = 0; i < 100; i++) await journal.append(spanBatch(i, 1))
  const heldBytes = reader.held.reduce((sum, entry) => sum + entry.batch.bytes.length, 0)
  t.ok(heldBytes <= 600, `${heldBytes} bytes in memory`)
  t.equal(journal.unreadItems + reader.held.length, 100)
  while (reader.held.length > 0) {
    reader.settleAll()
    await settled()
  }
  t.strictSame(reader.seen, range(100))
  t.equal(journal.unreadItems, 0)
  t.match(journal.capacity, { items: 0, bytes: 0 })
  await journal.close()
})

t.test('memory goes once the disk has it, or with the last record of a read', async t => {
  const { journal, reader } = setUp(new ModelDisk(), unlimited, { residentBytesMax: 50_000, segmentBytesMax: 1 << 20 })
  journal.read(reader)
  const batches = await Promise.all(
    range(3).map(async i => {
      const { bytes, ...batch } = spanBatch(i, 1, 40_000)
      const own = new Uint8Array(bytes)
      await journal.append({ ...batch, bytes: own, memory: BatchMemory.of(own) })
      return own
    }),
  )
  t.same(
    batches.map(bytes => bytes.length > 0),
    [true, false, false],
    'the first is held to be sent, the others wait on disk',
  )
  const release = (entry: QueueEntry) => entry.batch.memory?.release(entry.batch.bytes)
  const read: QueueEntry[] = []
  while (reader.held.length > 0) {
    read.push(...reader.held)
    reader.settleAll()
    await settled()
  }
  t.strictSame(reader.seen, range(3))
  for (const entry of read) release(entry)
  t.same(
    read.map(entry => entry.batch.bytes.length),
    [0, 0, 0],
  )
  await journal.close()
})

t.test('what was not settled is there after a kill, counted; what was settled is not', async t => {
  const disk = new ModelDisk()
  const before = setUp(disk)
  before.journal.read(before.reader)
  for (let i = 0; i < 60; i++) await before.journal.append(spanBatch(i, 1))
  for (const entry of before.reader.held.splice(0, 20)) before.journal.settle(entry)
  await settled()
  const after = setUp(disk)
  after.journal.read(after.reader)
  for (let i = 0; i < 20; i++) await settled()
  t.strictSame(after.reader.seen, range(40, 20))
  t.equal(after.events.recovered, 40)
  t.match(after.journal.capacity, { items: 40 })
  await after.journal.close()
})

t.test('each policy at its limit and one above', async t => {
  const refusing = setUp(new ModelDisk(), items(3, 'refuse'))
  for (let i = 0; i < 3; i++) await refusing.journal.append(spanBatch(i, 1))
  await t.rejects(refusing.journal.append(spanBatch(3, 1)), like({ kind: 'overloaded', reason: 'queue_full' }))
  await refusing.journal.close()

  const newest = setUp(new ModelDisk(), items(3, 'drop_newest'))
  newest.journal.read(newest.reader)
  for (let i = 0; i < 5; i++) await newest.journal.append(spanBatch(i, 1))
  t.strictSame(newest.reader.seen, [0, 1, 2])
  t.strictSame([...newest.reader.droppedItems], [['queue_full', 2]])
  await newest.journal.close()

  const disk = new ModelDisk()
  const oldest = setUp(disk, items(3, 'drop_oldest'))
  oldest.journal.read(oldest.reader)
  for (let i = 0; i < 5; i++) await oldest.journal.append(spanBatch(i, 1))
  t.strictSame([...oldest.reader.droppedItems], [['queue_full', 2]])
  t.strictSame(
    oldest.reader.held.map(entry => entry.state),
    ['settled', 'settled', 'waiting', 'waiting', 'waiting'],
  )
  await oldest.journal.close()
  const again = setUp(disk)
  again.journal.read(again.reader)
  for (let i = 0; i < 5; i++) await settled()
  t.strictSame(again.reader.seen, [2, 3, 4], 'what was dropped does not come back')
  await again.journal.close()
})

t.test('a smaller limit at the next start neither blocks it nor loses what is there', async t => {
  const disk = new ModelDisk()
  const before = setUp(disk)
  for (let i = 0; i < 10; i++) await before.journal.append(spanBatch(i, 1))
  await before.journal.close()
  const after = setUp(disk, items(4, 'refuse'))
  after.journal.read(after.reader)
  for (let i = 0; i < 5; i++) await settled()
  t.strictSame(after.reader.seen, range(10))
  await t.rejects(after.journal.append(spanBatch(10, 1)), like({ reason: 'queue_full' }))
  after.reader.settleAll()
  await after.journal.append(spanBatch(10, 1))
  await after.journal.close()
})

t.test('drops by age, on the monotonic clock and across a restart', async t => {
  const disk = new ModelDisk()
  const limits: JournalLimits = { ...unlimited, age: { max: 10_000, policy: 'drop_oldest' } }
  const before = setUp(disk, limits)
  before.journal.read(before.reader)
  await before.journal.append(spanBatch(0, 2))
  await before.clock.advance(9000)
  await before.journal.append(spanBatch(2, 1))
  await before.clock.advance(1000)
  before.journal.expire()
  t.strictSame([...before.reader.droppedItems], [['expired', 2]])
  await before.journal.close()
  const after = setUp(disk, limits)
  after.clock.setWall(before.clock.wallMs() + 9000)
  after.journal.read(after.reader)
  for (let i = 0; i < 5; i++) await settled()
  t.strictSame(after.reader.seen, [2])
  after.journal.expire()
  t.strictSame([...after.reader.droppedItems], [['expired', 1]])
  await after.journal.close()
})

t.test('a disk that refuses pushes back with a hint, and heals without a restart', async t => {
  for (const [kind, code] of [
    ['write', 'ENOSPC'],
    ['write', 'EROFS'],
    ['write', 'EIO'],
    ['open', 'EMFILE'],
  ] as const) {
    const disk = new ModelDisk()
    const { journal, reader, clock, events } = setUp(disk)
    journal.read(reader)
    disk.failures.set(kind, code)
    await settled()
    const refusal = await journal.append(spanBatch(0, 1)).then(
      () => undefined,
      error => error as ConsumeError,
    )
    t.match(refusal, { kind: 'overloaded', reason: 'storage_unavailable', retryDelayMs: 5000 }, `${kind} ${code}`)
    t.ok(events.faults > 0)
    t.match(journal.capacity, { items: 0 })
    disk.failures.clear()
    await clock.advance(1500)
    await settled()
    await journal.append(spanBatch(1, 1))
    t.strictSame(reader.seen, [1])
    await journal.close()
  }
})

t.test('a directory that is not there pushes back with a hint, and heals when it comes', async t => {
  const disk = new ModelDisk()
  const { journal, reader, clock, events } = setUp(disk, unlimited, { createsDirectory: false })
  journal.read(reader)
  const hint = { kind: 'overloaded', reason: 'storage_unavailable', retryDelayMs: 5000 }
  await t.rejects(journal.append(spanBatch(0, 1)), like(hint))
  await clock.advance(1000)
  await t.rejects(journal.append(spanBatch(0, 1)), like(hint), 'still')
  t.equal(events.faults, 2, 'asked again after a second')
  await disk.makeDirectory('/queue')
  await clock.advance(1000)
  await journal.append(spanBatch(1, 1))
  t.strictSame(reader.seen, [1])
  await journal.close()
  t.equal(disk.openFileCount, 0)
})

t.test('a corrupt segment does not block a start: the rest is delivered, what is lost is counted', async t => {
  const disk = new ModelDisk()
  const first = setUp(disk, unlimited, { segmentBytesMax: 10 })
  for (let number = 0; number < 4; number++) await first.journal.append(spanBatch(number, 1))
  await first.journal.close()
  disk.damage(disk.paths('.seg')[1] as string, bytes => bytes.fill(0xff, 45))
  const { journal, reader, events } = setUp(disk)
  journal.read(reader)
  await journal.append(spanBatch(9, 1))
  for (let turn = 0; turn < 50 && reader.seen.length < 4; turn++) await settled()
  t.strictSame(reader.seen, [0, 2, 3, 9])
  t.equal(events.damagedItems, 1)
  t.match(journal.capacity, { items: 4 })
  t.equal(disk.paths('').filter(path => path.includes('/quarantine/')).length, 1)
  reader.settleAll()
  await journal.close()
  t.equal(disk.openFileCount, 0)
})

t.test('a model of the journal: random appends, reads, settlements, drops, kills', async t => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = new SeededRandom(seed)
    const disk = new ModelDisk()
    const pending = new Set<number>()
    let next = 0
    let run = setUp(disk, unlimited, { residentBytesMax: 300 })
    run.journal.read(run.reader)
    for (let step = 0; step < 60; step++) {
      const action = random.below(10)
      if (action < 5) {
        const count = 1 + random.below(3)
        await run.journal.append(spanBatch(next, count))
        for (let i = 0; i < count; i++) pending.add(next + i)
        next += count
      } else if (action < 8) {
        const [entry] = run.reader.held.splice(random.below(run.reader.held.length + 1), 1)
        if (entry === undefined) continue
        for (const number of spanNumbers([entry.batch.bytes])) pending.delete(number)
        run.journal.settle(entry)
        run.reader.readable()
        await settled()
      } else if (action === 8) {
        await settled()
        const held = run.reader.held.reduce((sum, entry) => sum + entry.batch.itemCount, 0)
        if (held + run.journal.unreadItems !== pending.size) {
          t.fail(`seed ${seed}, step ${step}: holds ${held} + ${run.journal.unreadItems}, the model ${pending.size}`)
        }
      } else {
        if (random.chance(0.5)) await run.journal.close()
        else await settled()
        run = setUp(disk, unlimited, { residentBytesMax: 300 })
        run.journal.read(run.reader)
        for (let i = 0; i < 4; i++) await settled()
      }
    }
    while (pending.size > 0 && run.reader.held.length > 0) {
      for (const entry of run.reader.held) for (const number of spanNumbers([entry.batch.bytes])) pending.delete(number)
      run.reader.settleAll()
      await settled()
    }
    t.strictSame([...pending], [], `seed ${seed}`)
    await run.journal.close()
  }
})
