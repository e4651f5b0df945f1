import t from 'tap'
import type { StagePart, StageProcessor } from '../component/stage-processor.ts'
import { AttributeKey } from '../pdata/attribute-key.ts'
import { encodeString } from '../pdata/value.ts'
import { drop, keep, type Verdict } from '../pdata/walk-hooks.ts'
import { decodePlain, encodePlain } from '../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, valuesOf } from '../testkit/run-processor.ts'
import { compileStage, groupIntoWalks } from './stage.ts'

const noCounts = () => new Map<string, number>()
const keys = Object.fromEntries(['a', 'b', 'c', 'env'].map(text => [text, new AttributeKey(text)]))

/** Copies `from` to `to` on spans, and drops spans that have `dropped`. */
function copier(from: string, to: string, dropped?: string): StageProcessor {
  return {
    dropReason: 'test',
    takeCounts: noCounts,
    span({ attributes }) {
      if (dropped !== undefined && attributes.find(new AttributeKey(dropped)) >= 0) return drop
      const index = attributes.find(keys[from]!)
      if (index >= 0) attributes.setRange(keys[to]!, attributes.valueStart(index), attributes.valueEnd(index))
      return keep
    },
  }
}

const resourceWriter: StageProcessor = {
  writes: ['resource'],
  takeCounts: noCounts,
  resource({ attributes }) {
    attributes.set(keys['env']!, encodeString('written'))
    return keep
  },
}

/** Notes on each span whether the resource has what `resourceWriter` writes. */
const resourceReader: StageProcessor = {
  reads: ['resource'],
  takeCounts: noCounts,
  span(span) {
    const isWritten = span.resource.attributes.find(keys['env']!) >= 0
    span.attributes.set(keys['a']!, encodeString(isWritten ? 'after' : 'before'))
    return keep
  },
}

function request(...spans: Record<string, unknown>[]): Uint8Array {
  return encodePlain(
    'traces',
    requestOf(
      'traces',
      spans.map(values => ({ attributes: attributesOf(values) })),
    ),
  )
}

function spansOf(bytes: Uint8Array): Record<string, unknown>[] {
  return recordsOf('traces', decodePlain('traces', bytes)).map(span => valuesOf(span['attributes']))
}

t.test('every processor sees the record as its predecessor left it, in one walk', async t => {
  const stage = compileStage([copier('a', 'b'), copier('b', 'env'), copier('a', 'a', 'env')], 'traces')
  t.equal(stage.walkCount, 1)
  const out = stage.run(request({ a: 'x' }, { c: 'y' }), 2)
  t.same(spansOf(out.bytes), [{ c: 'y' }], 'the third drops what the second made of what the first wrote')
  t.equal(out.itemCount, 1)
  t.same(
    out.counts.map(({ dropped }) => dropped),
    [0, 0, 1],
  )
})

t.test('a processor that reads the resource sees it before a later one writes it', async t => {
  const before = compileStage([resourceReader, resourceWriter], 'traces')
  t.equal(before.walkCount, 2)
  t.same(spansOf(before.run(request({}), 1).bytes), [{ a: 'before' }])
  const after = compileStage([resourceWriter, resourceReader], 'traces')
  t.equal(after.walkCount, 1)
  t.same(spansOf(after.run(request({}), 1).bytes), [{ a: 'after' }])
})

t.test(
  'a stage is a pure function: the same request twice gives the same bytes, and the request is untouched',
  async t => {
    const stage = compileStage([copier('a', 'b', 'c'), resourceWriter], 'traces')
    const bytes = request({ a: 'x' }, { c: 'y' })
    const before = Uint8Array.from(bytes)
    const first = stage.run(bytes, 2)
    const second = stage.run(bytes, 2)
    t.same(first, second)
    t.same(Buffer.from(bytes), Buffer.from(before))
  },
)

