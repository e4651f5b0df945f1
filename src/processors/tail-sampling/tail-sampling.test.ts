import t from 'tap'
import { ConsumeError, type Consumer } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { tailSamplingConfig } from './config.ts'
import { Outbox } from './outbox.ts'
import { errors, request, sampler } from './sampler-run.oracle.ts'
import { TailSampling } from './tail-sampling.ts'

t.test('a trace waits, and is kept whole or dropped whole', async t => {
  const { processor, next, clock, ledger } = await sampler(`{decision_wait: 10s, ${errors}}`)
  await processor.consume(request({ trace: 1 }, { trace: 2 }))
  await clock.advance(5_000)
  await processor.consume(request({ trace: 1, error: true }, { trace: 2 }))
  t.equal(next.batches.length, 0)
  t.equal(ledger.queued('traces'), 4)
  await clock.advance(5_200)
  t.same(next.traces, [1])
  t.equal(next.spans.length, 2)
  t.equal(ledger.entry('traces').dropped.get('sampled'), 2)
  t.equal(ledger.queued('traces'), 0)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('what comes out is what came in: resource, scope, schema and every field', async t => {
  const { processor, next, clock } = await sampler('{decision_wait: 1s, policies: [{name: all, type: always_sample}]}')
  const batch = request(
    { trace: 1, attributes: { a: 'b' }, flags: 1 },
    { trace: 2, service: 'cart' },
    { trace: 1, service: 'cart' },
  )
  await processor.consume(batch)
  await clock.advance(1_200)
  t.same(decodePlain('traces', next.batches[0]!.bytes), decodePlain('traces', batch.bytes))
  t.equal(next.batches.length, 1)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('late spans follow the decision, also beyond the table with a cache', async t => {
  const { processor, next, clock, ledger } = await sampler(
    `{decision_wait: 1s, num_traces: 2, decision_cache: {sampled_cache_size: 10, non_sampled_cache_size: 10}, ${errors}}`,
  )
  await processor.consume(request({ trace: 1, error: true }, { trace: 2 }))
  await clock.advance(1_200)
  await processor.consume(request({ trace: 1 }, { trace: 2 }))
  await clock.advance(1)
  t.equal(next.spans.length, 2)
  await processor.consume(request({ trace: 3 }, { trace: 4 }, { trace: 1 }, { trace: 2 }))
  await clock.advance(1)
  t.equal(next.spans.length, 3)
  t.equal(ledger.entry('traces').dropped.get('sampled'), 3)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('short of traces or of memory, the oldest is decided, not lost undecided', async t => {
  for (const yaml of [`{num_traces: 2, ${errors}}`, `{memory_max: 21000, ${errors}}`]) {
    const { processor, next, clock, settings } = await sampler(yaml)
    for (let trace = 1; trace <= 12; trace++) {
      await processor.consume(request({ trace, error: true, attributes: { filler: 'x'.repeat(200) } }))
      await clock.advance(1)
    }
    t.ok(next.traces.length >= 7, `${next.traces}`)
    t.equal(next.traces[0], 1)
    t.ok(settings.registry.value('otelcol_processor_tail_sampling_sampling_trace_dropped_too_early')! >= 7)
    await processor.shutdown({ atMs: 1e9 })
    t.equal(next.spans.length, 12)
  }
})

t.test('short of memory no more is decided early than makes room', async t => {
  const { processor, settings, clock } = await sampler(
    '{memory_max: 500000, policies: [{name: all, type: always_sample}]}',
  )
  for (let trace = 1; trace <= 900; trace++) {
    await processor.consume(request({ trace, attributes: { filler: 'x'.repeat(1000) } }))
    await clock.advance(1)
    const held = settings.registry.value('sluice_tail_sampling_held_bytes')!
    if (held > 500_000) t.fail(`${held} bytes after trace ${trace}`)
    if (trace > 500 && held < 450_000) t.fail(`only ${held} bytes after trace ${trace}`)
  }
  t.ok(settings.registry.value('otelcol_processor_tail_sampling_sampling_trace_dropped_too_early')! > 400)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('small requests wait together, and their memory is given back when all of them are decided', async t => {
  const { processor, next, settings, clock } = await sampler(`{memory_max: 8MiB, ${errors}}`)
  const given: Uint8Array[] = []
  for (let trace = 1; trace <= 2_000; trace++) {
    const small = request({ trace, error: trace % 100 === 0, attributes: { filler: 'x'.repeat(1000) } })
    const bytes = new Uint8Array(small.bytes)
    given.push(bytes)
    await processor.consume({ ...small, bytes, memory: BatchMemory.of(bytes) })
  }
  t.ok(
    given.every(({ length }) => length === 0),
    'nobody holds what came in',
  )
  const held = () => settings.registry.value('sluice_tail_sampling_held_bytes')!
  t.ok(held() > 2_000_000)
  await clock.advance(31_000)
  t.ok(held() < 150_000, `${held()}: an open piece of memory, and the index`)
  t.equal(next.traces.length, 20)
  t.match(next.spans[0], { name: 'span of 100' })
  await processor.shutdown({ atMs: 1e9 })
})

t.test('block_on_overflow pushes back instead', async t => {
  const { processor } = await sampler(`{num_traces: 1, block_on_overflow: true, ${errors}}`)
  await processor.consume(request({ trace: 1 }))
  await t.rejects(processor.consume(request({ trace: 2 })), {
    kind: 'overloaded',
    retryDelayMs: 1000,
  } as unknown as Error)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('the root shortens the wait', async t => {
  const { processor, next, clock } = await sampler(
    `{decision_wait: 30s, decision_wait_after_root_received: 2s, ${errors}}`,
  )
  await processor.consume(request({ trace: 1, error: true }))
  await clock.advance(1_000)
  await processor.consume(request({ trace: 1, root: true }))
  await clock.advance(1_900)
  t.equal(next.spans.length, 0)
  await clock.advance(300)
  t.equal(next.spans.length, 2)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('span-ingest keeps at once', async t => {
  const { processor, next, clock } = await sampler(`{sampling_strategy: span-ingest, ${errors}}`)
  await processor.consume(request({ trace: 1 }))
  await processor.consume(request({ trace: 1, error: true }))
  await clock.advance(1)
  t.equal(next.spans.length, 2)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('a refusal that may pass is waited out; one for good is dropped and counted', async t => {
  const { processor, next, clock, ledger } = await sampler(`{decision_wait: 1s, ${errors}}`)
  next.refusal = new ConsumeError('overloaded', 'full', { reason: 'queue_full', retryDelayMs: 500 })
  await processor.consume(request({ trace: 1, error: true }))
  await clock.advance(1_200)
  t.equal(ledger.queued('traces'), 1)
  next.refusal = undefined
  await clock.advance(600)
  t.equal(next.spans.length, 1)
  next.refusal = new ConsumeError('permanent', 'no', { reason: 'bad' })
  await processor.consume(request({ trace: 2, error: true }))
  await clock.advance(1_200)
  t.equal(ledger.entry('traces').dropped.get('bad'), 1)
  t.equal(ledger.queued('traces'), 0)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('bytes are given back once they are accepted and the next consumer needs them no more', async t => {
  const { clock, ledger, logger } = componentSettings('tail_sampling')
  const seen: OtlpBatch[] = []
  let isRefused = true
  const next: Consumer = {
    async consume(batch) {
      seen.push(batch)
      t.ok(batch.bytes.length > 32 * 1024)
      if (!isRefused) return
      // Who refuses may have given its hold back.
      batch.memory?.release(batch.bytes)
      throw new ConsumeError('overloaded', 'full', { reason: 'queue_full', retryDelayMs: 500 })
    },
  }
  const outbox = new Outbox(next, clock, ledger, logger)
  outbox.add({ signal: 'traces', bytes: new Uint8Array(64 * 1024).subarray(0, 60_000), itemCount: 1 })
  await clock.advance(400)
  isRefused = false
  await clock.advance(200)
  t.equal(seen.length, 2)
  const { bytes, memory } = seen[1]!
  t.equal(bytes.length, 60_000, 'the next consumer has them')
  memory?.release(bytes)
  t.equal(bytes.length, 0)
  await outbox.shutdown(1e9)
})

t.test('shutdown decides what waits, or drops it where that is asked', async t => {
  const one = await sampler(`{${errors}}`)
  await one.processor.consume(request({ trace: 1, error: true }, { trace: 2 }))
  await one.processor.shutdown({ atMs: 1e9 })
  t.same(one.next.traces, [1])
  const two = await sampler(`{drop_pending_traces_on_shutdown: true, ${errors}}`)
  await two.processor.consume(request({ trace: 1, error: true }))
  await two.processor.shutdown({ atMs: 1e9 })
  t.equal(two.ledger.entry('traces').dropped.get('shutdown'), 1)
})

t.test('a successor decides on the spans of both, and knows the decisions that were made', async t => {
  const { processor, clock, settings, ledger, next } = await sampler(`{decision_wait: 5s, ${errors}}`)
  await processor.consume(request({ trace: 1, error: true }, { trace: 2 }))
  await clock.advance(6000)
  await processor.consume(request({ trace: 3 }, { trace: 4, error: true }, { trace: 5 }))
  const config = parseConfig(tailSamplingConfig, `{decision_wait: 2s, ${errors}}`)
  const successor = new TailSampling(config, { ...settings, replaces: processor }, next)
  await successor.start()
  // Spans come to the successor before it hears of what was before it.
  await successor.consume(request({ trace: 1 }, { trace: 2, error: true }, { trace: 3, error: true }, { trace: 4 }))
  await processor.handOver(successor)
  await processor.shutdown({ atMs: 1e9 })
  t.equal(ledger.queued('traces'), 5, 'the spans of three traces wait, once')
  await successor.consume(request({ trace: 1 }, { trace: 2, error: true }, { trace: 5 }))
  await clock.advance(3000)
  await successor.shutdown({ atMs: 1e9 })
  t.same(next.traces, [1, 3, 4])
  const counts = Map.groupBy(next.spans, span => Number.parseInt(String(span['traceId']), 16))
  t.same(
    [1, 3, 4].map(trace => counts.get(trace)?.length),
    [3, 2, 2],
    'all of their spans',
  )
  t.equal(ledger.queued('traces'), 0)
})

t.test('dry run keeps all and says what would have been; record_policy names who kept it', async t => {
  const dry = await sampler(`{decision_wait: 1s, dry_run: true, ${errors}}`)
  await dry.processor.consume(request({ trace: 1, error: true }, { trace: 2 }))
  await dry.clock.advance(1_200)
  const said = dry.next.spans.map(span =>
    (span['attributes'] as { key: string; value: Plain }[]).map(({ key, value }) => [key, value['stringValue']]),
  )
  t.same(said, [
    [
      ['sampling.reason', 'errors'],
      ['sampling.decision', 'sampled'],
    ],
    [['sampling.decision', 'not_sampled']],
  ])
  await dry.processor.shutdown({ atMs: 1e9 })
})

t.test('too large a trace is dropped and counted', async t => {
  const { processor, next, clock, ledger } = await sampler(
    '{decision_wait: 1s, maximum_trace_size_bytes: 500, policies: [{name: all, type: always_sample}]}',
  )
  await processor.consume(request({ trace: 1, attributes: { a: 'x'.repeat(600) } }, { trace: 2 }))
  await clock.advance(1_200)
  t.same(next.traces, [2])
  t.equal(ledger.entry('traces').dropped.get('trace_too_large'), 1)
  await processor.shutdown({ atMs: 1e9 })
})

t.test('a thousand random requests: every span leaves once or is counted, and nothing stays behind', async t => {
  const { processor, next, clock, ledger } = await sampler(
    `{decision_wait: 2s, num_traces: 50, memory_max: 100000, ${errors}}`,
  )
  let seed = 5
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  let sent = 0
  for (let i = 0; i < 300; i++) {
    const spans = Array.from({ length: 1 + random(8) }, () => ({
      trace: 1 + random(400),
      error: random(5) === 0,
      service: `s${random(3)}`,
    }))
    sent += spans.length
    await processor.consume(request(...spans))
    await clock.advance(random(300))
  }
  await processor.shutdown({ atMs: 1e9 })
  const ids = next.spans.map(span => span['spanId'])
  t.equal(new Set(ids).size, ids.length)
  t.equal(ids.length + (ledger.entry('traces').dropped.get('sampled') ?? 0), sent)
  t.equal(ledger.queued('traces'), 0)
})

for (const yaml of [
  '{}',
  '{policies: [{name: a, type: nonsense}]}',
  '{policies: [{name: a, type: string_attribute}]}',
  '{policies: [{name: a, type: ottl_condition, ottl_condition: {error_mode: ignore}}]}',
  "{policies: [{name: a, type: ottl_condition, ottl_condition: {span: ['nme == 1']}}]}",
  '{policies: [{name: a, type: numeric_attribute, numeric_attribute: {key: x}}]}',
]) {
  t.test(`refuses ${yaml}`, async t => {
    t.throws(() => parseConfig(tailSamplingConfig, yaml))
  })
}

t.test(
  'the memory of a request is given back with its last decided span, not before, and its kept spans are whole',
  async t => {
    const { processor, next, clock } = await sampler(
      'decision_wait: 5s\npolicies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]',
    )
    const long = 'x'.repeat(20_000)
    const own = (batch: OtlpBatch) => {
      const bytes = new Uint8Array(batch.bytes)
      return { ...batch, bytes, memory: BatchMemory.of(bytes) }
    }
    const first = own(request({ trace: 1, error: true, name: long }, { trace: 2, name: long }))
    await processor.consume(first)
    await clock.advance(3000)
    const second = own(request({ trace: 1, name: long }, { trace: 3, error: true, name: long }))
    await processor.consume(second)
    await clock.advance(2100)
    t.same(next.traces, [1])
    t.equal(first.bytes.length, 0, 'all of it is decided')
    t.ok(second.bytes.length > 40_000, 'a span of it waits')
    await clock.advance(3000)
    t.equal(second.bytes.length, 0)
    t.same(next.traces, [1, 3])
    t.same(
      next.spans.map(({ name }) => name),
      [long, long, long],
    )
  },
)
