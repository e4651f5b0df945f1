import { createHash } from 'node:crypto'
import { type Alert, alertJson } from './budget.ts'
import type { AlertsConfig } from './config.ts'

/** Of an event: what is longer is refused for good. Source: PagerDuty's Events API v2. */
const dedupKeyLengthMax = 255
const summaryLengthMax = 1024

/** Where alerts go and how they look there. */
export interface AlertChannel {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  body(alert: Alert): string
}

export function alertChannels(config: AlertsConfig): AlertChannel[] {
  const channels: AlertChannel[] = []
  const json = { 'content-type': 'application/json' }
  const { webhook, slack, pagerduty, otlp } = config
  if (webhook !== undefined) {
    const headers: Record<string, string> = { ...json }
    for (const [name, value] of Object.entries(webhook.headers)) headers[name.toLowerCase()] = value.reveal()
    channels.push({
      name: 'webhook',
      url: webhook.url,
      headers,
      body: alert => (webhook.template === '' ? JSON.stringify(alertJson(alert)) : fillIn(webhook.template, alert)),
    })
  }
  if (slack !== undefined) {
    channels.push({
      name: 'slack',
      url: slack.url.reveal(),
      headers: json,
      body: alert => JSON.stringify({ text: slackText(sentence(alert)) }),
    })
  }
  if (pagerduty !== undefined) {
    channels.push({
      name: 'pagerduty',
      url: pagerduty.url,
      headers: json,
      body: alert =>
        JSON.stringify({
          routing_key: pagerduty.routingKey.reveal(),
          event_action: 'trigger',
          dedup_key: dedupKey(alert),
          payload: {
            summary: sentence(alert).slice(0, summaryLengthMax),
            source: alert.scopeValue || 'sluice',
            severity: alert.kind === 'threshold' && alert.threshold >= 1 ? 'critical' : 'warning',
            timestamp: new Date(alert.timeMs).toISOString(),
            custom_details: alertJson(alert),
          },
        }),
    })
  }
  if (otlp !== undefined) {
    channels.push({
      name: 'otlp',
      url: `${otlp.endpoint.replace(/\/$/, '')}/v1/logs`,
      headers: json,
      body: alert => JSON.stringify(otlpLog(alert)),
    })
  }
  return channels
}

/** Names of scopes come from telemetry: `<!channel>` in one of them must call nobody. Source: Slack's "Formatting text". */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The same for one alert, and no longer than an event may have it. */
function dedupKey(alert: Alert): string {
  const key = [alert.budget, alert.scopeValue, alert.kind, alert.threshold, alert.periodStartMs].join(':')
  return key.length <= dedupKeyLengthMax ? key : createHash('sha256').update(key).digest('hex')
}

/** "daily: checkout has spent 0.82 USD of 1.00 USD (82 %) ..." */
export function sentence(alert: Alert): string {
  const money = (amount: number) => `${amount.toFixed(amount < 1 ? 4 : 2)} ${alert.currency}`
  const who = alert.scopeValue === '' ? 'all' : alert.scopeValue
  const share = `${((alert.spent / alert.limit) * 100).toFixed(0)} %`
  const head = `${alert.budget}: ${who} has spent ${money(alert.spent)} of ${money(alert.limit)} (${share}) ${span(alert)}`
  const why =
    alert.kind === 'threshold'
      ? `which passes ${(alert.threshold * 100).toFixed(0)} %`
      : `${alert.threshold} times faster than the limit lasts`
  const outlook =
    alert.forecast === undefined || alert.periodEndMs === undefined
      ? ''
      : `; at this rate ${money(alert.forecast)} by its end`
  return `${head}, ${why}${outlook}`
}

function span({ period }: Alert): string {
  if (period === 'total') return 'in all'
  return period === 'rolling' ? 'in the rolling window' : `this ${period}`
}

/** Fills `{{name}}` with the alert's value of that name; JSON-escaped, since most templates are JSON. */
function fillIn(template: string, alert: Alert): string {
  const values: Readonly<Record<string, unknown>> = { ...alertJson(alert), text: sentence(alert) }
  return template.replace(/\{\{\s*([a-z_]+)\s*\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? JSON.stringify(String(values[name] ?? '')).slice(1, -1) : whole,
  )
}

/** Source: OTLP/JSON; severity numbers 13 WARN and 17 ERROR of the logs data model. */
function otlpLog(alert: Alert) {
  const isExhausted = alert.kind === 'threshold' && alert.threshold >= 1
  const attributes = Object.entries(alertJson(alert)).flatMap(([key, value]) => {
    if (value === null) return []
    const attributeValue = typeof value === 'number' ? { doubleValue: value } : { stringValue: value }
    return [{ key: `sluice.budget.${key}`, value: attributeValue }]
  })
  const record = {
    timeUnixNano: `${BigInt(Math.round(alert.timeMs)) * 1_000_000n}`,
    severityNumber: isExhausted ? 17 : 13,
    severityText: isExhausted ? 'ERROR' : 'WARN',
    eventName: 'sluice.budget.alert',
    body: { stringValue: sentence(alert) },
    attributes,
  }
  return {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'sluice' } }] },
        scopeLogs: [{ scope: { name: 'sluice.budgets' }, logRecords: [record] }],
      },
    ],
  }
}
