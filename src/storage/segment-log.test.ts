import t from 'tap'
import { systemClock } from '../clock/clock.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { create, numberOf, readAll, recordOf } from './log-run.oracle.ts'
import type { LogSettings } from './log-settings.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { SegmentLog } from './segment-log.ts'

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
