import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Plain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, runProcessor } from '../../testkit/run-processor.ts'
import { filterConfig } from './config.ts'
import { FilterStage } from './filter-stage.ts'
import { fuzzFilterShortcut } from './shortcut.fuzz.ts'

type Signal = 'traces' | 'metrics' | 'logs'

function run(yaml: string, signal: Signal, records: Plain[], resource: Record<string, unknown> = {}) {
  const stage = new FilterStage(parseConfig(filterConfig, yaml), signal)
  return runProcessor(stage, signal, requestOf(signal, records, resource, { name: 'lib', version: '2' }))
}

const id = (byte: number, length: number) => Buffer.alloc(length, byte)
const spans: Plain[] = [
  {
    name: 'GET /health',
    kind: 2,
    traceId: id(1, 16),
    spanId: id(2, 8),
    startTimeUnixNano: '1000000000',
    endTimeUnixNano: '1001000000',
    attributes: attributesOf({
      'http.status_code': 200n,
      'url.path': '/health',
      ratio: 0.5,
      tags: ['a', 'b'],
      m: { k: 'v' },
    }),
  },
  {
    name: 'POST /orders',
    kind: 3,
    traceId: id(3, 16),
    spanId: id(4, 8),
    parentSpanId: id(2, 8),
    startTimeUnixNano: '1000000000',
    endTimeUnixNano: '3000000000',
    status: { code: 2, message: 'boom' },
    traceState: 'a=1,ot=th:8',
    attributes: attributesOf({ 'http.status_code': 500n, ok: false }),
    events: [{ name: 'exception', attributes: attributesOf({ type: 'Error' }) }, { name: 'log' }],
  },
]

/** Names of the spans that stay. */
function staying(condition: string): unknown[] {
  const yaml = JSON.stringify({ error_mode: 'propagate', traces: { span: [condition] } })
  return recordsOf('traces', run(yaml, 'traces', spans, { 'service.name': 'shop' }).request).map(span => span['name'])
}
const both = ['GET /health', 'POST /orders']
const [health, orders] = both as [string, string]

for (const [condition, stay] of [
  ['name == "GET /health"', [orders]],
  ['name != "GET /health"', [health]],
  ['"GET /health" == name', [orders]],
  ['span.name == "GET /health"', [orders]],
  ['IsMatch(name, "^GET")', [orders]],
  ['IsMatch(attributes["url.path"], "heal")', [orders]],
  ['IsMatch(attributes["http.status_code"], "^5")', [health]],
  ['IsMatch(attributes["none"], ".*")', both],
  ['attributes["url.path"] == "/health"', [orders]],
  ['attributes["url.path"] != "/health"', [health]],
  ['attributes["url.path"] == nil', [health]],
  ['attributes["url.path"] != nil', [orders]],
  ['attributes["http.status_code"] == 200', [orders]],
  ['attributes["http.status_code"] == "200"', both],
  ['attributes["http.status_code"] >= 400 and attributes["http.status_code"] < 600', [health]],
  ['attributes["http.status_code"] > 199.5', []],
  ['attributes["ratio"] == 0.5', [orders]],
  ['attributes["ok"] == false', [health]],
  ['attributes["tags"][1] == "b"', [orders]],
  ['attributes["tags"] == ["a", "b"]', [orders]],
  ['attributes["m"]["k"] == "v"', [orders]],
  ['attributes["m"] == {"k": "v"}', [orders]],
  ['resource.attributes["service.name"] == "shop"', []],
  ['resource.attributes["service.name"] == "other"', both],
  ['instrumentation_scope.name == "lib" and scope.version == "2"', []],
  ['kind == SPAN_KIND_SERVER', [orders]],
  ['kind.string == "Client"', [health]],
  ['kind.deprecated_string == "SPAN_KIND_CLIENT"', [health]],
  ['status.code == STATUS_CODE_ERROR', [health]],
  ['status.message == "boom"', [health]],
  ['end_time_unix_nano - start_time_unix_nano > 1000000000', [health]],
  ['end_time - start_time < Duration("100ms")', [orders]],
  ['(end_time_unix_nano - start_time_unix_nano) / 1000000 == 1', [orders]],
  ['Milliseconds(end_time - start_time) == 2000.0', [health]],
  ['trace_id == TraceID(0x01010101010101010101010101010101)', [orders]],
  ['trace_id.string == "03030303030303030303030303030303"', [health]],
  ['parent_span_id == SpanID(0x0000000000000000)', [orders]],
  ['Len(events) == 2', [health]],
  ['Len(links) == 0 and Len(events) > 5', [health, orders]],
  ['IsRootSpan()', [orders]],
  ['not IsRootSpan()', [health]],
  ['trace_state["ot"] == "th:8"', [health]],
  ['not (name == "GET /health" or kind == 7)', [health]],
  ['name == "x" or kind == SPAN_KIND_CLIENT and status.code == 2', [health]],
  ['true', []],
  ['false', both],
  ['Len(attributes) == 2', [health]],
  ['HasPrefix(name, "POST")', [health]],
  ['ToLowerCase(name) == "get /health"', [orders]],
  ['Concat([name, kind.string], "-") == "GET /health-Server"', [orders]],
  ['Split(name, " ")[1] == "/orders"', [health]],
  ['IsString(attributes["url.path"])', [orders]],
  ['IsMatch(target=name, pattern="orders$")', [health]],
] as const) {
  t.test(`${condition} leaves ${stay.length}`, async t => {
    t.same(staying(condition), stay)
  })
}

