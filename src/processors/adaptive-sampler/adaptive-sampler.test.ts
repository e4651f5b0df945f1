import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { TraceState } from '../../pdata/tracestate.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { AdaptiveSampler } from './adaptive-sampler.ts'
import { adaptiveSamplerConfig } from './config.ts'
import { fairShares } from './fair-shares.ts'

interface SpanInput {
  trace: string
  service?: string
  error?: boolean
  traceState?: string
}

let seed = 99
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}
const newTrace = () => Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')

function batchOf(spans: readonly SpanInput[]): OtlpBatch {
  const services = Map.groupBy(spans, span => span.service ?? 'shop')
  const resourceSpans = [...services].map(([service, group]) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [
      {
        spans: group.map(span => ({
          traceId: Buffer.from(span.trace, 'hex'),
          spanId: Buffer.alloc(8, 1),
          traceState: span.traceState ?? '',
          ...(span.error && { status: { code: 2 } }),
        })),
      },
    ],
  }))
  return { signal: 'traces', bytes: encodePlain('traces', { resourceSpans }), itemCount: spans.length }
}

function spansOf(batch: OtlpBatch): { service: string; state: string; reason: string; trace: string }[] {
  const groups = decodePlain('traces', batch.bytes)['resourceSpans'] as {
    resource: { attributes: { value: Plain }[] }
    scopeSpans: { spans: Plain[] }[]
  }[]
  return groups.flatMap(group =>
    group.scopeSpans.flatMap(scope =>
      scope.spans.map(span => ({
        service: String(group.resource.attributes[0]!.value['stringValue']),
        state: String(span['traceState'] ?? ''),
        reason: String((span['attributes'] as { value: Plain }[] | undefined)?.[0]?.value['stringValue'] ?? ''),
        trace: String(span['traceId']),
      })),
    ),
  )
}

async function sampler(yaml: string) {
  const settings = componentSettings('adaptive_sampler')
  const out: OtlpBatch[] = []
  const processor = new AdaptiveSampler(parseConfig(adaptiveSamplerConfig, yaml), settings, {
    consume: async batch => {
      out.push(batch)
    },
  })
  await processor.start()
  /** Sends traces at a rate for some seconds, in steps of 50 ms; returns what was kept in the last `measured` seconds. */
  const load = async (perSecond: number, seconds: number, measured: number, make: (i: number) => SpanInput) => {
    const kept: ReturnType<typeof spansOf> = []
    let owed = 0
    for (let step = 0; step < seconds * 20; step++) {
      owed += perSecond / 20
      const spans = Array.from({ length: Math.floor(owed) }, (_, i) => make(i))
      owed -= spans.length
      if (spans.length > 0) await processor.consume(batchOf(spans))
      if (step >= (seconds - measured) * 20) kept.push(...out.flatMap(spansOf))
      out.length = 0
      await settings.clock.advance(50)
    }
    return kept
  }
  return { processor, settings, load, out }
}

const adjustedCount = (state: string) => TraceState.parse(state)!.threshold!.adjustedCount

t.test('a step from 500 to 8,000 and back: the rate is met within ten seconds, and counts stay right', async t => {
  const { processor, load } = await sampler('{max_traces_per_second: 200}')
  for (const rate of [500, 8_000, 500]) {
    const seconds = rate > 1_000 ? 11 : 14
    const kept = await load(rate, seconds, 2, () => ({ trace: newTrace() }))
    t.ok(Math.abs(kept.length / 2 - 200) < 20 + 25, `${kept.length / 2} kept a second of ${rate}`)
    const adjusted = kept.reduce((sum, span) => sum + adjustedCount(span.state), 0)
    t.ok(Math.abs(adjusted / (rate * 2) - 1) < 0.15, `adjusted ${adjusted} of ${rate * 2}`)
  }
  await processor.shutdown({ atMs: 0 })
})

t.test('over a step the sum of adjusted counts is the truth', async t => {
  const { processor, load } = await sampler('{max_traces_per_second: 500}')
  const kept = [
    ...(await load(500, 4, 4, () => ({ trace: newTrace() }))),
    ...(await load(5_000, 8, 8, () => ({ trace: newTrace() }))),
    ...(await load(500, 8, 8, () => ({ trace: newTrace() }))),
  ]
  const adjusted = kept.reduce((sum, span) => sum + adjustedCount(span.state), 0)
  t.ok(Math.abs(adjusted / 46_000 - 1) < 0.06, `${adjusted} of 46000`)
  await processor.shutdown({ atMs: 0 })
})

