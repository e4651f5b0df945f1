import { crc32 } from 'node:zlib'
import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { polynomialBytesMin } from './payload-check.ts'
import { encodeRecordHeader, type LogRecord, parseHeader, parseRecord, recordHeaderBytes } from './record.ts'

const random = new SeededRandom(11)
const recordOf = (payload: Uint8Array): LogRecord => ({
  sequence: 7,
  kind: 1,
  wallMs: 1.5,
  itemCount: 3,
  units: 9,
  payload,
})
const bytesOf = (record: LogRecord) => Buffer.concat([encodeRecordHeader(record), record.payload])

for (const length of [0, 1, polynomialBytesMin - 1, polynomialBytesMin, polynomialBytesMin + 13, 200_000]) {
  t.test(`a record of ${length} bytes is read as it was written, and not with any bit of it changed`, async t => {
    const record = recordOf(random.bytes(length))
    const bytes = bytesOf(record)
    t.match(parseRecord(bytes, 0), { ...record, payload: Buffer.from(record.payload) })
    t.equal(parseHeader(bytes, 0)?.version, length < polynomialBytesMin ? 1 : 2)
    for (let i = 0; i < 400; i++) {
      const offset = random.below(i % 2 === 0 ? recordHeaderBytes : bytes.length)
      const damaged = Buffer.from(bytes)
      damaged[offset] = damaged[offset]! ^ (1 << random.below(8))
      if (parseRecord(damaged, 0) !== undefined) t.fail(`bit ${offset} changes nothing`)
    }
  })
}

t.test('blocks of a large record that change places are noticed', async t => {
  const payload = random.bytes(64 * 1024)
  const bytes = bytesOf(recordOf(payload))
  const moved = Buffer.from(bytes)
  moved.set(payload.subarray(4096, 8192), recordHeaderBytes)
  moved.set(payload.subarray(0, 4096), recordHeaderBytes + 4096)
  t.equal(parseRecord(moved, 0), undefined)
})

t.test('a large record of an earlier version, with a CRC of all of it, is read', async t => {
  const record = recordOf(random.bytes(100_000))
  const bytes = bytesOf(record)
  bytes.writeUInt16LE(1, 4)
  const ofHeader = crc32(bytes.subarray(16, recordHeaderBytes), crc32(bytes.subarray(0, 12)))
  bytes.writeUInt32LE(crc32(record.payload, ofHeader), 12)
  t.match(parseRecord(bytes, 0), { ...record, payload: Buffer.from(record.payload) })
})
