// That nothing of a request is held when it is done with: a view of a few bytes keeps all of its memory.

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { RecordSplice } from '../../pdata/record-splice.ts'
import { encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'
import { call, usage } from './priced-spans.oracle.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const span = {
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.alloc(8, 2),
  name: 'chat',
  endTimeUnixNano: '1770000001000000000',
}
const plains: readonly (readonly [Signal, Plain])[] = [
  [
    'traces',
    { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes: keyValues({ ...call, ...usage }) }] }] }] },
  ],
  [
    'logs',
    { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: keyValues({ 'event.name': 'user.login' }) }] }] }] },
  ],
]

for (const [signal, plain] of plains) {
  t.test(`nothing of a request of ${signal} is held behind it`, async t => {
    const splice = RecordSplice.of(signal, [new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, signal)])!
    const runOne = () => {
      // In memory of its own, as what a receiver hands on.
      const bytes = new Uint8Array(Uint8Array.from(encodePlain(signal, plain)).buffer)
      t.ok(splice.run(bytes))
      return new WeakRef(bytes.buffer)
    }
    const first = runOne()
    await setImmediate()
    collectGarbage()
    t.equal(first.deref(), undefined)
  })
}
