import { appendFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { otlpToJson } from '../../pdata/otlp-to-json.ts'
import { type Logger, silentLogger } from '../../telemetry/logger.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spanBatch, spanNumbers } from '../../testkit/span-batches.ts'
import { otlpJsonFileConfig } from './config.ts'
import { otlpJsonFileReceiver } from './factory.ts'

const line = (first: number, count: number) => `${Buffer.from(otlpToJson('traces', spanBatch(first, count).bytes))}\n`

function setUp(yaml: string, log: Partial<Logger> = {}) {
  const settings = componentSettings('otlp_json_file', { logger: { ...silentLogger, ...log } })
  const seen: number[] = []
  const control = { refusal: undefined as ConsumeError | undefined }
  const consumer = {
    async consume(batch: { bytes: Uint8Array }) {
      if (control.refusal !== undefined) throw control.refusal
      seen.push(...spanNumbers([batch.bytes]))
    },
  }
  const next = { get: (signal: string) => (signal === 'traces' ? consumer : undefined) }
  const receiver = otlpJsonFileReceiver.create(parseConfig(otlpJsonFileConfig, yaml), settings, next)
  /** Looks once; on a busy machine the files are read later than soon, so whoever knows a count waits for it. */
  const look = async (count = 0) => {
    await settings.clock.advance(200)
    for (let i = 0; i < 10 || (seen.length < count && i < 5000); i++) {
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
  return { settings, seen, control, receiver, look, end: () => receiver.shutdown({ atMs: 0 }) }
}

t.test('reads what is there and what comes, complete lines only, in order of the names', async t => {
  const directory = t.testdir({ 'b.json': line(3, 1), 'a.json': line(0, 3), 'c.txt': line(99, 1) })
  const { seen, receiver, look, end } = setUp(`include: ['${directory}/*.json']\nstart_at: beginning`)
  await receiver.start()
  await look(4)
  t.strictSame(seen, [0, 1, 2, 3])
  const next = line(4, 2)
  appendFileSync(`${directory}/b.json`, next.slice(0, 30))
  await look()
  t.equal(seen.length, 4)
  appendFileSync(`${directory}/b.json`, next.slice(30))
  writeFileSync(`${directory}/new.json`, line(6, 1))
  await look(7)
  t.strictSame(seen, [0, 1, 2, 3, 4, 5, 6])
  await end()
})

t.test('begins at the end unless told otherwise', async t => {
  const directory = t.testdir({ 'a.json': line(0, 3) })
  const { seen, receiver, look, end } = setUp(`include: ['${directory}/a.json']`)
  await receiver.start()
  await look()
  appendFileSync(`${directory}/a.json`, line(3, 1))
  await look(1)
  t.strictSame(seen, [3])
  await end()
})

t.test('passes bad lines over and counts them; waits out a refusal that may pass', async t => {
  const directory = t.testdir({ 'a.json': `${line(0, 1)}nonsense\n{"resourceSpans":[{]}\n\n${line(1, 1)}` })
  const { seen, receiver, look, end, settings, control } = setUp(
    `include: ['${directory}/a.json']\nstart_at: beginning`,
  )
  control.refusal = new ConsumeError('overloaded', 'full', { reason: 'queue_full' })
  await receiver.start()
  await look(0)
  t.strictSame(seen, [])
  control.refusal = undefined
  await look(2)
  t.strictSame(seen, [0, 1])
  t.equal(settings.registry.value('sluice_otlp_json_file_bad_lines'), 2)

  await end()
})

t.test('a file that is put aside is read to its end, and not again under its new name', async t => {
  for (const include of ['*.json', 'a.json']) {
    const directory = t.testdir({ 'a.json': line(0, 2) })
    const { seen, receiver, look, end } = setUp(`include: ['${directory}/${include}']\nstart_at: beginning`)
    await receiver.start()
    await look(2)
    // Written after the last look, and put aside before the next.
    appendFileSync(`${directory}/a.json`, line(2, 1))
    renameSync(`${directory}/a.json`, `${directory}/a-2026.json`)
    writeFileSync(`${directory}/a.json`, line(3, 1))
    await look(4)
    appendFileSync(`${directory}/a.json`, line(4, 1))
    await look(5)
    t.strictSame(seen, [0, 1, 2, 3, 4], include)
    unlinkSync(`${directory}/a.json`)
    await look()
    await look()
    writeFileSync(`${directory}/a.json`, line(5, 1))
    await look(6)
    t.strictSame(seen, [0, 1, 2, 3, 4, 5], `${include}, replaced`)
    await end()
  }
})

t.test('a file of which nothing can be read is told of once, whatever the others do', async t => {
  const directory = t.testdir({ 'a.json': line(0, 1), 'b.bin': Buffer.from('ffffffff00', 'hex') })
  const lines: string[] = []
  const { seen, receiver, look, end } = setUp(
    `include: ['${directory}/*']\nstart_at: beginning\nformat: proto\nsignal: traces`,
    { warn: message => void lines.push(message) },
  )
  writeFileSync(`${directory}/a.json`, frame(spanBatch(7, 1).bytes))
  await receiver.start()
  for (let i = 0; i < 5; i++) await look(1)
  appendFileSync(`${directory}/a.json`, frame(spanBatch(8, 1).bytes))
  await look(2)
  t.strictSame(seen, [7, 8])
  t.strictSame(lines, ['Reading stopped here for now'])
  await end()
})

t.test('reads every form that the file exporter writes, as it grows byte by byte', async t => {
  for (const format of ['json', 'proto']) {
    for (const compression of ['', 'zstd']) {
      const bytes = [spanBatch(0, 2), spanBatch(2, 1)].map(({ bytes }) => bytes)
      const plain = format === 'json' ? bytes.map(each => otlpToJson('traces', each)) : bytes
      const records = compression === 'zstd' ? plain.map(each => zstdCompressSync(each)) : plain
      const isLines = format === 'json' && compression === ''
      const content = Buffer.concat(
        records.map(each => (isLines ? Buffer.concat([each, Buffer.from('\n')]) : frame(each))),
      )
      const directory = t.testdir({ 'a.rec': '' })
      const { seen, receiver, look, end } = setUp(
        `include: ['${directory}/a.rec']\nformat: ${format}\ncompression: '${compression}'\nsignal: traces`,
      )
      await receiver.start()
      for (const byte of content) {
        appendFileSync(`${directory}/a.rec`, Buffer.from([byte]))
        if (byte % 16 === 0) await look()
      }
      await look(3)
      t.strictSame(seen, [0, 1, 2], `${format} ${compression}`)
      await end()
    }
  }
})

function frame(record: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(record.length)
  return Buffer.concat([length, record])
}
