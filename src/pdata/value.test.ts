import t from 'tap'
import { decodePlain } from '../testkit/otlp-oracle.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import { encodeValue, type JsValue, ValueReader, valueDepthMax, valueEmpty, valueString, visitValue } from './value.ts'

const reader = new ValueReader()
const read = (bytes: Uint8Array): JsValue => reader.reset(bytes, 0, bytes.length).toJs()

/** What protobufjs reads from the value, as the body of a log record. */
function oracle(value: Uint8Array): unknown {
  const writer = new WireWriter()
  const marks = [writer.open(1), writer.open(2), writer.open(2)]
  writer.bytesField(5, value)
  for (const mark of marks.reverse()) writer.close(mark)
  const request = decodePlain('logs', writer.finish()) as {
    resourceLogs: { scopeLogs: { logRecords: { body: unknown }[] }[] }[]
  }
  return request.resourceLogs[0]?.scopeLogs[0]?.logRecords[0]?.body
}

for (const [what, value, expected, plain] of [
  ['text', 'héllo', 'héllo', { stringValue: 'héllo' }],
  ['empty text', '', '', { stringValue: '' }],
  ['a bigint', 5n, 5n, { intValue: '5' }],
  ['a whole number, which is a double', 5, 5, { doubleValue: 5 }],
  ['a negative bigint', -(2n ** 63n), -(2n ** 63n), { intValue: '-9223372036854775808' }],
  ['a fraction', 1.5, 1.5, { doubleValue: 1.5 }],
  ['a bool', true, true, { boolValue: true }],
  ['false', false, false, { boolValue: false }],
  ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2), { bytesValue: '0102' }],
  ['null', null, undefined, {}],
  ['a list', ['a', 1n], ['a', 1n], { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } }],
  ['an empty list', [], [], { arrayValue: {} }],
  [
    'a map',
    { a: { b: [true] } },
    new Map([['a', new Map([['b', [true]]])]]),
    {
      kvlistValue: {
        values: [
          {
            key: 'a',
            value: {
              kvlistValue: { values: [{ key: 'b', value: { arrayValue: { values: [{ boolValue: true }] } } }] },
            },
          },
        ],
      },
    },
  ],
] as const) {
  t.test(`encodes ${what} as protobufjs reads it, and reads it back`, async t => {
    const encoded = encodeValue(value)
    t.same(oracle(encoded), plain)
    t.same(read(encoded), expected)
  })
}

t.test('of several members of the oneof the last one counts', async t => {
  const bytes = Buffer.concat([encodeValue('first'), encodeValue(7n)])
  t.equal(read(bytes), 7n)
  t.same(oracle(bytes), { intValue: '7' })
})

t.test('a member of the wrong wire type is no member', async t => {
  reader.reset(Uint8Array.of(0x08, 0x05), 0, 2)
  t.equal(reader.kind, valueEmpty)
  reader.reset(Uint8Array.of(0x08, 0x05, 0x0a, 0x01, 0x78), 0, 5)
  t.equal(reader.kind, valueString)
  t.equal(reader.text(), 'x')
})

t.test('a visitor sees every leaf and key, also those that a oneof hides', async t => {
  const leaves: string[] = []
  const bytes = Buffer.concat([encodeValue('hidden'), encodeValue({ k: ['a', { deep: 'b' }], n: 1n })])
  visitValue(bytes, 0, bytes.length, {
    leaf: (kind, start, end, keyStart, keyEnd) => {
      const text = kind === valueString ? bytes.toString('utf8', start, end) : `#${kind}`
      leaves.push(`${bytes.toString('utf8', keyStart, keyEnd)}=${text}`)
    },
    key: (start, end) => leaves.push(bytes.toString('utf8', start, end)),
  })
  t.same(leaves, ['=hidden', 'k', 'k=a', 'deep', 'deep=b', 'n', 'n=#3'])
})

t.test('values are read and visited to the limit of depth and not beyond', async t => {
  const nested = (levels: number) => {
    let value: unknown = 'x'
    for (let i = 1; i < levels; i++) value = [value]
    return value
  }
  const deepest = encodeValue(nested(valueDepthMax))
  t.doesNotThrow(() => read(deepest))
  t.doesNotThrow(() => visitValue(deepest, 0, deepest.length, { leaf() {} }))
  t.throws(() => encodeValue(nested(valueDepthMax + 1)), { name: 'WireError' })
  const writer = new WireWriter()
  const list = writer.open(5)
  writer.bytesField(1, deepest)
  writer.close(list)
  const deeper = writer.finish()
  t.throws(() => read(deeper), { name: 'WireError' })
  t.throws(() => visitValue(deeper, 0, deeper.length, { leaf() {} }), { name: 'WireError' })
})
