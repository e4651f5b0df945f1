import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { LockedError, lockDirectory } from './directory-lock.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { SegmentLog } from './segment-log.ts'

const elsewhere = { pid: 7, bootId: 'of another machine', processStart: '1', host: 'node-b', id: 'abc' }

async function until(isDone: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 2000 && !isDone(); i++) await new Promise(resolve => setTimeout(resolve, 1))
  if (!isDone()) throw new Error(`never: ${what}`)
}

function setUp(t: Test) {
  const directory = t.testdir()
  const clock = new ManualClock()
  const faults: unknown[] = []
  const log = new SegmentLog({
    fileSystem: nodeFileSystem,
    directory,
    createsDirectory: false,
    syncLevel: 'written',
    segmentBytesMax: 1 << 20,
    clock,
    events: { fault: error => faults.push(error), healed() {}, damaged() {}, written() {} },
  })
  const record = { kind: 0, wallMs: 0, itemCount: 1, units: 1, payload: Buffer.from('x') }
  return { directory, clock, faults, log, append: () => log.append(record) }
}

t.test('a lock of another machine holds while its lease is fresh', async t => {
  const directory = t.testdir({ lock: JSON.stringify(elsewhere), lease: '.' })
  await t.rejects(lockDirectory(nodeFileSystem, directory), { name: 'LockedError', message: /another machine.*node-b/ })
  const agoMs = (ms: number) => new Date(statSync(`${directory}/lock`).mtimeMs - ms)
  utimesSync(`${directory}/lease`, agoMs(15_000), agoMs(15_000))
  await t.rejects(lockDirectory(nodeFileSystem, directory), LockedError)
  for (const ms of [25_000, -3_600_000]) {
    writeFileSync(`${directory}/lock`, JSON.stringify(elsewhere))
    utimesSync(`${directory}/lease`, agoMs(ms), agoMs(ms))
    await lockDirectory(nodeFileSystem, directory)
    t.match(
      JSON.parse(readFileSync(`${directory}/lock`, 'utf8')),
      { pid: process.pid },
      'a clock that was set back holds nobody up',
    )
  }
  t.same(readdirSync(directory).sort(), ['lease', 'lock'], 'nothing is left of looking')
})

t.test('an owner writes its lease again and again, and takes it along', async t => {
  const { directory, clock, log } = setUp(t)
  await log.open()
  await until(() => existsSync(`${directory}/lease`), 'a lease')
  const longAgo = new Date(0)
  utimesSync(`${directory}/lease`, longAgo, longAgo)
  await clock.advance(5_000)
  await until(() => statSync(`${directory}/lease`).mtimeMs > 0, 'another beat')
  await log.close()
  t.notOk(existsSync(`${directory}/lease`))
  t.notOk(existsSync(`${directory}/lock`))
})

t.test('an owner that was taken for gone writes nothing more', async t => {
  const { directory, clock, log, append, faults } = setUp(t)
  await log.open()
  const first = await append()
  writeFileSync(`${directory}/lock`, JSON.stringify(elsewhere))
  await clock.advance(5_000)
  await until(() => faults.length > 0, 'an alarm')
  t.match(faults, [{ name: 'LockedError', message: /process 7 on another machine/ }])
  await t.rejects(append(), LockedError)
  t.same(await log.read(1 << 20), [])
  const acks = readFileSync(`${directory}/acks`)
  log.ack(first)
  await log.close()
  t.same(readFileSync(`${directory}/acks`), acks)
  t.match(JSON.parse(readFileSync(`${directory}/lock`, 'utf8')), elsewhere)
})
