import t from 'tap'
import { systemClock } from '../clock/clock.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { AckSet } from './ack-set.ts'
import type { LogSettings, SyncLevel } from './log-settings.ts'
import { nodeFileSystem } from './node-file-system.ts'
import type { LogRecord } from './record.ts'
import type { DamagedRange } from './segment.ts'
import { fuzzDamagedLog } from './segment-log.fuzz.ts'
import { SegmentLog } from './segment-log.ts'

const directory = '/queue'
/** `SLUICE_CRASH_SEEDS=50` for the long form. */
const seedCount = Number(process.env.SLUICE_CRASH_SEEDS ?? 1)
const seedsOf = (powerLoss: boolean) =>
  Array.from({ length: powerLoss ? seedCount : Math.ceil(seedCount / 2) }, (_, i) => i + 1)

interface Run {
  readonly log: SegmentLog
  readonly damaged: DamagedRange[]
  readonly faults: unknown[]
  healedCount: number
}

function create(
  disk: LogSettings['fileSystem'],
  level: SyncLevel,
  segmentBytesMax = 2000,
  clock = new ManualClock(),
): Run {
  const run = { damaged: [] as DamagedRange[], faults: [] as unknown[], healedCount: 0 }
  const log = new SegmentLog({
    fileSystem: disk,
    directory,
    createsDirectory: true,
    syncLevel: level,
    segmentBytesMax,
    clock,
    events: {
      fault: error => run.faults.push(error),
      healed: () => {
        result.healedCount++
      },
      damaged: range => run.damaged.push(range),
      written: () => {},
    },
  })
  const result: Run = Object.assign(run, { log })
  return result
}

/** A record whose payload is its own number, repeated: what comes back can be checked. */
function recordOf(number: number, length = 40 + (number % 7) * 60) {
  const payload = Buffer.alloc(Math.max(8, length), number & 255)
  payload.writeUInt32LE(number, 0)
  return { kind: 0, wallMs: 1000 + number, itemCount: 1 + (number % 5), units: 3, payload }
}

function numberOf(record: LogRecord): number {
  const bytes = Buffer.from(record.payload)
  const number = bytes.readUInt32LE(0)
  if (!Buffer.from(recordOf(number, bytes.length).payload).equals(bytes))
    throw new Error(`payload of ${number} is damaged`)
  return number
}

async function readAll(log: SegmentLog): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (let more = await log.read(1000); more.length > 0; more = await log.read(1000)) records.push(...more)
  return records
}

t.test('what is appended is read in order, once, and not again after its ack and a restart', async t => {
  const disk = new ModelDisk()
  const first = create(disk, 'written')
  await first.log.open()
  await Promise.all(Array.from({ length: 50 }, (_, i) => first.log.append(recordOf(i))))
  const records = await readAll(first.log)
  t.strictSame(
    records.map(numberOf),
    Array.from({ length: 50 }, (_, i) => i),
  )
  for (const record of records) if (numberOf(record) % 3 !== 0) first.log.ack(record.sequence)
  await first.log.close()

  const second = create(disk, 'written')
  await second.log.open()
  t.strictSame(await second.log.read(1000), [], 'nothing before the scan')
  let items = 0
  await second.log.scan(totals => {
    items += totals.items
  })
  const again = await readAll(second.log)
  t.strictSame(
    again.map(numberOf),
    Array.from({ length: 17 }, (_, i) => i * 3),
  )
  t.equal(
    items,
    again.reduce((sum, record) => sum + record.itemCount, 0),
  )
  for (const record of again) second.log.ack(record.sequence)
  await second.log.append(recordOf(99))
  await second.log.close()

  const third = create(disk, 'written')
  await third.log.open()
  await third.log.scan(() => {})
  t.strictSame((await readAll(third.log)).map(numberOf), [99])
  t.ok(disk.paths('.seg').length <= 2, 'segments that are done are gone')
  await third.log.close()
})

/**
 * Works with a log until the disk crashes at `step`, then looks at what is there. Returns false once the whole run passed
 * without reaching that step.
 */
