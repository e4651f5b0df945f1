import t from 'tap'
import { ConsumeError } from '../component/consumer.ts'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { queueShape } from '../config/sections/exporter-queue.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import { settle } from '../testkit/manual-clock.ts'
import { type Answer, ScriptedBackend, type SentRequest } from '../testkit/scripted-backend.ts'
import { spanBatch, spanNumbers } from '../testkit/span-batches.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { createExporter } from './exporter.ts'

const config = defineConfig(queueShape())

function refusal(status: { httpStatus?: number; grpcStatus?: number }): ExportResult {
  return { kind: 'refused', refusal: new ConsumeError('permanent', 'wrong', { reason: 'backend_refused', ...status }) }
}

/** Says no to every request with one of these spans in it. */
function finding(wrong: readonly number[], result: ExportResult): Answer<ExportResult> {
  return (request: SentRequest) => (spanNumbers(request.parts).some(n => wrong.includes(n)) ? result : accepted)
}

/** `count` batches of one span each, merged into one request and delivered. */
async function deliver(backend: ScriptedBackend<ExportResult>, counts: readonly number[]) {
  const settings = componentSettings('test', { random: () => 0.5 })
  const { retry, queue } = parseConfig(config, 'sending_queue: {num_consumers: 1}')
  const exporter = createExporter({ backend, signals: ['traces'], timeoutMs: 5000, retry, queue }, settings)
  const { ledger, clock } = settings
  await exporter.start()
  let first = 0
  for (const count of counts) {
    const merge = { timeoutMs: 100, sizer: 'items', sizeMin: count, sizeMax: 0 } as const
    for (let i = 0; i < count; i++) {
      ledger.received('traces', 1)
      await exporter.consume({ ...spanBatch(first++, 1), merge })
    }
    for (let i = 0; ledger.queued('traces') > 0 && i < 10_000; i++) await settle()
  }
  await exporter.shutdown({ atMs: clock.nowMs() + 1000 })
  const { exported, dropped } = ledger.entry('traces')
  return {
    exported,
    dropped: Object.fromEntries(dropped),
    imbalance: ledger.imbalance('traces'),
    splits: settings.registry.value('sluice_exporter_splits', { data_type: 'traces' }),
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

for (const { name, status } of [
  { name: '400', status: { httpStatus: 400 } },
  { name: '422', status: { httpStatus: 422 } },
  { name: 'INVALID_ARGUMENT', status: { grpcStatus: 3 } },
]) {
  t.test(`what is wrong in one batch takes no other along: ${name}`, async t => {
    const backend = new ScriptedBackend<ExportResult>(finding([37], refusal(status)))
    const result = await deliver(backend, [100])
    t.match(result, { exported: 99, dropped: { backend_refused: 1 }, imbalance: 0 })
    t.same(
      backend.received,
      numbers(100).filter(n => n !== 37),
    )
    t.ok(backend.attempts.length <= 16, `${backend.attempts.length} requests`)
  })
}

t.test('a few wrong batches are found, each by itself', async t => {
  const backend = new ScriptedBackend<ExportResult>(finding([0, 50, 99], refusal({ httpStatus: 400 })))
  const result = await deliver(backend, [100])
  t.match(result, { exported: 97, dropped: { backend_refused: 3 }, imbalance: 0 })
})

t.test('what is refused for other reasons is not cut', async t => {
  for (const status of [{ httpStatus: 401 }, { httpStatus: 404 }, { grpcStatus: 16 }, {}]) {
    const backend = new ScriptedBackend<ExportResult>(refusal(status))
    t.match(await deliver(backend, [10]), { exported: 0, dropped: { backend_refused: 10 }, imbalance: 0, splits: 0 })
    t.equal(backend.attempts.length, 1)
  }
})

t.test('a backend that takes nothing is searched once, within bounds, until it takes something', async t => {
  const backend = new ScriptedBackend<ExportResult>(refusal({ httpStatus: 400 }))
  const result = await deliver(backend, [1000, 1000])
  t.match(result, { exported: 0, dropped: { backend_refused: 2000 }, imbalance: 0, splits: 32 })
  t.equal(backend.attempts.length, 66, '65 for the first request, one for the second')

  const healed = new ScriptedBackend<ExportResult>(finding([11], refusal({ httpStatus: 400 })), [
    ...Array.from({ length: 3 }, () => refusal({ httpStatus: 400 })),
  ])
  const after = await deliver(healed, [2, 5, 10])
  t.match(after, { exported: 14, dropped: { backend_refused: 3 }, imbalance: 0 })
})
