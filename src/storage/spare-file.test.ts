import { cp, readdir } from 'node:fs/promises'
import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { DiskCrash, ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import type { FileSystem } from './file-system.ts'
import type { SyncLevel } from './log-settings.ts'
import { nodeFileSystem } from './node-file-system.ts'
import type { LogRecord } from './record.ts'
import type { DamagedRange } from './segment.ts'
import { SegmentLog } from './segment-log.ts'

const modelDirectory = '/queue'
const turn = () => new Promise(resolve => setImmediate(resolve))

function create(disk: FileSystem, syncLevel: SyncLevel, directory = modelDirectory) {
  const damaged: DamagedRange[] = []
  const log = new SegmentLog({
    fileSystem: disk,
    directory,
    createsDirectory: true,
    syncLevel,
    segmentBytesMax: 1000,
    clock: new ManualClock(),
    events: {
      fault: error => void (error instanceof DiskCrash || t.fail(`${error}`)),
      healed() {},
      damaged: range => damaged.push(range),
      written() {},
    },
  })
  return { log, damaged }
}

function recordOf(number: number) {
  const payload = Buffer.alloc(20 + (number % 9) * 30, number & 255)
  payload.writeUInt32LE(number, 0)
  return { kind: 0, wallMs: number, itemCount: 1, units: 1, payload }
}

function numberOf({ payload }: LogRecord): number {
  const number = Buffer.from(payload).readUInt32LE(0)
  if (!Buffer.from(recordOf(number).payload).equals(Buffer.from(payload))) throw new Error(`${number} is not whole`)
  return number
}

t.test('the file of a segment that is done with becomes the next one, and goes at the end', async t => {
  const disk = new ModelDisk()
  const { log } = create(disk, 'written')
  await log.open()
  await log.scan(() => {})
  let isReused = false
  for (let number = 0; number < 100; number++) {
    const before = disk.paths('spare').length
    await log.append(recordOf(number))
    isReused ||= before === 1 && disk.paths('spare').length === 0
    for (const record of await log.read(10_000)) log.ack(record.sequence)
    await turn()
    t.ok(disk.paths('.seg').length + disk.paths('spare').length <= 3, 'there is one spare file at most')
  }
  t.ok(isReused)
  await log.close()
  t.same(disk.paths('spare'), [])
  t.equal(disk.openFileCount, 0)
})

t.test('the spare file of a process that was killed is written to by the next one', async t => {
  const folder = t.testdir()
  const { log } = create(nodeFileSystem, 'written', `${folder}/before`)
  await log.open()
  await log.scan(() => {})
  for (let number = 0; number < 100 && !(await readdir(`${folder}/before`)).includes('spare'); number++) {
    await log.append(recordOf(number))
    for (const record of await log.read(10_000)) log.ack(record.sequence)
    await turn()
  }
  await cp(`${folder}/before`, `${folder}/after`, { recursive: true, filter: path => !path.includes('alive-') })
  await log.close()
  t.ok((await readdir(`${folder}/after`)).includes('spare'))
  const { log: next } = create(nodeFileSystem, 'written', `${folder}/after`)
  await next.open()
  await next.scan(() => {})
  await next.append(recordOf(1000))
  t.notOk((await readdir(`${folder}/after`)).includes('spare'))
  t.same((await next.read(10_000)).map(numberOf), [1000])
  await next.close()
})

t.test('a close waits for the files that are on their way out', async t => {
  const disk = new ModelDisk()
  let renames = 0
  const rename = async (from: string, to: string) => {
    if (to.endsWith('spare')) for (let turns = 0; turns < 20; turns++) await turn()
    await disk.rename(from, to)
    if (to.endsWith('spare')) renames++
  }
  const slow = new Proxy(disk, {
    get(target, key: keyof ModelDisk) {
      const value: unknown = target[key]
      if (key === 'rename') return rename
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const { log } = create(slow, 'written')
  await log.open()
  await log.scan(() => {})
  for (let number = 0; number < 20; number++) await log.append(recordOf(number))
  for (const record of await log.read(10_000)) log.ack(record.sequence)
  await log.close()
  t.equal(renames, 1)
  t.same((await disk.list(modelDirectory)).toSorted(), ['acks', 'extents', 'format', 'reserve'])
})

for (const level of ['written', 'synced'] as const) {
  t.test(`level ${level}: what a file held before does not come back, whenever the end comes`, async t => {
    let reuseCount = 0
    for (let seed = 1; seed <= 30; seed++) {
      const random = new SeededRandom(seed)
      const disk = new ModelDisk()
      const waiting = new Set<number>()
      const unknown = new Set<number>()
      let number = 0
      for (let life = 0; life < 4; life++) {
        const { log, damaged } = create(disk, level)
        await log.open()
        await log.scan(() => {})
        const found: number[] = []
        for (let records = await log.read(500); records.length > 0; records = await log.read(500)) {
          for (const record of records) {
            found.push(numberOf(record))
            if (random.chance(0.1)) continue
            log.ack(record.sequence)
            waiting.delete(numberOf(record))
            unknown.add(numberOf(record))
          }
        }
        const allowed = (each: number) => waiting.has(each) || unknown.has(each)
        t.same(
          [...waiting].filter(each => !found.includes(each) && !unknown.has(each)),
          [],
          `seed ${seed}: lost`,
        )
        t.same(
          found.filter(each => !allowed(each)),
          [],
          `seed ${seed}: never written`,
        )
        t.equal(new Set(found).size, found.length)
        // Only a loss of power may leave an end that looks like damage.
        if (level === 'written') t.same(damaged, [], `seed ${seed}`)
        unknown.clear()
        for (const each of found) if (!waiting.has(each)) unknown.add(each)
        for (let round = 5 + random.below(30); round > 0; round--) {
          const spares = disk.paths('spare').length
          const own = Array.from({ length: 1 + random.below(4) }, () => number++)
          await Promise.all(own.map(each => log.append(recordOf(each)).then(() => waiting.add(each))))
          if (disk.paths('spare').length < spares) reuseCount++
          for (const record of await log.read(2000)) {
            if (random.chance(0.05)) continue
            log.ack(record.sequence)
            waiting.delete(numberOf(record))
            // Its ack may not have come to the disk.
            unknown.add(numberOf(record))
          }
          await turn()
        }
        disk.crashAtStep = disk.stepCount + 1 + random.below(6)
        const last = number++
        unknown.add(last)
        await log.append(recordOf(last)).catch(() => {})
        await turn()
        if (level === 'synced') disk.losePower(random)
        else disk.kill()
      }
    }
    t.ok(reuseCount > 100, `${reuseCount} times`)
  })
}
