import t from 'tap'
import { WireWriter } from './wire-writer.ts'

const mib = 1 << 20

t.test('a writer that grows, and one that is reset within a limit, leave no memory behind', async t => {
  const before = process.memoryUsage().arrayBuffers
  const writer = new WireWriter()
  for (let i = 0; i < mib; i++) writer.uint32Field(1, i & 127)
  const whole = writer.finish()
  t.equal(whole.length, 2 * mib)
  t.same(whole.subarray(0, 4), [8, 0, 8, 1])
  t.same(whole.subarray(-2), [8, 127])
  writer.resetWithin(mib)
  t.equal(writer.length, 0)
  t.ok(process.memoryUsage().arrayBuffers - before < whole.length + mib / 2)
})

t.test('within the limit the memory stays', async t => {
  const writer = new WireWriter(2048)
  writer.uint32Field(1, 1)
  const { buffer } = writer
  writer.resetWithin(2048)
  t.equal(writer.buffer, buffer)
  t.equal(writer.length, 0)
})
