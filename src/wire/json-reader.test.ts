import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { fuzzJsonReader } from './json-reader.fuzz.ts'
import { JsonReader, jsonLimits } from './json-reader.ts'
import { JsonWriter } from './json-writer.ts'
import { uint64 } from './uint64.ts'
import { WireWriter } from './wire-writer.ts'

const reader = new JsonReader()
const read = (text: string | Uint8Array) => reader.reset(typeof text === 'string' ? Buffer.from(text) : text)

function accepts(text: string | Uint8Array): boolean {
  try {
    read(text).skipValue()
    reader.finish()
    return true
  } catch (error) {
    if ((error as Error).name !== 'JsonError') throw error
    return false
  }
}

for (const text of [
  '0',
  '-0',
  '-1.5e+10',
  '1E5',
  '""',
  '"\\u00e9\\n\\/"',
  '[]',
  '[ ]',
  '{}',
  ' {"a" : [1 , true,false, null]} \r\n\t',
  '{"":{}}',
  '1',
  '[[[]]]',
  '"\ud83c\udf89"',
  '{"a":1,"a":2}',
]) {
  t.test(`takes what JSON.parse takes: ${JSON.stringify(text)}`, async t => {
    t.doesNotThrow(() => JSON.parse(text))
    t.ok(accepts(text))
  })
}

for (const text of [
  '',
  ' ',
  '01',
  '-',
  '1.',
  '.5',
  '+1',
  '1e',
  '1e+',
  'nul',
  'nulll',
  'truE',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{a:1}',
  '"',
  '"\\x"',
  '"\\u12g4"',
  '"\\u12',
  '"\n"',
  '[',
  '{',
  '{"a":1',
  ']',
  '1 1',
  '\ufeff{}',
  "'a'",
  '/**/1',
  'NaN',
  '"\u0000"',
  '{"a\n":1}',
]) {
  t.test(`refuses what JSON.parse refuses: ${JSON.stringify(text)}`, async t => {
    t.throws(() => JSON.parse(text))
    t.notOk(accepts(text))
  })
}

t.test('refuses text that is not UTF-8', async t => {
  t.notOk(accepts(Uint8Array.of(0x22, 0xff, 0x22)))
  t.notOk(accepts(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), 'a surrogate in UTF-8')
})

t.test('an error names the byte', async t => {
  t.throws(() => read('{"a":1 "b":2}').skipValue(), { name: 'JsonError', offset: 7, reason: 'malformed' })
  t.match(
    (() => {
      try {
        read('[1,x]').skipValue()
        return undefined
      } catch (error) {
        return (error as Error).message
      }
    })(),
    /at byte 3$/,
  )
})

t.test('nesting is taken to its limit and refused one above it', async t => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
  reader.reset(nested(5), { ...jsonLimits, depthMax: 5 }).skipValue()
  reader.finish()
  t.throws(() => reader.reset(nested(6), { ...jsonLimits, depthMax: 5 }).skipValue(), {
    name: 'JsonError',
    reason: 'budget',
    offset: 5,
  })
  t.throws(() => read('[{"a":'.repeat(1_000_000)).skipValue(), { name: 'JsonError', reason: 'budget' })
})

t.test('elements are taken to their limit and refused one above it', async t => {
  reader.reset(Buffer.from('[[1],2]'), { ...jsonLimits, elementsMax: 3 }).skipValue()
  t.throws(() => reader.reset(Buffer.from('[[1],2,3]'), { ...jsonLimits, elementsMax: 3 }).skipValue(), {
    name: 'JsonError',
    reason: 'budget',
  })
})

t.test('64-bit integers keep every digit, as numbers and as strings', async t => {
  for (const value of [
    0n,
    1n,
    9n,
    999999999n,
    1000000000n,
    1544712660000000001n,
    2n ** 53n + 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ]) {
    for (const text of [`${value}`, `"${value}"`, `${value}.0`, `"${value}.00e0"`]) {
      read(text).uint64()
      t.equal((BigInt(uint64.high) << 32n) | BigInt(uint64.low), value, text)
    }
  }
  for (const value of [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n, -4294967296n, -1544712660000000001n]) {
    read(`${value}`).int64()
    t.equal(BigInt.asIntN(64, (BigInt(uint64.high) << 32n) | BigInt(uint64.low)), value)
  }
  for (const text of ['1e3', '"1e3"', '1000.000', '10000e-1']) t.equal(read(text).integer(0, 1e9), 1000, text)
  t.equal(read('-0').integer(0, 5), 0)
  t.equal(read('0e999').integer(0, 5), 0)
})

