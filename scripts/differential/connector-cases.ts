import { encodePlain, type Plain } from '../../src/testkit/otlp-oracle.ts'
import { attributesOf } from '../../src/testkit/run-processor.ts'
import { ottlScopes } from './ottl-cases.ts'
import type { RoutedSignal, Wanted } from './pipelines-through-collector.ts'

const groupNames = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' } as const
const scopeNames = { traces: 'scopeSpans', metrics: 'scopeMetrics', logs: 'scopeLogs' } as const
const signals = ['traces', 'metrics', 'logs'] as const

/** The requests of the language's cases, in three resources of which the first has two scopes; without hollow metrics. */
export const connectorRequests = Object.fromEntries(
  signals.map(signal => [signal, severalResources(signal)]),
) as Record<RoutedSignal, Uint8Array>

function severalResources(signal: RoutedSignal): Uint8Array {
  const full: Record<string, unknown> = { ...ottlScopes[signal] }
  if (signal === 'metrics') full['metrics'] = (full['metrics'] as Plain[]).filter(({ name }) => name !== 'hollow')
  const other = { ...full, scope: { name: 'other', attributes: attributesOf({ 'http.method': 'by scope' }) } }
  const group = (attributes: Record<string, unknown>, ...scopes: Plain[]) => ({
    resource: { attributes: attributesOf(attributes) },
    [scopeNames[signal]]: scopes,
  })
  return encodePlain(signal, {
    [groupNames[signal]]: [
      group({ 'service.name': 'shop', tenant: 'acme', 'X-Tenant': 'secret' }, full, other),
      group({ 'service.name': 'bank', tenant: 'beta' }, full),
      group({}, full),
    ],
  })
}

/** Tables of rows for the pipelines `p`, `q` and `r`; what is left goes to `rest`. */
const tables: readonly (readonly [RoutedSignal, ...Plain[]])[] = [
  ['traces', { condition: 'attributes["tenant"] == "acme"', pipelines: 'p' }],
  ['traces', { condition: 'resource.attributes["tenant"] == "acme"', pipelines: 'p, q' }],
  ['traces', { statement: 'route() where attributes["tenant"] == "acme"', pipelines: 'p' }],
  ['traces', { statement: 'route()', pipelines: 'p' }],
  ['traces', { statement: 'delete_key(attributes, "X-Tenant") where attributes["tenant"] != nil', pipelines: 'p' }],
  [
    'traces',
    {
      statement: 'delete_key(attributes, "X-Tenant") where attributes["tenant"] != nil',
      pipelines: 'p',
      action: 'copy',
    },
    { condition: 'attributes["X-Tenant"] == nil', pipelines: 'q' },
  ],
  [
    'traces',
    { context: 'span', statement: 'delete_matching_keys(attributes, "^http") where kind == 2', pipelines: 'p' },
    { context: 'span', condition: 'attributes["http.method"] == nil', pipelines: 'q' },
  ],
  [
    'traces',
    { context: 'span', condition: 'IsMatch(name, "^GET")', pipelines: 'p', action: 'copy' },
    { context: 'span', condition: 'kind == SPAN_KIND_SERVER', pipelines: 'q' },
    { context: 'span', condition: 'attributes["text"] == "plain"', pipelines: 'r', action: 'copy' },
  ],
  [
    'traces',
    { condition: 'attributes["tenant"] == "beta"', pipelines: 'p', action: 'copy' },
    { context: 'span', condition: 'IsRootSpan()', pipelines: 'q' },
    { condition: 'attributes["tenant"] == "acme"', pipelines: 'r' },
  ],
  ['traces', { context: 'span', condition: 'Len(events) > 0 and status.code == STATUS_CODE_ERROR', pipelines: 'p' }],
  ['traces', { context: 'span', condition: 'attributes["number"] > 41 or attributes["yes"] == true', pipelines: 'p' }],
  ['traces', { context: 'span', condition: 'end_time - start_time > Duration("500ms")', pipelines: 'p' }],
  ['traces', { context: 'span', condition: 'instrumentation_scope.name == "other"', pipelines: 'p' }],
  ['traces', { context: 'log', condition: 'true', pipelines: 'p' }],
  [
    'traces',
    { condition: 'attributes["tenant"] == "acme"', pipelines: 'p' },
    { condition: 'attributes["tenant"] == "acme"', pipelines: 'q' },
  ],
  ['traces', { context: 'request', condition: 'request["content-type"] == "application/x-protobuf"', pipelines: 'p' }],
  ['traces', { context: 'request', condition: 'request["nobody"] != "x"', pipelines: 'p' }],
  ['traces', { condition: 'attributes["service.name"] > 5', pipelines: 'p' }],
  ['traces', { context: 'span', condition: 'Double(attributes["list"]) > 5.0', pipelines: 'p' }],
  ['traces', { context: 'span', condition: 'ParseJSON(attributes["text"])["a"] == 1', pipelines: 'p' }],
  ['metrics', { context: 'metric', condition: 'name == "requests" or unit == "s"', pipelines: 'p' }],
  ['metrics', { context: 'metric', condition: 'type == METRIC_DATA_TYPE_GAUGE', pipelines: 'p', action: 'copy' }],
  [
    'metrics',
    { context: 'datapoint', condition: 'attributes["host"] == "b"', pipelines: 'p' },
    { context: 'metric', condition: 'name == "requests"', pipelines: 'q' },
    { condition: 'attributes["tenant"] == nil', pipelines: 'r' },
  ],
  ['metrics', { context: 'datapoint', condition: 'metric.name == "temperature" and value_int == 3', pipelines: 'p' }],
  [
    'metrics',
    { context: 'datapoint', statement: 'delete_key(attributes, "host") where true', pipelines: 'p', action: 'copy' },
    { context: 'datapoint', condition: 'attributes["host"] != nil', pipelines: 'q' },
  ],
  ['logs', { context: 'log', condition: 'severity_number < SEVERITY_NUMBER_ERROR', pipelines: 'p' }],
  ['logs', { context: 'log', condition: 'IsMap(body) or IsMatch(body, "\\\\d")', pipelines: 'p' }],
  [
    'logs',
    { context: 'log', condition: 'attributes["http.method"] == "GET"', pipelines: 'p', action: 'copy' },
    { condition: 'IsMatch(attributes["service.name"], "^(shop|bank)$")', pipelines: 'q' },
  ],
]

