import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { alertChannels } from './alert-channels.ts'
import type { Alert } from './budget.ts'
import { budgetsConfig } from './config.ts'

const alert: Alert = {
  kind: 'threshold',
  budget: 'daily',
  scope: ['service.name'],
  scopeValue: 'shop',
  threshold: 0.5,
  spent: 0.6,
  limit: 1,
  currency: 'USD',
  period: 'day',
  periodStartMs: Date.UTC(2026, 10, 1),
  periodEndMs: Date.UTC(2026, 10, 2),
  forecast: 1.2,
  exhaustionMs: undefined,
  timeMs: Date.UTC(2026, 10, 1, 12),
}
const { alerts } = parseConfig(
  budgetsConfig,
  '{alerts: {slack: {url: "http://127.0.0.1/s"}, pagerduty: {routing_key: k}}}',
)
const [slack, pagerDuty] = alertChannels(alerts)

t.test('a name from telemetry calls nobody in Slack and is no link', async t => {
  const { text } = JSON.parse(slack!.body({ ...alert, scopeValue: '<!channel> & <http://evil|docs>' }))
  t.match(text, /^daily: &lt;!channel&gt; &amp; &lt;http:\/\/evil\|docs&gt; has spent 0\.6000 USD of 1\.00 USD/)
  t.notMatch(text, /[<>]/)
})

t.test("PagerDuty's event: its keys, and nothing that is longer than it takes", async t => {
  const event = (scopeValue: string) => JSON.parse(pagerDuty!.body({ ...alert, scopeValue }))
  t.match(event('shop'), {
    routing_key: 'k',
    event_action: 'trigger',
    dedup_key: `daily:shop:threshold:0.5:${alert.periodStartMs}`,
    payload: { source: 'shop', severity: 'warning', timestamp: '2026-11-01T12:00:00.000Z' },
  })
  const long = event('x'.repeat(512))
  t.ok(long.dedup_key.length <= 255)
  t.equal(event('x'.repeat(512)).dedup_key, long.dedup_key, 'the same for the same alert')
  t.not(event('x'.repeat(511)).dedup_key, long.dedup_key)
  t.ok(event('x'.repeat(3000)).payload.summary.length <= 1024)
})