t.test('integers out of range or with a fraction are refused', async t => {
  for (const text of [
    '18446744073709551616',
    '-1',
    '1.5',
    '1e20',
    '1e400',
    '"99999999999999999999"',
    '"1 "',
    '" 1"',
    '""',
    '"x"',
    '"0x1"',
    'true',
    '1e-1',
  ]) {
    t.throws(() => read(text).uint64(), { name: 'JsonError' }, text)
  }
  for (const text of ['9223372036854775808', '-9223372036854775809'])
    t.throws(() => read(text).int64(), { name: 'JsonError' })
  t.throws(() => read('128').integer(-128, 127), { name: 'JsonError' })
  t.equal(read('-128').integer(-128, 127), -128)
})

t.test('doubles are read as JavaScript reads them', async t => {
  const random = new SeededRandom(7)
  const view = new DataView(new ArrayBuffer(8))
  const values = [
    0,
    -0,
    0.1,
    1 / 3,
    1e21,
    5e-324,
    Number.MAX_VALUE,
    123456789.123,
    9007199254740992,
    0.30000000000000004,
  ]
  for (let i = 0; i < 2_000; i++) {
    view.setUint32(0, random.below(2 ** 32))
    view.setUint32(4, random.below(2 ** 32))
    values.push(view.getFloat64(0), random.below(1e6) / 10 ** random.below(7))
  }
  for (const value of values) {
    const writer = new JsonWriter()
    writer.double(value)
    const bytes = writer.finish()
    if (!Object.is(read(bytes).double(), value)) t.same(read(bytes).double(), value)
  }
  for (const text of ['"NaN"', '"Infinity"', '"-Infinity"', '"1.5"'])
    t.same(read(text).double(), Number(JSON.parse(text)))
  for (const text of ['NaN', '"nan"', '""', '" 1"', '"1 "', '1e999', 'true', '"-"', '"1e"']) {
    t.throws(() => read(text).double(), { name: 'JsonError' }, text)
  }
})

t.test('escapes become UTF-8; lone surrogates become U+FFFD', async t => {
  const random = new SeededRandom(11)
  const units = [
    0x22, 0x5c, 0x2f, 8, 9, 10, 12, 13, 0, 0x1f, 0x41, 0xe9, 0x20ac, 0xd83c, 0xdf89, 0xd800, 0xdfff, 0xffff,
  ]
  const short = new Map([
    [8, '\\b'],
    [9, '\\t'],
    [10, '\\n'],
    [12, '\\f'],
    [13, '\\r'],
    [0x22, '\\"'],
    [0x5c, '\\\\'],
    [0x2f, '\\/'],
  ])
  for (let i = 0; i < 500; i++) {
    let json = '"'
    for (let left = random.below(8); left > 0; left--) {
      const unit = random.pick(units)
      json += random.chance(0.5) ? `\\u${unit.toString(16).padStart(4, '0')}` : (short.get(unit) ?? 'x€')
    }
    json += '"'
    const writer = new WireWriter()
    read(json).string()
    reader.copyString(writer)
    const expected = Buffer.from(JSON.parse(json) as string)
    if (!expected.equals(writer.finish())) t.same(writer.finish(), expected, json)
    if (Buffer.from(reader.text()).compare(expected) !== 0) t.same(reader.text(), JSON.parse(json), json)
  }
})

t.test('what the writer writes JSON.parse reads, whatever the bytes', async t => {
  const random = new SeededRandom(13)
  for (let i = 0; i < 500; i++) {
    const bytes = random.chance(0.5)
      ? random.bytes(random.below(12))
      : Buffer.from('naïve "\\ \n\u0001 🎉'.slice(random.below(6)))
    const writer = new JsonWriter(1)
    writer.string(bytes, 0, bytes.length)
    const text = new TextDecoder().decode(bytes).replace(/^\ufeff/, '')
    if (JSON.parse(Buffer.from(writer.finish()).toString()) !== text) t.fail(Buffer.from(bytes).toString('hex'))
    writer.reset().base64(bytes, 0, bytes.length)
    if (JSON.parse(Buffer.from(writer.finish()).toString()) !== Buffer.from(bytes).toString('base64')) t.fail('base64')
  }
  for (const value of [0n, 7n, 999999999n, 10n ** 18n, 2n ** 63n, 2n ** 64n - 1n, 10n ** 19n, 4294967296n]) {
    const writer = new JsonWriter()
    writer.uint64(Number(value & 0xffffffffn), Number(value >> 32n))
    t.equal(Buffer.from(writer.finish()).toString(), String(value))
    writer.reset().int64(Number(value & 0xffffffffn), Number(value >> 32n))
    t.equal(Buffer.from(writer.finish()).toString(), String(BigInt.asIntN(64, value)))
  }
})

t.test('random bytes and broken documents: refused or taken as JSON.parse does', async t => {
  t.equal(fuzzJsonReader(1, 3_000), 3_000)
})