t.test('any condition of a list drops, and every dropped span is counted', async t => {
  const yaml = "traces: {span: ['name == \"x\"', 'kind == SPAN_KIND_CLIENT', 'status.code == 0']}"
  const out = run(yaml, 'traces', spans)
  t.same(out.request, {}, 'the scope and the resource go with their last span')
  t.same(out.counts, [
    { dropped: 2, dropReason: 'filtered', metrics: [['otelcol_processor_filter_spans_filtered', 2]] },
  ])
})

t.test('events are dropped from spans that stay', async t => {
  const yaml = 'traces: {spanevent: [\'name == "exception" and span.kind == 3\']}'
  const out = run(yaml, 'traces', spans)
  t.same(recordsOf('traces', out.request)[1]?.['events'], [{ name: 'log' }])
  t.equal(out.counts[0]?.dropped, 0, 'an event is no item')
})

t.test('a whole resource is dropped by its attributes', async t => {
  const yaml = 'traces: {resource: [\'attributes["service.name"] == "shop"\']}'
  t.equal(run(yaml, 'traces', spans, { 'service.name': 'shop' }).counts[0]?.dropped, 2)
  t.equal(run(yaml, 'traces', spans, { 'service.name': 'other' }).isSame, true)
})

t.test('flat conditions take their context from the paths', async t => {
  const yaml = `trace_conditions:
  - span.name == "GET /health"
  - spanevent.name == "log"`
  const left = recordsOf('traces', run(yaml, 'traces', spans).request)
  t.same(
    left.map(span => span['name']),
    [orders],
  )
  t.equal((left[0]!['events'] as unknown[]).length, 1)
})

for (const { condition, isLeft } of [
  { condition: 'name == "lib" and resource.attributes["service.name"] == "shop"', isLeft: false },
  { condition: 'scope.version == "2"', isLeft: true },
]) {
  t.test(`a whole scope is dropped by ${condition}: ${!isLeft}`, async t => {
    const yaml = JSON.stringify({ trace_conditions: [{ context: 'scope', conditions: [condition] }] })
    const request = requestOf('traces', spans, { 'service.name': 'shop' }, { name: 'lib', version: '1' })
    const stage = new FilterStage(parseConfig(filterConfig, yaml), 'traces')
    const out = runProcessor(stage, 'traces', request)
    t.equal(out.isSame, isLeft)
    t.equal(out.counts[0]?.dropped, isLeft ? 0 : 2)
  })
}

t.test('a group of conditions has an error mode of its own', async t => {
  const fails = 'span.attributes["no"] + 1 == 2'
  const yaml = (outer: string, inner: string) =>
    JSON.stringify({ error_mode: outer, trace_conditions: [{ error_mode: inner, conditions: [fails] }] })
  const out = run(yaml('propagate', 'Silent'), 'traces', spans)
  t.same(out.counts[0]?.metrics, [['sluice_filter_condition_errors', 2]])
  t.throws(() => run(yaml('ignore', 'propagate'), 'traces', spans), { name: 'ConsumeError' })
})

const records: Plain[] = [
  { body: { stringValue: 'health check' }, severityNumber: 9, severityText: 'INFO' },
  {
    body: { kvlistValue: { values: attributesOf({ level: 'warn', deep: { n: 1n } }) } },
    severityNumber: 13,
    eventName: 'e',
  },
  { severityNumber: 17, attributes: attributesOf({ k: 'v' }), traceId: id(1, 16) },
]
for (const [condition, dropped] of [
  ['body == "health check"', [0]],
  ['IsMatch(body, "health")', [0]],
  ['body["level"] == "warn"', [1]],
  ['body["deep"]["n"] == 1', [1]],
  ['IsMatch(body.string, "deep")', [1]],
  ['severity_number < SEVERITY_NUMBER_WARN', [0]],
  ['severity_number >= SEVERITY_NUMBER_WARN and severity_number < SEVERITY_NUMBER_FATAL4', [1, 2]],
  ['severity_text == "INFO"', [0]],
  ['event_name == "e"', [1]],
  ['attributes["k"] == "v"', [2]],
  ['trace_id == 0x01010101010101010101010101010101', [2]],
  ['log.attributes["k"] != nil', [2]],
] as const) {
  t.test(`log records: ${condition}`, async t => {
    const yaml = JSON.stringify({ logs: { log_record: [condition] } })
    const left = recordsOf('logs', run(yaml, 'logs', records).request).map(record => record['severityNumber'])
    const expected = records.filter((_, i) => !(dropped as readonly number[]).includes(i))
    t.same(
      left,
      expected.map(record => record['severityNumber']),
    )
  })
}