t.test('below the target everything is kept, and says so', async t => {
  const { processor, load } = await sampler('{max_traces_per_second: 50}')
  const kept = await load(20, 5, 5, () => ({ trace: newTrace() }))
  t.equal(kept.length, 100)
  t.ok(kept.every(({ state, reason }) => state === 'ot=th:0' && reason === 'rate'))
  await processor.shutdown({ atMs: 0 })
})

t.test('a quiet service keeps all while a loud one is cut', async t => {
  const { processor, load } = await sampler('{max_traces_per_second: 100}')
  let i = 0
  const kept = await load(2_020, 20, 4, () => ({ trace: newTrace(), service: i++ % 101 === 0 ? 'quiet' : 'loud' }))
  const quiet = kept.filter(({ service }) => service === 'quiet').length
  t.ok(quiet >= 76, `${quiet} of 80`)
  t.ok(kept.length / 4 < 130, `${kept.length / 4} a second`)
  await processor.shutdown({ atMs: 0 })
})

t.test('errors go first', async t => {
  const { processor, load } = await sampler('{max_traces_per_second: 100}')
  let i = 0
  const kept = await load(2_000, 20, 4, () => ({ trace: newTrace(), error: i++ % 50 === 0 }))
  const errors = kept.filter(({ reason }) => reason === 'error')
  t.ok(errors.length >= 150, `${errors.length} of 160`)
  t.ok(kept.length - errors.length > 100, 'and ordinary traces are not forgotten')
  await processor.shutdown({ atMs: 0 })
})

t.test('a trace is kept whole or dropped whole although the share moves', async t => {
  const { processor, out, settings } = await sampler('{max_traces_per_second: 20}')
  const traces = Array.from({ length: 2_000 }, newTrace)
  const seen = new Map<string, number>()
  for (let round = 0; round < 4; round++) {
    for (let from = 0; from < traces.length; from += 100) {
      await processor.consume(batchOf(traces.slice(from, from + 100).map(trace => ({ trace }))))
      await settings.clock.advance(20)
    }
    for (const { trace } of out.flatMap(spansOf)) seen.set(trace, (seen.get(trace) ?? 0) + 1)
    out.length = 0
  }
  t.ok(seen.size > 10 && seen.size < 1_000, `${seen.size} kept`)
  t.ok([...seen.values()].every(count => count === 4))
  await processor.shutdown({ atMs: 0 })
})

t.test('what was sampled before is never made more likely', async t => {
  const { processor, out } = await sampler('{max_traces_per_second: 1000}')
  await processor.consume(
    batchOf([
      { trace: 'f'.repeat(32), traceState: 'ot=th:c,x=y' },
      { trace: `${'f'.repeat(31)}e`, traceState: 'A=broken' },
    ]),
  )
  t.same(
    spansOf(out[0]!).map(({ state }) => state),
    ['ot=th:c,x=y', 'A=broken'],
  )
  await processor.shutdown({ atMs: 0 })
})

t.test('spans and bytes are targets too', async t => {
  const spans = await sampler('{max_spans_per_second: 100}')
  const kept = await spans.load(2_000, 20, 4, () => ({ trace: newTrace() }))
  t.ok(Math.abs(kept.length / 4 - 100) < 25, `${kept.length / 4}`)
  await spans.processor.shutdown({ atMs: 0 })
  const bytes = await sampler('{max_bytes_per_second: 3000, record_reason: false}')
  const keptByBytes = await bytes.load(2_000, 20, 4, () => ({ trace: newTrace() }))
  t.ok(Math.abs(keptByBytes.length / 4 - 107) < 30, `${keptByBytes.length / 4} spans of 28 bytes`)
  await bytes.processor.shutdown({ atMs: 0 })
})

t.test('one request out of silence brings ten seconds of the target at most, and counts stay right', async t => {
  const { processor, out } = await sampler('{max_traces_per_second: 50}')
  await processor.consume(batchOf(Array.from({ length: 8_000 }, () => ({ trace: newTrace() }))))
  const kept = out.flatMap(spansOf)
  t.ok(kept.length > 400 && kept.length < 600, `${kept.length} kept`)
  const adjusted = kept.reduce((sum, span) => sum + adjustedCount(span.state), 0)
  t.ok(Math.abs(adjusted / 8_000 - 1) < 0.15, `${adjusted} of 8000`)
  await processor.shutdown({ atMs: 0 })
})

