import t from 'tap'
import type { ComponentKind } from '../component/component.ts'
import { ConsumeError } from '../component/consumer.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import { Ledger } from '../telemetry/ledger.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { type FakeExporter, type FakeProcessor, type FakeReceiver, FakeWorld } from '../testkit/fake-components.ts'
import { ManualClock, settle } from '../testkit/manual-clock.ts'
import { ByteBudget } from '../transport/byte-budget.ts'
import { Agent } from './agent.ts'
import type { ConfiguredComponent, GraphConfig } from './graph-config.ts'
import { alone } from './sharing.ts'

type Behaviours = Readonly<Record<string, string>>

/** `pipelines: {'traces/a': 'in > hold > out'}`; `behaviours` by `kind:id`. */
function configOf(pipelines: Readonly<Record<string, string>>, behaviours: Behaviours = {}): GraphConfig {
  const components = new Map<string, ConfiguredComponent>()
  const define = (kind: ComponentKind, id: string) => {
    const [type = '', name = ''] = id.split('/')
    const behaviour = behaviours[`${kind}:${id}`] ?? ''
    components.set(`${kind}:${id}`, { kind, id, type, name, config: { behaviour }, fingerprint: behaviour })
    return id
  }
  const end = (kind: 'receiver' | 'exporter', id: string) => define(id.startsWith('join') ? 'connector' : kind, id)
  const sections = Object.entries(pipelines).map(([id, text]) => {
    const [receivers = '', ...rest] = text.split(' > ')
    const exporters = rest.pop() ?? ''
    return {
      id,
      signal: id.split('/')[0] as Signal,
      receivers: receivers.split(' ').map(name => end('receiver', name)),
      processors: rest.map(name => define('processor', name)),
      exporters: exporters.split(' ').map(name => end('exporter', name)),
    }
  })
  const extensions = Object.keys(behaviours).filter(key => key.startsWith('extension:'))
  return {
    pipelines: sections,
    extensions: extensions.map(key => define('extension', key.slice('extension:'.length))),
    components: [...components.values()],
    fingerprint: JSON.stringify([pipelines, behaviours]),
  }
}

function setUp() {
  const world = new FakeWorld()
  const ledger = new Ledger()
  const clock = new ManualClock()
  const registry = new MetricRegistry()
  const agent = new Agent({
    components: world.components,
    logger: silentLogger,
    registry,
    ledger,
    clock,
    random: Math.random,
    admission: new ByteBudget(1e6),
    makeRunner: () => {
      throw new Error('no stages here')
    },
    retireTimeoutMs: 1000,
    probationMs: 5000,
    sharing: alone,
  })
  const receiver = (id = 'in') => world.newest<FakeReceiver>(`receiver:${id}`)
  const exporter = (id = 'out') => world.newest<FakeExporter>(`exporter:${id}`)
  return { world, ledger, clock, registry, agent, receiver, exporter }
}

const traces = (itemCount: number): OtlpBatch => ({ signal: 'traces', bytes: new Uint8Array(itemCount), itemCount })
const soon = { atMs: 1000 }

t.test('starts what is needed by others first, and ends in the order of the data', async t => {
  const { agent, world } = setUp()
  const config = configOf(
    { 'traces/a': 'in > hold > join', 'traces/b': 'join > hold/2 > out' },
    { 'extension:ext': '' },
  )
  await agent.start(config)
  t.same(world.log, [
    'start extension:ext',
    'start exporter:out',
    'start connector:join',
    'start processor:hold',
    'start processor:hold/2',
    'start receiver:in',
  ])
  world.log.length = 0
  await agent.shutdown(soon)
  await agent.shutdown(soon)
  t.same(world.log, [
    'shutdown receiver:in',
    'shutdown processor:hold',
    'shutdown connector:join',
    'shutdown processor:hold/2',
    'shutdown exporter:out',
    'shutdown extension:ext',
  ])
})

