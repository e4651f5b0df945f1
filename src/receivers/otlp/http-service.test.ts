import t from 'tap'
import { acceptedAtOnce } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import type { Intake } from '../../receiver-helper/intake.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain } from '../../testkit/otlp-oracle.ts'
import { otlpReceiverConfig } from './config.ts'
import { FindingsCounter } from './findings-counter.ts'
import { exportRoutes } from './http-service.ts'

t.test(
  'the memory of a JSON body is given back as soon as it is read, that of what is made of it goes along',
  async t => {
    const taken: OtlpBatch[] = []
    const intake = {
      takes: () => true,
      take(batch: OtlpBatch) {
        taken.push(batch)
        return acceptedAtOnce
      },
    } as unknown as Intake
    const config = parseConfig(otlpReceiverConfig, 'protocols: {http: {endpoint: "127.0.0.1:0"}}').protocols.http!
    const route = exportRoutes(config, intake, new FindingsCounter(componentSettings('otlp'))).get('/v1/traces')!
    const name = 'x'.repeat(100_000)
    const body = new TextEncoder().encode(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name }] }] }] }))
    route.take(body.slice(), { contentType: 'application/json', query: '', metadata: undefined })
    const own = body.slice()
    route.take(own, { contentType: 'application/json', query: '', metadata: undefined })
    t.equal(own.length, 0, 'whoever kept it would see nothing')
    const [first, second] = taken
    t.match(decodePlain('traces', first!.bytes), { resourceSpans: [{ scopeSpans: [{ spans: [{ name }] }] }] })
    t.same(second!.bytes, first!.bytes)
    second!.memory?.release(second!.bytes)
    t.equal(second!.bytes.length, 0)
    t.ok(first!.bytes.length > 100_000, 'each has memory of its own')
  },
)
