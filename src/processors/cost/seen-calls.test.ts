import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { SeenCalls } from './seen-calls.ts'

t.test('what was noted first for a call stays, and each kind of note by itself', async t => {
  const seen = new SeenCalls(8)
  t.equal(seen.find(5, 6), 0)
  t.equal(seen.add(5, 6, 1), 0)
  t.equal(seen.add(5, 6, 2), 1)
  t.equal(seen.find(5, 6), 1)
  t.equal(seen.find(6, 5), 0)
  seen.add(0, 0, 3)
  t.equal(seen.find(0, 0), 3)
  t.equal(seen.find(5, 6, 77), 0)
  seen.add(5, 6, 4, 77)
  t.equal(seen.find(5, 6, 77), 4)
  t.equal(seen.find(5, 6), 1)
})

t.test('of the calls of one line the oldest is forgotten for the next', async t => {
  const seen = new SeenCalls(8)
  for (let i = 1; i <= 12; i++) seen.add(i, i, i)
  t.same(
    Array.from({ length: 12 }, (_, i) => seen.find(i + 1, i + 1)),
    [0, 0, 0, 0, 0, 6, 7, 8, 9, 10, 11, 12],
  )
})

t.test('says of no call what was noted for another, and so does one on the same memory', async t => {
  const random = new SeededRandom(11)
  const max = 64
  const memory = new SharedArrayBuffer(64 + SeenCalls.bytesFor(max) + 64)
  const threads = [new SeenCalls(max, memory, 64), new SeenCalls(max, memory, 64)]
  const notes = new Map<string, number>()
  const wrong: number[] = []
  for (let i = 0; i < 20_000; i++) {
    const [low, high, note] = [random.below(8) - 4, random.below(40) << 26, 1 + random.below(3)]
    const seen = threads[random.below(2)]!
    const call = `${low} ${high}`
    const known = seen.find(low, high)
    if (known !== 0 && known !== notes.get(call)) wrong.push(i)
    if (known !== 0) continue
    seen.add(low, high, note)
    notes.set(call, note)
    if (threads[0]!.find(low, high) !== note || threads[1]!.find(low, high) !== note) wrong.push(i)
  }
  t.same(wrong, [])
  t.same(new Int32Array(memory, 0, 16), new Int32Array(16), 'what stands before is not theirs')
  t.same(new Int32Array(memory, memory.byteLength - 64, 16), new Int32Array(16), 'nor what stands behind')
})

for (const [title, low, high] of [
  ['random', (i: number) => Math.imul(i, 0x2545f491), (i: number) => Math.imul(i, 0x9e3779b9)],
  ['counters in one half', () => 0, (i: number) => i],
  ['counters in the other', (i: number) => i, () => 0],
  ['counters in the upper bits', (i: number) => i & 3, (i: number) => i << 16],
  ['counters in both', (i: number) => i, (i: number) => i],
] as [string, (i: number) => number, (i: number) => number][]) {
  t.test(`of calls whose ids are ${title} nearly all of the latest quarter are known`, async t => {
    const max = 16_384
    const seen = new SeenCalls(max)
    for (let i = 1; i <= 2 * max; i++) seen.add(low(i), high(i), 1)
    let known = 0
    for (let i = 2 * max; i > 1.75 * max; i--) known += seen.find(low(i), high(i))
    t.ok(known > 0.99 * (max / 4), `${known} of ${max / 4}`)
  })
}