export const routes = ['p', 'q', 'r', 'rest'] as const

export const routingCases: readonly Wanted[] = tables.map(([signal, ...rows]) => ({
  signal,
  yaml: JSON.stringify({ error_mode: 'ignore', table: rows }),
}))

const c = (...conditions: string[]) => ({ conditions })
const by = (...keys: (string | Plain)[]) => ({ attributes: keys.map(key => (typeof key === 'string' ? { key } : key)) })

/** What is counted, by signal; each in a connector of its own. */
export const countCases: readonly Wanted[] = (
  [
    ['traces', {}],
    ['metrics', {}],
    ['logs', {}],
    ['traces', { spans: { a: c('name == "root"'), b: c('span.kind == 2', 'attributes["text"] == "plain"') } }],
    ['traces', { spans: { a: by('http.method'), b: by('service.name'), d: by('http.method', 'tenant') } }],
    ['traces', { spans: { a: by({ key: 'nothing.there', default_value: 'none' }, 'service.name') } }],
    ['traces', { spans: { a: by({ key: 'tenant', default_value: 5 }), b: by({ key: 'tenant', default_value: 1.5 }) } }],
    ['traces', { spanevents: { a: c('name == "log"'), b: c('spanevent.attributes["type"] == "E"'), d: by('type') } }],
    ['traces', { spanevents: { a: by('service.name') }, spans: { never: c('false') } }],
    ['traces', { spans: { a: c('instrumentation_scope.name == "other" and IsRootSpan()') } }],
    ['metrics', { metrics: { a: c('type == METRIC_DATA_TYPE_SUM'), b: c('metric.unit == "ms"') } }],
    ['metrics', { datapoints: { a: by('host'), b: c('metric.name == "requests"'), d: c('value_double > 1.0') } }],
    ['metrics', { datapoints: { a: by('host', 'tenant') }, metrics: { b: c('name == "gc"') } }],
    ['logs', { logs: { a: c('severity_number >= SEVERITY_NUMBER_ERROR'), b: by('http.method', 'service.name') } }],
    ['logs', { logs: { a: c('IsString(body) and body != ""'), b: { description: 'd', ...by('tenant') } } }],
  ] as const
).map(([signal, config]) => ({ signal, yaml: JSON.stringify(config) }))
