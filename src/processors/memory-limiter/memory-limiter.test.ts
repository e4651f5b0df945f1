import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { memoryLimiterConfig } from './config.ts'
import { MemoryLimiter } from './memory-limiter.ts'
import { memoryLimits } from './memory-limits.ts'
import { fileBytesOf, processMemory } from './process-memory.ts'

const mib = 1024 * 1024
const batch: OtlpBatch = { signal: 'traces', bytes: new Uint8Array(1), itemCount: 3 }

function setUp(yaml: string, totalBytes = 1000 * mib) {
  const usage = { rss: 50 * mib, heapUsed: 10 * mib, heapTotal: 20 * mib, external: 5 * mib }
  const memory = { ...usage, garbageBytes: 0, collections: 0 }
  const reader = {
    memoryUsage: () => memory,
    collectGarbage() {
      memory.collections += 1
      memory.heapUsed -= memory.garbageBytes
      memory.garbageBytes = 0
    },
  }
  const settings = componentSettings('memory_limiter')
  const passed: OtlpBatch[] = []
  const next = { consume: async (taken: OtlpBatch) => void passed.push(taken) }
  const config = parseConfig(memoryLimiterConfig, yaml)
  const limiter = new MemoryLimiter(config, settings, { next, signal: 'traces' }, { reader, totalBytes })
  return { limiter, memory, settings, passed }
}

t.test('lets everything pass below the soft limit, refuses with a hint from it on, and recovers', async t => {
  const { limiter, memory, settings, passed } = setUp('{check_interval: 1s, limit_mib: 100, spike_limit_mib: 20}')
  await limiter.start()
  memory.rss = 80 * mib - 1
  await settings.clock.advance(1000)
  await limiter.consume(batch)
  t.same(passed, [batch])

  memory.rss = 80 * mib
  memory.external = 60 * mib
  await settings.clock.advance(1000)
  const refusal = await limiter.consume(batch).catch(error => error)
  t.match(refusal, { kind: 'overloaded', reason: 'memory_limit', retryDelayMs: 1000 })
  t.equal(settings.registry.value('otelcol_processor_memory_limiter_refused_spans'), 3)

  memory.external = 5 * mib
  await settings.clock.advance(1000)
  await limiter.consume(batch)
  t.equal(settings.registry.value('otelcol_processor_memory_limiter_accepted_spans'), 6)
  await limiter.shutdown()
})

t.test('once a peak is over, data passes before the next check', async t => {
  const { limiter, memory, settings, passed } = setUp('{check_interval: 10s, limit_mib: 100}')
  await limiter.start()
  memory.external = 90 * mib
  await settings.clock.advance(10_000)
  const { collections } = memory
  memory.external = 5 * mib
  await t.rejects(limiter.consume(batch), 'measured a moment ago')
  await settings.clock.advance(99)
  await t.rejects(limiter.consume(batch))
  await settings.clock.advance(1)
  await limiter.consume(batch)
  t.same(passed, [batch])
  t.equal(memory.collections, collections, 'measuring collects nothing')
  await limiter.shutdown()
})

t.test('pages that mirror files do not count', async t => {
  const status =
    'Name:\tnode\nVmRSS:\t   75000 kB\nRssAnon:\t   23000 kB\nRssFile:\t   51000 kB\nRssShmem:\t       0 kB\n'
  t.equal(fileBytesOf(status), 51_000 * 1024)
  t.equal(fileBytesOf('Name:\tnode\n'), 0, 'where nobody says, all counts')
  const { rss, heapTotal } = processMemory.memoryUsage()
  t.ok(rss > heapTotal / 2 && rss <= process.memoryUsage.rss() + mib)
})

t.test('the memory of what is refused is given back at once', async t => {
  const { limiter, memory, settings } = setUp('limit_mib: 100')
  await limiter.start()
  memory.external = 120 * mib
  await settings.clock.advance(1000)
  const bytes = new Uint8Array(mib)
  await t.rejects(limiter.consume({ ...batch, bytes, memory: BatchMemory.of(bytes) }))
  t.equal(bytes.length, 0)
})

t.test('pages that the allocator keeps after a peak do not close the agent for good', async t => {
  const { limiter, memory, settings } = setUp('limit_mib: 100')
  await limiter.start()
  memory.rss = 120 * mib
  await settings.clock.advance(1000)
  memory.rss = 119 * mib
  await settings.clock.advance(1000)
  await limiter.consume(batch)
  memory.rss = 121 * mib
  await settings.clock.advance(1000)
  await limiter.consume(batch)
  t.ok(memory.collections > 0, 'a forced collection made sure that nothing explains them')
  await limiter.shutdown()
})

t.test('collects garbage no more often than the interval of its limit says', async t => {
  const { limiter, memory, settings } = setUp('{limit_mib: 100, min_gc_interval_when_soft_limited: 10s}')
  await limiter.start()
  memory.external = 50 * mib
  await settings.clock.advance(9000)
  t.equal(memory.collections, 1, 'above the soft limit: once in ten seconds')
  memory.external = 70 * mib
  await settings.clock.advance(3000)
  t.equal(memory.collections, 4, 'above the hard limit: at each check')
  await limiter.shutdown()
})

t.test('garbage does not count', async t => {
  const { limiter, memory, settings } = setUp('limit_mib: 100')
  await limiter.start()
  memory.heapUsed = 90 * mib
  memory.garbageBytes = 80 * mib
  await settings.clock.advance(1000)
  await limiter.consume(batch)
  t.equal(memory.collections, 1)
  await limiter.shutdown()
})

t.test('limits in MiB and in percent, with and without a spike limit', async t => {
  const limits = (yaml: string) => memoryLimits(parseConfig(memoryLimiterConfig, yaml), 1000 * mib)
  t.same(limits('limit_mib: 100'), { hardBytes: 100 * mib, softBytes: 80 * mib })
  t.same(limits('{limit_mib: 100, spike_limit_mib: 30, limit_percentage: 50}'), {
    hardBytes: 100 * mib,
    softBytes: 70 * mib,
  })
  t.same(limits('limit_percentage: 50'), { hardBytes: 500 * mib, softBytes: 400 * mib })
  t.same(limits('{limit_percentage: 80, spike_limit_percentage: 20}'), { hardBytes: 800 * mib, softBytes: 600 * mib })
})

for (const { yaml, key } of [
  { yaml: 'check_interval: 0s\nlimit_mib: 1', key: /check_interval/ },
  { yaml: 'check_interval: 1s', key: /limit_mib or limit_percentage/ },
  { yaml: '{limit_mib: 10, spike_limit_mib: 10}', key: /spike_limit_mib/ },
  { yaml: '{limit_percentage: 50, spike_limit_percentage: 50}', key: /spike_limit_percentage/ },
  { yaml: 'limit_percentage: 101', key: /limit_percentage/ },
]) {
  t.test(`refuses ${yaml.replace('\n', ', ')}`, async t => {
    t.throws(() => parseConfig(memoryLimiterConfig, yaml), { message: key })
  })
}
