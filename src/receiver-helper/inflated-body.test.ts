import { gzipSync } from 'node:zlib'
import t from 'tap'
import { defaultInflateLimits } from '../transport/inflate.ts'
import { inflatedBody } from './inflated-body.ts'

const room = { reserve: () => true, reserveSoon: async () => true }

/** Text that gzip makes little of, so that the compressed body is large. */
function noise(length: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}

function compressed(bytes: Uint8Array, prefixBytes: number): Uint8Array {
  const gzip = gzipSync(bytes)
  const memory = new Uint8Array(prefixBytes + gzip.length)
  memory.set(gzip, prefixBytes)
  return memory.subarray(prefixBytes)
}

for (const { name, length, prefixBytes } of [
  { name: 'inflated at once', length: 100_000, prefixBytes: 0 },
  { name: 'inflated on another thread', length: 1_000_000, prefixBytes: 0 },
  { name: 'behind a prefix', length: 100_000, prefixBytes: 5 },
]) {
  t.test(`the compressed body is given back: ${name}`, async t => {
    const plain = noise(length)
    const bytes = compressed(plain, prefixBytes)
    t.same(await inflatedBody('gzip', bytes, defaultInflateLimits, room, prefixBytes), plain)
    t.equal(bytes.length, 0)
  })
}

t.test('a body without compression is the body', async t => {
  const bytes = noise(100_000)
  t.equal(inflatedBody('identity', bytes, defaultInflateLimits, room, 0), bytes)
  t.equal(bytes.length, 100_000)
})
