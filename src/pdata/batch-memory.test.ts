import t from 'tap'
import { BatchMemory } from './batch-memory.ts'

const size = 64 * 1024

t.test('the last holder frees the memory, and what is left is an empty view', async t => {
  const bytes = new Uint8Array(size)
  const memory = BatchMemory.of(bytes)
  t.ok(memory)
  memory?.share(3)
  memory?.release(bytes)
  memory?.release(bytes)
  t.equal(bytes.length, size, 'somebody still holds it')
  memory?.release(bytes)
  t.equal(bytes.length, 0)
  t.equal(bytes.buffer.byteLength, 0)
  memory?.release(bytes)
  t.equal(bytes.length, 0, 'and once more does nothing')
})

t.test('only the bytes it was made for release it', async t => {
  const bytes = new Uint8Array(size)
  const memory = BatchMemory.of(bytes)
  memory?.release(bytes.subarray(0))
  memory?.release(bytes.slice())
  t.equal(bytes.length, size)
})

t.test('memory that others may use is nobody to give back', async t => {
  t.equal(BatchMemory.of(new Uint8Array(1023)), undefined, 'too few to bother')
  t.equal(BatchMemory.of(new Uint8Array(size).subarray(0, size - 1)), undefined, 'something may stand behind it')
  t.equal(BatchMemory.of(new Uint8Array(size).subarray(5)), undefined, 'or before it')
  t.ok(BatchMemory.of(new Uint8Array(size).subarray(5), 5), 'unless that is known to be its prefix')
  t.equal(BatchMemory.of(new Uint8Array(new SharedArrayBuffer(size))), undefined, 'threads may look at it')
  t.ok(BatchMemory.of(Buffer.allocUnsafe(32 * 1024)), 'what Node allocates of this size is its own')
  t.equal(BatchMemory.of(Buffer.allocUnsafe(32 * 1024 - 8)), undefined)
})
