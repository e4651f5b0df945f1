import { existsSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { ComponentSettings } from '../component/component.ts'
import { ConsumeError } from '../component/consumer.ts'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { queueShape } from '../config/sections/exporter-queue.ts'
import { thisProcess } from '../storage/directory-lock.ts'
import { inspectLog } from '../storage/inspect-log.ts'
import { nodeFileSystem } from '../storage/node-file-system.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { componentSettings, testHost } from '../testkit/component-settings.ts'
import { type Answer, ScriptedBackend } from '../testkit/scripted-backend.ts'
import { spanBatch, spanNumbers } from '../testkit/span-batches.ts'
import { decodeDeadLetter } from './dead-letter.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { createExporter } from './exporter.ts'

const like = (fields: object) => fields as Error
const config = defineConfig(queueShape())
const refused = (kind: 'permanent' | 'retryable'): ExportResult => ({
  kind: 'refused',
  refusal: new ConsumeError(kind, 'told to', { reason: 'test' }),
})

async function until(isDone: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 2000 && !isDone(); i++) await new Promise(resolve => setTimeout(resolve, 1))
  if (!isDone()) throw new Error(`never: ${what}`)
}

function setUp(
  directory: string,
  yaml = '',
  otherwise: Answer<ExportResult> = accepted,
  settings = componentSettings('test'),
) {
  const path = `${directory}/exporter.test.traces`
  const storage = {
    start: async () => {},
    shutdown: async () => {},
    directoryFor: () => ({ path, createsDirectory: true, syncs: false }),
  }
  const host = testHost({ extension: id => (id === 'file_storage' ? storage : undefined) })
  const own: ComponentSettings = { ...settings, host }
  const backend = new ScriptedBackend<ExportResult>(otherwise)
  const parsed = parseConfig(config, `sending_queue: {storage: file_storage, ${yaml}}`)
  const exporter = createExporter({ backend, signals: ['traces'], timeoutMs: 0, ...parsed }, own)
  const { ledger, clock } = settings
  return {
    exporter,
    backend,
    ledger,
    clock,
    path,
    settings,
    async give(first: number, count: number, paddingBytes = 0) {
      ledger.received('traces', count)
      await exporter.consume(spanBatch(first, count, paddingBytes)).catch((error: ConsumeError) => {
        ledger.rejected('traces', error.reason, count)
        throw error
      })
    },
    end: () => exporter.shutdown({ atMs: clock.nowMs() + 1000 }),
  }
}

async function waiting(t: Test, path: string): Promise<number[]> {
  const numbers: number[] = []
  await inspectLog(nodeFileSystem, path, {
    record: record => numbers.push(...spanNumbers([record.payload])) > 0,
    damaged: () => t.fail('damage'),
  })
  return numbers
}

t.test('a shutdown leaves on disk what the backend did not take, and the account says so', async t => {
  const directory = t.testdir()
  const first = setUp(directory, '', refused('retryable'))
  await first.exporter.start()
  await first.give(0, 3)
  await first.give(3, 2)
  await until(() => first.backend.attempts.length > 0, 'an attempt')
  await first.end()
  t.match(first.ledger.entry('traces'), { exported: 0, received: 5 })
  t.equal(first.ledger.queued('traces'), 5)
  t.equal(first.ledger.imbalance('traces'), 0)
  t.strictSame(await waiting(t, first.path), [0, 1, 2, 3, 4])

  const second = setUp(directory)
  await second.exporter.start()
  await until(() => second.backend.received.length === 5, 'delivery without a new batch')
  t.strictSame(second.backend.received, [0, 1, 2, 3, 4])
  await second.end()
  t.match(second.ledger.entry('traces'), { exported: 5, received: 5 })
  t.equal(second.ledger.imbalance('traces'), 0)
  t.strictSame(await waiting(t, second.path), [])
})

t.test('a backend that hangs does not hold up the end: what is on disk is sent after the next start', async t => {
  const directory = t.testdir()
  const hangs: Answer<ExportResult> = (_, signal) =>
    new Promise(resolve => signal.addEventListener('abort', () => resolve(refused('retryable'))))
  const { exporter, backend, give, clock, ledger, path } = setUp(directory, '', hangs)
  await exporter.start()
  await give(0, 3)
  await until(() => backend.attempts.length > 0, 'an attempt')
  let isOver = false
  const end = exporter.shutdown({ atMs: clock.nowMs() + 25_000 }).then(() => {
    isOver = true
  })
  await clock.advance(1900)
  t.notOk(isOver, 'an answer may still come')
  await clock.advance(100)
  await end
  t.equal(ledger.queued('traces'), 3)
  t.strictSame(await waiting(t, path), [0, 1, 2])
})

