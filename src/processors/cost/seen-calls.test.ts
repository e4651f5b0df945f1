import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { SeenCalls } from './seen-calls.ts'

t.test('what was noted first for a call stays', async t => {
  const seen = new SeenCalls(8)
  t.equal(seen.find(5, 6), 0)
  seen.add(5, 6, 1)
  seen.add(5, 6, 2)
  t.equal(seen.find(5, 6), 1)
  t.equal(seen.find(6, 5), 0)
  seen.add(0, 0, 3)
  t.equal(seen.find(0, 0), 3)
})

t.test(
  'agrees with a plain list of the latest calls, whatever collides, and so does one on the same memory',
  async t => {
    const random = new SeededRandom(11)
    const max = 64
    const memory = new SharedArrayBuffer(16 + SeenCalls.bytesFor(max))
    const threads = [new SeenCalls(max, memory, 16), new SeenCalls(max, memory, 16)]
    let young = new Map<string, number>()
    let old = new Map<string, number>()
    const wrong: number[] = []
    for (let i = 0; i < 20_000; i++) {
      const [low, high, note] = [random.below(8) - 4, random.below(40) << 26, 1 + random.below(3)]
      const seen = threads[random.below(2)]!
      const call = low === 0 && high === 0 ? '1 0' : `${low} ${high}`
      const known = young.get(call) ?? old.get(call)
      if (seen.find(low, high) !== (known ?? 0)) wrong.push(i)
      if (known !== undefined) continue
      seen.add(low, high, note)
      young.set(call, note)
      if (young.size < max / 2) continue
      old = young
      young = new Map()
    }
    t.same(wrong, [])
    t.same(new Int32Array(memory, 0, 4), [0, 0, 0, 0], 'what stands before is not theirs')
  },
)

for (const [title, low, high] of [
  ['counters in one half', () => 0, (i: number) => i],
  ['counters in the other', (i: number) => i, () => 0],
  ['counters in the upper bits', () => 7, (i: number) => i << 18],
  ['counters in both', (i: number) => i, (i: number) => i],
] as [string, (i: number) => number, (i: number) => number][]) {
  t.test(`calls whose ids are ${title} do not stand in each other's way`, async t => {
    const max = 16_384
    const seen = new SeenCalls(max)
    for (let i = 1; i < max; i++) seen.add(low(i), high(i), 1)
    t.ok(seen.stepCount < 3 * max, `${seen.stepCount} steps`)
    t.equal(seen.find(low(max - 1), high(max - 1)), 1)
  })
}
