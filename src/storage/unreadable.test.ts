import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import type { FileSystem } from './file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'
import type { DamagedRange } from './segment.ts'
import { SegmentLog } from './segment-log.ts'

const itemsPerRecord = 3

/** A log in segments of four records, and what it said. */
function create(fileSystem: FileSystem, directory = '/queue', clock = new ManualClock()) {
  const damaged: { range: DamagedRange; wasCounted: boolean }[] = []
  const faults: unknown[] = []
  const log = new SegmentLog({
    fileSystem,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 400,
    clock,
    events: {
      fault: error => faults.push(error),
      healed() {},
      damaged: (range, wasCounted) => damaged.push({ range, wasCounted }),
      written() {},
    },
  })
  return { log, damaged, faults, clock }
}

async function append(log: SegmentLog, first: number, count: number): Promise<void> {
  for (let number = first; number < first + count; number++) {
    const payload = Buffer.alloc(60, number)
    await log.append({ kind: 0, wallMs: 0, itemCount: itemsPerRecord, units: 1, payload })
  }
}

async function readAll(log: SegmentLog): Promise<number[]> {
  const numbers: number[] = []
  for (let records = await log.read(1000); records.length > 0; records = await log.read(1000)) {
    for (const { payload } of records) numbers.push(payload[0] ?? -1)
  }
  return numbers
}

async function scan(log: SegmentLog): Promise<number> {
  let items = 0
  await log.scan(totals => {
    items += totals.items
  })
  return items
}

const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, i) => from + i)

for (const { name, segment, lost } of [
  { name: 'first', segment: 0, lost: [0, 4] },
  { name: 'middle', segment: 1, lost: [4, 8] },
  { name: 'last', segment: 2, lost: [8, 12] },
]) {
  t.test(`a ${name} segment that cannot be opened is put aside, and the rest is delivered`, async t => {
    const disk = new ModelDisk()
    const before = create(disk)
    await before.log.open()
    await append(before.log, 0, 12)
    await before.log.close()
    const path = disk.paths('.seg')[segment] ?? ''
    disk.unreadable.set(path, { code: 'EIO' })
    const { log, damaged } = create(disk)
    await log.open()
    t.equal(await scan(log), 12 * itemsPerRecord, 'how far it reached is known without it')
    await append(log, 100, 1)
    const [from = 0, end = 0] = lost
    t.strictSame(await readAll(log), [...upTo(from), ...upTo(12, end), 100])
    t.match(damaged, [{ range: { itemCount: 4 * itemsPerRecord, cause: { code: 'EIO' } } }])
    t.equal(damaged.length, 1)
    for (let sequence = 1; sequence <= 12; sequence++) log.ack(sequence)
    await log.close()
    t.ok(disk.paths('.seg').includes(path.replace('/queue/', '/queue/quarantine/')), 'the file is kept')
    t.notOk(disk.paths('.seg').includes(path))
    t.equal(disk.openFileCount, 0)
  })
}

t.test('a segment that cannot be read from the middle on gives what stands before', async t => {
  const disk = new ModelDisk()
  const before = create(disk)
  await before.log.open()
  await append(before.log, 0, 12)
  await before.log.close()
  const { log, damaged, faults, clock } = create(disk)
  await log.open()
  t.equal(await scan(log), 12 * itemsPerRecord, 'all of it was counted')
  // The file is read in one piece as long as it can be.
  disk.unreadable.set(disk.paths('.seg')[1] ?? '', { code: 'EIO', fromOffset: 0 })
  const numbers: number[] = []
  const codes: string[] = []
  for (let tries = 0; tries < 10; tries++) {
    const records = await log.read(1000).catch(error => codes.push(error.code))
    if (Array.isArray(records)) numbers.push(...records.map(({ payload }) => payload[0] ?? -1))
  }
  t.strictSame(numbers, [...upTo(4), ...upTo(12, 8)])
  t.strictSame(codes, ['EIO', 'EIO', 'EIO', 'EIO'].slice(0, codes.length), 'whoever reads is told, and tries again')
  t.ok(codes.length >= 3)
  t.match(damaged, [
    { range: { itemCount: 4 * itemsPerRecord, lost: { records: 4, units: 4, bytes: 240 } }, wasCounted: true },
  ])
  t.strictSame(faults, [])
  await log.close()
  t.equal(clock.nowMs(), 0)
})

