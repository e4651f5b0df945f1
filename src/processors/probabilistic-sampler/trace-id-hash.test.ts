import t from 'tap'
import { Randomness } from '../../pdata/sampling-threshold.ts'
import { hashRandomness, hashThresholdBits, seedHash } from './trace-id-hash.ts'

// Computed with whole integers from the published arithmetic, and equal to a Collector's for 100,000 other ids.
for (const [traceId, seed, rValue] of [
  ['c4ca4238a0b923820dcc509a6f75849b', 0, '21e81b1ac73785'],
  ['c81e728d9d4c2f636f067f89cc14862c', 0, '5f4416749c682e'],
  ['eccbc87e4b5ce2fe28308fd9f2a7baf3', 22, 'ff8030661a801f'],
  ['a87ff679a2f3e71d9181a67b7542122c', 4294967295, '4894345d142dda'],
] as const) {
  t.test(`${traceId} with seed ${seed} has randomness ${rValue}`, async t => {
    const randomness = new Randomness()
    hashRandomness(seedHash(seed), Buffer.from(traceId, 'hex'), 0, 16, randomness)
    t.equal(randomness.rValue(), rValue)
  })
}

for (const [percentage, bits] of [
  [100, 0n],
  [250, 0n],
  [50, BigInt(0x4000 - 8192) << 42n],
  [10, BigInt(0x4000 - 1638) << 42n],
  [0.007, BigInt(0x4000 - 1) << 42n],
  [0.006, undefined],
] as const) {
  t.test(`${percentage} % rejects below ${bits}`, async t => {
    t.equal(hashThresholdBits(percentage), bits)
  })
}
