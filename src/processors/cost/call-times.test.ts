import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { ticksOf } from './call-times.ts'

const wrap = 2 ** 32 - (2 ** 32 % 100)

t.test('ticks are the remainder of hundredths of milliseconds in 32 bits, around each turn too', async t => {
  const expected = (ticks: number) => Number(BigInt.asIntN(32, BigInt(ticks) % BigInt(wrap)))
  const random = new SeededRandom(4)
  const turns = Array.from({ length: 500 }, () => wrap * (1 + random.below(60_000)))
  const around = turns.flatMap(turn => [turn - 1, turn, turn + 1, turn + random.below(wrap)])
  const wrong = around.filter(ticks => ticksOf(ticks / 100) !== expected(ticks))
  t.same(wrong, [])
  t.equal(ticksOf(0), 0)
})
