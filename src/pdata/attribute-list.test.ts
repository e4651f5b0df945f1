import t from 'tap'
import { randomRequest } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { AttributeBlock } from './attribute-block.ts'
import { AttributeKey } from './attribute-key.ts'
import { ConstantAttribute } from './constant-attribute.ts'
import { StageWalk } from './stage-walk.ts'
import { encodeDouble, encodeString, ValueReader } from './value.ts'
import type { SpanView } from './views.ts'
import { keep, type Verdict } from './walk-hooks.ts'

/** A request of one span whose only field is the attribute with this payload. */
function spanWith(...payloads: number[][]): Uint8Array {
  const wrap = (tag: number, payload: number[]) => [
    tag,
    ...(payload.length > 127 ? [(payload.length & 127) | 128, payload.length >> 7] : [payload.length]),
    ...payload,
  ]
  const span = payloads.flatMap(payload => wrap(0x4a, payload))
  return Uint8Array.from(wrap(0x0a, wrap(0x12, wrap(0x12, span))))
}

function look<T>(bytes: Uint8Array, see: (span: SpanView) => T): T {
  let seen: T | undefined
  new StageWalk('traces', [
    {
      span(span) {
        seen = see(span)
        return keep
      },
    },
  ]).run(bytes)
  return seen as T
}

const text = (word: string) => [0x0a, word.length, ...Buffer.from(word)]
const valueField = (word: string) => [0x12, word.length + 2, ...text(word)]
/** An unknown field of that many bytes or a few more. */
const filled = (length: number) =>
  length < 130
    ? [0x22, length - 2, ...Buffer.alloc(length - 2)]
    : [0x22, (length & 127) | 128, length >> 7, ...Buffer.alloc(length)]
const reader = new ValueReader()

function read(span: SpanView, key: string): string | undefined {
  const { attributes } = span
  const index = attributes.find(new AttributeKey(key))
  if (index < 0) return undefined
  return reader.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index)).text()
}

for (const [what, payload, key, value] of [
  ['key then value', [...text('k'), ...valueField('v')], 'k', 'v'],
  ['value then key, as the Go Collector writes them', [...valueField('v'), ...text('k')], 'k', 'v'],
  ['a key written twice: the last one counts', [...text('old'), ...valueField('v'), ...text('k')], 'k', 'v'],
  ['a key written twice, the last one empty', [...text('old'), 0x0a, 0x00], '', ''],
  [
    'a value in two pieces: the last member of the oneof counts',
    [...valueField('a'), ...text('k'), ...valueField('v')],
    'k',
    'v',
  ],
  ['an over-long length', [0x0a, 0x81, 0x80, 0x00, 0x6b, ...valueField('v')], 'k', 'v'],
  ['an unknown field between', [...text('k'), 0x20, 0x05, ...valueField('v')], 'k', 'v'],
  ['no value', text('k'), 'k', ''],
  ['nothing at all', [], '', ''],
] as const) {
  t.test(`reads ${what}`, async t => {
    t.equal(
      look(spanWith([...payload]), span => read(span, key)),
      value,
    )
  })
}

t.test('what bytes alone say about an absent key is what reading the attributes says', async t => {
  const random = new SeededRandom(11)
  const keys = ['k', 'absent.key', 'http.request.method', 'a.b', ''].map(key => new AttributeKey(key))
  let told = 0
  for (let i = 0; i < 200; i++) {
    const seen: string[] = []
    const span = (view: SpanView): Verdict => {
      const own = seen.map(key => new AttributeKey(key))
      // The first one is looked for by the pass that indexes the span, the others afterwards.
      const all = [...own, ...keys]
      all.unshift(...all.splice(random.below(all.length)))
      const lacking = all.map(key => view.message.lacksAttribute(key))
      const { attributes } = view
      for (const [j, key] of all.entries()) {
        const isAbsent = attributes.find(key) < 0
        if (lacking[j]) told++
        if (lacking[j] && !isAbsent) t.fail(`request ${i}: ${key.text} is there`)
        t.equal(view.message.lacksAttribute(key), isAbsent)
      }
      for (let j = 0; j < attributes.size && seen.length < 20; j++) seen.push(attributes.keyText(j))
      return keep
    }
    new StageWalk('traces', [{ span }, { span }]).run(randomRequest(random, 'traces'))
  }
  t.ok(told > 1000)
})

for (const [what, payload, lacks] of [
  ['another key', [...text('j'), ...valueField('v')], true],
  ['an attribute of more than 127 bytes', [...text('j'), 0x12, 0x80, 0x01, ...text('x'.repeat(126))], true],
  ['the key', [...text('k'), ...valueField('v')], false],
  ['the key behind the value', [...valueField('v'), ...text('k')], false],
  ['a second key', [...text('j'), ...text('k'), ...valueField('v')], false],
  // Taken for a length of its own, the first byte of the over-long length would lead to the second value.
  ['a key of over-long length', [0x0a, 0x81, 0x00, 0x6b, ...filled(127), ...valueField('v')], false],
] as const) {
  t.test(`does not miss a key: ${what}`, async t => {
    t.equal(
      look(spanWith([...payload]), span => span.message.lacksAttribute(new AttributeKey('k'))),
      lacks,
    )
  })
}