const metrics: Plain[] = [
  {
    name: 'requests',
    unit: '1',
    sum: {
      isMonotonic: true,
      aggregationTemporality: 2,
      dataPoints: [
        { asInt: '5', attributes: attributesOf({ env: 'test' }) },
        { asInt: '7', attributes: attributesOf({ env: 'prod' }) },
      ],
    },
  },
  { name: 'latency', histogram: { dataPoints: [{ count: '3', sum: 1.5 }] } },
  { name: 'empty', gauge: {} },
]
function metricNames(yaml: string): string[] {
  const kinds = ['sum', 'histogram', 'gauge']
  return recordsOf('metrics', run(yaml, 'metrics', metrics, { 'service.name': 'shop' }).request).map(metric => {
    const data = kinds.map(kind => metric[kind] as { dataPoints?: unknown[] } | undefined).find(Boolean)
    return `${metric['name']} ${data?.dataPoints?.length ?? 0}`
  })
}
for (const [yaml, left] of [
  ['metrics: {metric: [\'name == "requests"\']}', ['latency 1', 'empty 0']],
  ['metrics: {metric: [type == METRIC_DATA_TYPE_HISTOGRAM]}', ['requests 2', 'empty 0']],
  [
    'metrics: {metric: [is_monotonic and aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE]}',
    ['latency 1', 'empty 0'],
  ],
  ['metrics: {metric: [\'HasAttrKeyOnDatapoint("env")\']}', ['latency 1', 'empty 0']],
  ['metrics: {metric: [\'HasAttrOnDatapoint("env", "other")\']}', ['requests 2', 'latency 1', 'empty 0']],
  ['metrics: {datapoint: [\'attributes["env"] == "test"\']}', ['requests 1', 'latency 1', 'empty 0']],
  ['metrics: {datapoint: [value_int > 4]}', ['latency 1', 'empty 0']],
  ['metrics: {datapoint: [\'metric.name == "latency" and count == 3 and sum == 1.5\']}', ['requests 2', 'empty 0']],
  ['metrics: {include: {match_type: strict, metric_names: [latency]}}', ['latency 1']],
  ['metrics: {include: {match_type: regexp, metric_names: [^re, tency$]}}', ['requests 2', 'latency 1']],
  ['metrics: {exclude: {match_type: regexp, metric_names: ["^(re|la)"]}}', ['empty 0']],
  ['metrics: {exclude: {match_type: strict, resource_attributes: [{key: service.name, value: shop}]}}', []],
  ['metrics: {include: {match_type: strict, resource_attributes: [{key: service.name, value: other}]}}', []],
  [
    'metric_conditions: [\'datapoint.attributes["env"] == "prod"\', \'metric.name == "empty"\']',
    ['requests 1', 'latency 1'],
  ],
] as const) {
  t.test(`${yaml} leaves ${left.length} metrics`, async t => {
    t.same(metricNames(yaml), left)
  })
}

t.test('the older forms for spans and logs keep what they include and drop what they exclude', async t => {
  const names = (yaml: string) => recordsOf('traces', run(yaml, 'traces', spans).request).map(span => span['name'])
  t.same(names('spans: {include: {match_type: strict, span_kinds: [SPAN_KIND_SERVER]}}'), [health])
  t.same(names('spans: {exclude: {match_type: regexp, span_names: [health]}}'), [orders])
  t.same(names('spans: {include: {match_type: strict, attributes: [{key: http.status_code, value: 500}]}}'), [orders])
  const severities = (yaml: string) =>
    recordsOf('logs', run(yaml, 'logs', records).request).map(record => record['severityNumber'])
  t.same(severities('logs: {include: {match_type: strict, severity_number: {min: warn}}}'), [13, 17])
  t.same(severities('logs: {include: {severity_number: {min: warn}}}'), [13, 17], 'a number needs no match_type')
  t.same(severities('{logs: {include: {severity_number: {min: warn}}}, profiles: {profile: [x]}}'), [13, 17])
  t.same(severities('logs: {exclude: {match_type: regexp, bodies: [health]}}'), [13, 17])
  t.same(severities('logs: {exclude: {match_type: strict, record_attributes: [{key: k, value: v}]}}'), [9, 13])
  t.same(severities('logs: {include: {match_type: strict}}'), [9, 13, 17], 'nothing to match does nothing')
})

