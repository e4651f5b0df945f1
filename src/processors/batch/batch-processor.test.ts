import t from 'tap'
import type { ConsumeError } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { ClientMetadata, OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spanBatch } from '../../testkit/span-batches.ts'
import { BatchProcessor } from './batch-processor.ts'
import { batchConfig } from './config.ts'

const like = (fields: object) => fields as Error

function setUp(yaml = '{}') {
  const settings = componentSettings('batch')
  const seen: OtlpBatch[] = []
  const control: { refusal?: ConsumeError; wait?: Promise<void> } = {}
  const next = {
    async consume(batch: OtlpBatch) {
      await control.wait
      if (control.refusal !== undefined) throw control.refusal
      seen.push(batch)
    },
  }
  return { processor: new BatchProcessor(parseConfig(batchConfig, yaml), settings, next), seen, control, settings }
}

const from = (tenant: string, other = ''): ClientMetadata => ({
  headers: new Map([
    ['x-tenant', [tenant]],
    ['x-other', [other]],
  ]),
})

t.test('answers when the next one has, and not before', async t => {
  const { processor, control } = setUp()
  let release = () => {}
  control.wait = new Promise(resolve => {
    release = resolve
  })
  let isAnswered = false
  const answer = processor.consume(spanBatch(0, 1)).then(() => {
    isAnswered = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.equal(isAnswered, false)
  release()
  await answer
})

t.test('passes a refusal of the next one on: nothing is acknowledged that is then lost', async t => {
  const { processor, control } = setUp()
  control.refusal = Object.assign(new Error('full'), { kind: 'overloaded' }) as unknown as ConsumeError
  await t.rejects(processor.consume(spanBatch(0, 1)), like({ kind: 'overloaded' }))
})

t.test('puts its rule on the batch and leaves its bytes alone', async t => {
  const { processor, seen } = setUp('timeout: 3s\nsend_batch_size: 100\nsend_batch_max_size: 200')
  const batch = spanBatch(0, 2)
  await processor.consume(batch)
  await processor.consume(spanBatch(2, 2))
  t.equal(seen[0]?.bytes, batch.bytes)
  t.match(seen[0]?.merge, { timeoutMs: 3000, sizer: 'items', sizeMin: 100, sizeMax: 200 })
  t.equal(seen[0]?.merge, seen[1]?.merge, 'one rule: they may share a request')
})

t.test('sends at once where timeout or send_batch_size is 0', async t => {
  for (const yaml of ['timeout: 0s', 'send_batch_size: 0']) {
    const { processor, seen } = setUp(yaml)
    await processor.consume(spanBatch(0, 1))
    t.match(seen[0]?.merge, { timeoutMs: 0, sizeMin: 1 }, yaml)
  }
})

t.test('keeps combinations of metadata apart, and only the named keys', async t => {
  const { processor, seen, settings } = setUp('metadata_keys: [X-Tenant]\nmetadata_cardinality_limit: 2')
  for (const metadata of [from('a', '1'), from('b'), from('a', '2')])
    await processor.consume({ ...spanBatch(0, 1), metadata })
  t.equal(seen[0]?.merge, seen[2]?.merge)
  t.not(seen[0]?.merge, seen[1]?.merge)
  t.strictSame([...(seen[0]?.metadata?.headers ?? [])], [['x-tenant', ['a']]])
  await t.rejects(
    processor.consume({ ...spanBatch(0, 1), metadata: from('c') }),
    like({ kind: 'permanent', reason: 'metadata_cardinality' }),
  )
  await processor.consume({ ...spanBatch(0, 1), metadata: from('a') })
  t.equal(settings.registry.value('otelcol_processor_batch_metadata_cardinality'), 2)
})

t.test('counts the requests that its rule made, by what made them go', async t => {
  const { processor, seen, settings } = setUp()
  await processor.consume(spanBatch(0, 1))
  seen[0]?.merge?.onSend?.('size', 8192, 1000)
  seen[0]?.merge?.onSend?.('timeout', 1, 10)
  t.equal(settings.registry.value('otelcol_processor_batch_batch_size_trigger_send'), 1)
  t.equal(settings.registry.value('otelcol_processor_batch_timeout_trigger_send'), 1)
})

for (const { yaml, problem } of [
  { yaml: 'send_batch_size: 10\nsend_batch_max_size: 9', problem: /greater or equal to send_batch_size/ },
  { yaml: 'metadata_keys: [a, A]', problem: /duplicate entry in metadata_keys: "a"/ },
]) {
  t.throws(() => parseConfig(batchConfig, yaml), { message: problem })
}
