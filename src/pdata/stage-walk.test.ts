import t from 'tap'
import { EditScript, runOnPlain, sortAttributes } from '../testkit/edit-script.ts'
import { decodePlain, encodePlain, type Plain } from '../testkit/otlp-oracle.ts'
import { randomRequest, walkedSignals } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { countItems } from './count.ts'
import { fuzzBrokenRequests } from './stage-walk.fuzz.ts'
import { StageWalk } from './stage-walk.ts'
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

t.test('the first processors go around the walk as long as each of them can', async t => {
  const requestOf = (...spans: Plain[]) => encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const [bytes, other] = [requestOf({ name: 'a' }), requestOf({ name: 'b' }, { name: 'c' })]
  let walked = ''
  const spy = (name: string, out: Uint8Array | undefined, droppedCount = 0) => {
    const noted: number[] = []
    const span = (): Verdict => {
      walked += name
      return keep
    }
    const seen: Uint8Array[] = []
    const run = (request: Uint8Array) => {
      seen.push(request)
      return out
    }
    return { noted, seen, span, noteDropped: (count: number) => noted.push(count), shortcut: { run, droppedCount } }
  }
  const reader = {
    span(span: SpanView): Verdict {
      walked += 'r'
      t.equal(span.message.workspace.bytes, other)
      return keep
    },
  }
  const [a, b, c, d] = [spy('a', other, 3), spy('b', bytes), spy('c', undefined), spy('d', bytes)]
  t.equal(new StageWalk('traces', [a, b]).run(bytes), bytes)
  t.equal(walked, '')
  t.same([a.seen, b.seen], [[bytes], [other]])
  t.same([a.noted, b.noted], [[3], []])

  const walk = new StageWalk('traces', [a, reader, d])
  t.equal(walk.run(bytes), other)
  t.same(walk.dropped, [3, 0, 0])
  t.equal(walked, 'rd'.repeat(countItems('traces', other)), 'behind one without a shortcut nobody takes his')
  t.same(d.seen, [])

  walked = ''
  t.equal(new StageWalk('traces', [c, d]).run(bytes), bytes)
  t.equal(walked, 'cd'.repeat(countItems('traces', bytes)), 'nor behind one whose shortcut gave up')
  t.equal(new StageWalk('traces', [spy('', new Uint8Array(0), 1), c]).run(bytes).length, 0)
  t.same(c.seen, [bytes], 'of an empty request there is nothing to do')
})

for (const signal of walkedSignals) {
  t.test(`broken ${signal} are walked or refused with a WireError, in bounded time`, async t => {
    t.ok(fuzzBrokenRequests(signal, 7, 200) > 10)
  })
}
