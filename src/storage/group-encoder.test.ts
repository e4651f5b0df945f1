import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { GroupEncoder } from './group-encoder.ts'
import { encodeRecordHeader, type LogRecord, parseRecord } from './record.ts'

t.test('a group is its records one after the other, whatever their sizes', async t => {
  const encoder = new GroupEncoder()
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SeededRandom(seed)
    const records = Array.from({ length: 1 + random.below(120) }, (_, i): LogRecord => {
      const length = random.pick([0, 1, 100, 4000, 8192, 8193, 20_000])
      const sequence = seed % 2 === 0 ? i + 1 : Number.MAX_SAFE_INTEGER - 200 + i
      return { sequence, kind: i, wallMs: i / 3, itemCount: i, units: 7, payload: random.bytes(length) }
    })
    const together = Buffer.concat(encoder.encode(records))
    const alone = Buffer.concat(records.flatMap(record => [encodeRecordHeader(record), record.payload]))
    t.ok(together.equals(alone), `seed ${seed}`)
    const [first] = records
    const parsed = parseRecord(together, 0)
    t.match(parsed, { ...first, payload: Buffer.from(first?.payload ?? []) })
  }
})

t.test('small records share a piece', async t => {
  const encoder = new GroupEncoder()
  const record = (length: number) => ({
    sequence: 1,
    kind: 0,
    wallMs: 0,
    itemCount: 1,
    units: 1,
    payload: new Uint8Array(length),
  })
  t.equal(encoder.encode(Array.from({ length: 30 }, () => record(4000))).length, 1)
  t.equal(encoder.encode([record(10), record(100_000), record(10), record(10)]).length, 4)
})
