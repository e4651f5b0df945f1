import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spanBatch, spanNumbers } from '../../testkit/span-batches.ts'
import { fileConfig } from './config.ts'
import { fileExporter } from './factory.ts'
import { backupPath, isBackup } from './rotating-file.ts'

async function setUp(t: Test, yaml: string) {
  const directory = t.testdir()
  const path = `${directory}/out.json`
  const settings = componentSettings('file')
  const create = () => fileExporter.create(parseConfig(fileConfig, `path: ${path}\n${yaml}`), settings)
  return { directory, path, settings, create, end: { atMs: 1e9 } }
}

const numbersOfLine = (line: string) => spanNumbers([jsonToOtlp('traces', Buffer.from(line))])

/** A flush waits for the clock; the write behind it for the disk. */
async function give(
  exporter: ReturnType<typeof fileExporter.create>,
  settings: ReturnType<typeof componentSettings>,
  first: number,
  count = 1,
) {
  const done = exporter.consume(spanBatch(first, count))
  await settings.clock.advance(1000)
  await done
}

t.test('writes a line of OTLP/JSON for each request, in the file before it is acknowledged', async t => {
  const { path, settings, create, end } = await setUp(t, 'append: true')
  const exporter = create()
  await exporter.start()
  const first = exporter.consume(spanBatch(0, 2))
  const second = exporter.consume(spanBatch(2, 1))
  await settings.clock.advance(999)
  t.equal(readFileSync(path, 'utf8'), '')
  await settings.clock.advance(1)
  await Promise.all([first, second])
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  t.strictSame(lines.map(numbersOfLine), [[0, 1], [2]])
  t.match(settings.ledger.entry('traces'), { exported: 3 })
  await exporter.shutdown(end)

  const again = create()
  await again.start()
  await give(again, settings, 3)
  await again.shutdown(end)
  t.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 3, 'append keeps what was there')
})

t.test('starts the file anew without append', async t => {
  const { path, settings, create, end } = await setUp(t, '')
  for (let i = 0; i < 2; i++) {
    const exporter = create()
    await exporter.start()
    await give(exporter, settings, i)
    await exporter.shutdown(end)
  }
  t.strictSame(readFileSync(path, 'utf8').trimEnd().split('\n').map(numbersOfLine), [[1]])
})

for (const { yaml, decode } of [
  { yaml: 'format: proto', decode: (bytes: Buffer) => bytes },
  { yaml: 'format: proto\ncompression: zstd', decode: (bytes: Buffer) => zstdDecompressSync(bytes) },
  {
    yaml: 'compression: zstd',
    decode: (bytes: Buffer) => Buffer.from(jsonToOtlp('traces', zstdDecompressSync(bytes))),
  },
]) {
  t.test(`puts the length before each record: ${yaml.replace('\n', ', ')}`, async t => {
    const { path, settings, create, end } = await setUp(t, yaml)
    const exporter = create()
    await exporter.start()
    await give(exporter, settings, 0, 3)
    await give(exporter, settings, 3, 2)
    await exporter.shutdown(end)
    const bytes = readFileSync(path)
    const found: number[][] = []
    for (let offset = 0; offset < bytes.length; ) {
      const length = bytes.readUInt32BE(offset)
      found.push(spanNumbers([decode(bytes.subarray(offset + 4, offset + 4 + length))]))
      offset += 4 + length
    }
    t.strictSame(found, [
      [0, 1, 2],
      [3, 4],
    ])
  })
}

t.test('puts the file aside when it is large, and keeps so many', async t => {
  const { directory, settings, create, end } = await setUp(t, 'rotation: {max_megabytes: 1, max_backups: 2}')
  const exporter = create()
  await exporter.start()
  for (let i = 0; i < 5; i++) {
    const done = exporter.consume(spanBatch(i * 70_000, 70_000))
    await settings.clock.advance(1000)
    await done
  }
  await exporter.shutdown(end)
  const names = readdirSync(directory).sort()
  t.equal(names.filter(name => isBackup(name, 'out.json')).length, 2)
  t.equal(names.length, 3)
})

t.test('names of files put aside sort by time, and nothing else is taken for one', async t => {
  t.equal(
    backupPath('/a/b.c/x.json', new Date('2026-11-21T08:00:00.5Z'), false),
    '/a/b.c/x-2026-11-21T08-00-00.500.json',
  )
  t.equal(isBackup('x-2026-11-21T08-00-00.500.json', '/a/x.json'), true)
  t.equal(isBackup('x-old.json', '/a/x.json'), false)
  t.equal(isBackup('x.json', '/a/x.json'), false)
})

t.test('a directory that disappears and comes back costs nothing but time', async t => {
  const directory = `${t.testdir()}/sub`
  mkdirSync(directory)
  const settings = componentSettings('file')
  const yaml = `path: ${directory}/out.json\nrotation: {max_megabytes: 1}\nflush_interval: 0s\ncreate_directory: true`
  const exporter = fileExporter.create(parseConfig(fileConfig, yaml), settings)
  await exporter.start()
  await exporter.consume(spanBatch(0, 70_000))
  rmSync(directory, { recursive: true })
  const refused = exporter.consume(spanBatch(70_000, 70_000))
  await new Promise(resolve => setTimeout(resolve, 50))
  for (let i = 0; i < 20; i++) {
    await settings.clock.advance(5000)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  await refused
  t.match(settings.ledger.entry('traces'), { exported: 140_000 })
  await exporter.shutdown({ atMs: 1e9 })
})

t.test('half a line that a kill left does not take the next record with it', async t => {
  const { path, settings, create, end } = await setUp(t, 'append: true')
  writeFileSync(path, '{"resourceSpans":[{"sco')
  const exporter = create()
  await exporter.start()
  await give(exporter, settings, 0, 2)
  await exporter.shutdown(end)
  const [half, whole, none] = readFileSync(path, 'utf8').split('\n')
  t.equal(half, '{"resourceSpans":[{"sco')
  t.strictSame(numbersOfLine(whole ?? ''), [0, 1])
  t.equal(none, '')
})

t.test('half a record with a length that a kill left is cut off, wherever it was cut', async t => {
  const { path, settings, create, end } = await setUp(t, 'append: true\nformat: proto')
  const first = create()
  await first.start()
  await give(first, settings, 0, 1)
  await give(first, settings, 1, 1)
  await first.shutdown(end)
  const whole = readFileSync(path)
  const recordBytes = 4 + whole.readUInt32BE(0)
  for (let cut = recordBytes + 1; cut < whole.length; cut++) {
    writeFileSync(path, whole.subarray(0, cut))
    const again = create()
    await again.start()
    await give(again, settings, 1, 1)
    await again.shutdown(end)
    if (!readFileSync(path).equals(whole)) t.fail(`cut at ${cut}`)
  }
  // What has no whole record is no file of ours, for all that can be seen.
  writeFileSync(path, 'a text of somebody')
  const other = create()
  await other.start()
  await give(other, settings, 1, 1)
  await other.shutdown(end)
  t.equal(readFileSync(path).subarray(0, 18).toString(), 'a text of somebody')
})

t.test('two files put aside at the same time keep their names', async t => {
  const { directory, settings, create, end } = await setUp(t, 'rotation: {max_megabytes: 1}\nflush_interval: 0s')
  const exporter = create()
  await exporter.start()
  for (let i = 0; i < 4; i++) await exporter.consume(spanBatch(i * 70_000, 70_000))
  await exporter.shutdown(end)
  t.equal(readdirSync(directory).length, 4)
  t.match(settings.ledger.entry('traces'), { exported: 280_000 })
})
