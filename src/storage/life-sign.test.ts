import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { LockedError, lockDirectory, thisProcess } from './directory-lock.ts'
import { answers, removeDeadSigns, showLife } from './life-sign.ts'
import { nodeFileSystem } from './node-file-system.ts'

t.test('a sign answers until its process ends it, also below a long path', async t => {
  for (const name of ['queue', 'q'.repeat(200)]) {
    const directory = `${t.testdir()}/${name}`
    mkdirSync(directory)
    const sign = await showLife(directory)
    if (sign === undefined) throw new Error('no sign')
    t.ok(existsSync(`${directory}/${sign.name}`))
    t.ok(await answers(directory, sign.name))
    await sign.end()
    t.notOk(await answers(directory, sign.name))
    t.same(readdirSync(directory), [])
  }
})

t.test('signs of processes that were killed are removed, those of others stay', async t => {
  const directory = t.testdir()
  const killed = await showLife(directory)
  const lives = await showLife(directory)
  if (killed === undefined || lives === undefined) throw new Error('no sign')
  // As after a kill: a socket without anybody behind it.
  renameSync(`${directory}/${killed.name}`, `${directory}/alive-dead`)
  await killed.end()
  t.notOk(await answers(directory, 'alive-dead'))
  await removeDeadSigns(directory)
  t.same(readdirSync(directory), [lives.name])
  await lives.end()
})

t.test('where there can be no socket there is no sign', async t => {
  t.equal(await showLife(`${t.testdir()}/missing`), undefined)
})

t.test(
  'another container keeps its lock as long as its sign answers, whatever process has its number here',
  async t => {
    const directory = t.testdir()
    const sign = await showLife(directory)
    if (sign === undefined) throw new Error('no sign')
    const elsewhere = { ...thisProcess(), pidNamespace: 'pid:[1]', lifeSign: sign.name }
    writeFileSync(`${directory}/lock`, JSON.stringify(elsewhere))
    await t.rejects(lockDirectory(nodeFileSystem, directory), LockedError)
    await sign.end()
    await lockDirectory(nodeFileSystem, directory)
    for (const gone of [
      { ...elsewhere, lifeSign: '' },
      { ...elsewhere, bootId: 'another start of the machine' },
      { ...elsewhere, lifeSign: '../elsewhere' },
    ]) {
      writeFileSync(`${directory}/lock`, JSON.stringify(gone))
      await lockDirectory(nodeFileSystem, directory)
    }
  },
)