t.test('after a start little of a backlog is under way at once, and more with each delivery', async t => {
  const directory = t.testdir()
  const first = setUp(directory, 'num_consumers: 1', refused('retryable'))
  await first.exporter.start()
  for (let i = 0; i < 300; i++) await first.give(i * 10, 10)
  await first.end()
  const second = setUp(directory, 'num_consumers: 1')
  await second.exporter.start()
  await until(() => second.backend.received.length === 3000, 'delivery')
  const sizes = second.backend.attempts.map(({ itemCount }) => itemCount)
  t.ok(
    sizes.every((size, i) => size < 64 * (i + 1) + 10),
    `${sizes}`,
  )
  t.ok(Math.max(...sizes) > 400)
  await second.end()
})

t.test('end_to_end: the sender hears of it when the backend has it', async t => {
  let release: (result: ExportResult) => void = () => {}
  const { exporter, give, backend, ledger, end } = setUp(
    t.testdir(),
    'durability: end_to_end',
    () => new Promise<ExportResult>(resolve => (release = resolve)),
  )
  await exporter.start()
  let isAnswered = false
  const answer = give(0, 1).then(() => {
    isAnswered = true
  })
  await until(() => backend.attempts.length === 1, 'an attempt')
  t.equal(isAnswered, false)
  release(accepted)
  await answer
  const second = give(1, 2)
  await until(() => backend.attempts.length === 2, 'a second attempt')
  release(refused('permanent'))
  await t.rejects(second, like({ kind: 'permanent' }))
  t.match(ledger.entry('traces'), { exported: 1 })
  t.equal(ledger.imbalance('traces'), 0)
  await end()
})

t.test('node: works the same, with a sync before each answer', async t => {
  const { exporter, give, backend, end } = setUp(t.testdir(), 'durability: node')
  await exporter.start()
  await Promise.all([give(0, 1), give(1, 1), give(2, 1)])
  await until(() => backend.received.length === 3, 'delivery')
  await end()
})

t.test('what the backend refuses for good is kept with its reason, and counted as dropped', async t => {
  const { exporter, give, ledger, path, settings, end } = setUp(t.testdir(), '', refused('permanent'))
  await exporter.start()
  await give(0, 2)
  await until(() => (ledger.entry('traces').dropped.get('test') ?? 0) === 2, 'the drop')
  const letters: unknown[] = []
  await inspectLog(nodeFileSystem, `${path}/dead-letters`, {
    record: ({ payload, itemCount }) => {
      const letter = decodeDeadLetter(payload)
      letters.push({
        reason: letter?.reason,
        message: letter?.message,
        itemCount,
        spans: spanNumbers([letter?.request ?? payload]),
      })
      return true
    },
    damaged: () => t.fail('damage'),
  })
  t.strictSame(letters, [{ reason: 'test', message: 'told to', itemCount: 2, spans: [0, 1] }])
  t.equal(settings.registry.value('sluice_dead_letter_items', { data_type: 'traces' }), 2)
  t.equal(ledger.imbalance('traces'), 0)
  await end()
})

t.test('a reload hands the queue on disk to the successor: nothing is lost or sent twice', async t => {
  const directory = t.testdir()
  const settings = componentSettings('test')
  const old = setUp(directory, '', refused('retryable'), settings)
  await old.exporter.start()
  await old.give(0, 3)
  await until(() => old.backend.attempts.length > 0, 'an attempt')
  const successor = setUp(directory, 'queue_size: 50', accepted, settings)
  await successor.exporter.start()
  await successor.give(3, 1)
  await old.give(4, 1)
  await old.exporter.handOver?.(successor.exporter, { atMs: settings.clock.nowMs() + 1000 })
  await old.end()
  await until(() => successor.backend.received.length === 5, 'delivery by the successor')
  t.strictSame(successor.backend.received.sort(), [0, 1, 2, 3, 4])
  await successor.end()
  t.match(settings.ledger.entry('traces'), { received: 5, exported: 5 })
  t.equal(settings.ledger.imbalance('traces'), 0)
  t.strictSame(await waiting(t, old.path), [])
})

t.test('a reload to another storage directory takes along what waits, on disk as in memory', async t => {
  const settings = componentSettings('test')
  const old = setUp(t.testdir({ a: {}, b: {} }).concat('/a'), 'queue_size: 1000000', refused('retryable'), settings)
  await old.exporter.start()
  // More than stays in memory, 64 MiB.
  for (let i = 0; i < 80; i++) await old.give(i * 10, 10, 100_000)
  const successor = setUp(`${t.testdirName}/b`, 'queue_size: 1000000', refused('retryable'), settings)
  await successor.exporter.start()
  await old.exporter.handOver?.(successor.exporter, { atMs: settings.clock.nowMs() + 1000 })
  await old.end()
  t.strictSame(await waiting(t, old.path), [], 'nothing is left there')
  t.equal((await waiting(t, successor.path)).length, 800, 'a kill now would bring all of it back')
  t.equal(settings.ledger.imbalance('traces'), 0)
  await successor.end()
})

