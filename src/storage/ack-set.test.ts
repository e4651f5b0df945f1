import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { AckSet } from './ack-set.ts'

t.test('the ack set says the same as a set of numbers', async t => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed)
    const set = new AckSet()
    const model = new Set<number>()
    for (let i = 0; i < 60; i++) {
      const from = 1 + random.below(60)
      const to = from + random.below(6)
      set.add(from, to)
      for (let each = from; each <= to; each++) model.add(each)
    }
    for (let each = 1; each < 70; each++) if (set.has(each) !== model.has(each)) t.fail(`seed ${seed}: ${each}`)
    const copy = new AckSet()
    for (const range of set.ranges()) copy.add(range.from, range.to)
    t.strictSame(copy.ranges(), set.ranges())
    const [low, high] = [1 + random.below(70), 1 + random.below(70)].sort((a, b) => a - b) as [number, number]
    t.equal(set.countWithin(low, high), [...model].filter(each => each >= low && each <= high).length)
    t.equal(set.highest, Math.max(...model))
  }
})
