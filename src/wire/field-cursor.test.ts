import protobuf from 'protobufjs'
import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { FieldCursor, readVarint64 } from './field-cursor.ts'
import { WireWriter } from './wire-writer.ts'

function fields(bytes: readonly number[] | Uint8Array): { number: number; type: number; value: string }[] {
  const cursor = new FieldCursor(Uint8Array.from(bytes))
  const found: { number: number; type: number; value: string }[] = []
  while (cursor.next()) {
    found.push({
      number: cursor.fieldNumber,
      type: cursor.wireType,
      value: Buffer.from(cursor.bytes.subarray(cursor.valueStart, cursor.fieldEnd)).toString('hex'),
    })
  }
  return found
}

for (const { name, bytes, expected } of [
  { name: 'an empty message', bytes: [], expected: [] },
  { name: 'a varint', bytes: [0x08, 0x96, 0x01], expected: [{ number: 1, type: 0, value: '9601' }] },
  { name: 'text', bytes: [0x12, 0x02, 0x68, 0x69], expected: [{ number: 2, type: 2, value: '6869' }] },
  { name: 'an empty payload', bytes: [0x12, 0x00], expected: [{ number: 2, type: 2, value: '' }] },
  {
    name: 'fixed numbers',
    bytes: [0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8],
    expected: [
      { number: 1, type: 5, value: '01020304' },
      { number: 2, type: 1, value: '0102030405060708' },
    ],
  },
  { name: 'a tag of two bytes', bytes: [0x82, 0x01, 0x01, 0xff], expected: [{ number: 16, type: 2, value: 'ff' }] },
  {
    name: 'over-long tag and length',
    bytes: [0x92, 0x80, 0x80, 0x00, 0x81, 0x80, 0x00, 0x41],
    expected: [{ number: 2, type: 2, value: '41' }],
  },
  {
    name: 'the largest field number',
    bytes: [0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00],
    expected: [{ number: 536870911, type: 0, value: '00' }],
  },
  {
    name: 'a group, skipped whole',
    bytes: [0x0b, 0x08, 0x01, 0x13, 0x14, 0x0c, 0x10, 0x05],
    expected: [
      { number: 1, type: 3, value: '080113140c' },
      { number: 2, type: 0, value: '05' },
    ],
  },
] as const) {
  t.test(`walks ${name}`, async t => {
    t.same(fields(bytes), expected)
  })
}

for (const { name, bytes } of [
  { name: 'a length past the end', bytes: [0x0a, 0x05, 0x00] },
  { name: 'a tag without a value', bytes: [0x08] },
  { name: 'a length without its last byte', bytes: [0x0a, 0x80] },
  { name: 'a varint that is cut off', bytes: [0x08, 0xff] },
  { name: 'a varint of eleven bytes', bytes: [0x08, ...new Array(10).fill(0x80), 0x00] },
  { name: 'field number 0', bytes: [0x00, 0x00] },
  { name: 'a fixed64 that is cut off', bytes: [0x09, 1, 2, 3, 4, 5, 6, 7] },
  { name: 'a fixed32 that is cut off', bytes: [0x0d, 1, 2, 3] },
  { name: 'wire type 6', bytes: [0x0e, 0x00] },
  { name: 'the end of a group that was not begun', bytes: [0x0c] },
  { name: 'a group without its end', bytes: [0x0b, 0x08, 0x01] },
  { name: 'a group that ends with another number', bytes: [0x0b, 0x14] },
  { name: 'a length beyond 32 bits', bytes: [0x0a, 0x80, 0x80, 0x80, 0x80, 0x10] },
  { name: 'a length whose 64 bits end in 0', bytes: [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01] },
  { name: 'a tag beyond 32 bits', bytes: [0x88, 0x80, 0x80, 0x80, 0x10, 0x01] },
]) {
  t.test(`refuses ${name}`, async t => {
    t.throws(() => fields(bytes), { name: 'WireError', reason: 'malformed' })
  })
}

t.test('groups may nest 64 deep and no deeper', async t => {
  const nested = (depth: number) => [...new Array(depth).fill(0x0b), ...new Array(depth).fill(0x0c)]
  t.equal(fields(nested(64)).length, 1)
  t.throws(() => fields(nested(65)), { name: 'WireError', reason: 'budget' })
})

t.test('numbers are read whole: 64 bits, signs, over-long varints', async t => {
  const random = new SeededRandom(11)
  for (let i = 0; i < 500; i++) {
    const bits =
      BigInt.asUintN(64, (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))) >>
      BigInt(random.below(64))
    const writer = new WireWriter()
    writer.varint64Field(3, bits)
    writer.fixed64Field(4, bits)
    const cursor = new FieldCursor(writer.finish())
    cursor.next()
    t.equal(cursor.uint64(), bits)
    t.equal(cursor.int64(), BigInt.asIntN(64, bits))
    t.equal(cursor.uint32(), Number(BigInt.asUintN(32, bits)))
    cursor.next()
    t.equal(cursor.fixed64(), bits)
  }
  t.equal(readVarint64(Uint8Array.of(0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), 0, 10), 5n)
})

t.test('what the writer writes protobufjs reads', async t => {
  const random = new SeededRandom(12)
  for (let i = 0; i < 100; i++) {
    const texts = Array.from({ length: 4 }, () => 'é🎉x'.repeat(random.below(80)))
    const writer = new WireWriter(16)
    const outer = writer.open(1)
    for (const text of texts) writer.stringField(2, text)
    const inner = writer.open(3)
    writer.doubleField(1, random.next())
    writer.boolField(2, true)
    writer.fixed32Field(16, 0xfffffffe)
    writer.close(inner)
    writer.close(outer)
    const reader = protobuf.Reader.create(writer.finish())
    t.equal(reader.uint32(), 0x0a)
    const end = reader.uint32() + reader.pos
    for (const text of texts) {
      t.equal(reader.uint32(), 0x12)
      t.equal(reader.string(), text)
    }
    t.equal(reader.uint32(), 0x1a)
    t.equal(reader.uint32(), 9 + 2 + 6)
    t.equal(reader.uint32(), 0x09)
    reader.double()
    t.equal(reader.uint32(), 0x10)
    t.equal(reader.bool(), true)
    t.equal(reader.uint32(), 0x85)
    t.equal(reader.fixed32(), 0xfffffffe)
    t.equal(reader.pos, end)
  }
})
