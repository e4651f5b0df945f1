import t from 'tap'
import { ModelDisk } from '../testkit/model-disk.ts'
import { AckFile } from './ack-file.ts'
import type { FileSystem } from './file-system.ts'

const directory = '/queue'
const turn = () => new Promise(resolve => setImmediate(resolve))

/** A disk on which the sync of a file takes as long as the test likes. */
function slowSyncs() {
  const disk = new ModelDisk()
  const state: { isSlow: boolean; waiting: PromiseWithResolvers<void>[] } = { isSlow: false, waiting: [] }
  const fileSystem: FileSystem = {
    makeDirectory: path => disk.makeDirectory(path),
    list: path => disk.list(path),
    async open(path) {
      const file = await disk.open(path)
      return {
        ...file,
        async sync() {
          if (state.isSlow) {
            const wait = Promise.withResolvers<void>()
            state.waiting.push(wait)
            await wait.promise
          }
          await file.sync()
        },
      }
    },
    openExisting: path => disk.openExisting(path),
    rename: (from, to) => disk.rename(from, to),
    remove: path => disk.remove(path),
    createExclusive: (path, content) => disk.createExclusive(path, content),
    readWhole: path => disk.readWhole(path),
    syncDirectory: path => disk.syncDirectory(path),
  }
  return { disk, fileSystem, state }
}

async function open(fileSystem: FileSystem) {
  const faults: unknown[] = []
  let healedCount = 0
  await fileSystem.makeDirectory(directory, 0o700)
  const events = {
    fault: (error: unknown) => faults.push(error),
    healed: () => {
      healedCount++
    },
  }
  const acks = new AckFile(fileSystem, directory, events)
  await acks.open()
  return { acks, faults, healed: () => healedCount }
}

/** Enough to have the file written anew, each in a write of its own. */
async function fill(acks: AckFile, from: number): Promise<number> {
  let sequence = from
  for (let i = 0; i < 2800; i++) {
    acks.add(sequence)
    sequence += 2
    await acks.flush()
  }
  return sequence
}

t.test('an ack does not wait while the file is written anew, and is in the old file and in the new one', async t => {
  const { fileSystem, state } = slowSyncs()
  const { acks, faults } = await open(fileSystem)
  state.isSlow = true
  const next = await fill(acks, 2)
  while (state.waiting.length === 0) await turn()
  acks.add(next)
  await acks.flush()
  t.ok((await AckFile.readSet(fileSystem, directory)).has(next), 'a kill now finds it')
  const { length } = await fileSystem.readWhole(`${directory}/acks`)
  state.isSlow = false
  state.waiting[0]?.resolve()
  while ((await fileSystem.list(directory)).includes('acks.new')) await turn()
  acks.add(next + 2)
  await acks.flush()
  const set = await AckFile.readSet(fileSystem, directory)
  t.ok(set.has(next) && set.has(next + 2) && set.has(2))
  t.equal(set.has(next + 1), false)
  t.ok((await fileSystem.readWhole(`${directory}/acks`)).length > length, 'they are that many ranges')
  await acks.close()
  t.same(faults, [])
})

t.test('a file that cannot be written anew goes on, with the alarm on until it can', async t => {
  const { disk, fileSystem } = slowSyncs()
  const { acks, faults, healed } = await open(fileSystem)
  disk.failures.set('rename', 'EIO')
  const next = await fill(acks, 2)
  while (faults.length === 0) await turn()
  t.match(faults[0], { code: 'EIO' })
  disk.failures.delete('rename')
  acks.add(next)
  await acks.flush()
  t.equal(healed(), 1)
  const set = await AckFile.readSet(fileSystem, directory)
  t.ok(set.has(2) && set.has(next))
  await acks.close()
  t.equal(disk.openFileCount, 0)
})

t.test('what was acked is settled once it is in the file, or the disk has refused it', async t => {
  const { disk, fileSystem } = slowSyncs()
  const { acks, faults } = await open(fileSystem)
  t.equal(acks.settling, undefined)
  acks.add(5)
  const first = acks.settling
  t.type(first, Promise)
  acks.add(6)
  await acks.settling
  t.ok((await AckFile.readSet(fileSystem, directory)).covers(5, 6))
  await first
  t.equal(acks.settling, undefined)
  disk.failures.set('write', 'EIO')
  acks.add(9)
  const refused = acks.settling
  await turn()
  acks.add(11)
  await Promise.all([refused, acks.settling])
  t.match(faults[0], { code: 'EIO' })
  disk.failures.clear()
  acks.add(13)
  await acks.settling
  t.ok((await AckFile.readSet(fileSystem, directory)).has(9))
  await acks.close()
})
