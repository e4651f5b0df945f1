import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import type { FileSystem } from './file-system.ts'
import type { SyncLevel } from './log-settings.ts'
import { SegmentLog } from './segment-log.ts'

const directory = '/queue'
const payload = Buffer.alloc(900, 1)
const record = () => ({ kind: 0, wallMs: 1, itemCount: 1, units: 1, payload })

/** A disk on which the entry of a new segment takes as long as the test likes. */
function slowNames() {
  const disk = new ModelDisk()
  const waiting: PromiseWithResolvers<void>[] = []
  const state = { isSlow: false, waiting }
  const fileSystem: FileSystem = {
    makeDirectory: path => disk.makeDirectory(path),
    list: path => disk.list(path),
    open: path => disk.open(path),
    openExisting: path => disk.openExisting(path),
    rename: (from, to) => disk.rename(from, to),
    remove: path => disk.remove(path),
    createExclusive: (path, content) => disk.createExclusive(path, content),
    readWhole: path => disk.readWhole(path),
    syncDirectory(path) {
      if (!state.isSlow) return disk.syncDirectory(path)
      const wait = Promise.withResolvers<void>()
      waiting.push(wait)
      return wait.promise.then(() => disk.syncDirectory(path))
    },
  }
  return { fileSystem, state }
}

async function open(fileSystem: FileSystem, syncLevel: SyncLevel) {
  const clock = new ManualClock()
  const faults: unknown[] = []
  let healedCount = 0
  const log = new SegmentLog({
    fileSystem,
    directory,
    createsDirectory: true,
    syncLevel,
    segmentBytesMax: 2000,
    clock,
    events: {
      fault: error => faults.push(error),
      healed: () => {
        healedCount++
      },
      damaged() {},
      written() {},
    },
  })
  await log.open()
  return { log, clock, faults, healed: () => healedCount }
}

t.test('what only the process can lose does not wait for the name of a new segment', async t => {
  const { fileSystem, state } = slowNames()
  const { log } = await open(fileSystem, 'written')
  state.isSlow = true
  for (let i = 0; i < 6; i++) await log.append(record())
  t.equal(state.waiting.length, 3, 'a segment holds two of them')
  state.isSlow = false
  for (const wait of state.waiting) wait.resolve()
  await log.close()
})

t.test('what must survive a loss of power waits for it', async t => {
  const { fileSystem, state } = slowNames()
  const { log } = await open(fileSystem, 'synced')
  state.isSlow = true
  let isAcknowledged = false
  const append = log.append(record()).then(() => {
    isAcknowledged = true
  })
  while (state.waiting.length === 0) await new Promise(resolve => setImmediate(resolve))
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  t.equal(isAcknowledged, false)
  state.waiting[0]?.resolve()
  await append
  await log.append(record())
  t.equal(state.waiting.length, 1, 'a name is waited for once')
  state.isSlow = false
  await log.close()
})

for (const level of ['written', 'synced'] as const) {
  t.test(
    `level ${level}: a segment whose name does not come to the disk is left, and the alarm goes on and off`,
    async t => {
      const { fileSystem, state } = slowNames()
      const { log, clock, faults, healed } = await open(fileSystem, level)
      state.isSlow = true
      const append = log.append(record())
      while (state.waiting.length === 0) await new Promise(resolve => setImmediate(resolve))
      const error = Object.assign(new Error('EIO'), { code: 'EIO' })
      state.waiting[0]?.reject(error)
      if (level === 'synced') await t.rejects(append, { code: 'EIO' }, 'nobody is told that it is kept')
      else await append
      await new Promise(resolve => setImmediate(resolve))
      t.same(faults, [error])
      await t.rejects(log.append(record()), { code: 'EIO' }, 'at once, while the disk rests')
      state.isSlow = false
      await clock.advance(1001)
      await log.append(record())
      t.equal(healed(), 1)
      t.equal((await log.read(10_000)).length, level === 'synced' ? 1 : 2)
      await log.close()
    },
  )
}