async function crashRun(level: SyncLevel, step: number, seed: number, powerLoss: boolean): Promise<string | undefined> {
  const disk = new ModelDisk()
  const random = new SeededRandom(seed)
  const acknowledged = new Set<number>()
  const appended = new Set<number>()
  const acked = new Set<number>()
  let number = 0
  const work = async () => {
    for (let life = 0; life < 2; life++) {
      const { log } = create(disk, level)
      await log.open()
      await log.scan(() => {})
      for (let round = 0; round < 4; round++) {
        const group = Array.from({ length: 1 + random.below(4) }, () => number++)
        for (const each of group) appended.add(each)
        await Promise.all(group.map(each => log.append(recordOf(each)).then(() => acknowledged.add(each))))
        for (const record of await log.read(300)) {
          if (!random.chance(0.6)) continue
          acked.add(numberOf(record))
          log.ack(record.sequence)
        }
      }
      await log.close()
    }
  }
  disk.crashAtStep = step
  let isOver = true
  try {
    await work()
  } catch {
    isOver = false
  }
  // What the dead process had begun may still come to its end in the event loop; on the disk it does not.
  await new Promise(resolve => setImmediate(resolve))
  if (disk.stepCount >= step) isOver = false
  if (powerLoss) disk.losePower(random)
  else disk.kill()

  const { log, damaged } = create(disk, level)
  await log.open()
  await log.scan(() => {})
  const found = await readAll(log)
  const numbers = new Set(found.map(numberOf))
  const context = `level ${level}, step ${step}, seed ${seed}, ${powerLoss ? 'power loss' : 'kill'}`
  for (const each of acknowledged) {
    if (!acked.has(each) && !numbers.has(each)) throw new Error(`${each} was acknowledged and is lost: ${context}`)
  }
  for (const each of numbers) if (!appended.has(each)) throw new Error(`${each} was never written: ${context}`)
  // After a loss of power the extents may be gone as well: then an end that was never acknowledged looks like damage.
  if (damaged.length > 0 && !powerLoss) throw new Error(`${damaged.length} damages are told: ${context}`)
  if (numbers.size !== found.length) throw new Error(`a record was read twice: ${context}`)
  for (const [i, record] of found.entries()) {
    if (i > 0 && record.sequence <= (found[i - 1]?.sequence ?? 0)) throw new Error(`out of order: ${context}`)
  }
  // The log goes on: a new record is not taken for an old one, and outlives another kill when the old ones are done.
  await log.append(recordOf(100_000))
  const [last] = await readAll(log)
  if (last === undefined || numberOf(last) !== 100_000) throw new Error(`the log does not go on: ${context}`)
  for (const record of found) log.ack(record.sequence)
  await new Promise(resolve => setImmediate(resolve))
  const next = create(disk, level).log
  await next.open()
  await next.scan(() => {})
  const left = (await readAll(next)).map(numberOf)
  if (!left.includes(100_000)) throw new Error(`what was written after the recovery is lost: ${context}`)
  await next.close()
  return isOver ? undefined : context
}

for (const [level, powerLoss] of [
  ['synced', true],
  ['written', false],
  ['synced', false],
] as const) {
  t.test(
    `crash at every step, ${powerLoss ? 'loss of power' : 'kill'}, level ${level}: nothing acknowledged is lost`,
    async t => {
      let stepCount = 0
      for (const seed of seedsOf(powerLoss)) {
        for (let step = 1; ; step++) {
          if ((await crashRun(level, step, seed, powerLoss)) === undefined) break
          stepCount++
        }
      }
      t.ok(stepCount > 50, `${stepCount} crashes`)
    },
  )
}

t.test('damage to segments costs at most the damaged records, which are counted and kept aside', async t => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new SeededRandom(seed)
    const disk = new ModelDisk()
    const before = create(disk, 'written')
    await before.log.open()
    for (let i = 0; i < 40; i++) await before.log.append(recordOf(i))
    await before.log.close()

    const path = random.pick(disk.paths('.seg'))
    let touched = { start: 0, end: 0 }
    const kind = random.pick(['flip', 'zero', 'cut', 'garbage'] as const)
    disk.damage(path, bytes => {
      const start = random.below(bytes.length)
      const end = kind === 'flip' ? start + 1 : Math.min(bytes.length, start + 1 + random.below(200))
      touched = { start, end: kind === 'cut' ? bytes.length : end }
      if (kind === 'cut') return bytes.slice(0, start)
      for (let i = start; i < end; i++)
        bytes[i] = kind === 'flip' ? (bytes[i] ?? 0) ^ 1 : kind === 'zero' ? 0 : random.below(256)
      return bytes
    })
    const lost = await numbersBetween(path, touched.start, touched.end)

    const after = create(disk, 'written')
    await after.log.open()
    await after.log.scan(() => {})
    const numbers = (await readAll(after.log)).map(numberOf)
    const missing = Array.from({ length: 40 }, (_, i) => i).filter(each => !numbers.includes(each))
    t.ok(
      missing.every(each => lost.has(each)),
      `seed ${seed}, ${kind}: only ${[...lost]} may be missing, not ${missing}`,
    )
    await after.log.append(recordOf(1000))
    t.strictSame((await readAll(after.log)).map(numberOf), [1000], `seed ${seed}: the log goes on`)
    t.equal(
      after.damaged.reduce((sum, { itemCount }) => sum + itemCount, 0),
      missing.reduce((sum, each) => sum + recordOf(each).itemCount, 0),
      `seed ${seed}, ${kind}: what is missing is counted, neither less nor more`,
    )
    await after.log.close()
  }

  /** Which records stand in that part of a segment, from how they were written. */
  async function numbersBetween(path: string, start: number, end: number): Promise<Set<number>> {
    const found = new Set<number>()
    let offset = 0
    const firstOfSegment = Number.parseInt(path.slice(-18, -4), 16) - 1
    for (let number = firstOfSegment; number < 40 && offset < end; number++) {
      const next = offset + 40 + recordOf(number).payload.length
      if (next > start) found.add(number)
      offset = next
    }
    return found
  }
})