t.test(
  'edits by exact keys beside other work give the same, in a pass of their own or in the walk of the others',
  async t => {
    const edits: StageProcessor = {
      step: { edits: [{ action: 'upsert', key: new AttributeKey('env.name'), value: encodeString('test') }] },
      takeCounts: noCounts,
      span({ attributes }) {
        attributes.set(new AttributeKey('env.name'), encodeString('test'))
        return keep
      },
    }
    const stage = compileStage([edits, copier('a', 'b', 'c'), edits], 'traces')
    for (const padding of ['x', 'x'.repeat(10_000)]) {
      const out = stage.run(request({ a: padding }, { c: 'y' }, { 'env.name': 'old' }), 3)
      t.same(spansOf(out.bytes), [{ 'env.name': 'test', a: padding, b: padding }, { 'env.name': 'test' }])
      t.same(
        out.counts.map(({ dropped }) => dropped),
        [0, 1, 0],
      )
      t.equal(out.itemCount, 2)
    }
  },
)

t.test('an untouched request passes as the same array', async t => {
  const bytes = request({ a: 'x' })
  t.equal(compileStage([copier('c', 'b')], 'traces').run(bytes, 1).bytes, bytes)
  t.equal(compileStage([], 'traces').run(bytes, 1).bytes, bytes)
})

t.test('a request that loses all its spans is empty, and later walks do not mind', async t => {
  const dropAll: StageProcessor = { dropReason: 'all', takeCounts: noCounts, span: () => drop }
  const out = compileStage([dropAll, resourceReader, resourceWriter], 'traces').run(request({ a: 'x' }, {}), 2)
  t.equal(out.bytes.length, 0)
  t.equal(out.itemCount, 0)
  t.same(
    out.counts.map(({ dropped, dropReason }) => [dropped, dropReason]),
    [
      [2, 'all'],
      [0, ''],
      [0, ''],
    ],
  )
})

t.test('every processor learns who sent the request before it sees it', async t => {
  const seen: unknown[] = []
  const curious: StageProcessor = { begin: metadata => seen.push(metadata), takeCounts: noCounts }
  const metadata = { headers: new Map([['a', ['b']]]) }
  compileStage([curious, curious], 'traces').run(request({}), 1, metadata)
  t.same(seen, [metadata, metadata])
})

const part = (reads: StagePart[], writes: StagePart[], hooks: Partial<StageProcessor> = {}): StageProcessor => ({
  reads,
  writes,
  takeCounts: noCounts,
  ...hooks,
})
const point = { dataPoint: (): Verdict => keep }
const metric = { metric: (): Verdict => keep }

for (const [title, processors, sizes] of [
  ['nothing in common', [part([], []), part([], [])], [2]],
  ['a reader, then a writer of the resource', [part(['resource'], []), part([], ['resource'])], [1, 1]],
  ['a writer, then a reader of the resource', [part([], ['resource']), part(['resource'], [])], [2]],
  ['a reader of the scope, then a writer', [part(['scope'], []), part([], ['scope'])], [1, 1]],
  ['a later writer of the metric', [part(['metric'], [], point), part([], ['metric'], metric)], [1, 1]],
  [
    'points written before they are read from the metric',
    [part([], ['points'], point), part(['points'], [], metric)],
    [1, 1],
  ],
  [
    'points read from the metric before they are written',
    [part(['points'], [], metric), part([], ['points'], point)],
    [2],
  ],
  [
    'points written from the metric after a hook of points',
    [part([], [], point), part([], ['points'], metric)],
    [1, 1],
  ],
  ['one that sees the whole payload first', [part([], [], { payload: () => true }), part([], [])], [2]],
  [
    'one that sees the whole payload later',
    [part([], []), part([], [], { payload: () => true }), part([], [])],
    [1, 2],
  ],
] as const) {
  t.test(`walks for ${title}: ${sizes.join(' and ')}`, async t => {
    t.same(
      groupIntoWalks(processors).map(group => group.length),
      sizes,
    )
  })
}
