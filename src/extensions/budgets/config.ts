import {
  type ConfigOf,
  defineConfig,
  duration,
  float,
  list,
  listenAddress,
  map,
  oneOf,
  opaque,
  optional,
  section,
  string,
  uint,
} from '../../config/declare.ts'
import { httpUrlProblem } from '../../config/sections/http.ts'
import { assertTimeZone } from './period.ts'

const defaultThresholds = [0.5, 0.8, 0.9, 1.0]

const burnRateConfig = defineConfig({
  longWindowMs: duration('long_window', '1h', 'The window that shows that the rate lasts.'),
  shortWindowMs: duration('short_window', '5m', 'The window that shows that it still goes on.'),
  factor: float('factor', 14.4, 'How many times faster than an even spend of the limit both windows must be.', {
    min: 1,
  }),
})

export const budgetConfig = defineConfig(
  {
    name: string('name', '', 'Names the budget in alerts and metrics.', { required: true }),
    scope: list(
      'scope',
      string('', '', ''),
      ['service.name'],
      'Attribute, or attributes from the outside in, whose values each have a budget of their own; `[]` is one for all.',
    ),
    limit: float('limit', 0, 'What may be spent in a period.', { required: true, min: 0 }),
    currency: string('currency', 'USD', 'Currency of the limit, as the prices have it.'),
    period: oneOf(
      'period',
      ['day', 'week', 'month', 'rolling', 'total'],
      'day',
      'Calendar period; `rolling` looks back over `window`; `total` never starts anew, for caps per trace or session.',
    ),
    windowMs: duration('window', '24h', 'Length of a rolling period; how long an idle scope of a total is remembered.'),
    timeZone: string('time_zone', 'UTC', 'IANA zone in which days, weeks and months begin.'),
    thresholds: list(
      'thresholds',
      float('', 0, '', { min: 0 }),
      defaultThresholds,
      'Fractions of the limit that raise one alert each, once a period.',
    ),
    hysteresis: float('hysteresis', 0.05, 'How far, as a fraction of the limit, a rolling spend must fall to re-arm.', {
      min: 0,
      max: 1,
    }),
    burnRate: optional('burn_rate', burnRateConfig, 'Alert when money goes too fast; on with `{}`.'),
    scopesMax: uint(
      'scopes_max',
      10_000,
      'Scope values remembered; beyond it the least recently used one is forgotten.',
      {
        min: 1,
      },
    ),
  },
  (config, problems) => {
    if (config.scope.includes(''))
      problems.error(['scope'], 'has an empty attribute key', 'write [] for one budget over all')
    if (config.limit <= 0) problems.error(['limit'], 'must be more than 0')
    try {
      assertTimeZone(config.timeZone)
    } catch {
      problems.error(['time_zone'], `no such time zone: ${config.timeZone}`, 'use an IANA name such as Europe/Berlin')
    }
  },
)

const webhookConfig = defineConfig({
  url: string('url', '', 'Where the alert is posted.', { required: true }),
  headers: map('headers', opaque('', ''), {}, 'Headers of the post.'),
  template: string('template', '', 'Body instead of the alert as JSON; `{{spent}}` and the like are filled in.'),
})

const slackConfig = defineConfig({
  url: opaque('url', '', 'Incoming webhook of a Slack channel.', { required: true }),
})

const pagerDutyConfig = defineConfig({
  routingKey: opaque('routing_key', '', 'Integration key of the service.', { required: true }),
  url: string('url', 'https://events.pagerduty.com/v2/enqueue', 'Where events go.'),
})

const otlpConfig = defineConfig({
  endpoint: string('endpoint', 'http://127.0.0.1:4318', 'OTLP/HTTP address that takes the alerts as log records.'),
})

const alertsConfig = defineConfig({
  webhook: optional('webhook', webhookConfig, 'Posts each alert as JSON.'),
  slack: optional('slack', slackConfig, 'Posts each alert as a Slack message.'),
  pagerduty: optional('pagerduty', pagerDutyConfig, 'Raises an event for each alert.'),
  otlp: optional('otlp', otlpConfig, 'Sends each alert as an OTLP log record.'),
  timeoutMs: duration('timeout', '5s', 'For one attempt.'),
  retryMs: duration('retry_interval', '5s', 'Wait before an alert is tried again; it doubles up to five minutes.'),
  pendingMax: uint('pending_max', 1000, 'Alerts that wait for a channel; beyond it the oldest is given up, counted.', {
    min: 1,
  }),
})

/** Reads `extensions.budgets`. */
export const budgetsConfig = defineConfig(
  {
    endpoint: listenAddress('endpoint', undefined, 'Address of the decision API; absent turns it off.'),
    stateFile: string(
      'state_file',
      '',
      'Where spends and alerts are remembered over restarts; empty keeps them in memory.',
    ),
    budgets: list('budgets', section('', budgetConfig, ''), [], 'The budgets.'),
    alerts: section('alerts', alertsConfig, 'Who is told.'),
  },
  (config, problems) => {
    const { webhook, slack, pagerduty, otlp } = config.alerts
    for (const [path, url] of [
      [['webhook', 'url'], webhook?.url],
      [['pagerduty', 'url'], pagerduty?.url],
      [['otlp', 'endpoint'], otlp?.endpoint],
    ] as const) {
      const problem = httpUrlProblem(url ?? '')
      if (problem !== undefined) problems.error(['alerts', ...path], problem)
    }
    // Whoever knows it may write to the channel: it is not shown.
    if (slack !== undefined && httpUrlProblem(slack.url.reveal()) !== undefined) {
      problems.error(['alerts', 'slack', 'url'], 'is not a URL that starts with https:// or http://')
    }
    const names = new Set<string>()
    config.budgets.forEach((budget, index) => {
      if (names.has(budget.name)) problems.error(['budgets', index, 'name'], `two budgets are called ${budget.name}`)
      names.add(budget.name)
    })
  },
)

export type BudgetConfig = ConfigOf<typeof budgetConfig>
export type BudgetsConfig = ConfigOf<typeof budgetsConfig>
export type AlertsConfig = ConfigOf<typeof alertsConfig>
