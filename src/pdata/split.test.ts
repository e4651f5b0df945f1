import t from 'tap'
import { flattenItems } from '../testkit/otlp-items.ts'
import { decodePlain, encodePlain } from '../testkit/otlp-oracle.ts'
import { randomRequest, walkedSignals } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { countItems } from './count.ts'
import { mergeRequests } from './merge.ts'
import { splitRequest } from './split.ts'

for (const signal of walkedSignals) {
  t.test(`splitting ${signal} then merging gives the same items, in any order of fields`, async t => {
    const random = new SeededRandom(4)
    for (let i = 0; i < 60; i++) {
      const bytes = randomRequest(random, signal)
      const itemsMax = random.below(5)
      const bytesMax = random.chance(0.5) ? 0 : 1 + random.below(bytes.length + 1)
      const parts = splitRequest(signal, bytes, { itemsMax, bytesMax })
      t.same(
        flattenItems(signal, mergeRequests(parts.map(part => part.bytes))),
        flattenItems(signal, bytes),
        `request ${i}`,
      )
      for (const part of parts) {
        t.equal(part.itemCount, countItems(signal, part.bytes))
        if (itemsMax > 0 && signal !== 'metrics') t.ok(part.itemCount <= itemsMax)
        if (bytesMax > 0) t.ok(part.bytes.length <= bytesMax || part.itemCount <= 1 || signal === 'metrics')
      }
    }
  })
}

const span = (name: string) => ({ name, traceId: Buffer.alloc(16, 1) })

t.test('a request within its limits comes back as the same bytes', async t => {
  const bytes = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span('a'), span('b')] }] }] })
  const parts = splitRequest('traces', bytes, { itemsMax: 2, bytesMax: bytes.length })
  t.equal(parts.length, 1)
  t.equal(parts[0]?.bytes, bytes)
  t.equal(splitRequest('traces', bytes, {})[0]?.bytes, bytes, 'no limits')
  t.equal(splitRequest('traces', bytes, { itemsMax: 1 }).length, 2, 'one item less')
  t.equal(splitRequest('traces', bytes, { bytesMax: bytes.length - 1 }).length, 2, 'one byte less')
})

t.test('parts are filled up to the limit of bytes exactly', async t => {
  const spans = Array.from({ length: 40 }, (_, i) => span(`name ${i}`))
  const bytes = encodePlain('traces', { resourceSpans: [{ schemaUrl: 'u', scopeSpans: [{ spans }] }] })
  const sizeOf = (count: number) =>
    encodePlain('traces', { resourceSpans: [{ schemaUrl: 'u', scopeSpans: [{ spans: spans.slice(0, count) }] }] })
      .length
  for (const count of [1, 3, 7]) {
    t.equal(splitRequest('traces', bytes, { bytesMax: sizeOf(count) })[0]?.itemCount, count)
    t.equal(splitRequest('traces', bytes, { bytesMax: sizeOf(count + 1) - 1 })[0]?.itemCount, count)
  }
})

t.test('an item larger than the limit stays alone', async t => {
  const spans = [span('a'), span('b'.repeat(500)), span('c')]
  const bytes = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const parts = splitRequest('traces', bytes, { bytesMax: 100 })
  t.same(
    parts.map(part => part.itemCount),
    [1, 1, 1],
  )
  t.ok(parts[1]!.bytes.length > 500)
})

t.test('a metric with too many data points is taken apart with its name, unit and temporality', async t => {
  const dataPoints = Array.from({ length: 5 }, (_, i) => ({ asInt: String(i + 1) }))
  const sum = { dataPoints, aggregationTemporality: 2, isMonotonic: true }
  const bytes = encodePlain('metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', unit: 's', sum }] }] }],
  })
  const parts = splitRequest('metrics', bytes, { itemsMax: 2 })
  t.same(
    parts.map(part => part.itemCount),
    [2, 2, 1],
  )
  t.same(decodePlain('metrics', parts[2]!.bytes), {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'm',
                unit: 's',
                sum: { dataPoints: [{ asInt: '5' }], aggregationTemporality: 2, isMonotonic: true },
              },
            ],
          },
        ],
      },
    ],
  })
})

t.test('the dictionary of profiles goes with every part', async t => {
  const profiles = [{ profileId: Buffer.alloc(16, 1) }, { profileId: Buffer.alloc(16, 2) }]
  const bytes = mergeRequests([
    Uint8Array.of(0x12, 0x03, 0x0a, 0x01, 0x78),
    encodePlain('profiles', { resourceProfiles: [{ scopeProfiles: [{ profiles }] }] }),
  ])
  const parts = splitRequest('profiles', bytes, { itemsMax: 1 })
  t.equal(parts.length, 2)
  for (const part of parts) t.match(decodePlain('profiles', part.bytes), { dictionary: { $unknowns: ['0a0178'] } })
})
