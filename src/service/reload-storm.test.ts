import t from 'tap'
import { components } from '../components.ts'
import { reloadStorm } from '../testkit/reload-storm.ts'

t.test('thirty reloads of every kind under load lose nothing, double nothing and fail no request', async t => {
  const report = await reloadStorm({ components, reloadCount: 30, spansPerSecond: 2000 })
  t.comment(JSON.stringify(report, undefined, 1))
  t.ok(report.sentSpans > 1000, 'spans flowed')
  t.equal(report.lostSpans, 0)
  t.equal(report.doubledSpans, 0)
  t.equal(report.failedRequests, 0)
  t.equal(report.imbalance, 0)
  const [before, after] = report.descriptors
  t.ok(after <= before + 4, `descriptors: ${before} before, ${after} after`)
})
