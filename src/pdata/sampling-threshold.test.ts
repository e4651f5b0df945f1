import t from 'tap'
import { alwaysKeep, neverKeep, parseTValue, Randomness, Threshold, thresholdFor } from './sampling-threshold.ts'

/** Probability, precision, th: computed from the specification's arithmetic with exact integers, by hand. */
for (const [probability, precision, tValue] of [
  [1, 4, '0'],
  [0.5, 4, '8'],
  [0.25, 4, 'c'],
  [0.1, 4, 'e666'],
  [0.1, 3, 'e66'],
  [1 / 3, 3, 'aab'],
  [0.01, 4, 'fd70a'],
  [0.001, 4, 'ffbe77'],
  [0.99, 4, '028f6'],
  [0.1, 14, 'e6666666666666'],
  [2 ** -56, 14, 'ffffffffffffff'],
] as const) {
  t.test(`a share of ${probability} with ${precision} digits is th:${tValue}`, async t => {
    t.equal(thresholdFor(probability, precision)?.tValue, tValue)
  })
}

t.test('there is no threshold below 2^-56, above 1, or for not a number', async t => {
  for (const probability of [0, 2 ** -57, 1.0001, -1, Number.NaN]) t.equal(thresholdFor(probability), undefined)
})

t.test('a th value reads back as the same threshold, its trailing zeros restored', async t => {
  for (const text of ['0', '8', 'c', 'e666', 'fd70a', '00000000000001', 'ffffffffffffff']) {
    t.equal(parseTValue(text)?.tValue, text)
  }
  t.equal(parseTValue('E6')?.tValue, 'e6')
  for (const text of ['', 'g', '123456789abcdef', '-1', '+1', '0x1', '1_0']) t.equal(parseTValue(text), undefined)
})

t.test('randomness at the threshold is kept, one below is not', async t => {
  const threshold = new Threshold(0x80000000000001n)
  const randomness = new Randomness()
  t.ok(randomness.fromRValue('80000000000001'))
  t.ok(threshold.keeps(randomness))
  t.ok(randomness.fromRValue('80000000000000'))
  t.notOk(threshold.keeps(randomness))
  t.ok(randomness.fromRValue('7fffffffffffff'))
  t.notOk(threshold.keeps(randomness))
  t.notOk(neverKeep.keeps(new Randomness().fromAll()))
  t.ok(randomness.fromRValue('00000000000000'))
  t.ok(alwaysKeep.keeps(randomness))
})

t.test('randomness is the last seven bytes of the trace id', async t => {
  const id = Uint8Array.from(Buffer.from('00112233445566778899aabbccddeeff', 'hex'))
  t.equal(new Randomness().fromTraceId(id, 0).rValue(), '99aabbccddeeff')
  t.equal(new Randomness().fromTraceId(Uint8Array.from([9, ...id]), 1).rValue(), '99aabbccddeeff')
})

t.test('an rv value needs exactly fourteen digits', async t => {
  for (const text of ['', '1234', '123456789abcdef', 'g0000000000000']) t.notOk(new Randomness().fromRValue(text))
})

t.test('comparison by halves agrees with whole integers', async t => {
  const edges = [0n, 1n, 0xffffffffn, 0x100000000n, 0x80000000000000n, 0xffffffffffffffn]
  for (const threshold of edges) {
    for (const value of edges) {
      const randomness = new Randomness()
      randomness.fromRValue(value.toString(16).padStart(14, '0'))
      t.equal(new Threshold(threshold).keeps(randomness), value >= threshold)
      t.equal(new Threshold(value).isLessThan(new Threshold(threshold)), value < threshold)
    }
  }
})
