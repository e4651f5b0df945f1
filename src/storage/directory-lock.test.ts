import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { LockedError, type LockOwner, lockDirectory, thisProcess } from './directory-lock.ts'
import type { FileSystem } from './file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'

t.test('a lock is taken over from a process that is gone, also where its number runs again', async t => {
  const directory = t.testdir()
  const self = thisProcess()
  const other: LockOwner = { pid: 1, bootId: self.bootId, processStart: '1' }
  const content = () => JSON.parse(readFileSync(`${directory}/lock`, 'utf8')) as LockOwner
  const locked = (owner: object) => writeFileSync(`${directory}/lock`, JSON.stringify(owner))
  locked(other)
  await t.rejects(
    lockDirectory(nodeFileSystem, directory, self, () => true),
    LockedError,
  )
  await lockDirectory(nodeFileSystem, directory, self, () => false)
  t.match(content(), self)
  for (const stale of [
    { ...other, pid: 999_999_999 },
    { ...other, bootId: 'another start of the machine' },
    { ...self, processStart: 'another process of that number' },
  ]) {
    locked(stale)
    await lockDirectory(nodeFileSystem, directory)
    t.match(content(), self)
  }
  writeFileSync(`${directory}/lock`, '{"pid"')
  await lockDirectory(nodeFileSystem, directory)
  t.match(content(), self, 'a torn lock is nobody')
})

/** Lets one operation happen at a time, of whichever process the seed says, and none of a process that was killed. */
class Turns {
  readonly #random: SeededRandom
  readonly #waiting: { pid: number; go: () => void }[] = []
  readonly killed = new Set<number>()

  constructor(random: SeededRandom) {
    this.#random = random
  }

  fileSystemOf(pid: number, disk: ModelDisk): FileSystem {
    return new Proxy(disk, {
      get: (_, key: keyof ModelDisk) => {
        return async (...args: never[]) => {
          await new Promise<void>(go => this.#waiting.push({ pid, go }))
          return (disk[key] as (...args: never[]) => unknown).apply(disk, args)
        }
      },
    }) as unknown as FileSystem
  }

  /** False when nobody who lives wants to do anything. */
  async next(): Promise<boolean> {
    const live = this.#waiting.filter(({ pid }) => !this.killed.has(pid))
    if (live.length === 0) return false
    const chosen = this.#random.pick(live)
    this.#waiting.splice(this.#waiting.indexOf(chosen), 1)
    chosen.go()
    await new Promise(resolve => setImmediate(resolve))
    return true
  }
}

t.test('of processes that find the lock of one that is gone, one wins, whoever is killed meanwhile', async t => {
  const ownerOf = (pid: number): LockOwner => ({ pid, bootId: 'boot', processStart: `${pid}` })
  let winners = 0
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed)
    const disk = new ModelDisk()
    await disk.makeDirectory('/queue')
    if (seed % 4 > 0) await disk.createExclusive('/queue/lock', Buffer.from(JSON.stringify(ownerOf(99))))
    const turns = new Turns(random)
    const owners = new Set<number>()
    const errors: unknown[] = []
    const isRunning = ({ pid }: LockOwner) => pid !== 99 && !turns.killed.has(pid)
    for (let pid = 1; pid <= 4; pid++) {
      lockDirectory(turns.fileSystemOf(pid, disk), '/queue', ownerOf(pid), isRunning).then(
        () => owners.add(pid),
        error => errors.push(error),
      )
    }
    while (await turns.next()) {
      if (random.chance(0.05) && turns.killed.size < 3) {
        const pid = 1 + random.below(4)
        turns.killed.add(pid)
        owners.delete(pid)
      }
      if (owners.size > 1) t.fail(`seed ${seed}: processes ${[...owners].join(' and ')} own the directory`)
    }
    winners += owners.size
    t.ok(
      errors.every(error => error instanceof LockedError),
      `seed ${seed}`,
    )
    // Whoever is killed, the next one comes in.
    const later = ownerOf(50)
    await lockDirectory(disk, '/queue', later, ({ pid }) => pid === 50)
    t.match(JSON.parse(Buffer.from(await disk.readWhole('/queue/lock')).toString()), later)
    t.strictSame(await disk.list('/queue'), ['lock'])
  }
  t.ok(winners > 200, 'mostly there is an owner')
})

t.test('a lock is never seen half written', async t => {
  const directory = t.testdir()
  await lockDirectory(nodeFileSystem, directory)
  t.match(JSON.parse(readFileSync(`${directory}/lock`, 'utf8')), thisProcess())
  t.strictSame(readdirSync(directory), ['lock'], 'no draft is left')
})
