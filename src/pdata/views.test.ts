import t from 'tap'
import { decodePlain, encodePlain, type Plain } from '../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf } from '../testkit/run-processor.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import * as otlp from './otlp-fields.ts'
import { StageWalk } from './stage-walk.ts'
import { keep, type WalkHooks } from './walk-hooks.ts'

const id = (byte: number, length: number) => Buffer.alloc(length, byte)

/** Runs the hooks over one record and gives back what became of it. */
function edit(signal: 'traces' | 'logs' | 'metrics', record: Plain, hooks: WalkHooks): Plain {
  const bytes = encodePlain(
    signal,
    requestOf(signal, [record], { 'service.name': 'shop' }, { name: 'lib', version: '1' }),
  )
  return recordsOf(signal, decodePlain(signal, new StageWalk(signal, [hooks]).run(bytes)))[0] ?? {}
}

t.test('a span reads as it was written', async t => {
  const span = {
    traceId: id(1, 16),
    spanId: id(2, 8),
    traceState: 'a=b',
    name: 'GET',
    kind: 3,
    startTimeUnixNano: '1700000000000000001',
    endTimeUnixNano: '1700000000000000002',
    status: { code: 2, message: 'boom' },
    flags: 257,
    events: [{ name: 'e', timeUnixNano: '5' }],
    links: [{ traceState: 'c=d' }],
  }
  t.plan(16)
  edit('traces', span, {
    span(view) {
      const { bytes } = view.message.workspace
      t.same(Buffer.from(bytes.subarray(view.traceIdStart, view.traceIdStart + 16)), id(1, 16))
      t.same(Buffer.from(bytes.subarray(view.spanIdStart, view.spanIdStart + 8)), id(2, 8))
      t.equal(view.parentSpanIdStart, 0)
      t.equal(view.traceState, 'a=b')
      t.equal(view.name, 'GET')
      t.equal(view.kind, 3)
      t.equal(view.startTimeUnixNano, 1700000000000000001n)
      t.equal(view.endTimeUnixNano, 1700000000000000002n)
      t.equal(view.statusCode, 2)
      t.equal(view.statusMessage, 'boom')
      t.equal(view.flags, 257)
      t.equal(view.scope.name, 'lib')
      t.equal(view.resource.attributes.size, 1)
      view.events.rewind()
      t.ok(view.events.next())
      t.equal(view.event.timeUnixNano, 5n)
      view.links.rewind()
      view.links.next()
      t.equal(view.link.traceState, 'c=d')
      return keep
    },
  })
})

t.test('an edit is read back at once, and by the processor behind', async t => {
  const first: WalkHooks = {
    span(span) {
      span.name = 'renamed'
      span.statusCode = 1
      span.message.setFixed64(otlp.spanEndTime, 2n ** 64n - 1n)
      span.message.setFixed32(otlp.spanFlags, 0xfffffffe)
      span.message.clear(otlp.spanKind)
      t.equal(span.name, 'renamed')
      t.equal(span.statusCode, 1)
      t.equal(span.endTimeUnixNano, 2n ** 64n - 1n)
      t.equal(span.kind, 0)
      return keep
    },
  }
  const second: WalkHooks = {
    span(span) {
      t.equal(span.name, 'renamed')
      t.equal(span.statusCode, 1)
      t.equal(span.statusMessage, 'boom')
      t.equal(span.flags, 0xfffffffe)
      span.name = 'twice'
      return keep
    },
  }
  const bytes = encodePlain(
    'traces',
    requestOf('traces', [{ name: 'a', kind: 2, status: { code: 2, message: 'boom' } }]),
  )
  const out = new StageWalk('traces', [first, second]).run(bytes)
  t.same(recordsOf('traces', decodePlain('traces', out)), [
    { name: 'twice', endTimeUnixNano: '18446744073709551615', flags: 4294967294, status: { code: 1, message: 'boom' } },
  ])
})

t.test('events can be walked twice: the second time as the first left them', async t => {
  const span = { events: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }
  const names: string[] = []
  const out = edit('traces', span, {
    span({ events, event }) {
      events.rewind()
      while (events.next()) {
        if (event.name === 'b') events.drop()
        else event.name = `${event.name}!`
      }
      events.rewind()
      while (events.next()) names.push(event.name)
      return keep
    },
  })
  t.same(names, ['a!', 'c!'])
  t.same(out, { events: [{ name: 'a!' }, { name: 'c!' }] })
})

for (const [kind, name] of [
  [otlp.metricGauge, 'gauge'],
  [otlp.metricSum, 'sum'],
  [otlp.metricHistogram, 'histogram'],
  [otlp.metricExponentialHistogram, 'exponentialHistogram'],
  [otlp.metricSummary, 'summary'],
] as const) {
  t.test(`data points of a ${name} are read, edited and dropped, exemplars too`, async t => {
    const exemplars = name === 'summary' ? {} : { exemplars: [{ filteredAttributes: attributesOf({ a: 'x' }) }] }
    const point = (n: number) => ({
      timeUnixNano: String(n),
      flags: 1,
      attributes: attributesOf({ n: BigInt(n) }),
      ...exemplars,
    })
    const out = edit(
      'metrics',
      { name: 'm', [name]: { dataPoints: [point(1), point(2)] } },
      {
        dataPoint(view, metric) {
          t.equal(view.kind, kind)
          t.equal(metric.kind, kind)
          t.equal(view.flags, 1)
          if (view.timeUnixNano === 1n) return 1
          view.attributes.removeAt(0)
          view.exemplars.rewind()
          while (view.exemplars.next()) view.exemplar.attributes.removeAt(0)
          return keep
        },
      },
    )
    const left = name === 'summary' ? {} : { exemplars: [{}] }
    t.same(out, { name: 'm', [name]: { dataPoints: [{ timeUnixNano: '2', flags: 1, ...left }] } })
  })
}

t.test('a metric goes with its last data point, and one that had none stays', async t => {
  const metrics = [
    { name: 'a', gauge: { dataPoints: [{}] } },
    { name: 'b', gauge: {} },
  ]
  const bytes = encodePlain('metrics', requestOf('metrics', metrics))
  const walk = new StageWalk('metrics', [{ dropReason: 'test', dataPoint: () => 1 }])
  t.same(recordsOf('metrics', decodePlain('metrics', walk.run(bytes))), [{ name: 'b', gauge: {} }])
  t.same(walk.dropped, [1])
})

t.test('a resource in a hundred thousand pieces is read in linear time', async t => {
  // Each piece is a Resource with a dropped_attributes_count of one byte.
  const piece = Uint8Array.of(0x0a, 0x02, 0x10, 0x07)
  const group = Buffer.concat(new Array(100_000).fill(piece))
  const writer = new WireWriter()
  writer.bytesField(1, group)
  const bytes = writer.finish()
  let count = 0
  const startedMs = performance.now()
  const reader: WalkHooks = {
    resource(resource) {
      count = resource.message.uint32(otlp.resourceDroppedAttributesCount)
      return keep
    },
  }
  t.equal(new StageWalk('traces', [reader]).run(bytes), bytes)
  t.equal(count, 7)
  t.ok(performance.now() - startedMs < 2000)
})