t.test('a segment that was cut while nobody looked is counted, once, but for what had been delivered', async t => {
  for (const cutAt of [0, 1, 39, 100, 'a record', 'the last byte'] as const) {
    for (const segment of [0, 1, -1]) {
      const disk = new ModelDisk()
      const before = create(disk, 'written')
      await before.log.open()
      for (let i = 0; i < 40; i++) await before.log.append(recordOf(i))
      const records = await readAll(before.log)
      // Delivered in any order, some of them behind the cut.
      const acked = new Set([3, 20, 37, 38])
      for (const record of records) if (acked.has(numberOf(record))) before.log.ack(record.sequence)
      await new Promise(resolve => setImmediate(resolve))
      disk.kill()

      const path = disk.paths('.seg').at(segment) as string
      disk.damage(path, bytes => {
        const lengthOfFirst = 40 + Buffer.from(bytes).readUInt32LE(8)
        return bytes.slice(0, cutAt === 'a record' ? lengthOfFirst : cutAt === 'the last byte' ? -1 : cutAt)
      })
      const name = `${cutAt} of segment ${segment}`
      const after = create(disk, 'written')
      await after.log.open()
      let recoveredItems = 0
      await after.log.scan(totals => {
        recoveredItems += totals.items
      })
      const numbers = (await readAll(after.log)).map(numberOf)
      const lost = Array.from({ length: 40 }, (_, i) => i).filter(each => !acked.has(each) && !numbers.includes(each))
      t.ok(lost.length > 0, name)
      const countedItems = after.damaged.reduce((sum, { itemCount }) => sum + itemCount, 0)
      const itemsOf = (each: readonly number[]) => each.reduce((sum, number) => sum + recordOf(number).itemCount, 0)
      t.equal(recoveredItems, itemsOf(numbers) + countedItems, `${name}: what was waiting is there or lost`)
      const lostRecords = after.damaged.reduce((sum, range) => sum + (range.lost?.records ?? 0), 0)
      t.equal(lostRecords, lost.length, `${name}: ${lost}`)
      t.ok(Math.abs(countedItems - itemsOf(lost)) <= 4, `${name}: ${countedItems} are said, ${itemsOf(lost)} are lost`)
      disk.kill()

      const third = create(disk, 'written')
      await third.log.open()
      await third.log.scan(() => {})
      t.strictSame((await readAll(third.log)).map(numberOf), numbers, name)
      t.same(third.damaged, [], `${name}: it is not said again`)
      await third.log.close()
    }
  }
})

t.test('without extents, as an earlier version left it, a log is read as far as it goes', async t => {
  for (const kind of ['missing', 'torn', 'unreadable'] as const) {
    const disk = new ModelDisk()
    const before = create(disk, 'written')
    await before.log.open()
    for (let i = 0; i < 40; i++) await before.log.append(recordOf(i))
    disk.kill()
    if (kind === 'missing') await disk.remove('/queue/extents')
    else if (kind === 'torn') disk.damage('/queue/extents', bytes => bytes.fill(7).slice(0, -10))
    else disk.unreadable.set('/queue/extents', { code: 'EIO' })
    const { log, damaged } = create(disk, 'written')
    await log.open()
    await log.scan(() => {})
    t.strictSame(
      (await readAll(log)).map(numberOf),
      Array.from({ length: 40 }, (_, i) => i),
    )
    await log.append(recordOf(40))
    t.same(damaged, [])
    await log.close()
  }
})

