import { appendFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { otlpToJson } from '../../pdata/otlp-to-json.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spanBatch, spanNumbers } from '../../testkit/span-batches.ts'
import { otlpJsonFileConfig } from './config.ts'
import { otlpJsonFileReceiver } from './factory.ts'

const line = (first: number, count: number) => `${Buffer.from(otlpToJson('traces', spanBatch(first, count).bytes))}\n`

function setUp(yaml: string) {
  const settings = componentSettings('otlp_json_file')
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
