import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { SeenCalls } from './seen-calls.ts'

t.test('a call of another span is a duplicate, the same span again is not', async t => {
  const seen = new SeenCalls(8)
  t.equal(seen.isDuplicate(5, 6, 1), false)
  t.equal(seen.isDuplicate(5, 6, 1), false)
  t.equal(seen.isDuplicate(5, 6, 2), true)
  t.equal(seen.isDuplicate(6, 5, 2), false)
  t.equal(seen.isDuplicate(0, 0, 2), false)
  t.equal(seen.isDuplicate(0, 0, 3), true)
})

t.test('agrees with a plain list of the latest calls, whatever collides', async t => {
  const random = new SeededRandom(11)
  const max = 64
  const seen = new SeenCalls(max)
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  const wrong: number[] = []
  for (let i = 0; i < 20_000; i++) {
    const [low, high, span] = [random.below(8) - 4, random.below(40) << 26, random.below(3)]
    const call = low === 0 && high === 0 ? '1 0' : `${low} ${high}`
    const known = young.get(call) ?? old.get(call)
    if (seen.isDuplicate(low, high, span) !== (known !== undefined && known !== span)) wrong.push(i)
    if (known !== undefined) continue
    young.set(call, span)
    if (young.size < max / 2) continue
    old = young
    young = new Map()
  }
  t.same(wrong, [])
})
