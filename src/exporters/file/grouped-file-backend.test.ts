import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { countItems } from '../../pdata/count.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { spanNumbers } from '../../testkit/span-batches.ts'
import { fileConfig } from './config.ts'
import { fileExporter } from './factory.ts'
import { GroupedFileBackend, pathOfSegment } from './grouped-file-backend.ts'

const end = { atMs: 1e9 }

function setUp(t: Test, keys = '') {
  const directory = t.testdir()
  const settings = componentSettings('file')
  const yaml = `path: ${directory}/d/*.json\nflush_interval: 0s\ngroup_by: {enabled: true, resource_attribute: team, max_open_files: 2}\n${keys}`
  const exporter = fileExporter.create(parseConfig(fileConfig, yaml), settings)
  const spansOf = (path: string) =>
    readFileSync(`${directory}/d/${path}`, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => spanNumbers([jsonToOtlp('traces', Buffer.from(line))]))
  return { directory, settings, exporter, spansOf }
}

/** Spans with a number for a name, one for each resource. */
function batch(...resources: readonly (readonly [team: unknown, number: number])[]) {
  const resourceSpans = resources.map(([team, number]) => ({
    resource: {
      attributes: [
        { key: 'other', value: { stringValue: 'x' } },
        ...(team === undefined ? [] : [{ key: 'team', value: team as object }]),
      ],
    },
    scopeSpans: [{ spans: [{ name: String(number) }] }],
  }))
  const bytes = encodePlain('traces', { resourceSpans })
  return { signal: 'traces' as const, bytes, itemCount: countItems('traces', bytes) }
}
const text = (stringValue: string) => ({ stringValue })

t.test('each value of the attribute has a file, in folders as the value says', async t => {
  const { directory, exporter, spansOf, settings } = setUp(t)
  await exporter.start()
  await exporter.consume(batch([text('a'), 1], [text('x/b'), 2], [text('a'), 3]))
  await exporter.consume(batch([text('a'), 4]))
  await exporter.shutdown(end)
  t.same(spansOf('a.json'), [[1, 3], [4]])
  t.same(spansOf('x/b.json'), [[2]])
  t.same(readdirSync(`${directory}/d`).sort(), ['a.json', 'x'])
  t.match(settings.ledger.entry('traces'), { exported: 4 })
})

t.test('without the attribute, or with one that is no text, there is no file: counted', async t => {
  const { directory, exporter, settings } = setUp(t)
  await exporter.start()
  await exporter.consume(batch([undefined, 1], [{ intValue: 7 }, 2], [text('a'), 3]))
  await exporter.shutdown(end)
  t.same(readdirSync(`${directory}/d`), ['a.json'])
  const { exported, dropped } = settings.ledger.entry('traces')
  t.same([exported, [...dropped.values()].reduce((sum, count) => sum + count, 0)], [1, 2])
})

t.test('more files than may be open: those that gave way are opened again and go on', async t => {
  const { exporter, spansOf } = setUp(t)
  await exporter.start()
  const names = ['a', 'b', 'c', 'd', 'e']
  for (let round = 0; round < 3; round++) {
    await Promise.all(names.map((name, i) => exporter.consume(batch([text(name), round * 10 + i]))))
  }
  await exporter.shutdown(end)
  for (const [i, name] of names.entries()) t.same(spansOf(`${name}.json`).flat(), [i, 10 + i, 20 + i], name)
})

t.test('a request of which a part fails is not written twice elsewhere', async t => {
  const { exporter, spansOf, settings } = setUp(t, 'retry_on_failure: {initial_interval: 1s}')
  await exporter.start()
  await exporter.consume(batch([text('blocked'), 0]))
  // A file stands where the folder should be.
  const consumed = exporter.consume(batch([text('good'), 1], [text('blocked.json/sub'), 2]))
  consumed.catch(() => {})
  for (let i = 0; i < 20; i++) {
    await settings.clock.advance(5_000)
    await new Promise(resolve => setImmediate(resolve))
  }
  await exporter.shutdown({ atMs: settings.clock.nowMs() })
  t.same(spansOf('good.json'), [[1]])
})

t.test('no value leads out of the folder', t => {
  for (const [template, segment, path] of [
    ['/data/*.json', '../etc/my_config', '/data/etc/my_config.json'],
    ['/data/*.json', 'a/../../../../etc/passwd', '/data/etc/passwd.json'],
    ['/data/*.json', './b', '/data/b.json'],
    ['/data/*.json', '', '/data/.json'],
    ['/data/app-*', '/../../x', '/data/app-/x'],
    ['./out/*.json', 'a', 'out/a.json'],
    ['/data/*', 'a\0b', '/data/a_b'],
  ] as const) {
    t.equal(pathOfSegment(template, segment), path, `${template} ${segment}`)
  }
  t.end()
})

t.test('the path has one place for the value', t => {
  for (const path of ['/data/x.json', '*/x', '/a/*/*']) {
    t.throws(() => parseConfig(fileConfig, `path: "${path}"\ngroup_by: {enabled: true}`), /exactly one \*/, path)
  }
  t.end()
})

t.test('with more files than are remembered none is begun twice', async t => {
  const directory = t.testdir()
  const settings = componentSettings('file')
  const yaml = `path: ${directory}/*.json\nflush_interval: 0s\ngroup_by: {enabled: true, resource_attribute: team, max_open_files: 1}`
  const backend = new GroupedFileBackend(parseConfig(fileConfig, yaml), settings, { begunMax: 2 })
  const attempt = { signal: new AbortController().signal, timeoutMs: 0 }
  for (const [number, team] of ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd'].entries()) {
    const { signal, bytes, itemCount } = batch([{ stringValue: team }, number])
    const request = { signal, parts: [bytes], itemCount, byteCount: bytes.length, metadata: undefined }
    t.match(await backend.send(request, attempt), { kind: 'accepted' })
  }
  await backend.shutdown()
  for (const team of ['a', 'b', 'c', 'd']) {
    t.equal(readFileSync(`${directory}/${team}.json`, 'utf8').trimEnd().split('\n').length, 2, team)
  }
})