t.test('what another storage directory does not take stays in the old one, queued and told of', async t => {
  const lines: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void lines.push(`${message} ${fields?.['items']}`),
  }
  const settings = componentSettings('test', { logger })
  const old = setUp(t.testdir({ a: {}, b: {} }).concat('/a'), 'queue_size: 1000000', refused('retryable'), settings)
  await old.exporter.start()
  for (let i = 0; i < 80; i++) await old.give(i * 10, 10, 100_000)
  const successor = setUp(`${t.testdirName}/b`, 'queue_size: 70', refused('retryable'), settings)
  await successor.exporter.start()
  await old.exporter.handOver?.(successor.exporter, { atMs: settings.clock.nowMs() + 1000 })
  await old.end()
  const stayed = await waiting(t, old.path)
  const moved = await waiting(t, successor.path)
  t.equal(new Set([...stayed, ...moved]).size, 800)
  t.equal(stayed.length + moved.length, 800)
  t.ok(stayed.length > 0)
  t.same(
    lines.filter(line => line.startsWith('The storage directory')),
    [`The storage directory that the exporter had keeps what could not be moved ${stayed.length}`],
  )
  t.equal(settings.ledger.imbalance('traces'), 0)
  await successor.end()
  t.equal(settings.ledger.imbalance('traces'), 0)
})

t.test('what was passed on to a disk that refuses is found again in the old directory', async t => {
  const settings = componentSettings('test')
  const old = setUp(
    t.testdir({ a: {}, b: { 'exporter.test.traces': 'a file' } }).concat('/a'),
    '',
    refused('retryable'),
    settings,
  )
  await old.exporter.start()
  await old.give(0, 3)
  await until(() => old.backend.attempts.length > 0, 'an attempt')
  const successor = setUp(`${t.testdirName}/b`, '', refused('retryable'), settings)
  await successor.exporter.start()
  await old.exporter.handOver?.(successor.exporter, { atMs: settings.clock.nowMs() + 1000 })
  await old.end()
  t.strictSame(await waiting(t, old.path), [0, 1, 2])
  await successor.end()
})

t.test('while another process has the directory, senders are told to come again; then it heals', async t => {
  const { exporter, give, backend, clock, path, settings, end } = setUp(t.testdir())
  await nodeFileSystem.makeDirectory(path, 0o700)
  // Process 1 runs, and is not us.
  const { bootId } = thisProcess()
  writeFileSync(`${path}/lock`, JSON.stringify({ pid: 1, bootId, processStart: '' }))
  await exporter.start()
  await t.rejects(give(0, 1), like({ kind: 'overloaded', reason: 'storage_unavailable', retryDelayMs: 5000 }))
  t.equal(settings.registry.value('sluice_storage_faulty', { data_type: 'traces' }), 1)
  t.match(settings.reported.at(-1), { status: 'recoverable', message: /in use by process 1/ })
  await nodeFileSystem.remove(`${path}/lock`)
  await clock.advance(1000)
  await give(1, 1)
  await until(() => backend.received.length === 1, 'delivery')
  t.equal(settings.registry.value('sluice_storage_faulty', { data_type: 'traces' }), 0)
  await end()
  t.equal(existsSync(`${path}/lock`), false)
})

t.test('no header, token or metadata of a sender comes to the disk', async t => {
  const { exporter, path, end } = setUp(t.testdir(), '', refused('retryable'))
  await exporter.start()
  const metadata = { headers: new Map([['authorization', ['Bearer canary-token']]]), clientAddress: '10.1.2.3' }
  await exporter.consume({ ...spanBatch(0, 1), metadata })
  await end()
  for (const name of await nodeFileSystem.list(path)) {
    const bytes = Buffer.from(await nodeFileSystem.readWhole(`${path}/${name}`))
    t.notOk(bytes.includes('canary') || bytes.includes('10.1.2.3'), name)
  }
})

t.test('a storage that is not there, or none, stops the start and is named', async t => {
  const { settings } = setUp(t.testdir())
  const parsed = parseConfig(config, 'sending_queue: {storage: missing}')
  const backend = new ScriptedBackend<ExportResult>(accepted)
  const exporter = createExporter({ backend, signals: ['traces'], timeoutMs: 0, ...parsed }, settings)
  await t.rejects(exporter.start(), { message: /names missing, which service.extensions does not list/ })
})
