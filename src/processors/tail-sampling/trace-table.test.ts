import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { decidedDrop, decidedKeep, TraceTable, undecided } from './trace-table.ts'

const none = -1

/** Ids of several kinds of senders: counters at one end or the other, and random ones. */
function randomId(random: SeededRandom): Uint8Array {
  const id = new Uint8Array(16)
  const number = random.below(300)
  if (random.chance(0.3)) id[8] = 1
  const at = random.pick([0, 6, 14])
  id[at] = number >>> 8
  id[at + 1] = number & 255
  return id
}

t.test('finds traces, the oldest and the oldest without a decision, whatever comes and goes', async t => {
  const random = new SeededRandom(3)
  const table = new TraceTable(40, 1)
  /** In order of arrival. */
  let model: { id: string; slot: number }[] = []
  for (let i = 0; i < 20_000; i++) {
    const id = randomId(random)
    const known = model.find(entry => entry.id === Buffer.from(id).toString('hex'))
    if (table.find(id, 0) !== (known?.slot ?? none)) return t.fail(`step ${i}: another slot`)
    if (known === undefined && random.chance(0.7)) {
      if (table.count === table.capacity) {
        table.remove(table.oldest)
        model.shift()
      }
      model.push({ id: Buffer.from(id).toString('hex'), slot: table.add(id, 0, i) })
    }
    const chosen = model.length === 0 ? undefined : random.pick(model)
    if (chosen !== undefined && random.chance(0.5)) table.state[chosen.slot] = random.pick([decidedKeep, decidedDrop])
    if (chosen !== undefined && random.chance(0.1)) {
      table.remove(chosen.slot)
      model = model.filter(entry => entry !== chosen)
    }
    const waiting = model.find(({ slot }) => table.state[slot] === undecided)
    if (table.oldestUndecided !== (waiting?.slot ?? none)) return t.fail(`step ${i}: another one waits longest`)
    if (table.oldest !== (model[0]?.slot ?? none) || table.count !== model.length)
      return t.fail(`step ${i}: the oldest`)
  }
  t.ok(model.length > 10)
})
