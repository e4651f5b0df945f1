import t from 'tap'
import { ReadMemory } from './read-memory.ts'

t.test('memory goes with the last of its holders', async t => {
  const bytes = new Uint8Array(100).fill(7)
  const views = [bytes.subarray(0, 50), bytes.subarray(50)]
  const memory = new ReadMemory(bytes)
  for (const _ of views) memory.hold()
  memory.release()
  memory.release()
  t.equal(views[1]?.length, 50, 'one holder is left')
  memory.release()
  t.same(
    views.map(view => view.length),
    [0, 0],
  )
})

t.test('memory that others have a part of is left to the collector', async t => {
  const all = new Uint8Array(100)
  new ReadMemory(all.subarray(0, 50)).release()
  new ReadMemory(Buffer.from('of the pool')).release()
  t.equal(all.length, 100)
})
