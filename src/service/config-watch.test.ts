import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../clock/clock.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ConfigWatch, nodeWatchIo, type WatchIo } from './config-watch.ts'

/** A made-up disk whose events the test fires. */
function setUp(files: Record<string, string>) {
  const clock = new ManualClock()
  const fire = new Map<string, () => void>()
  const io: WatchIo = {
    watchDirectory(path, onEvent) {
      fire.set(path, onEvent)
      return { close: () => fire.delete(path) }
    },
    readContent: async path => files[path],
  }
  let changeCount = 0
  const watch = new ConfigWatch(clock, io, () => {
    changeCount += 1
  })
  return { clock, watch, fire, changes: () => changeCount }
}

t.test('many events of one change are one change, told once things have settled', async t => {
  const files = { '/c/a.yaml': '1' }
  const { clock, watch, fire, changes } = setUp(files)
  await watch.follow(['/c/a.yaml'])
  files['/c/a.yaml'] = '2'
  for (let i = 0; i < 5; i++) {
    fire.get('/c')?.()
    await clock.advance(100)
  }
  t.equal(changes(), 0)
  await clock.advance(250)
  t.equal(changes(), 1)
})

t.test('events without a change of content are nothing', async t => {
  const { clock, watch, fire, changes } = setUp({ '/c/a.yaml': '1' })
  await watch.follow(['/c/a.yaml'])
  fire.get('/c')?.()
  await clock.advance(10_000)
  t.equal(changes(), 0)
})

t.test('a change whose event got lost is found by looking', async t => {
  const files = { '/c/a.yaml': '1' }
  const { clock, watch, changes } = setUp(files)
  await watch.follow(['/c/a.yaml'])
  files['/c/a.yaml'] = '2'
  await clock.advance(5_000)
  t.equal(changes(), 1)
  await clock.advance(20_000)
  t.equal(changes(), 1, 'and told once')
})

t.test('follows other files from one load to the next, and lets go of all at the end', async t => {
  const { clock, watch, fire, changes } = setUp({ '/c/a.yaml': '1', '/d/b.yaml': '1' })
  await watch.follow(['/c/a.yaml'])
  await watch.follow(['/d/b.yaml'])
  t.notOk(fire.has('/c'))
  t.ok(fire.has('/d'))
  watch.shutdown()
  t.equal(fire.size, 0)
  t.equal(clock.pendingCount, 0)
  await clock.advance(10_000)
  t.equal(changes(), 0)
})

/** Real files, real events: resolves at the next change. */
async function changesOf(t: Test, files: readonly string[], act: () => void): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const watch = new ConfigWatch(systemClock, nodeWatchIo, () => resolve(true))
  t.teardown(() => watch.shutdown())
  await watch.follow(files)
  act()
  const timer = setTimeout(() => resolve(false), 3000)
  const isTold = await promise
  clearTimeout(timer)
  return isTold
}

t.test("sees Kubernetes' swap of the ..data link, again and again", async t => {
  const dir = t.testdir({ v1: { 'sluice.yaml': 'one' }, v2: { 'sluice.yaml': 'two' }, v3: { 'sluice.yaml': 'three' } })
  const mount = join(dir, 'mount')
  mkdirSync(mount)
  symlinkSync('../v1', join(mount, '..data'))
  symlinkSync('..data/sluice.yaml', join(mount, 'sluice.yaml'))
  for (const version of ['v2', 'v3']) {
    const isTold = await changesOf(t, [join(mount, 'sluice.yaml')], () => {
      symlinkSync(`../${version}`, join(mount, '..data_tmp'))
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    })
    t.ok(isTold, version)
  }
})

t.test('sees a write in place, a rename over the file, and a file that comes back', async t => {
  const dir = t.testdir({ 'a.yaml': 'one' })
  const file = join(dir, 'a.yaml')
  t.ok(await changesOf(t, [file], () => writeFileSync(file, 'two')), 'write')
  const replace = () => {
    writeFileSync(`${file}.tmp`, 'three')
    renameSync(`${file}.tmp`, file)
  }
  t.ok(await changesOf(t, [file], replace), 'rename')
  rmSync(file)
  t.ok(await changesOf(t, [file], () => writeFileSync(file, 'four')), 'created anew')
})

t.test('sees a new file in a directory of the configuration', async t => {
  const dir = t.testdir({ conf: { 'a.yaml': 'one' } })
  const files = [join(dir, 'conf'), join(dir, 'conf', 'a.yaml')]
  t.ok(await changesOf(t, files, () => writeFileSync(join(dir, 'conf', 'b.yaml'), 'two')))
})
