import { tmpdir } from 'node:os'
import t from 'tap'
import { onlyShard } from '../../component/component.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { testExtension } from '../../testkit/conformance.ts'
import { fileStorageConfig } from './config.ts'
import { fileStorageExtension } from './factory.ts'
import { escapeName, FileStorage } from './file-storage.ts'

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
  const storage = new FileStorage(parseConfig(fileStorageConfig, 'directory: /q'), onlyShard, silentLogger)
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
