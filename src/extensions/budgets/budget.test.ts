import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { Budget } from './budget.ts'
import { budgetConfig } from './config.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const hour = 3_600_000

function budget(yaml: string): Budget {
  return new Budget(parseConfig(budgetConfig, yaml))
}

t.test('each threshold tells once, in order, with its forecast', async t => {
  const daily = budget('{name: daily, limit: 1.0}')
  const told = []
  for (let i = 0; i < 10; i++) told.push(...daily.spend('shop', 0.12, noon + i))
  t.same(
    told.map(alert => alert.threshold),
    [0.5, 0.8, 0.9, 1],
  )
  t.match(told[0], { budget: 'daily', scopeValue: 'shop', limit: 1, currency: 'USD', period: 'day', kind: 'threshold' })
  // Half a day has passed: the forecast is twice the spend.
  t.ok(Math.abs(told[0]!.forecast! - 1.2) < 0.001)
  t.equal(daily.status('shop', noon + 10).decision, 'deny')
  t.equal(daily.status('other', noon).decision, 'allow')
})

t.test('one large spend tells about every threshold that it passes', async t => {
  t.equal(budget('{name: b, limit: 1, thresholds: [1, 0.5]}').spend('s', 5, noon).length, 2)
})

t.test('ten tenths reach the limit although doubles do not', async t => {
  const b = budget('{name: b, limit: 1, thresholds: [1]}')
  const told = Array.from({ length: 10 }, (_, i) => b.spend('s', 0.1, noon + i)).flat()
  t.equal(told.length, 1)
  t.equal(b.status('s', noon).spent, 1)
})

t.test('what reaches the limit but for a rounding of doubles is denied, and shown as what it is', async t => {
  const b = budget('{name: b, limit: 1.05, thresholds: [0.5, 1]}')
  const told = [0, 1, 2].flatMap(i => b.spend('s', 0.35, noon + i))
  t.match(told.at(-1), { threshold: 1, spent: 1.05 })
  t.match(b.status('s', noon + 3), { decision: 'deny', spent: 1.05, remaining: 0 })
  b.spend('other', 0.7, noon)
  t.equal(b.status('other', noon).remaining, 0.35)
})

t.test('a new day starts from nothing and tells anew', async t => {
  const daily = budget('{name: daily, limit: 1, time_zone: Europe/Berlin}')
  t.equal(daily.spend('s', 2, noon).length, 4)
  t.equal(daily.spend('s', 0.4, noon + 11.5 * hour).length, 0)
  t.equal(daily.status('s', noon + 11.5 * hour).spent, 0.4)
  t.equal(daily.spend('s', 0.2, noon + 12 * hour).length, 1)
})

t.test('a rolling spend tells again only after it has fallen clearly below', async t => {
  const rolling = budget('{name: r, limit: 1, period: rolling, window: 2h, thresholds: [1]}')
  t.equal(rolling.spend('s', 1.2, noon).length, 1)
  t.equal(rolling.spend('s', 0.1, noon + hour).length, 0)
  // The 1.2 has left the window: 0.2 is far below, the threshold is armed again.
  t.equal(rolling.spend('s', 0.1, noon + 2.1 * hour).length, 0)
  t.equal(rolling.spend('s', 0.9, noon + 2.2 * hour).length, 1)
})

t.test('a restart in the middle of a burn neither tells it twice nor forgets how it began', async t => {
  const yaml = '{name: b, limit: 24, thresholds: [], burn_rate: {factor: 10}}'
  const before = budget(yaml)
  for (let minute = 0; minute < 40; minute++) before.spend('s', 0.15, noon + minute * 60_000)
  const again = (from: ReturnType<typeof budget>, atMs: number) => {
    const after = budget(yaml)
    after.restore(from.snapshot('s')!, atMs)
    return after
  }
  const after = again(before, noon + 40 * 60_000)
  const burning: number[] = []
  for (let minute = 40; minute < 80; minute++) {
    for (const { kind } of after.spend('s', 0.2, noon + minute * 60_000)) if (kind === 'burn_rate') burning.push(minute)
  }
  t.equal(burning.length, 1, 'told once')
  t.ok(burning[0]! < 70, `${burning[0]}: what came before the restart counts`)
  const third = again(after, noon + 80 * 60_000)
  for (let minute = 80; minute < 120; minute++) t.same(third.spend('s', 0.2, noon + minute * 60_000), [])
})

t.test('an update leaves the windows out until they have a new slot', async t => {
  const b = budget('{name: b, limit: 24, burn_rate: {}}')
  b.spend('s', 1, noon)
  t.ok(b.snapshot('s', true)!.burn)
  b.spend('s', 1, noon + 1)
  t.notOk(b.snapshot('s', true)!.burn)
  t.ok(b.snapshot('s')!.burn, 'but not what stands for all that was')
  b.spend('s', 1, noon + 10_000)
  t.ok(b.snapshot('s', true)!.burn)
})