t.test('a backlog is counted without being read, and what is damaged in it when it is read', async t => {
  const disk = new ModelDisk()
  const before = create(disk)
  await before.log.open()
  await append(before.log, 0, 12)
  await before.log.close()
  const [first = '', second = ''] = disk.paths('.seg')
  disk.damage(first, bytes => bytes.fill(1, 250, 251))
  const { log, damaged, faults } = create(disk)
  await log.open()
  for (const path of [first, second]) disk.unreadable.set(path, { code: 'EIO', fromOffset: 0 })
  t.equal(await scan(log), 12 * itemsPerRecord)
  t.strictSame(faults, [])
  disk.unreadable.clear()
  t.strictSame(await readAll(log), [0, 1, ...upTo(12, 3)])
  t.equal(
    damaged.reduce((sum, { range }) => sum + range.itemCount, 0),
    itemsPerRecord,
  )
  disk.kill()
  const again = create(disk)
  await again.log.open()
  t.equal(await scan(again.log), 11 * itemsPerRecord)
  t.strictSame(await readAll(again.log), [0, 1, ...upTo(12, 3)])
  t.equal(
    again.damaged.reduce((sum, { range }) => sum + range.itemCount, 0),
    0,
    'it is not counted again',
  )
  await again.log.close()
})

t.test('a failure that passes costs nothing', async t => {
  const disk = new ModelDisk()
  const before = create(disk)
  await before.log.open()
  await append(before.log, 0, 8)
  // One ack is enough for the segment to be looked at record by record.
  before.log.ack(1)
  await before.log.close()
  const { log, damaged, faults, clock } = create(disk)
  await log.open()
  const path = disk.paths('.seg')[0] ?? ''
  disk.unreadable.set(path, { code: 'EMFILE' })
  const scanned = scan(log)
  for (let seconds = 0; seconds < 20; seconds++) await clock.advance(1000)
  t.equal(faults.length > 5, true, 'it asks for as long as there are too many files')
  disk.unreadable.delete(path)
  await clock.advance(1000)
  t.equal(await scanned, 7 * itemsPerRecord)
  t.strictSame(await readAll(log), upTo(8, 1))
  t.strictSame(damaged, [])
  await log.close()
})

t.test('acks that cannot be read cost repetition, not the start', async t => {
  const disk = new ModelDisk()
  const before = create(disk)
  await before.log.open()
  await append(before.log, 0, 6)
  before.log.ack(1)
  await before.log.close()
  disk.unreadable.set('/queue/acks', { code: 'EIO' })
  const { log, faults } = create(disk)
  await log.open()
  t.match(faults, [{ code: 'EIO' }])
  await scan(log)
  t.strictSame(await readAll(log), upTo(6))
  await log.close()
})

t.test('a file that somebody cuts under a running log: what is missing is counted, all of it', async t => {
  const disk = new ModelDisk()
  const { log, damaged } = create(disk)
  await log.open()
  await append(log, 0, 12)
  disk.damage(disk.paths('.seg')[1] ?? '', bytes => bytes.slice(0, 130))
  t.strictSame(await readAll(log), [...upTo(5), ...upTo(12, 8)])
  const items = damaged.reduce((sum, { range }) => sum + range.itemCount, 0)
  t.equal(items, 3 * itemsPerRecord)
  t.ok(damaged.every(({ wasCounted }) => wasCounted))
  await log.close()
})

t.test('a directory in the place of a segment does not keep the log from opening', async t => {
  const directory = t.testdir()
  const before = create(nodeFileSystem, directory)
  await before.log.open()
  await append(before.log, 0, 6)
  await before.log.close()
  const [, last = ''] = readdirSync(directory).filter(name => name.endsWith('.seg'))
  renameSync(`${directory}/${last}`, `${directory}/away`)
  mkdirSync(`${directory}/${last}`)
  const { log, damaged } = create(nodeFileSystem, directory)
  await log.open()
  await scan(log)
  t.strictSame(await readAll(log), upTo(4))
  t.match(damaged, [{ range: { segment: last, cause: { code: 'EISDIR' } } }])
  for (let sequence = 1; sequence <= 4; sequence++) log.ack(sequence)
  await log.close()
})

t.test(
  'a directory that is removed under a running log is made anew: what is appended then survives a kill',
  async t => {
    const directory = `${t.testdir()}/queue`
    const { log, clock } = create(nodeFileSystem, directory)
    await log.open()
    await append(log, 0, 2)
    rmSync(directory, { recursive: true })
    await clock.advance(1000)
    await append(log, 10, 3)
    t.ok(readdirSync(directory).includes('lock'), 'nobody else comes in')
    // The process is gone here, its files are not.
    const after = create(nodeFileSystem, directory)
    await after.log.open()
    await scan(after.log)
    t.strictSame(await readAll(after.log), [10, 11, 12])
    await after.log.close()
    await log.close()
  },
)
