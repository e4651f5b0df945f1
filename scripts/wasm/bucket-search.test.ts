import t from 'tap'
import { bytesOf } from '../../src/processors/redaction/scan/literals.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { BucketSearch, type Placement } from './bucket-search.ts'

const literals = ['assw', 'oken', '?pwd', 'pin\x12', '/Use', 'nNum', 'ecre', 'name', '.key']
const words = [
  'password',
  'token',
  'user.name',
  'pin\x12',
  '/Users/',
  'cardNumber',
  'secret',
  'api.key',
  ' of the ',
  '\x00\xff',
]
const random = new SeededRandom(3)
const sample = Buffer.from(Array.from({ length: 400 }, () => random.pick(words)).join(''), 'latin1')

/** Counted place by place, as the scanner does it. */
function hitsOf(placement: Placement): number {
  let count = 0
  for (let at = 0; at + 4 <= sample.length; at++) {
    const isHit = placement.some(bucket =>
      [0, 1, 2, 3].every(place => {
        const bytes = bucket.flatMap(literal => bytesOf(literal, place))
        const byte = sample[at + place]!
        return bytes.some(other => other >> 4 === byte >> 4) && bytes.some(other => (other & 15) === (byte & 15))
      }),
    )
    if (isHit) count++
  }
  return count
}

const three: Placement = [
  ['assw', 'gone', 'oken', '?pwd'],
  ['pin\x12', '/Use', 'nNum'],
  ['ecre', 'name'],
]

t.test('hits are those of the scanner', async t => {
  const search = new BucketSearch(sample, literals, random)
  for (const placement of [
    three.map(bucket => bucket.filter(literal => literal !== 'gone')),
    [literals],
    literals.map(one => [one]),
  ])
    t.equal(search.hits(placement), hitsOf(placement))
})

t.test('what is new finds a place where it adds least, and what is gone leaves', async t => {
  const search = new BucketSearch(sample, literals, random)
  const placed = search.place(three)
  t.same(placed.flat().sort(), [...literals].sort())
  const others = three.map((bucket, i) => [
    ...bucket.filter(literal => literal !== 'gone'),
    ...(placed[i]!.includes('.key') ? [] : ['.key']),
  ])
  for (const [i, bucket] of others.entries()) {
    if (!bucket.includes('.key')) continue
    const elsewhere = placed.map((one, k) => (k === i ? bucket : one.filter(literal => literal !== '.key')))
    t.ok(hitsOf(placed) <= hitsOf(elsewhere))
  }
})

t.test('a search ends no worse than it began, with each literal in one bucket', async t => {
  const search = new BucketSearch(sample, literals, random)
  const bad: Placement = [
    ['assw', 'pin\x12', 'ecre'],
    ['oken', '/Use', 'name'],
    ['?pwd', 'nNum', '.key'],
  ]
  const found = search.improve(bad, 40)
  t.same(found.flat().sort(), [...literals].sort())
  t.ok(hitsOf(found) < hitsOf(bad), `${hitsOf(found)} of ${hitsOf(bad)}`)
  t.equal(hitsOf(search.improve(found, 0)), hitsOf(found))
})
