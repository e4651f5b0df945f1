import t from 'tap'
import { flattenItems } from '../testkit/otlp-items.ts'
import { encodePlain } from '../testkit/otlp-oracle.ts'
import { randomRequest } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { WireError } from '../wire/wire-error.ts'
import { countItems } from './count.ts'
import { signals } from './otlp-batch.ts'
import { validateRequest } from './validate.ts'
import { defaultWalkBudget } from './walk-budget.ts'

for (const signal of signals) {
  t.test(`counts ${signal} as an independent decoder does, in any order of fields`, async t => {
    const random = new SeededRandom(1)
    for (let i = 0; i < 60; i++) {
      const bytes = randomRequest(random, signal)
      const expected = flattenItems(signal, bytes).length
      t.equal(countItems(signal, bytes), expected, `request ${i}`)
      t.equal(validateRequest(signal, bytes), expected, `request ${i}, validated`)
    }
  })
}

function spans(count: number, span: object = {}): Uint8Array {
  return encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans: new Array(count).fill(span) }] }] })
}

for (const walk of [countItems, validateRequest]) {
  t.test(`${walk.name} takes as many items as the budget allows and not one more`, async t => {
    const budget = { ...defaultWalkBudget, itemsMax: 5 }
    t.equal(walk('traces', spans(5), budget), 5)
    t.throws(() => walk('traces', spans(6), budget), { name: 'WireError', reason: 'budget' })
  })

  t.test(`${walk.name} takes as many elements as the budget allows and not one more`, async t => {
    const budget = { ...defaultWalkBudget, elementsMax: 7 }
    t.equal(walk('traces', spans(5), budget), 5, 'one group, one scope, five spans')
    t.throws(() => walk('traces', spans(6), budget), { name: 'WireError', reason: 'budget' })
  })

  t.test(`${walk.name} counts empty groups against the budget`, async t => {
    const bytes = encodePlain('logs', { resourceLogs: new Array(9).fill({}) })
    t.equal(walk('logs', bytes), 0)
    t.throws(() => walk('logs', bytes, { ...defaultWalkBudget, elementsMax: 8 }), {
      name: 'WireError',
      reason: 'budget',
    })
  })

  t.test(`${walk.name} refuses what is not a request`, async t => {
    const whole = spans(2, { name: 'abc' })
    for (const [name, bytes] of [
      ['a request that is cut off', whole.subarray(0, whole.length - 1)],
      ['a resource group that is a number', Uint8Array.of(0x08, 0x01)],
      ['text', Buffer.from('not protobuf at all')],
      ['field number 0', Uint8Array.of(0x02, 0x00)],
    ] as const) {
      t.throws(() => walk('traces', bytes), { name: 'WireError', reason: 'malformed' }, name)
    }
  })
}

t.test('validation refuses a known field of the wrong wire type, wherever it stands', async t => {
  const good = spans(1, { name: 'abc' })
  t.equal(validateRequest('traces', good), 1)
  const bad = Buffer.from(good)
  const tag = bad.indexOf(Buffer.from([0x2a, 0x03]))
  bad.set([0x28, 0x7f, 0x28, 0x7f, 0x28], tag)
  t.throws(() => validateRequest('traces', bad), { name: 'WireError', reason: 'malformed' })
})

t.test('validation takes ids that are absent, empty or of full length, and no other', async t => {
  for (const [traceLength, spanLength, isValid] of [
    [0, 0, true],
    [16, 8, true],
    [15, 8, false],
    [17, 8, false],
    [16, 7, false],
    [16, 9, false],
    [8, 8, false],
  ] as const) {
    const bytes = spans(1, { traceId: Buffer.alloc(traceLength, 1), spanId: Buffer.alloc(spanLength, 1) })
    if (isValid) t.equal(validateRequest('traces', bytes), 1)
    else
      t.throws(
        () => validateRequest('traces', bytes),
        { name: 'WireError', reason: 'malformed' },
        `${traceLength} and ${spanLength}`,
      )
  }
})

t.test('validation takes values that nest to the limit and refuses the next level', async t => {
  const nested = (levels: number) => {
    let value: object = { stringValue: 'x' }
    for (let i = 1; i < levels; i++)
      value = i % 2 ? { arrayValue: { values: [value] } } : { kvlistValue: { values: [{ value }] } }
    return spans(1, { attributes: [{ key: 'deep', value }] })
  }
  const budget = { ...defaultWalkBudget, nestingMax: 20 }
  t.equal(validateRequest('traces', nested(20), budget), 1)
  t.throws(() => validateRequest('traces', nested(21), budget), { name: 'WireError', reason: 'malformed' })
})

t.test('mutated requests give a count or a WireError, nothing else', async t => {
  const random = new SeededRandom(2)
  for (let i = 0; i < 300; i++) {
    const signal = random.pick(signals)
    const bytes = Uint8Array.from(randomRequest(random, signal))
    for (let edits = 1 + random.below(4); edits > 0 && bytes.length > 0; edits--)
      bytes[random.below(bytes.length)] = random.below(256)
    for (const walk of [countItems, validateRequest]) {
      try {
        walk(signal, bytes)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
      }
    }
  }
  t.pass('no other error')
})
