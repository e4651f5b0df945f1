import t from 'tap'
import type { StageCompanion } from '../component/component.ts'
import { ConsumeError } from '../component/consumer.ts'
import { parseConfig } from '../config/parse-config.ts'
import { BatchMemory } from '../pdata/batch-memory.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { Ledger } from '../telemetry/ledger.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { testHost } from '../testkit/component-settings.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { decodePlain, encodePlain } from '../testkit/otlp-oracle.ts'
import { stageFixtureProcessor } from '../testkit/stage-fixture.ts'
import type { StageStep } from './graph-plan.ts'
import { InlineStage } from './inline-stage.ts'
import { StageConsumer } from './stage-consumer.ts'
import { StageInstance } from './stage-instance.ts'

function setUp(yaml: string, companion?: StageCompanion) {
  const factory = stageFixtureProcessor
  if (factory.kind !== 'processor' || factory.form !== 'stateless') throw new Error('form')
  const withCompanion = companion === undefined ? factory : { ...factory, createCompanion: () => companion }
  const pipeline = { id: 'traces/a', signal: 'traces', receivers: [], processors: [], exporters: [] } as const
  const config = parseConfig(factory.config, yaml)
  const part = { id: { type: 'fixture', name: 'x' }, factory: withCompanion, config }
  const step: StageStep = { kind: 'stage', key: 'stage:traces/a:0', fingerprint: '', pipeline, parts: [part] }
  const registry = new MetricRegistry()
  const ledger = new Ledger()
  const around = {
    logger: silentLogger,
    registry,
    ledger,
    clock: new ManualClock(),
    random: Math.random,
    host: testHost(),
    report: () => {},
  }
  const instance = new StageInstance(step, around, (stage, contexts) => new InlineStage(stage, contexts))
  const passed: OtlpBatch[] = []
  const next = { refusal: undefined as Error | undefined }
  const consumer = new StageConsumer(
    instance,
    {
      async consume(batch) {
        if (next.refusal !== undefined) throw next.refusal
        passed.push(batch)
      },
    },
    ledger,
  )
  return { consumer, instance, registry, ledger, passed, next }
}

function batchOf(...names: string[]): OtlpBatch {
  const spans = names.map(name => ({ name }))
  return {
    signal: 'traces',
    bytes: encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    itemCount: names.length,
    merge: { timeoutMs: 1, sizer: 'items', sizeMin: 1, sizeMax: 0 },
  }
}

t.test('what a stage leaves goes on, what it drops is counted, and the batch keeps its notes', async t => {
  const { consumer, ledger, passed, registry } = setUp('mark: m')
  const batch = batchOf('a', 'GET', 'b')
  await consumer.consume(batch)
  t.equal(passed[0]?.itemCount, 2)
  t.equal(passed[0]?.merge, batch.merge)
  t.match(decodePlain('traces', passed[0]?.bytes ?? new Uint8Array()), {
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'm' }, { name: 'm' }] }] }],
  })
  t.equal(ledger.entry('traces').dropped.get('fixture'), 1)
  const labels = { processor: 'fixture/x', pipeline: 'traces/a' }
  t.equal(registry.value('otelcol_processor_incoming_items', labels), 3)
  t.equal(registry.value('otelcol_processor_outgoing_items', labels), 2)
  t.equal(registry.value('fixture_marked', labels), 2)
})

t.test('a request in which nothing changes is the very same object', async t => {
  const { consumer, passed } = setUp('{}')
  const batch = batchOf('a')
  await consumer.consume(batch)
  t.equal(passed[0], batch)
})

t.test('a request of which nothing is left goes nowhere', async t => {
  const { consumer, passed, ledger } = setUp('{}')
  await consumer.consume(batchOf('GET', 'GET'))
  t.same(passed, [])
  t.equal(ledger.entry('traces').dropped.get('fixture'), 2)
})

t.test('nothing was dropped where the rest is refused', async t => {
  const { consumer, ledger, next } = setUp('{}')
  next.refusal = new ConsumeError('overloaded', 'full', { reason: 'queue_full' })
  await t.rejects(consumer.consume(batchOf('a', 'GET')), { message: 'full' })
  t.equal(ledger.entry('traces').dropped.size, 0)
})

t.test('a malformed request is refused for good', async t => {
  const { consumer } = setUp('mark: m')
  const batch = { ...batchOf('a'), bytes: new Uint8Array([0x0a, 0x7f]) }
  const refusal = await consumer.consume(batch).catch(error => error)
  t.match(refusal, { kind: 'permanent', reason: 'malformed' })
})

t.test('a companion gives the stage what it must know, takes its counts, and goes with it', async t => {
  const taken: unknown[] = []
  let shutdownCount = 0
  const { consumer, instance, passed, registry } = setUp('mark: m', {
    context: '+context',
    recordCounts: counts => taken.push(counts),
    shutdown: () => {
      shutdownCount += 1
    },
  })
  await consumer.consume(batchOf('a'))
  t.match(decodePlain('traces', passed[0]?.bytes ?? new Uint8Array()), {
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'm+context' }] }] }],
  })
  t.same(taken, [[['fixture_marked', 1]]])
  instance.shutdown()
  t.equal(shutdownCount, 1)
  t.same(registry.families(), [], 'its series go with it')
})

/** Gives a request whose memory is its own to a stage, and returns the view of it that the sender had. */
async function giveAway({ consumer }: ReturnType<typeof setUp>, names: string[]): Promise<Uint8Array> {
  const batch = batchOf(...names)
  const bytes = new Uint8Array(batch.bytes)
  await consumer.consume({ ...batch, bytes, memory: BatchMemory.of(bytes) })
  return bytes
}

t.test(
  'what a stage copied or dropped as a whole is given back; what it let through goes on with its memory',
  async t => {
    const names = new Array<string>(10_000).fill('a')
    const editing = setUp('mark: m')
    t.equal((await giveAway(editing, names)).length, 0, 'edited')
    const [edited] = editing.passed
    t.ok((edited?.bytes.length ?? 0) > 40_000)
    edited?.memory?.release(edited.bytes)
    t.equal(edited?.bytes.length, 0, 'the edited copy can be given back in turn')

    const dropping = setUp('{}')
    t.equal((await giveAway(dropping, new Array<string>(10_000).fill('GET'))).length, 0, 'nothing left')
    const passing = setUp('{}')
    const passed = await giveAway(passing, names)
    t.equal(passing.passed[0]?.bytes, passed)
    t.ok(passed.length > 40_000)
    passing.passed[0]?.memory?.release(passed)
    t.equal(passed.length, 0)
  },
)
