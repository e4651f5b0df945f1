import t from 'tap'
import { WireWriter } from '../wire/wire-writer.ts'
import { mayBeCall } from './call-filter.ts'
import { roleKeys, roles } from './dialects.ts'

const deciding = [...roleKeys.requestModel, ...roleKeys.responseModel, ...roleKeys.operation, ...roleKeys.spanKind]

interface SpanInput {
  readonly keys: readonly string[]
  readonly value?: string
  readonly isValueFirst?: boolean
  readonly name?: string
}

function spanOf({ keys, value = 'gpt-4o', isValueFirst = false, name = 'chat' }: SpanInput): Uint8Array {
  const writer = new WireWriter()
  writer.bytesField(1, new Uint8Array(16).fill(0x4a))
  writer.bytesField(2, new Uint8Array(8).fill(0x4a))
  writer.stringField(5, name)
  writer.uint32Field(6, 3)
  writer.fixed64Field(7, 1n)
  writer.fixed64Field(8, 2n)
  for (const key of keys) {
    const attribute = writer.open(9)
    if (!isValueFirst) writer.stringField(1, key)
    const any = writer.open(2)
    writer.stringField(1, value)
    writer.close(any)
    if (isValueFirst) writer.stringField(1, key)
    writer.close(attribute)
  }
  const status = writer.open(15)
  writer.uint32Field(3, 2)
  writer.close(status)
  writer.fixed32Field(16, 0x101)
  return writer.finish()
}

const mayBe = (bytes: Uint8Array, length = bytes.length) =>
  mayBeCall(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, length)
const isMaybe = (input: SpanInput) => mayBe(spanOf(input))

t.test('a key that decides is found, wherever and however the attribute is written', async t => {
  for (const key of deciding) {
    for (const value of ['', 'gpt-4o', 'x'.repeat(200), 'x'.repeat(20_000)]) {
      for (const isValueFirst of [false, true]) {
        t.ok(isMaybe({ keys: ['http.route', key, 'url.path'], value, isValueFirst }), `${key} ${value.length}`)
      }
    }
  }
})

t.test('spans without one are told from calls', async t => {
  const others = ['http.request.method', 'server.address', 'url.full', 'gen_ai.tool.name', 'db.query.text', 'm', '']
  for (const isValueFirst of [false, true]) {
    t.notOk(isMaybe({ keys: others, isValueFirst }))
    t.notOk(isMaybe({ keys: others, isValueFirst, value: 'x'.repeat(3000), name: 'n'.repeat(300) }))
    t.notOk(isMaybe({ keys: ['k'.repeat(100)], isValueFirst }))
    t.notOk(isMaybe({ keys: [] }))
  }
})

t.test('what is no plain span is left to those who read all of it', async t => {
  const span = spanOf({ keys: ['http.route'] })
  t.ok(mayBe(span, span.length - 1), 'cut off')
  for (const bytes of [
    [0x4a, 0x82, 0x80, 0x00, 0x0a, 0x00], // length in three bytes
    [0x4b, 0x4c], // a group
    [0x4a, 0x02, 0x18, 0x01], // another field in the attribute
    [0x98, 0x01, 0x01], // a field that nobody knows
    [0x0a, 0x05, 0x00], // longer than the span
  ]) {
    t.ok(mayBe(Uint8Array.from(bytes)), bytes.join())
  }
})

t.test('cut anywhere, it neither throws nor calls a span with a model another', async t => {
  const span = spanOf({ keys: ['http.route', 'gen_ai.request.model'] })
  for (let length = 0; length < span.length; length++) {
    const cut = span.slice(0, length)
    const isMaybeCall = mayBe(cut)
    if (length > span.length - 8) t.ok(isMaybeCall, `${length}`)
  }
})

t.test('a key plays one role only', async t => {
  const keys = roles.flatMap(role => roleKeys[role] as readonly string[])
  t.equal(new Set(keys).size, keys.length)
})
