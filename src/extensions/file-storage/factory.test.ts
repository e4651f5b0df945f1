import { tmpdir } from 'node:os'
import t from 'tap'
import { systemClock } from '../../clock/clock.ts'
import { onlyShard } from '../../component/component.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { nodeFileSystem } from '../../storage/node-file-system.ts'
import { SegmentLog } from '../../storage/segment-log.ts'
import { type LogFields, silentLogger } from '../../telemetry/logger.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { testExtension } from '../../testkit/conformance.ts'
import { ManualClock } from '../../testkit/manual-clock.ts'
import { fileStorageConfig } from './config.ts'
import { fileStorageExtension } from './factory.ts'
import { escapeName, FileStorage } from './file-storage.ts'

const settings = { shard: onlyShard, logger: silentLogger, clock: new ManualClock() }

testExtension(t, fileStorageExtension, { config: `directory: ${tmpdir()}` })

t.test('a missing directory stops the start, and says what to do', async t => {
  const config = parseConfig(fileStorageConfig, `directory: ${t.testdir()}/missing`)
  await t.rejects(fileStorageExtension.create(config, componentSettings('file_storage')).start(), {
    message: /missing cannot be used: ENOENT.*create_directory: true/,
  })
  const creating = parseConfig(fileStorageConfig, `directory: ${t.testdir()}/a/b\ncreate_directory: true`)
  await fileStorageExtension.create(creating, componentSettings('file_storage')).start()
})

t.test('no two owners get the same directory', async t => {
  const storage = new FileStorage(parseConfig(fileStorageConfig, 'directory: /q'), settings)
  const paths = [
    storage.directoryFor('exporter', { type: 'otlp', name: '' }, 'traces'),
    storage.directoryFor('exporter', { type: 'otlp', name: 'traces' }, ''),
    storage.directoryFor('exporter', { type: 'otlp', name: 'a_traces' }, 'logs'),
    storage.directoryFor('exporter', { type: 'otlp_a', name: 'traces' }, 'logs'),
    storage.directoryFor('exporter', { type: 'otlp', name: '../../etc' }, 'logs'),
  ].map(({ path }) => path)
  t.equal(paths[0], '/q/exporter.otlp.traces')
  t.equal(new Set(paths.slice(1)).size, 4)
  t.ok(
    paths.every(path => /^\/q\/[^/]+$/.test(path)),
    'no name leaves the directory',
  )
  t.equal(escapeName('a_b/ü.'), 'a_b~2f~~fc~~2e~')
})

/** A queue of three requests of two items, `acked` of them delivered. */
async function queue(directory: string, acked: number) {
  const log = new SegmentLog({
    fileSystem: nodeFileSystem,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 1 << 20,
    clock: systemClock,
    events: { fault() {}, healed() {}, damaged() {}, written() {} },
  })
  await log.open()
  for (let i = 0; i < 3; i++) {
    await log.append({ kind: 0, wallMs: 1, itemCount: 2, units: 1, payload: Buffer.from('x') })
  }
  for (const { sequence } of (await log.read(1000)).slice(0, acked)) log.ack(sequence)
  return log
}

t.test('a queue that no exporter uses any more is told of once, if something waits in it', async t => {
  const directory = t.testdir()
  const warnings: LogFields[] = []
  const logger = { ...silentLogger, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) }
  const config = parseConfig(fileStorageConfig, `directory: ${directory}`)
  const storage = new FileStorage(config, { ...settings, logger })
  await storage.start()
  const renamed = await queue(`${directory}/exporter.before.traces`, 1)
  await (await queue(`${directory}/exporter.done.logs`, 3)).close()
  await storage.tellOfLeftQueues()
  t.same(warnings, [], 'the one is in use, and nothing waits in the other')
  await renamed.close()
  await storage.tellOfLeftQueues()
  await storage.tellOfLeftQueues()
  t.match(warnings, [{ directory: `${directory}/exporter.before.traces`, items: 4, remedy: /queue replay/ }])
  t.equal(warnings.length, 1)
  const again = await queue(`${directory}/exporter.before.traces`, 0)
  await storage.tellOfLeftQueues()
  await again.close()
  await storage.tellOfLeftQueues()
  t.equal(warnings.length, 2, 'it was in use meanwhile')
  await storage.shutdown()
})

t.test('looks by itself, and not after its shutdown', async t => {
  const directory = t.testdir()
  const clock = new ManualClock()
  await (await queue(`${directory}/exporter.before.traces`, 0)).close()
  const warned = Promise.withResolvers<void>()
  const logger = { ...silentLogger, warn: () => warned.resolve() }
  const storage = new FileStorage(parseConfig(fileStorageConfig, `directory: ${directory}`), {
    ...settings,
    logger,
    clock,
  })
  await storage.start()
  await clock.advance(30_000)
  await warned.promise
  await storage.shutdown()
  t.equal(clock.pendingCount, 0)
})