t.test('a full disk refuses, does not spin, and heals by itself', async t => {
  const disk = new ModelDisk()
  const clock = new ManualClock()
  const run = create(disk, 'written', 2000, clock)
  await run.log.open()
  await run.log.append(recordOf(1))
  disk.failures.set('write', 'ENOSPC')
  await t.rejects(run.log.append(recordOf(2)), { code: 'ENOSPC' })
  await new Promise(resolve => setImmediate(resolve))
  const steps = disk.stepCount
  for (let i = 0; i < 100; i++) await t.rejects(run.log.append(recordOf(3)), { code: 'ENOSPC' })
  t.equal(disk.stepCount, steps, 'the disk is left alone for a second')
  disk.failures.clear()
  await clock.advance(1000)
  await run.log.append(recordOf(4))
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
  t.equal(run.healedCount, 1, 'said when the acks are in their file as well')
  t.strictSame((await readAll(run.log)).map(numberOf), [1, 4])
  await run.log.close()
})

t.test('a log that has filled its disk opens again after a kill, and what it delivers makes room', async t => {
  for (const usedByOthers of [false, true]) {
    const disk = new ModelDisk()
    const clock = new ManualClock()
    disk.bytesMax = 400_000
    const first = create(disk, 'written', 20_000, clock)
    await first.log.open()
    const kept: number[] = []
    let refusedCount = 0
    for (let number = 0; refusedCount < 20; number++) {
      const isKept = await first.log.append(recordOf(number, 1000)).then(
        () => true,
        () => false,
      )
      if (isKept) kept.push(number)
      else {
        refusedCount++
        await clock.advance(1000)
      }
      for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
    }
    t.ok(kept.length > 100)
    // Until now the log owned the disk. Somebody else takes what is left, but for the reserve.
    if (usedByOthers) {
      disk.bytesMax = Number.POSITIVE_INFINITY
      const { log } = create(disk, 'written', 20_000, clock)
      await log.open()
      await log.close()
      disk.bytesMax = disk.usedBytes
    }
    disk.kill()
    const { log, healedCount } = create(disk, 'written', 20_000, clock)
    await log.open()
    await log.scan(() => {})
    const records = await readAll(log)
    t.strictSame(records.map(numberOf), kept)
    for (const { sequence } of records) log.ack(sequence)
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    await log.append(recordOf(1, 1000)).catch(() => {})
    await clock.advance(1000)
    await log.append(recordOf(2, 1000))
    t.equal(healedCount, 0)
    await log.close()
  }
})

t.test('no file stays open where the disk refuses, and none is opened behind a close', async t => {
  for (const kind of ['write', 'sync', 'truncate', 'rename'] as const) {
    const disk = new ModelDisk()
    const clock = new ManualClock()
    // Each record in a segment of its own, so that making one is refused as well.
    const first = create(disk, 'synced', 10, clock)
    await first.log.open()
    for (let number = 1; number <= 3; number++) await first.log.append(recordOf(number))
    await first.log.close()
    disk.damage(disk.paths('.seg')[1] as string, bytes => bytes.fill(7, 4, 12))

    disk.failures.set(kind, 'ENOSPC')
    const refused = create(disk, 'synced', 10, clock)
    await refused.log.open().catch(() => {})
    await refused.log.close().catch(() => {})
    t.equal(disk.openFileCount, 0, `${kind} at the start`)

    disk.failures.clear()
    const { log } = create(disk, 'synced', 10, clock)
    await log.open()
    disk.failures.set(kind, 'ENOSPC')
    await log.scan(() => {})
    for (const { sequence } of await readAll(log)) log.ack(sequence)
    for (let number = 4; number < 7; number++) {
      await log.append(recordOf(number)).catch(() => {})
      await clock.advance(1000)
    }
    disk.failures.clear()
    await log.append(recordOf(7))
    const scanning = log.scan(() => {})
    const reading = log.read(10_000)
    await log.close()
    await Promise.all([scanning, reading])
    // The reserve is made again, and damage kept aside, behind everything else.
    await new Promise(resolve => setImmediate(resolve))
    t.equal(disk.openFileCount, 0, `${kind} while running`)
  }
})

