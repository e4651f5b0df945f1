import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ByteBudget } from './byte-budget.ts'

t.test('reserves up to its size and no further', async t => {
  const budget = new ByteBudget(10)
  t.ok(budget.tryReserve(4))
  t.ok(budget.tryReserve(6))
  t.notOk(budget.tryReserve(1))
  budget.release(6)
  t.equal(budget.usedBytes, 4)
  t.ok(await budget.reserveSoon(6, 0))
  t.equal(budget.usedBytes, 10)
})

t.test('who waits is served in order once there is room, and a smaller one goes by', async t => {
  const budget = new ByteBudget(10, new ManualClock())
  budget.tryReserve(9)
  const served: string[] = []
  const wait = (name: string, bytes: number) => budget.reserveSoon(bytes, 0).then(ok => served.push(`${name} ${ok}`))
  const all = [wait('first', 6), wait('second', 3), wait('third', 4)]
  budget.release(2)
  await all[1]
  t.same(served, ['second true'])
  budget.release(3)
  budget.release(4)
  await all[0]
  budget.release(6)
  await Promise.all(all)
  t.same(served, ['second true', 'first true', 'third true'])
  t.equal(budget.usedBytes, 7)
})

t.test('patience ends: nothing is reserved, and later room is for others', async t => {
  const clock = new ManualClock()
  const budget = new ByteBudget(10, clock)
  budget.tryReserve(8)
  const waiting = budget.reserveSoon(5, 0)
  await clock.advance(2_000)
  t.notOk(await waiting)
  budget.release(8)
  t.equal(budget.usedBytes, 0)
})

t.test('what could never fit, beside what its owner holds, is refused at once', async t => {
  const budget = new ByteBudget(10, new ManualClock())
  budget.tryReserve(5)
  t.notOk(await budget.reserveSoon(6, 5))
})

t.test('where all that is in flight waits, the last to come goes away, and the first is served', async t => {
  const budget = new ByteBudget(10, new ManualClock())
  for (let i = 0; i < 3; i++) budget.tryReserve(3)
  const first = budget.reserveSoon(4, 3)
  const second = budget.reserveSoon(4, 3)
  const third = budget.reserveSoon(4, 3)
  t.notOk(await third)
  budget.release(3)
  t.ok(await first)
  t.equal(budget.usedBytes, 10)
  budget.release(7)
  t.ok(await second)
})
