import t from 'tap'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { queueShape } from '../config/sections/exporter-queue.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import { ScriptedBackend } from '../testkit/scripted-backend.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { BackendHealth } from './backend-health.ts'
import { noLimit } from './capacity.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { MemoryJournal } from './memory-journal.ts'
import { exporterMetrics } from './metrics.ts'
import { SendingQueue } from './sending-queue.ts'

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}

/** A journal whose disk takes no acks until the test says so. */
class SlowAcks extends MemoryJournal {
  settling: Promise<void> | undefined
}

t.test(
  'while the disk takes no acks, no more is sent than there are consumers: a kill brings all of it back',
  async t => {
    const component = componentSettings('test')
    const { retry } = parseConfig(defineConfig(queueShape()), '')
    const limits = { requests: noLimit, items: noLimit, bytes: noLimit, age: noLimit }
    const journal = new SlowAcks({ limits, blocksOnOverflow: false, isPatientForBytes: false, clock: component.clock })
    const backend = new ScriptedBackend<ExportResult>(accepted)
    const queue = new SendingQueue({
      signal: 'traces',
      backend,
      component,
      health: new BackendHealth(component),
      metrics: exporterMetrics(component.metrics, 'traces'),
      retry,
      timeoutMs: 0,
      numConsumers: 3,
      isQueued: true,
      waitsForResult: false,
      rule: { timeoutMs: 0, sizer: 'items', sizeMin: 1, sizeMax: 0 },
      metadataKeys: [],
      requestBytesMax: 0,
      journal,
      deadLetters: undefined,
    })
    queue.start()
    const disk = Promise.withResolvers<void>()
    journal.settling = disk.promise
    for (let i = 0; i < 8; i++) await queue.consume(spanBatch(i, 1))
    await turns()
    t.equal(backend.received.length, 3)
    journal.settling = undefined
    disk.resolve()
    await turns()
    t.equal(backend.received.length, 8)
    await queue.drain({ atMs: component.clock.nowMs() + 1000 })
  },
)
