import t from 'tap'
import { WireError } from '../wire/wire-error.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import type { Signal } from './otlp-batch.ts'
import { quickValidate, sawPlainSpans } from './quick-validate.ts'
import { validateSlowly } from './validate.ts'
import { defaultWalkBudget, type WalkBudget } from './walk-budget.ts'

let seed = 20_260_101
function random(max: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return Math.floor((seed / 2 ** 32) * max)
}

/** Fields of an AnyValue with anything in it, down to `depth` levels. */
function writeValue(writer: WireWriter, depth: number): void {
  const kind = random(depth > 0 ? 8 : 5)
  if (kind === 0) writer.boolField(2, true)
  else if (kind === 1) writer.varint64Field(3, -5n)
  else if (kind === 2) writer.doubleField(4, 1.5)
  else if (kind === 3) writer.bytesField(7, new Uint8Array(random(200)))
  else if (kind === 4) writer.stringField(1, 'x'.repeat(random(3) === 0 ? 300 : random(20)))
  else if (kind === 5) {
    const list = writer.open(5)
    for (let i = 0; i < random(3); i++) {
      const item = writer.open(1)
      writeValue(writer, depth - 1)
      writer.close(item)
    }
    writer.close(list)
  } else {
    const map = writer.open(6)
    for (let i = 0; i < random(3); i++) writeAttribute(writer, 1, depth - 1)
    writer.close(map)
  }
}

function writeAttribute(writer: WireWriter, field: number, depth = 3): void {
  const attribute = writer.open(field)
  const shape = random(10)
  if (shape > 0) writer.stringField(1, 'k'.repeat(random(20) === 0 ? 200 : random(30)))
  if (shape > 1) {
    const value = writer.open(2)
    if (random(10) > 0) writeValue(writer, depth)
    writer.close(value)
  }
  if (shape === 2) writer.stringField(1, 'again')
  writer.close(attribute)
}

function traces(): Uint8Array {
  const writer = new WireWriter()
  for (let g = 0; g < 1 + random(2); g++) {
    const group = writer.open(1)
    const resource = writer.open(1)
    for (let i = 0; i < random(4); i++) writeAttribute(writer, 1)
    writer.close(resource)
    const scope = writer.open(2)
    for (let s = 0; s < random(4); s++) {
      const span = writer.open(2)
      writer.bytesField(1, new Uint8Array(random(4) === 0 ? 0 : 16))
      writer.bytesField(2, new Uint8Array(8))
      if (random(3) > 0) writer.bytesField(4, new Uint8Array(random(4) === 0 ? 0 : 8))
      writer.stringField(5, 'name')
      writer.uint32Field(6, 3)
      writer.fixed64Field(7, 1n)
      for (let i = 0; i < random(5); i++) writeAttribute(writer, 9)
      if (random(2) === 0) {
        const event = writer.open(11)
        writer.fixed64Field(1, 5n)
        writeAttribute(writer, 3)
        writer.close(event)
      }
      if (random(2) === 0) writer.fixed32Field(16, 0x101)
      if (random(6) === 0) writer.stringField(200, 'of a newer OTLP')
      if (random(6) === 0) writer.stringField(30, 'of a newer OTLP')
      writer.close(span)
    }
    writer.close(scope)
    writer.close(group)
  }
  return writer.finish()
}

function slowly(signal: Signal, bytes: Uint8Array, budget: WalkBudget): number {
  try {
    return validateSlowly(signal, bytes, budget)
  } catch (error) {
    if (error instanceof WireError) return -1
    throw error
  }
}

