import t from 'tap'
import { EditScript, runOnPlain, sortAttributes } from '../testkit/edit-script.ts'
import { decodePlain, encodePlain, type Plain } from '../testkit/otlp-oracle.ts'
import { randomRequest, walkedSignals } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { AttributeKey } from './attribute-key.ts'
import { countItems } from './count.ts'
import type { OrdinaryItem } from './ordinary-item.ts'
import * as otlp from './otlp-fields.ts'
import { RecordSplice } from './record-splice.ts'
import { type RecordStep, stepDrops, stepKeeps } from './record-step.ts'
import { fuzzBrokenRequests } from './stage-walk.fuzz.ts'
import { StageWalk } from './stage-walk.ts'
import type { StepQuestions } from './step-questions.ts'
import type { SpanView } from './views.ts'
import { drop, keep, type Verdict } from './walk-hooks.ts'

for (const signal of walkedSignals) {
  t.test(`edits of ${signal} through views equal the same edits on decoded messages`, async t => {
    const random = new SeededRandom(5)
    for (let i = 0; i < 150; i++) {
      const bytes = randomRequest(random, signal)
      const before = Uint8Array.from(bytes)
      const dropChance = random.pick([0, 0.2, 0.8])
      const scripts = [new EditScript(i * 2, dropChance), new EditScript(i * 2 + 1, dropChance)].slice(random.below(2))
      const walk = new StageWalk(signal, scripts)
      const out = walk.run(bytes)
      const expected = runOnPlain(signal, decodePlain(signal, bytes), scripts)
      t.same(sortAttributes(decodePlain(signal, out)), sortAttributes(expected), `request ${i}`)
      t.ok(Buffer.compare(bytes, before) === 0, 'the request itself is untouched')
      const dropped = walk.dropped.reduce((sum, count) => sum + count, 0)
      t.equal(countItems(signal, out), countItems(signal, bytes) - dropped, 'every dropped item is counted')
    }
  })

  t.test(`${signal} that nobody edits come back as the same bytes`, async t => {
    const random = new SeededRandom(6)
    let seen = 0
    const reader = {
      span: (span: { name: string }) => (span.name === 'never' ? 1 : 0) as 0 | 1,
      logRecord: (record: { severityText: string }) => (record.severityText === 'never' ? 1 : 0) as 0 | 1,
      dataPoint: () => {
        seen++
        return 0 as const
      },
    }
    for (let i = 0; i < 20; i++) {
      const bytes = randomRequest(random, signal)
      t.equal(new StageWalk(signal, [reader]).run(bytes), bytes)
    }
    if (signal === 'metrics') t.ok(seen > 0)
  })
}

t.test('a request that only loses records is not copied while it is walked', async t => {
  const random = new SeededRandom(8)
  let seen = 0
  for (let i = 0; i < 100; i++) {
    const bytes = randomRequest(random, 'traces')
    const dropper = {
      span(span: SpanView): Verdict {
        seen++
        t.equal(span.message.workspace.bytes, bytes)
        return random.chance(0.7) ? drop : keep
      },
    }
    const walk = new StageWalk('traces', [dropper])
    t.equal(countItems('traces', walk.run(bytes)), countItems('traces', bytes) - walk.dropped[0]!)
  }
  t.ok(seen > 50)
})

t.test('new bytes from a payload hook are the request for all that follow, and that hook is done', async t => {
  const random = new SeededRandom(9)
  const other = randomRequest(random, 'traces')
  let walked = 0
  const writer = { payload: () => other, span: (): Verdict => (t.fail('its work is done') ? drop : keep) }
  const reader = {
    span(span: SpanView): Verdict {
      walked++
      t.equal(span.message.workspace.bytes, other)
      return keep
    },
  }
  const bytes = randomRequest(random, 'traces')
  t.equal(new StageWalk('traces', [writer, reader]).run(bytes), other)
  t.equal(walked, countItems('traces', other))
  t.equal(new StageWalk('traces', [writer]).run(bytes), other)
})

t.test('processors that all have a step go around the walk, unless a record is not ordinary', async t => {
  const requestOf = (...spans: Plain[]) => encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  let seen = ''
  const spy = (name: string, drops = '') => {
    const noted: number[] = []
    const verdict = (text: string) => {
      seen += name
      return text === drops
    }
    return {
      noted,
      noteDropped: (count: number) => noted.push(count),
      span: (span: SpanView): Verdict => (verdict(span.name.toUpperCase()) ? drop : keep),
      step: {
        ask: (questions: StepQuestions) => {
          questions.fields |= 1 << otlp.spanName
        },
        look: (item: OrdinaryItem) => (verdict(item.message.text(otlp.spanName)) ? stepDrops : stepKeeps),
        abandon: () => {
          seen += '!'
        },
      },
    }
  }
  const [a, b] = [spy('a', 'x'), spy('b', 'y')]
  const walk = new StageWalk('traces', [a, b])
  const [x, y, z] = [{ name: 'x' }, { name: 'y' }, { name: 'z' }]
  t.same(walk.run(requestOf(x, y, z)), Uint8Array.from(requestOf(z)), 'bytes without the two')
  t.equal(seen, 'aabab', 'who drops a span hides it from those behind')
  t.same([walk.dropped, a.noted, b.noted], [[1, 1], [1], [1]])

  seen = ''
  const bytes = requestOf(z)
  t.equal(new StageWalk('traces', [a, { span: () => keep }]).run(bytes), bytes)
  t.equal(seen, 'a', 'beside one without a step, through the view')

  seen = ''
  const twice = Buffer.from('0a0e120c 1202 2a00 1206 2a017a 2a017a'.replaceAll(' ', ''), 'hex')
  t.equal(walk.run(twice), twice)
  t.equal(seen, 'ab!!abab', 'begun without views, given up at the second name, walked')
  t.same(walk.dropped, [0, 0])
})

t.test('what one step may have changed the next one must see: they do not share a pass', async t => {
  const key = new AttributeKey('a')
  const edits: RecordStep = { edits: [{ action: 'delete', key }] }
  const asks: RecordStep = {
    ask: ({ attributes }) => attributes.set('a', new AttributeKey('a')),
    look: () => stepKeeps,
  }
  const state: RecordStep = {
    writtenFields: 1 << otlp.spanTraceState,
    ask: questions => {
      questions.fields |= 1 << otlp.spanTraceState
    },
  }
  const many = Array.from({ length: 31 }, (_, i) => ({ action: 'delete', key: new AttributeKey(`${i}`) }) as const)
  for (const [steps, isOne] of [
    [[asks, edits], true],
    [[edits, asks], false],
    [[edits, edits], true],
    [[state, edits], true],
    [[state, state], false],
    [[{ edits: many }], false],
    [[], false],
  ] as const) {
    const hooks = steps.map(step => ({ step }))
    t.equal(RecordSplice.of('traces', hooks) !== undefined, isOne)
  }
})

for (const signal of walkedSignals) {
  t.test(`broken ${signal} are walked or refused with a WireError, in bounded time`, async t => {
    t.ok(fuzzBrokenRequests(signal, 7, 200) > 10)
  })
}