t.test('keys of equal length that end alike are told apart', async t => {
  const bytes = spanWith([...text('a1.bcde'), ...valueField('x')], [...text('a3.bcde'), ...valueField('y')])
  t.equal(
    look(bytes, span => read(span, 'a3.bcde')),
    'y',
  )
  t.equal(
    look(bytes, span => read(span, 'a5.bcde')),
    undefined,
  )
})

for (const key of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'ä']) {
  t.test(`finds '${key}' however the attribute is written`, async t => {
    const bytes = Buffer.from(key)
    const keyField = [0x0a, bytes.length, ...bytes]
    for (const payload of [
      [...keyField, ...valueField('v')],
      [...valueField('v'), ...keyField],
      [...keyField, ...filled(200), ...valueField('v')],
      [...keyField, 0x12, 0x80, 0x01, ...text('x'.repeat(126))],
    ]) {
      const request = spanWith([...text('other'), ...valueField('w')], payload, [...text('more'), ...valueField('w')])
      t.match(
        look(request, span => read(span, key)),
        /^[vx]/,
      )
      t.equal(
        look(request, span => read(span, 'more')),
        'w',
      )
      t.equal(
        look(request, span => read(span, 'none')),
        undefined,
      )
    }
  })
}

t.test('indices stay valid while attributes are removed and inserted', async t => {
  const bytes = spanWith([...text('a'), ...valueField('1')], [...text('b'), ...valueField('2')])
  look(bytes, ({ attributes }) => {
    attributes.removeAt(0)
    t.equal(attributes.find(new AttributeKey('a')), -1)
    t.equal(attributes.find(new AttributeKey('b')), 1)
    t.ok(attributes.isRemoved(0))
    t.equal(attributes.insert(new AttributeKey('c'), encodeString('3')), true)
    t.equal(attributes.insert(new AttributeKey('c'), encodeString('4')), false)
    t.equal(attributes.size, 3)
    t.equal(attributes.keyText(2), 'c')
  })
})

t.test('one constant serves many spans and many runs', async t => {
  const constant = new ConstantAttribute(new AttributeKey('k'), encodeString('v'))
  const bytes = spanWith([...text('a'), ...valueField('1')])
  for (let run = 0; run < 3; run++) {
    const out = new StageWalk('traces', [
      {
        span(span) {
          span.attributes.insertConstant(constant)
          return keep
        },
      },
    ]).run(bytes)
    t.equal(
      look(out, span => read(span, 'k')),
      'v',
    )
    t.equal(
      look(out, span => read(span, 'a')),
      '1',
    )
  }
})

t.test('a block of attributes is read, changed and removed one by one, in every run', async t => {
  const key = (text: string) => new AttributeKey(text)
  const value = ({ attributes }: SpanView, name: string) => {
    const at = attributes.find(key(name))
    return at < 0
      ? undefined
      : reader.reset(attributes.bytes, attributes.valueStart(at), attributes.valueEnd(at)).toJs()
  }
  const names = new AttributeBlock(9, [
    { key: key('k1'), value: encodeString('v1') },
    { key: key('a-longer-key'), value: encodeString('v'.repeat(200)) },
  ])
  const numbers = new AttributeBlock(9, [
    { key: key('n1'), value: encodeDouble(0) },
    { key: key('n2'), value: encodeDouble(0) },
  ])
  const one = spanWith([...text('a'), ...valueField('1')])
  for (let run = 0; run < 3; run++) {
    const out = new StageWalk('traces', [
      {
        span({ attributes, message }) {
          const start = attributes.appendCopy(numbers)
          for (let i = 0; i < numbers.count; i++) {
            message.workspace.view.setFloat64(start + numbers.valueEnd(i) - 8, run + i / 10, true)
          }
          attributes.appendConstants(names)
          return keep
        },
      },
      {
        span(span) {
          t.equal(value(span, 'k1'), 'v1')
          t.equal(value(span, 'n2'), run + 0.1)
          span.attributes.remove(key('k1'))
          span.attributes.set(key('n1'), encodeString('set'))
          return keep
        },
      },
    ]).run(Uint8Array.from([...one, ...one]))
    for (const name of ['a', 'k1', 'a-longer-key', 'n1', 'n2']) {
      const wanted = { a: '1', k1: undefined, 'a-longer-key': 'v'.repeat(200), n1: 'set', n2: run + 0.1 }[name]
      t.equal(
        look(out, span => value(span, name)),
        wanted,
        name,
      )
    }
  }
})
