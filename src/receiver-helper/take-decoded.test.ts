import t from 'tap'
import type { ReceiverNext } from '../component/component.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import { Intake } from './intake.ts'
import { takeDecoded } from './take-decoded.ts'

function setUp() {
  const batches: OtlpBatch[] = []
  const consumer = { consume: async (batch: OtlpBatch) => void batches.push(batch) }
  const next: ReceiverNext = new Map([['traces', consumer]])
  return { intake: new Intake(componentSettings('test'), next, 'http'), batches }
}

t.test('the body is given back, what was made of it goes on with its memory', async t => {
  const { intake, batches } = setUp()
  const body = new Uint8Array(100_000).fill(7)
  await takeDecoded(intake, body, bytes => ({ bytes: Uint8Array.from(bytes), spanCount: 3 }), undefined)
  t.equal(body.length, 0)
  const [batch] = batches
  t.equal(batch?.itemCount, 3)
  t.equal(batch?.bytes[99_999], 7)
  batch?.memory?.release(batch.bytes)
  t.equal(batch?.bytes.length, 0, 'the last holder can give it back')
})

t.test('a body that cannot be read is given back too', async t => {
  const { intake } = setUp()
  const body = new Uint8Array(100_000)
  const unreadable = () => {
    throw new Error('unreadable')
  }
  t.throws(() => takeDecoded(intake, body, unreadable, undefined), /unreadable/)
  t.equal(body.length, 0)
})
