import t from 'tap'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { create, numberOf, readAll, recordOf } from './log-run.oracle.ts'
import { fuzzDamagedLog } from './segment-log.fuzz.ts'

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

t.test('whatever happened to its files, a log opens, gives what is whole in order, and goes on', async t => {
  t.ok((await fuzzDamagedLog(1, 40)) > 400)
})