t.test('a sender that comes every five seconds with less than the target loses nothing', async t => {
  const { processor, settings, out } = await sampler('{max_traces_per_second: 50}')
  for (let i = 0; i < 10; i++) {
    await processor.consume(batchOf(Array.from({ length: 200 }, () => ({ trace: newTrace() }))))
    await settings.clock.advance(5_000)
  }
  t.equal(out.flatMap(spansOf).length, 2_000)
  await processor.shutdown({ atMs: 0 })
})

t.test('a low target holds whatever comes', async t => {
  const { processor, load } = await sampler('{max_traces_per_second: 1}')
  await load(5_000, 3, 3, () => ({ trace: newTrace() }))
  const kept = await load(5_000, 8, 8, () => ({ trace: newTrace() }))
  t.ok(kept.length < 20, `${kept.length} kept in eight seconds`)
  await processor.shutdown({ atMs: 0 })
})

t.test('a failed trace whose spans come seconds apart stays whole while thousands are dropped', async t => {
  const { processor, load, out } = await sampler('{max_traces_per_second: 50, decisions_max: 2000}')
  await load(3_000, 4, 0, () => ({ trace: newTrace() }))
  const failed = Array.from({ length: 20 }, () => newTrace())
  await processor.consume(batchOf(failed.map(trace => ({ trace, error: true }))))
  const first = new Set(
    out
      .splice(0)
      .flatMap(spansOf)
      .map(({ trace }) => trace),
  )
  await load(3_000, 4, 0, () => ({ trace: newTrace() }))
  await processor.consume(batchOf(failed.map(trace => ({ trace }))))
  t.ok(first.size > 10)
  t.same(new Set(out.flatMap(spansOf).map(({ trace }) => trace)), first)
  await processor.shutdown({ atMs: 0 })
})

t.test('an instance with other settings goes on with the shares and decisions of the one that it replaces', async t => {
  const { processor, settings, load } = await sampler('{max_traces_per_second: 100}')
  const traces: string[] = []
  const first = await load(5_000, 4, 1, () => ({ trace: traces[traces.push(newTrace()) - 1]! }))
  const kept = new Set(first.map(({ trace }) => trace))
  const out: OtlpBatch[] = []
  const config = parseConfig(adaptiveSamplerConfig, '{max_traces_per_second: 120}')
  const successor = new AdaptiveSampler(
    config,
    { ...settings, replaces: processor },
    { consume: async batch => void out.push(batch) },
  )
  await successor.start()
  await processor.shutdown({ atMs: 0 })
  await successor.consume(batchOf(traces.slice(-5_000).map(trace => ({ trace }))))
  t.same(
    new Set(
      out
        .splice(0)
        .flatMap(spansOf)
        .map(({ trace }) => trace),
    ),
    kept,
  )
  await successor.consume(batchOf(Array.from({ length: 2_000 }, () => ({ trace: newTrace() }))))
  t.ok(out.flatMap(spansOf).length < 100, 'two per cent, not all')
  await successor.shutdown({ atMs: 0 })
})

t.test('the ledger has what was dropped', async t => {
  const { processor, load, settings } = await sampler('{max_traces_per_second: 10}')
  const kept = await load(1_000, 3, 3, () => ({ trace: newTrace() }))
  t.equal(settings.ledger.entry('traces').dropped.get('sampled'), 3_000 - kept.length)
  await processor.shutdown({ atMs: 0 })
})

for (const [demands, total, shares] of [
  [[1, 2, 100], 30, [1, 2, 27]],
  [[50, 50], 30, [15, 15]],
  [[5, 5], 30, [5, 5]],
  [[], 30, []],
  [[0, 10], 4, [0, 4]],
] as [number[], number, number[]][]) {
  t.test(`${total} among ${demands} is ${shares}`, async t => {
    t.same(fairShares(demands, total), shares)
  })
}

t.test('refuses to have no target', async t => {
  t.throws(() => parseConfig(adaptiveSamplerConfig, '{}'), /needs a target/)
})
