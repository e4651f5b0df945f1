import t from 'tap'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { ForwardConnector } from './forward-connector.ts'

const batch: OtlpBatch = { signal: 'traces', bytes: new Uint8Array(3), itemCount: 1 }

t.test('hands the same batch on, to the pipelines of its signal', async t => {
  const seen: OtlpBatch[] = []
  const take = { consume: async (taken: OtlpBatch) => void seen.push(taken) }
  const all = (signal: Signal) => (signal === 'traces' ? take : undefined)
  const connector = new ForwardConnector({ pipelines: () => [], get: () => undefined, all })
  await connector.consume(batch)
  t.equal(seen.length, 1)
  t.equal(seen[0], batch)
  await t.rejects(connector.consume({ ...batch, signal: 'logs' }), { message: /no pipeline takes logs/ })
})

t.test('refuses as the pipelines behind it refuse', async t => {
  const refusal = new Error('full')
  const refuse = { consume: () => Promise.reject(refusal) }
  const connector = new ForwardConnector({ pipelines: () => [], get: () => undefined, all: () => refuse })
  await t.rejects(connector.consume(batch), refusal)
})