t.test('a close ends a scan that is under way, without a fault', async t => {
  const disk = new ModelDisk()
  const first = create(disk, 'written', 2000)
  await first.log.open()
  for (let number = 1; number <= 200; number++) await first.log.append(recordOf(number))
  await first.log.close()
  const { log, faults } = create(disk, 'written', 2000)
  await log.open()
  const scanning = log.scan(() => {})
  await log.close()
  await scanning
  t.strictSame(faults, [])
  t.equal(disk.openFileCount, 0)
})

t.test('a failed sync is final for its file: what follows goes to another', async t => {
  const disk = new ModelDisk()
  const clock = new ManualClock()
  const run = create(disk, 'synced', 2000, clock)
  await run.log.open()
  await run.log.append(recordOf(1))
  disk.failures.set('sync', 'EIO')
  await t.rejects(run.log.append(recordOf(2)), { code: 'EIO' })
  disk.failures.clear()
  await clock.advance(1000)
  await run.log.append(recordOf(3))
  t.equal(disk.paths('.seg').length, 2)
  t.strictSame((await readAll(run.log)).map(numberOf), [1, 3])
  await run.log.close()
})

t.test('the ack set says the same as a set of numbers', async t => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed)
    const set = new AckSet()
    const model = new Set<number>()
    for (let i = 0; i < 60; i++) {
      const from = 1 + random.below(60)
      const to = from + random.below(6)
      set.add(from, to)
      for (let each = from; each <= to; each++) model.add(each)
    }
    for (let each = 1; each < 70; each++) if (set.has(each) !== model.has(each)) t.fail(`seed ${seed}: ${each}`)
    const copy = new AckSet()
    for (const range of set.ranges()) copy.add(range.from, range.to)
    t.strictSame(copy.ranges(), set.ranges())
    const [low, high] = [1 + random.below(70), 1 + random.below(70)].sort((a, b) => a - b) as [number, number]
    t.equal(set.countWithin(low, high), [...model].filter(each => each >= low && each <= high).length)
    t.equal(set.highest, Math.max(...model))
  }
})

t.test('works the same on the real file system, with private files', async t => {
  const { stat, readdir } = await import('node:fs/promises')
  const path = `${t.testdir()}/queue`
  const settings = (events: LogSettings['events']): LogSettings => ({
    fileSystem: nodeFileSystem,
    directory: path,
    createsDirectory: true,
    syncLevel: 'synced',
    segmentBytesMax: 4000,
    clock: systemClock,
    events,
  })
  const events = {
    fault: (error: unknown) => t.fail(String(error)),
    healed() {},
    damaged: () => t.fail('damage'),
    written() {},
  }
  const log = new SegmentLog(settings(events))
  await log.open()
  await Promise.all(Array.from({ length: 100 }, (_, i) => log.append(recordOf(i))))
  for (const record of await log.read(5000)) log.ack(record.sequence)
  await log.close()
  t.equal((await stat(path)).mode & 0o777, 0o700)
  for (const name of await readdir(path)) t.equal((await stat(`${path}/${name}`)).mode & 0o777, 0o600, name)
  const again = new SegmentLog(settings(events))
  await again.open()
  await again.scan(() => {})
  const numbers = (await readAll(again)).map(numberOf)
  t.equal(numbers.at(-1), 99)
  t.ok(numbers.length < 90)
  await again.close()
})

t.test('reading, acking and writing at once never lose a segment that is just being made', async t => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed)
    const disk = new ModelDisk()
    const { log } = create(disk, 'written', 300)
    await log.open()
    await log.scan(() => {})
    const waiting = new Set<number>()
    const writes: Promise<unknown>[] = []
    for (let number = 0; number < 60; number++) {
      writes.push(log.append(recordOf(number)).then(() => waiting.add(number)))
      for (let turns = random.below(8); turns > 0; turns--) await undefined
      for (const record of await log.read(500)) {
        if (random.chance(0.2)) continue
        await writes[numberOf(record)]
        waiting.delete(numberOf(record))
        log.ack(record.sequence)
      }
    }
    await Promise.all(writes)
    await new Promise(resolve => setImmediate(resolve))
    disk.kill()
    const after = create(disk, 'written', 300)
    await after.log.open()
    await after.log.scan(() => {})
    const found = new Set((await readAll(after.log)).map(numberOf))
    t.strictSame(
      [...waiting].filter(number => !found.has(number)),
      [],
      `seed ${seed}`,
    )
    await after.log.close()
  }
})

t.test('whatever happened to its files, a log opens, gives what is whole in order, and goes on', async t => {
  t.ok((await fuzzDamagedLog(1, 40)) > 400)
})