t.test('a condition that fails on an item counts as false, or refuses the request', async t => {
  const condition = 'attributes["http.status_code"] + "x" == 1'
  const yaml = (mode: string) =>
    JSON.stringify({ error_mode: mode, traces: { span: [condition, 'name == "GET /health"'] } })
  const out = run(yaml('ignore'), 'traces', spans)
  t.equal(out.counts[0]?.dropped, 1)
  t.same(out.counts[0]?.metrics, [
    ['otelcol_processor_filter_spans_filtered', 1],
    ['sluice_filter_condition_errors', 2],
  ])
  t.throws(() => run(yaml('propagate'), 'traces', spans), { name: 'ConsumeError', message: /cannot calculate/ })
})

for (const [what, yaml, message] of [
  ['an unknown path', 'traces: {span: [\'nme == "x"\']}', /unknown path nme/],
  ['an unknown function', 'traces: {span: [\'IsMach(name, "x")\']}', /unknown function IsMach/],
  ['an editor', 'traces: {span: [\'set(name, "x")\']}', /changes data/],
  ['an unknown enum', 'traces: {span: [kind == SPAN_KIND_SERVR]}', /unknown name SPAN_KIND_SERVR/],
  ['text without an end', "traces: {span: ['name == \"x']}", /closing quote/],
  ['half a condition', "traces: {span: ['name ==']}", /expected a value/],
  ['two conditions', 'traces: {span: [\'name == "x" kind == 1\']}', /expected and, or, or the end/],
  ['a bad pattern', 'traces: {span: [\'IsMatch(name, "(")\']}', /parsing regexp/],
  ['a missing argument', 'traces: {span: [IsMatch(name)]}', /IsMatch takes/],
  ['a metric function elsewhere', 'traces: {span: [\'HasAttrKeyOnDatapoint("x")\']}', /context metric/],
  ['a bad duration', 'traces: {span: [\'end_time - start_time > Duration("x")\']}', /not a duration/],
  ['too many parentheses', `traces: {span: ['${'('.repeat(70)}true${')'.repeat(70)}']}`, /nests too deep/],
  ['a flat condition about nothing', 'trace_conditions: [\'attributes["x"] == 1\']', /no path says/],
  ['a flat condition of another signal', 'trace_conditions: [\'log.body == "x"\']', /unknown path|not one of/],
  [
    'plain conditions beside maps',
    'log_conditions: [{context: log, conditions: [\'body == "x"\']}, \'log.body == "x"\']',
    /mixes plain conditions and maps/,
  ],
  ['an empty condition', 'log_conditions: [null, null]', /must be a condition/],
  ['an unknown context', 'log_conditions: [{context: abc, conditions: [\'body == "x"\']}]', /context abc is not one/],
  ['an unknown error mode', 'log_conditions: [{error_mode: test, conditions: [\'log.body == "x"\']}]', /error_mode is/],
  [
    'groups beside lists by context',
    'trace_conditions: [\'span.name == "x"\']\ntraces: {span: [\'name == "x"\']}',
    /cannot stand beside conditions under traces/,
  ],
  [
    'groups beside properties',
    'log_conditions: [\'log.body == "x"\']\nlogs: {include: {match_type: strict, bodies: [a]}}',
    /cannot stand beside what is written under logs/,
  ],
  ['expr', 'metrics: {include: {match_type: expr, expressions: ["true"]}}', /not supported/],
  [
    'both forms for one signal',
    'spans: {include: {match_type: strict, services: [a]}}\ntraces: {span: [\'name == "x"\']}',
    /cannot stand beside/,
  ],
  ['texts without a way to compare them', 'logs: {include: {bodies: [a]}}', /"match_type" is required/],
  ['an unknown severity', 'logs: {include: {match_type: strict, severity_number: {min: LOUD}}}', /not a severity/],
] as const) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => parseConfig(filterConfig, yaml), { message })
  })
}

for (const signal of ['traces', 'metrics', 'logs'] as const) {
  t.test(`${signal} are dropped to the same bytes without views`, async t => {
    t.ok(fuzzFilterShortcut(signal, 5, 300) > 60)
  })
}

for (const [yaml, signal] of [
  ['traces: {spanevent: [\'name == "a"\']}', 'traces'],
  ['traces: {span: [\'attributes[name] == "a"\']}', 'traces'],
  ['metrics: {datapoint: [\'attributes["a"] == "b"\']}', 'metrics'],
  ['metrics: {metric: ["type == METRIC_DATA_TYPE_SUM"]}', 'metrics'],
  ['metrics: {metric: [\'HasAttrKeyOnDatapoint("a")\']}', 'metrics'],
] as const) {
  t.test(`a walk is needed by ${yaml}`, async t => {
    t.equal(new FilterStage(parseConfig(filterConfig, yaml), signal).step, undefined)
  })
}
