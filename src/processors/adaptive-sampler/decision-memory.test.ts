import t from 'tap'
import { alwaysKeep, neverKeep } from '../../pdata/sampling-threshold.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { DecisionMemory } from './decision-memory.ts'
import { IdSet } from './id-set.ts'

const kept = { isKept: true, threshold: alwaysKeep, reason: 'error' }
const dropped = { isKept: false, threshold: neverKeep, reason: '' }

t.test('what was kept is remembered through a flood of what was not', async t => {
  const random = new SeededRandom(1)
  const memory = new DecisionMemory(1_000)
  const ids = Array.from({ length: 400 }, () => random.bytes(16))
  for (const id of ids) memory.add(id, 0, kept)
  for (let i = 0; i < 20_000; i++) memory.add(random.bytes(16), 0, dropped)
  t.ok(ids.every(id => memory.find(id, 0) === kept))
  t.equal(memory.find(random.bytes(16), 0), undefined)
})

t.test('of those that were dropped at least as many as the bound are known, and not many times as many', async t => {
  const random = new SeededRandom(2)
  const memory = new DecisionMemory(1_000)
  const ids = Array.from({ length: 10_000 }, () => random.bytes(16))
  for (const id of ids) memory.add(id, 0, dropped)
  const isKnown = (id: Uint8Array) => memory.find(id, 0)?.isKept === false
  t.ok(ids.slice(-1_000).every(isKnown))
  t.notOk(ids.slice(0, 7_000).some(isKnown))
})

t.test('a set of ids knows what a model knows', async t => {
  const random = new SeededRandom(3)
  const set = new IdSet(5_000)
  const model = new Set<number>()
  // Neighbours, and such as end in the same slot.
  const ids = () => 1 + random.below(3_000) * random.pick([1, 1024, 2 ** 40])
  for (let i = 0; i < 20_000; i++) {
    const id = ids()
    if (set.has(id) !== model.has(id)) return t.fail(`step ${i}: ${id}`)
    if (model.size < 4_900 && random.chance(0.3)) {
      set.add(id)
      model.add(id)
    }
  }
  t.ok(model.size > 1_000)
})