t.test('burn rate needs both windows, tells once, and again after it has calmed down', async t => {
  const b = budget('{name: b, limit: 24, thresholds: [], burn_rate: {factor: 10}}')
  // 24 a day is 1 an hour; ten times that is 10 in an hour and 0.84 in five minutes.
  t.equal(b.spend('s', 9, noon).length, 0)
  t.equal(b.spend('s', 2, noon + 1000).length, 1)
  t.equal(b.spend('s', 2, noon + 2000).length, 0)
  t.equal(b.spend('s', 0.001, noon + 3 * hour).length, 0)
  t.match(b.spend('s', 12, noon + 3 * hour + 1), [{ kind: 'burn_rate', threshold: 10 }])
})

t.test('a cap per trace forgets idle traces and bounds how many it remembers', async t => {
  const cap = budget('{name: runaway, scope: [trace_id], limit: 1, period: total, window: 1h, scopes_max: 2}')
  cap.spend('t1', 0.9, noon)
  t.equal(cap.status('t1', noon).decision, 'warn')
  cap.spend('t2', 0.1, noon)
  cap.spend('t3', 0.1, noon)
  t.equal(cap.scopeCount, 2)
  t.equal(cap.forgottenCount, 1)
  t.equal(cap.status('t1', noon).spent, 0)
  t.equal(cap.spend('t2', 0.1, noon + 2 * hour).length, 0)
  t.equal(cap.status('t2', noon + 2 * hour).spent, 0.1)
})

t.test('a snapshot restored knows what was spent and told', async t => {
  for (const yaml of ['{name: b, limit: 1}', '{name: b, limit: 1, period: rolling, window: 24h}']) {
    const before = budget(yaml)
    before.spend('s', 0.85, noon)
    const after = budget(yaml)
    after.restore(JSON.parse(JSON.stringify(before.snapshot('s'))), noon + 1)
    t.same(after.status('s', noon + 1), before.status('s', noon + 1))
    t.same(
      after.spend('s', 0.06, noon + 2).map(alert => alert.threshold),
      [0.9],
    )
  }
})

t.test('a snapshot of yesterday counts for nothing today', async t => {
  const before = budget('{name: b, limit: 1}')
  before.spend('s', 0.85, noon)
  const after = budget('{name: b, limit: 1}')
  after.restore(before.snapshot('s')!, noon + 24 * hour)
  t.equal(after.status('s', noon + 24 * hour).spent, 0)
})

t.test('a clock set back does not reopen a period', async t => {
  const b = budget('{name: b, limit: 1}')
  b.spend('s', 0.6, noon)
  t.equal(b.spend('s', 0.1, noon - 48 * hour).length, 0)
  t.ok(Math.abs(b.status('s', noon).spent - 0.7) < 1e-12)
})

for (const [yaml, message] of [
  ['{name: b, limit: 0}', 'more than 0'],
  ['{name: b, limit: 1, time_zone: Nowhere}', 'no such time zone'],
  ['{limit: 1}', 'name'],
] as const) {
  t.test(`refuses ${yaml}`, async t => {
    t.throws(() => parseConfig(budgetConfig, yaml), new RegExp(message))
  })
}

t.test('a clock that is set back tells nothing twice; one that was days ahead does not keep its day open', async t => {
  const daily = budget('{name: daily, limit: 1, thresholds: [0.5]}')
  t.equal(daily.spend('s', 0.6, noon + 13 * hour).length, 1)
  t.equal(daily.spend('s', 0.1, noon).length, 0, 'an hour into the next day, then back')
  t.equal(daily.status('s', noon).spent, 0.7)
  const ahead = budget('{name: daily, limit: 1, thresholds: [0.5]}')
  ahead.spend('s', 0.6, noon + 400 * 24 * hour)
  t.equal(ahead.spend('s', 0.1, noon).length, 0, 'what was told stays told')
  t.equal(ahead.status('s', noon).periodStartMs, noon - 12 * hour)
  t.equal(ahead.status('s', noon).spent, 0.7)
  t.equal(ahead.status('s', noon + 12 * hour).spent, 0, 'and the day ends')
})

t.test('a rolling window forgets what a clock ahead of its time has put into it', async t => {
  const rolling = budget('{name: r, limit: 1, period: rolling, window: 2h, thresholds: [1]}')
  rolling.spend('s', 0.6, noon + 400 * 24 * hour)
  rolling.spend('s', 0.1, noon)
  t.ok(Math.abs(rolling.status('s', noon).spent - 0.7) < 1e-12)
  t.equal(rolling.status('s', noon + 2.1 * hour).spent, 0)
  const restored = budget('{name: r, limit: 1, period: rolling, window: 2h}')
  restored.restore(rolling.snapshot('s')!, noon + 3 * hour)
  t.equal(restored.status('s', noon + 3 * hour).spent, 0)
})

t.test('more remembered scopes than scopes_max: the latest stay', async t => {
  const many = budget('{name: b, limit: 1}')
  for (let i = 0; i < 5000; i++) many.spend(`s${i}`, 0.1, noon + i)
  const few = budget('{name: b, limit: 1, scopes_max: 10}')
  for (const snapshot of many.snapshots()) few.restore(snapshot, noon + 6000)
  t.equal(few.scopeCount, 10)
  t.equal(few.status('s4999', noon + 6000).spent, 0.1)
  t.equal(few.status('s0', noon + 6000).spent, 0)
})
