import t from 'tap'
import { flattenItems } from '../testkit/otlp-items.ts'
import { randomRequest, walkedSignals } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { countItems } from './count.ts'
import { isMergeable, mergeRequests } from './merge.ts'

for (const signal of walkedSignals) {
  t.test(`merging ${signal} keeps every item, is associative and has the empty request as its unit`, async t => {
    const random = new SeededRandom(3)
    const empty = new Uint8Array(0)
    for (let i = 0; i < 20; i++) {
      const [a, b, c] = [randomRequest(random, signal), randomRequest(random, signal), randomRequest(random, signal)]
      const merged = mergeRequests([a, b, c])
      t.same(mergeRequests([mergeRequests([a, b]), c]), mergeRequests([a, mergeRequests([b, c])]))
      t.same(
        flattenItems(signal, merged),
        [a, b, c].flatMap(part => flattenItems(signal, part)),
      )
      t.equal(countItems(signal, merged), countItems(signal, a) + countItems(signal, b) + countItems(signal, c))
      if (a.length > 0) t.equal(mergeRequests([empty, a, empty]), a, 'the same bytes')
    }
  })
}

t.test('nothing merged is the empty request', async t => {
  t.equal(mergeRequests([]).length, 0)
})

t.test('profiles do not merge: their indices point into one dictionary per request', async t => {
  t.equal(isMergeable('profiles'), false)
  t.equal(isMergeable('traces'), true)
})