t.test('whatever the quick walk accepts the thorough one accepts with the same count, damaged or not', async t => {
  let known = 0
  const budgets = [defaultWalkBudget, { itemsMax: 2, elementsMax: 12, nestingMax: 2 }]
  for (let round = 0; round < 4000; round++) {
    const bytes = traces()
    const hits = random(4)
    for (let i = 0; i < hits && bytes.length > 0; i++) bytes[random(bytes.length)] = random(256)
    const cut = random(5) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes
    const budget = budgets[round % 2]!
    const signal = (['traces', 'traces', 'traces', 'metrics', 'logs', 'profiles'] as const)[round % 6]!
    const quick = quickValidate(signal, cut, budget)
    const slow = slowly(signal, cut, budget)
    if (quick >= 0) known++
    if (quick >= 0 && quick !== slow)
      t.fail(`${signal}: ${quick} instead of ${slow}: ${Buffer.from(cut).toString('hex')}`)
  }
  t.ok(known > 500, `${known} of 4000 were answered quickly`)
})

t.test('ordinary requests are never left to the thorough walk', async t => {
  for (let round = 0; round < 200; round++) {
    const bytes = traces()
    const quick = quickValidate('traces', bytes, defaultWalkBudget)
    if (quick < 0 && !Buffer.from(bytes).includes(Buffer.from('of a newer OTLP'))) {
      t.fail(Buffer.from(bytes).toString('hex'))
    }
  }
  t.pass('200 requests of all shapes')
})

/** A request of one ordinary span, with other fields before, between and behind its own. */
function oneSpan(write: { first?: Fields; behindIds?: Fields; last?: Fields }): Uint8Array {
  const writer = new WireWriter()
  const group = writer.open(1)
  const scope = writer.open(2)
  const span = writer.open(2)
  write.first?.(writer)
  writer.bytesField(1, new Uint8Array(16).fill(1))
  writer.bytesField(2, new Uint8Array(8).fill(2))
  write.behindIds?.(writer)
  writer.stringField(5, 'name')
  for (let i = 0; i < 3; i++) writeAttribute(writer, 9)
  write.last?.(writer)
  writer.close(span)
  writer.close(scope)
  writer.close(group)
  return writer.finish()
}

type Fields = (writer: WireWriter) => void

/** Ids of another span that are no concern of this one's. */
const link: Fields = writer => {
  const mark = writer.open(13)
  writer.bytesField(1, new Uint8Array(16))
  writer.stringField(3, 'a=b')
  writer.close(mark)
}
/** A length of 17 in two bytes, in front of a key. */
const redundant: Fields = writer =>
  writer.raw(Uint8Array.of(0x4a, 20, 0x0a, 0x91, 0, ...Buffer.from('sampling.priority')))

for (const { name, request, isPlain } of [
  { name: 'ids first', request: oneSpan({}), isPlain: true },
  { name: 'a link with a tracestate', request: oneSpan({ last: link }), isPlain: true },
  { name: 'flags', request: oneSpan({ last: writer => writer.fixed32Field(16, 1) }), isPlain: true },
  {
    name: 'another field before the ids',
    request: oneSpan({ first: writer => writer.uint32Field(6, 2) }),
    isPlain: false,
  },
  {
    name: 'a second trace id at the end',
    request: oneSpan({ last: writer => writer.bytesField(1, new Uint8Array(16)) }),
    isPlain: false,
  },
  { name: 'a tracestate', request: oneSpan({ behindIds: writer => writer.stringField(3, 'a=b') }), isPlain: false },
  { name: 'a tracestate at the end', request: oneSpan({ last: writer => writer.stringField(3, '') }), isPlain: false },
  { name: 'a length of more bytes than it needs', request: oneSpan({ last: redundant }), isPlain: false },
  {
    name: 'one plain span and one without a trace id',
    request: Buffer.concat([oneSpan({}), Uint8Array.of(0x0a, 6, 0x12, 4, 0x12, 2, 0x2a, 0)]),
    isPlain: false,
  },
]) {
  t.test(`a span with ${name} is ${isPlain ? '' : 'not '}known by its first bytes`, async t => {
    t.ok(quickValidate('traces', request, defaultWalkBudget) > 0)
    t.equal(sawPlainSpans, isPlain)
  })
}