t.test('gives one batch to several pipelines and exporters without a copy, and counts each', async t => {
  const { agent, receiver, exporter, ledger } = setUp()
  await agent.start(configOf({ 'traces/a': 'in > out out/2', 'traces/b': 'in > hold > out/3' }))
  const batch = traces(7)
  await receiver().receive(batch)
  for (const id of ['out', 'out/2', 'out/3']) t.equal(exporter(id).delivered[0], batch, `${id} has the very object`)
  t.equal(ledger.entry('traces').copied, 14)
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('one exporter that names several pipelines is one instance', async t => {
  const { agent, world, receiver, exporter } = setUp()
  await agent.start(configOf({ 'traces/a': 'in > out', 'traces/b': 'in > out', metrics: 'in > out' }))
  await receiver().receive(traces(2))
  t.equal(exporter().delivered.length, 2)
  t.equal(world.created.filter(component => component.name === 'exporter:out').length, 1)
})

t.test('refuses with what lets the data arrive, and the ledger stays exact', async t => {
  const { agent, receiver, exporter, ledger } = setUp()
  await agent.start(configOf({ 'traces/a': 'in > out out/2', 'traces/b': 'in > out/3' }))
  exporter('out').refusal = new ConsumeError('permanent', 'never', { reason: 'bad' })
  exporter('out/2').refusal = new ConsumeError('overloaded', 'later', { reason: 'queue_full', retryDelayMs: 3000 })
  const refused = await receiver()
    .receive(traces(5))
    .catch(error => error)
  t.match(refused, { kind: 'overloaded', reason: 'queue_full', retryDelayMs: 3000 })
  t.equal(exporter('out/3').delivered.length, 1, 'the third has it')
  t.equal(ledger.entry('traces').copied, 5)
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('a signal without a pipeline has no consumer', async t => {
  const { agent, receiver } = setUp()
  await agent.start(configOf({ 'traces/a': 'in > out' }))
  t.equal(receiver().next.get('logs'), undefined)
  await agent.reload(configOf({ 'traces/a': 'in > out', logs: 'in > out' }))
  t.ok(receiver().next.get('logs'))
  await agent.reload(configOf({ logs: 'in > out' }))
  t.equal(receiver().next.get('traces'), undefined)
  await agent.shutdown(soon)
})

t.test('a connector carries batches to the pipelines that begin with it', async t => {
  const { agent, receiver, exporter } = setUp()
  await agent.start(configOf({ traces: 'in > join', 'traces/b': 'join > out', 'traces/c': 'join > out/2' }))
  await receiver().receive(traces(1))
  t.equal(exporter('out').delivered.length + exporter('out/2').delivered.length, 2)
})

t.test('refuses connectors that run in a circle', async t => {
  const { agent } = setUp()
  await t.rejects(agent.start(configOf({ traces: 'in join > join/2', 'traces/b': 'join/2 > join' })), {
    message: /cycle detected: traces -> traces\/b -> traces/,
  })
})

t.test('a failing start leaves nothing running and names the component', async t => {
  const { agent, world } = setUp()
  await t.rejects(agent.start(configOf({ traces: 'in > hold > out' }, { 'receiver:in': 'fails' })), {
    message: 'cannot start receiver "in": told to fail',
  })
  t.equal(world.created.filter(component => component.isRunning).length, 0)
})

t.test('a reload keeps what did not change and starts what is new', async t => {
  const { agent, world, receiver, exporter } = setUp()
  await agent.start(configOf({ traces: 'in > hold > out' }))
  const before = [receiver(), exporter(), world.newest('processor:hold')]
  world.log.length = 0
  const diff = await agent.reload(configOf({ traces: 'in > hold > out out/2' }))
  t.same(world.log, ['start exporter:out/2'])
  t.same([receiver(), exporter(), world.newest('processor:hold')], before, 'the same instances')
  t.same(
    diff.kept.map(node => node.key),
    ['exporter:out', 'processor:traces:hold', 'receiver:in'],
  )
  await receiver().receive(traces(1))
  t.equal(exporter('out/2').delivered.length, 1)
  t.equal(agent.state().generation, 2)
})

t.test('a reload that fails before the swap changes nothing', async t => {
  const { agent, world, receiver, exporter, registry } = setUp()
  const good = configOf({ traces: 'in > out' })
  await agent.start(good)
  const bad = configOf({ traces: 'in > out/2' }, { 'exporter:out/2': 'fails', 'receiver:in': 'changed' })
  await t.rejects(agent.reload(bad), { message: /cannot start exporter "out\/2"/ })
  t.equal(registry.value('sluice_config_last_reload_successful'), 0)
  t.equal(agent.state().configHash, good.fingerprint)
  await receiver().receive(traces(1))
  t.equal(exporter('out').delivered.length, 1)
  t.notOk(world.created.some(component => component.name === 'exporter:out/2' && component.isRunning))
})

t.test('settings taken in place are taken back when a later part fails', async t => {
  const { agent, receiver } = setUp()
  await agent.start(configOf({ traces: 'in in/2 > out' }))
  const bad = configOf({ traces: 'in in/2 > out' }, { 'receiver:in': 'changed', 'receiver:in/2': 'refuses' })
  await t.rejects(agent.reload(bad), { message: 'told to refuse' })
  t.same(receiver('in').config, { behaviour: '' })
})

t.test('a receiver that can takes new settings without a new instance', async t => {
  const { agent, world, receiver } = setUp()
  await agent.start(configOf({ traces: 'in > out' }))
  const before = receiver()
  await agent.reload(configOf({ traces: 'in > out' }, { 'receiver:in': 'changed' }))
  t.equal(receiver(), before)
  await agent.reload(configOf({ traces: 'in > out' }, { 'receiver:in': 'rebinds' }))
  t.not(receiver(), before)
  t.ok(
    world.log.indexOf('shutdown receiver:in') > world.log.lastIndexOf('start receiver:in'),
    'old ends after new starts',
  )
})

t.test("a changed exporter's queue goes to its successor, exactly", async t => {
  const { agent, receiver, exporter, ledger } = setUp()
  await agent.start(configOf({ traces: 'in > out' }, { 'exporter:out': 'holds' }))
  await receiver().receive(traces(3))
  await receiver().receive(traces(4))
  const old = exporter()
  await agent.reload(configOf({ traces: 'in > out' }, { 'exporter:out': 'holds  ' }))
  t.equal(old.delivered.length, 0)
  t.equal(ledger.queued('traces'), 7, 'all of it is queued, once')
  exporter().deliver()
  t.equal(ledger.entry('traces').exported, 7)
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('what a changed processor held goes to its successor, exactly', async t => {
  const { agent, world, receiver, exporter, ledger } = setUp()
  await agent.start(configOf({ traces: 'in > hold > out' }, { 'processor:hold': 'holds' }))
  await receiver().receive(traces(9))
  await agent.reload(configOf({ traces: 'in > hold > out' }, { 'processor:hold': 'holds  ' }))
  t.equal(exporter().delivered.length, 0)
  t.equal(world.newest<FakeProcessor>('processor:hold').held.length, 1)
  t.equal(ledger.queued('traces'), 9, 'all of it is held, once')
  await agent.reload(configOf({ traces: 'in > out' }))
  t.equal(exporter().delivered[0]?.itemCount, 9)
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('what a removed processor held goes on to the exporters', async t => {
  const { agent, world, receiver, exporter, ledger } = setUp()
  await agent.start(configOf({ traces: 'in > hold > out' }, { 'processor:hold': 'holds' }))
  await receiver().receive(traces(9))
  t.equal(world.newest<FakeProcessor>('processor:hold').held.length, 1)
  await agent.reload(configOf({ traces: 'in > out' }))
  t.equal(exporter().delivered[0]?.itemCount, 9)
  t.equal(ledger.imbalance('traces'), 0)
})

t.test('a request under way ends where it began, the next one takes the new way', async t => {
  const { agent, receiver, exporter } = setUp()
  await agent.start(configOf({ traces: 'in > out' }))
  const old = exporter()
  const { promise, resolve } = Promise.withResolvers<void>()
  old.consume = async batch => {
    await promise
    old.delivered.push(batch)
  }
  const underWay = receiver().receive(traces(1))
  const reloading = agent.reload(configOf({ traces: 'in > out/2' }))
  await settle()
  await receiver().receive(traces(2))
  t.equal(exporter('out/2').delivered[0]?.itemCount, 2)
  t.ok(old.isRunning, 'the old exporter waits for its request')
  resolve()
  await Promise.all([underWay, reloading])
  t.equal(old.delivered[0]?.itemCount, 1)
  t.notOk(old.isRunning)
})

t.test('requests that come before the graph is in force wait for it', async t => {
  const { agent, world, exporter } = setUp()
  const config = configOf({ traces: 'in in/2 > out' })
  const early: Promise<void>[] = []
  const original = world.log.push
  world.log.push = (...lines) => {
    if (lines[0] === 'start receiver:in') early.push(world.newest<FakeReceiver>('receiver:in').receive(traces(1)))
    return original.apply(world.log, lines)
  }
  await agent.start(config)
  await Promise.all(early)
  t.equal(early.length, 1)
  t.equal(exporter().delivered.length, 1)
})

t.test('and are told to come again when it never is', async t => {
  const { agent, world } = setUp()
  const early: Promise<unknown>[] = []
  const original = world.log.push
  world.log.push = (...lines) => {
    if (lines[0] === 'start receiver:in')
      early.push(
        world
          .newest<FakeReceiver>('receiver:in')
          .receive(traces(1))
          .catch(error => error),
      )
    return original.apply(world.log, lines)
  }
  const started = agent.start(configOf({ traces: 'in in/2 > out' }, { 'receiver:in/2': 'fails' }))
  started.catch(() => {})
  await settle()
  t.match(await early[0], { kind: 'retryable', retryDelayMs: 1000 })
  await t.rejects(started)
})

t.test('a configuration that goes bad within its probation is rolled back', async t => {
  const { agent, world, exporter, registry } = setUp()
  const good = configOf({ traces: 'in > out' })
  await agent.start(good)
  await agent.reload(configOf({ traces: 'in > out/2' }))
  exporter('out/2').settings.report({ status: 'permanent', message: 'credentials refused' })
  await settle()
  await settle()
  t.equal(agent.state().configHash, good.fingerprint)
  t.ok(world.newest('exporter:out').isRunning)
  t.equal(registry.value('sluice_config_reloads', { result: 'rolled_back' }), 1)
  t.equal(registry.value('sluice_config_last_reload_successful'), 0)
})

t.test('after its probation it stays, whatever its parts say', async t => {
  const { agent, clock, exporter } = setUp()
  await agent.start(configOf({ traces: 'in > out' }))
  const next = configOf({ traces: 'in > out/2' })
  await agent.reload(next)
  await clock.advance(5000)
  exporter('out/2').settings.report({ status: 'permanent', message: 'credentials refused' })
  await settle()
  t.equal(agent.state().configHash, next.fingerprint)
  t.equal(agent.state().components.get('exporter:out/2')?.status, 'permanent')
})

t.test('a fatal error ends the agent, but within a probation it rolls back', async t => {
  const { agent, receiver } = setUp()
  const good = configOf({ traces: 'in > out' })
  await agent.start(good)
  await agent.reload(configOf({ traces: 'in > out/2' }))
  receiver().settings.host.fatal(new Error('listener lost'))
  await settle()
  await settle()
  t.equal(agent.state().configHash, good.fingerprint)
  receiver().settings.host.fatal(new Error('listener lost again'))
  t.match(await agent.fatalError, { message: 'listener lost again' })
})

t.test('who uses an extension that changed gets a new instance too', async t => {
  const { agent, exporter } = setUp()
  const config = (extension: string) =>
    configOf({ traces: 'in > out out/2' }, { 'extension:ext': extension, 'exporter:out': 'ext' })
  await agent.start(config('a'))
  const before = [exporter('out'), exporter('out/2')]
  await agent.reload(config('b'))
  t.not(exporter('out'), before[0])
  t.equal(exporter('out/2'), before[1])
})

t.test('three hundred reloads lose and double nothing and leave nothing behind', async t => {
  const { agent, world, receiver, ledger, clock, registry } = setUp()
  await agent.start(configOf({ traces: 'in > hold > out' }))
  let sent = 0
  for (let i = 0; i < 300; i++) {
    const before = receiver().receive(traces(1))
    const reloading = agent.reload(
      configOf(i % 3 === 0 ? { traces: 'in > out' } : { traces: 'in > hold > out', 'traces/b': 'in > out/2' }, {
        'exporter:out': i % 2 === 0 ? 'holds' : '',
        'processor:hold': i % 5 === 0 ? 'holds' : '',
      }),
    )
    await receiver().receive(traces(1))
    await Promise.all([before, reloading])
    sent += 2
  }
  await agent.shutdown({ atMs: clock.nowMs() + 1000 })
  const { received, copied, exported } = ledger.entry('traces')
  t.equal(received, sent)
  t.equal(exported, received + copied)
  t.equal(ledger.imbalance('traces'), 0)
  t.equal(world.created.filter(component => component.isRunning).length, 0)
  t.equal(clock.pendingCount, 0, 'no timer is left')
  t.equal(registry.value('sluice_config_generation'), 301)
})
