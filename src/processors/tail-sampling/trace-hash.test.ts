import t from 'tap'
import { shareOfAll, TraceShare } from './trace-hash.ts'

function fnv64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash
}

t.test('the hash in halves is FNV-1a of 64 bits', async t => {
  const share = new TraceShare(0.5, 'default-hash-seed')
  for (let i = 0; i < 200; i++) {
    const id = Uint8Array.from({ length: 16 }, (_, k) => (i * 31 + k * 7) & 255)
    const expected = fnv64(Buffer.concat([Buffer.from('default-hash-seed'), id]))
    t.equal(share.hash(id, 0), expected)
    t.equal(share.keeps(id, 0), expected <= shareOfAll(0.5))
  }
})

for (const [ratio, threshold] of [
  [0, 0n],
  [1, 0xffffffffffffffffn],
  [0.5, 0x7fffffffffffffffn],
  [0.25, 0x3fffffffffffffffn],
  [0.1, 1844674407370955263n],
] as const) {
  t.test(`a share of ${ratio} is everything up to ${threshold}`, async t => {
    t.equal(shareOfAll(ratio), threshold)
  })
}
