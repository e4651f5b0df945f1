import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { Budgets } from './budgets.ts'
import { budgetsConfig } from './config.ts'
import { StateFile } from './state-file.ts'

const deadline = { atMs: 1000 }
const spend = (amount: number, ...scopeValues: string[]) => ({ timeMs: 0, amount, scopeValues })

function budgetsOf(path: string, budgets = '{name: b, limit: 1}', more = '') {
  const config = parseConfig(budgetsConfig, `{state_file: ${JSON.stringify(path)}, budgets: [${budgets}]${more}}`)
  return new Budgets(config, componentSettings('budgets'))
}

/** A line as a version writes it. */
function line(entry: object): string {
  const json = JSON.stringify(entry)
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

t.test('one agent at a time has a state file', async t => {
  const path = join(t.testdir(), 'state')
  const moduleUrl = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  // Another process that holds the lock as long as it lives, and does not give it back.
  const script = `import { lockFile } from ${moduleUrl('../../storage/directory-lock.ts')}
    import { nodeFileSystem } from ${moduleUrl('../../storage/node-file-system.ts')}
    await lockFile(nodeFileSystem, ${JSON.stringify(path)})
    process.stdout.write('locked')
    setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => other.kill('SIGKILL'))
  await once(other.stdout, 'data')
  const budgets = budgetsOf(path)
  await t.rejects(budgets.start(), { message: `${path} is in use by process ${other.pid}` })
  const ended = once(other, 'exit')
  other.kill('SIGKILL')
  await ended
  await budgets.start()
  budgets.recordSpend(spend(0.25, 'shop'))
  await budgets.shutdown(deadline)
  t.notOk(existsSync(`${path}.lock`), 'given back')
  const next = budgetsOf(path)
  await next.start()
  t.equal(next.statusesOf('shop')[0]?.spent, 0.25)
  await next.shutdown(deadline)
})

t.test('a reload to another file takes that one and gives the old one back', async t => {
  const directory = t.testdir()
  const [first, second] = [join(directory, 'one'), join(directory, 'two')]
  const budgets = budgetsOf(first)
  await budgets.start()
  await budgets.reconfigure(parseConfig(budgetsConfig, `{state_file: ${second}, budgets: [{name: b, limit: 1}]}`))
  t.notOk(existsSync(`${first}.lock`))
  t.ok(existsSync(`${second}.lock`))
  await budgets.shutdown(deadline)
  t.notOk(existsSync(`${second}.lock`))
})

t.test('a start that fails for its address gives the file back', async t => {
  const path = join(t.testdir(), 'state')
  const holder = budgetsOf(join(t.testdir(), 'other'), '', ', endpoint: "127.0.0.1:0"')
  await holder.start()
  t.teardown(() => holder.shutdown(deadline))
  const budgets = budgetsOf(path, '', `, endpoint: "127.0.0.1:${holder.port}"`)
  await t.rejects(budgets.start(), { code: 'EADDRINUSE' })
  t.notOk(existsSync(`${path}.lock`))
})

t.test('what a later version wrote is kept aside, and what this one can read counts', async t => {
  const path = join(t.testdir(), 'state')
  const now = componentSettings('budgets').clock.wallMs()
  const snapshot = { scopeValue: 'shop', periodStartMs: now, spent: 0.5, fired: [], burnFired: false, lastMs: now }
  const later = line({ v: 7, type: 'scope', budget: 'b', account: { shop: 0.75 } })
  writeFileSync(path, line({ v: 1, type: 'scope', budget: 'b', snapshot }) + later)
  const budgets = budgetsOf(path)
  await budgets.start()
  t.equal(budgets.statusesOf('shop')[0]?.spent, 0.5)
  await budgets.shutdown(deadline)
  t.ok(readFileSync(`${path}.v7`, 'utf8').endsWith(later))
})

t.test('a full disk holds no start up: what was known counts, and is written when there is room', async t => {
  const dir = t.testdir()
  const path = join(dir, 'state')
  const before = budgetsOf(path)
  await before.start()
  before.recordSpend(spend(0.5, 'shop'))
  await before.shutdown(deadline)
  // Where the file is written anew there is no room.
  symlinkSync('/dev/full', `${path}.new`)
  const budgets = budgetsOf(path)
  await budgets.start()
  t.equal(budgets.statusesOf('shop')[0]?.spent, 0.5)
  t.notOk(existsSync(`${path}.new`), 'half a file does not stay')
  budgets.recordSpend(spend(0.25, 'shop'))
  await budgets.shutdown(deadline)
  const after = budgetsOf(path)
  await after.start()
  t.teardown(() => after.shutdown(deadline))
  t.equal(after.statusesOf('shop')[0]?.spent, 0.75)
})

t.test("a burn rate's windows are those of the last line that has them", async t => {
  const path = join(t.testdir(), 'state')
  const snapshot = { scopeValue: 'shop', periodStartMs: 1, spent: 0.5, fired: [], burnFired: false, lastMs: 1 }
  const burn = [
    { slotMs: 30_000, slots: [[1, 0.5]] },
    { slotMs: 2500, slots: [[1, 0.5]] },
  ]
  const entry = (more: object) => line({ v: 1, type: 'scope', budget: 'b', snapshot: { ...snapshot, ...more } })
  writeFileSync(path, entry({ burn }) + entry({ spent: 0.7 }))
  t.match(new StateFile(path).load().scopes, [{ snapshot: { spent: 0.7, burn } }])
})

t.test('a file of anything at all is no state, and is not in the way', async t => {
  for (const content of [
    '',
    '\n\n',
    '\0\0\0\0',
    'not a state\n',
    `${'x'.repeat(100_000)}\n`,
    line({ v: 1 }),
    line({}),
  ]) {
    const path = join(t.testdir(), 'state')
    writeFileSync(path, content)
    const budgets = budgetsOf(path)
    await budgets.start()
    budgets.recordSpend(spend(0.25, 'shop'))
    await budgets.shutdown(deadline)
    const next = budgetsOf(path)
    await next.start()
    t.equal(next.statusesOf('shop')[0]?.spent, 0.25, JSON.stringify(content.slice(0, 20)))
    await next.shutdown(deadline)
  }
})

t.test('a rolling window of another length keeps what was spent in it', async t => {
  const path = join(t.testdir(), 'state')
  const rolling = (window: string) => `{name: b, limit: 1, period: rolling, window: ${window}}`
  for (const [window, spent] of [
    ['24h', 0.25],
    ['1h', 0.5],
    ['168h', 0.75],
  ] as const) {
    const budgets = budgetsOf(path, rolling(window))
    await budgets.start()
    budgets.recordSpend(spend(0.25, 'shop'))
    t.equal(budgets.statusesOf('shop')[0]?.spent, spent, window)
    await budgets.shutdown(deadline)
  }
})

t.test('a value longer than any name is asked for by all of it', async t => {
  const budgets = budgetsOf(
    join(t.testdir(), 'state'),
    '{name: b, limit: 1}, {name: c, scope: [team, service.name], limit: 1}',
  )
  await budgets.start()
  t.teardown(() => budgets.shutdown(deadline))
  const long = 'é/'.repeat(400)
  const values = budgets.scopes.map(() => long.slice(0, 512))
  budgets.recordSpend(spend(2, ...values))
  const asked = encodeURIComponent(long)
  t.match(budgets.statusesOf(`${asked}/${asked}`), [{}, { budget: 'c', decision: 'deny' }])
  t.match(budgets.statusesOf(asked)[0], { budget: 'b', decision: 'deny' })
})
