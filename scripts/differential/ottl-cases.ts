import { encodePlain, type Plain } from '../../src/testkit/otlp-oracle.ts'
import { attributesOf } from '../../src/testkit/run-processor.ts'

const resource = { attributes: attributesOf({ 'service.name': 'shop', 'host.name': 'h1', env: 'prod', n: 3n }) }
const scope = { name: 'lib', version: '1.2', attributes: attributesOf({ s: 'x' }) }

const attributes: Readonly<Record<string, unknown>> = {
  'http.method': 'GET',
  'http.url': 'https://u:p@shop.example.com:8443/users/123/list/45?token=abc&x=1#top',
  text: 'Häuser und Gärten 日本',
  number: 42n,
  negative: -7n,
  double: 1.5,
  whole: 3,
  big: 1e21,
  yes: true,
  no: false,
  empty: '',
  nothing: null,
  bytes: Buffer.from([1, 2, 254]),
  list: ['b', 'a', 'c'],
  mixed: [3n, 'x', true, 2.5, null],
  numbers: [3n, 1n, 2n],
  map: { a: 1n, b: { c: 'deep', d: ['p', 'q'] }, e: '<&>' },
  json: '{"a": 1, "b": [true, null, {"c": "d"}], "e": "ü"}',
  pairs: 'k1=v1 k2="a b" k3=\'c d\'',
  csv: 'one,"two ""x""",three',
  date: '2023-05-26T12:34:56.789+02:00',
  padded: '  padded  ',
  ip: '10.1.2.3',
  aaa: 'baaac',
  'password.x': 'secret',
  'user.email': 'a@example.com',
}

const id = (byte: number, length: number) => Buffer.alloc(length, byte)

const spans: Plain[] = [
  {
    traceId: id(1, 16),
    spanId: id(2, 8),
    parentSpanId: id(3, 8),
    traceState: 'a=b,c=d',
    name: 'GET /users/123',
    kind: 2,
    startTimeUnixNano: '1700000000123456789',
    endTimeUnixNano: '1700000001123456789',
    attributes: attributesOf(attributes),
    events: [
      { timeUnixNano: '1700000000500000000', name: 'exception', attributes: attributesOf({ type: 'E', list: [1n] }) },
      { timeUnixNano: '1700000000600000000', name: 'log' },
    ],
    links: [{ traceId: id(9, 16), spanId: id(8, 8) }],
    status: { code: 2, message: 'broken' },
    flags: 1,
    droppedAttributesCount: 3,
  },
  { traceId: id(1, 16), spanId: id(4, 8), name: 'root', kind: 3, attributes: attributesOf({ text: 'plain' }) },
  { traceId: id(1, 16), spanId: id(5, 8), name: 'bare' },
]

const logs: Plain[] = [
  {
    timeUnixNano: '1700000000123456789',
    observedTimeUnixNano: '1700000000200000000',
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: 'user 123 logged in' },
    attributes: attributesOf(attributes),
    traceId: id(1, 16),
    spanId: id(2, 8),
    flags: 1,
    eventName: 'login',
  },
  {
    severityNumber: 17,
    body: { kvlistValue: { values: attributesOf({ msg: 'm', list: [1n, 2n], inner: { k: 'v' } }) } },
    attributes: attributesOf({ text: 'other', number: 7n }),
  },
  { body: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '2' }] } } },
  {},
]

const point = (more: Plain): Plain => ({
  startTimeUnixNano: '1700000000000000000',
  timeUnixNano: '1700000010000000000',
  attributes: attributesOf({ host: 'a', code: 200n }),
  ...more,
})
const metrics: Plain[] = [
  {
    name: 'requests',
    description: 'd',
    unit: '1',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [point({ asInt: '5' }), point({ asDouble: 1.5, attributes: attributesOf({ host: 'b' }) })],
    },
  },
  { name: 'temperature', unit: 'C', gauge: { dataPoints: [point({ asDouble: 21.5 }), point({ asInt: '3' })] } },
  {
    name: 'latency',
    unit: 'ms',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        point({ count: '6', sum: 12.5, min: 1, max: 5, bucketCounts: ['1', '2', '3'], explicitBounds: [1, 2] }),
        point({ count: '0' }),
      ],
    },
  },
  {
    name: 'sizes',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        point({ count: '3', sum: 9, scale: 1, zeroCount: '1', positive: { offset: 1, bucketCounts: ['1', '1'] } }),
      ],
    },
  },
  {
    name: 'spread',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        point({
          count: '13',
          sum: 1,
          scale: 2,
          zeroCount: '2',
          zeroThreshold: 0.25,
          positive: { offset: -1, bucketCounts: ['1', '0', '4'] },
          negative: { offset: 3, bucketCounts: ['2', '1', '3'] },
        }),
      ],
    },
  },
  {
    name: 'gc',
    unit: 's',
    summary: {
      dataPoints: [
        point({
          count: '4',
          sum: 8.5,
          quantileValues: [
            { quantile: 0.5, value: 2 },
            { quantile: 0.99, value: 4 },
          ],
        }),
      ],
    },
  },
  { name: 'hollow' },
]

/** One scope of each signal. */
export const ottlScopes = {
  traces: { scope, spans },
  logs: { scope, logRecords: logs },
  metrics: { scope, metrics },
} as const

export const ottlRequests = {
  traces: encodePlain('traces', { resourceSpans: [{ resource, scopeSpans: [ottlScopes.traces] }] }),
  logs: encodePlain('logs', { resourceLogs: [{ resource, scopeLogs: [ottlScopes.logs] }] }),
  metrics: encodePlain('metrics', { resourceMetrics: [{ resource, scopeMetrics: [ottlScopes.metrics] }] }),
} as const

type Group = string | Readonly<Record<string, unknown>>
interface OttlCase {
  readonly signal: 'traces' | 'metrics' | 'logs'
  readonly statements: readonly Group[]
}

const of =
  (signal: OttlCase['signal']) =>
  (...statements: Group[]): OttlCase => ({ signal, statements })
const traces = of('traces')
const metric = of('metrics')
const log = of('logs')

export const ottlCases: readonly OttlCase[] = [
  // set
  traces(
    'set(span.attributes["a"], "b")',
    'set(span.attributes["number"], "now text")',
    'set(span.attributes["x"], nil)',
  ),
  traces('set(span.name, "other") where span.kind == SPAN_KIND_SERVER', 'set(span.name, 5)'),
  traces(
    'set(span.kind, 4)',
    'set(span.kind.string, "Consumer") where span.name == "bare"',
    'set(span.kind.string, "Nope")',
  ),
  traces('set(span.kind.deprecated_string, "SPAN_KIND_PRODUCER")'),
  traces('set(span.status.code, STATUS_CODE_OK)', 'set(span.status.message, "fine") where span.status.message != ""'),
  traces('set(span.trace_state, "n=1")', 'set(span.trace_state["c"], "new")', 'set(span.trace_state["z"], "last")'),
  traces(
    'set(span.trace_id, TraceID(0x0102030405060708090a0b0c0d0e0f10))',
    'set(span.span_id.string, "0102030405060708")',
  ),
  traces('set(span.parent_span_id, SpanID("0000000000000009"))', 'set(span.trace_id, "text")'),
  traces(
    'set(span.start_time_unix_nano, 1)',
    'set(span.end_time, span.start_time + Duration("1s"))',
    'set(span.end_time, 1)',
  ),
  traces('set(span.flags, 257)', 'set(span.dropped_attributes_count, 9)', 'set(span.dropped_events_count, 1)'),
  traces('set(span.attributes["map"]["b"]["c"], "new")', 'set(span.attributes["map"]["new"]["x"], 1)'),
  traces(
    'set(span.attributes["list"][1], "B")',
    'set(span.attributes["list"][9], "x")',
    'set(span.attributes["fresh"][1], 2)',
  ),
  traces('set(span.attributes["text"]["k"], 1)'),
  traces('set(span.attributes[span.name], "dynamic")', 'set(span.attributes["copy"], span.attributes["map"])'),
  traces(
    'set(span.attributes["r"], resource.attributes["service.name"])',
    'set(span.attributes["sc"], instrumentation_scope.version)',
  ),
  traces(
    'set(span.attributes["bytes2"], span.attributes["bytes"])',
    'set(span.attributes["n2"], span.attributes["nothing"])',
  ),
  traces(
    'set(span.attributes["t"], span.trace_id)',
    'set(span.attributes["t2"], span.start_time)',
    'set(span.attributes["t3"], span.trace_id.string)',
  ),
  traces('set(span.attributes, {"a": 1, "b": ["x"], "c": {"d": true}})'),
  traces('set(span.attributes, resource.attributes)', 'set(span.attributes, "text")'),
  traces('set(span.attributes["count"], Len(span.events))', 'set(span.attributes["links"], Len(span.links))'),
  traces('set(span.attributes["root"], true) where IsRootSpan()'),
  traces('set(span.attributes["ms"], Milliseconds(span.end_time - span.start_time))'),
  traces(
    'set(span.attributes["d"], span.attributes["number"] * 2 + 1)',
    'set(span.attributes["bad"], span.attributes["number"] + 1.5)',
  ),
  // cache, order, where
  traces('set(span.cache["v"], span.name)', 'set(span.name, "gone")', 'set(span.attributes["old"], span.cache["v"])'),
  traces('set(span.cache["m"]["k"], 1)', 'merge_maps(span.attributes, span.cache, "upsert")'),
  traces(
    'set(span.attributes["x"], "1")',
    'set(span.attributes["x"], "2") where span.attributes["x"] == "1"',
    'delete_key(span.attributes, "x") where span.name == "bare"',
  ),
  // map editors
  traces(
    'delete_key(span.attributes, "text")',
    'delete_key(span.attributes["map"]["b"], "c")',
    'delete_key(span.name, "x")',
  ),
  traces(
    'delete_matching_keys(span.attributes, "(?i).*PASSWORD.*|^no")',
    'keep_matching_keys(span.attributes, "^[a-m]")',
  ),
  traces('keep_keys(span.attributes, ["text", "number", "map", "absent"])', 'keep_keys(span.attributes["map"], ["a"])'),
  traces('keep_keys(span.attributes, [])'),
  traces('truncate_all(span.attributes, 6)', 'truncate_all(span.attributes["map"], 1)'),
  traces('truncate_all(span.attributes, 0)'),
  traces('stringify_all(span.attributes)'),
  log('stringify_all(log.body) where IsMap(log.body)'),
  traces('merge_maps(span.attributes, {"text": "t", "new": 1}, "insert")'),
  traces('merge_maps(span.attributes, {"text": "t", "new": 1}, "update")'),
  traces('merge_maps(span.attributes, ParseJSON(span.attributes["json"]), "upsert")'),
  traces('merge_maps(span.attributes["map"], {"z": 1}, "upsert")'),
  traces('flatten(span.attributes)'),
  traces('flatten(span.attributes, "p")'),
  traces('flatten(span.attributes, depth=1)'),
  traces('flatten(span.attributes, "p", 2)'),
  traces('flatten(span.attributes, resolveConflicts=true)'),
  log('flatten(log.body) where IsMap(log.body)'),
  traces(
    'append(span.attributes["list"], "d")',
    'append(span.attributes["text"], values=["a", 1])',
    'append(span.attributes["fresh"], 1)',
  ),
  traces('append(span.attributes["map"], 1)'),
  traces(
    'delete_index(span.attributes["list"], 0)',
    'delete_index(span.attributes["numbers"], 0, 2)',
    'delete_index(span.attributes["mixed"], 9)',
  ),
  ...[
    { kind: 2, attributes: { 'http.request.method': 'GET', 'http.route': '/u/{id}' } },
    { kind: 3, attributes: { 'http.method': 'GET', 'url.template': '/u' } },
    { kind: 3, attributes: { 'rpc.system': 'grpc', 'rpc.service': 'a.B', 'rpc.method': 'C' } },
    { kind: 3, attributes: { 'rpc.system': 'grpc', 'rpc.service': 'a.B' } },
    {
      kind: 3,
      attributes: { 'db.system': 'mysql', 'db.operation': 'SELECT', 'db.name': 'n', 'db.collection.name': 't' },
    },
    { kind: 3, attributes: { 'db.system': 'redis', 'server.address': 'h', 'server.port': '6379' } },
    {
      kind: 4,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': 'o',
        'messaging.operation.name': 'send',
      },
    },
    { kind: 5, attributes: { 'messaging.system': 'kafka', 'messaging.destination.temporary': true } },
    { kind: 1, attributes: { 'http.request.method': 'GET' } },
  ].map(({ kind, attributes }) =>
    traces(
      `set(span.kind, ${kind})`,
      ...Object.entries(attributes).map(([key, value]) => `set(span.attributes["${key}"], ${JSON.stringify(value)})`),
      'set_semconv_span_name("1.37.0", "was")',
    ),
  ),
  traces('delete_index(span.attributes["list"], 0, 3)', 'delete_index(span.attributes["numbers"], 1, 1)'),
  // replacing
  traces('replace_pattern(span.name, "/users/(?P<id>[0-9]+)", "/users/{id}-$1-$${id}")'),
  traces(
    'replace_pattern(span.attributes["http.url"], "token=([^&]*)", "token=***")',
    'replace_pattern(span.attributes["number"], "4", "5")',
  ),
  traces(
    'replace_pattern(span.attributes["aaa"], "a*", "X")',
    'replace_pattern(span.attributes["text"], "[äöü]", "<$0>")',
  ),
  traces({
    context: 'span',
    statements: ['replace_pattern(span.attributes["http.url"], "users/([0-9]+)", "$1", SHA256, "users/%s")'],
  }),
  traces(
    'replace_pattern(span.attributes["aaa"], "a", "$nope")',
    'replace_pattern(span.attributes["absent"], "a", "b")',
  ),
  traces('replace_all_patterns(span.attributes, "value", "a", "A")'),
  traces(
    'replace_all_patterns(span.attributes, "key", "^http\\\\.(.*)", "url.$1")',
    'replace_all_patterns(span.attributes, "key", "^(text|aaa)$", "same")',
  ),
  traces({
    context: 'span',
    statements: ['replace_all_patterns(span.attributes, "value", "[a-z]+@[a-z.]+", "$0", MD5, "hash:%s")'],
  }),
  traces(
    'replace_match(span.name, "GET /users/*", "GET /users/{id}")',
    'replace_match(span.attributes["aaa"], "b??", "no")',
  ),
  traces(
    { context: 'span', statements: ['replace_match(span.attributes["aaa"], "{x,ba*c}", "y", SHA1, "/u/%s")'] },
    { context: 'span', statements: ['replace_match(span.attributes["text"], "[!a]*", "neg")'] },
  ),
  traces('replace_all_matches(span.attributes, "*e*", "had an e")'),
  // events, scopes, resources
  traces(
    'set(spanevent.attributes["i"], spanevent.event_index)',
    'set(spanevent.name, Concat([span.name, spanevent.name], "/"))',
  ),
  traces(
    'set(spanevent.time_unix_nano, 7)',
    'delete_key(spanevent.attributes, "type")',
    'append(spanevent.attributes["list"], 2)',
  ),
  traces('set(span.attributes["had"], spanevent.name)'),
  traces(
    'set(resource.attributes["new"], "r")',
    'delete_key(resource.attributes, "env")',
    'set(resource.dropped_attributes_count, 2)',
  ),
  traces('set(scope.name, "lib2")', 'set(scope.version, "9")', 'set(scope.attributes["q"], resource.attributes["n"])'),
  traces('set(resource.attributes["from.span"], span.name)', 'set(scope.name, span.name) where span.kind == 3'),
  traces(
    { statements: ['set(span.attributes["seen"], resource.attributes["env"])'] },
    { statements: ['delete_key(resource.attributes, "env")'] },
  ),
  traces(
    { context: 'span', statements: ['set(attributes["a"], name)', 'set(status.message, "x")'] },
    { context: 'spanevent', statements: ['set(attributes["n"], span.name)'] },
  ),
  traces({
    context: 'Span',
    conditions: ['name == "bare"', 'kind == 3'],
    statements: ['set(attributes["only"], true)'],
  }),
  traces({
    context: 'resource',
    conditions: ['attributes["env"] == "dev"'],
    statements: ['set(attributes["only"], true)'],
  }),
  traces({ error_mode: 'silent', statements: ['set(span.name, 1)', 'set(span.attributes["after"], true)'] }),
  // logs
  log(
    'set(log.body, "new body") where log.body == "user 123 logged in"',
    'set(log.severity_text, "WARN")',
    'set(log.severity_number, SEVERITY_NUMBER_WARN)',
  ),
  log('set(log.body["msg"], "changed")', 'set(log.body["inner"]["k2"], 1)', 'set(log.body[0], "first")'),
  log('set(log.body, log.attributes["map"]) where log.attributes["map"] != nil', 'set(log.attributes["b"], log.body)'),
  log(
    'set(log.time, log.observed_time)',
    'set(log.observed_time_unix_nano, 5)',
    'set(log.event_name, "e")',
    'set(log.flags, 0)',
  ),
  log(
    'merge_maps(log.attributes, log.body, "insert") where IsMap(log.body)',
    'delete_key(log.body, "msg") where IsMap(log.body)',
  ),
  log('set(log.attributes["s"], log.body.string)', 'set(log.body.string, "str")'),
  log('set(log.trace_id.string, "0102030405060708090a0b0c0d0e0f10")', 'set(log.span_id, SpanID(0x0102030405060708))'),
  log('replace_pattern(log.body, "[0-9]+", "N")', 'keep_keys(log.attributes, ["text"])'),
  log('set(resource.attributes["last"], log.severity_number)'),
  // metrics
  metric(
    'set(metric.name, Concat([metric.name, "x"], "."))',
    'set(metric.description, metric.unit)',
    'set(metric.unit, "By")',
  ),
  metric(
    'set(metric.aggregation_temporality, AGGREGATION_TEMPORALITY_DELTA)',
    'set(metric.is_monotonic, false)',
    'set(metric.type, 3)',
  ),
  metric('set(metric.description, "sum") where metric.type == METRIC_DATA_TYPE_SUM', 'set(metric.metadata["k"], "v")'),
  metric('set(metric.description, "two") where Len(metric.data_points) == 2'),
  metric(
    'set(metric.description, "m") where metric.aggregation_temporality == nil',
    'set(metric.unit, "n") where metric.is_monotonic == nil',
  ),
  metric(
    'set(datapoint.attributes["m"], metric.name)',
    'delete_key(datapoint.attributes, "host")',
    'set(datapoint.flags, 1)',
  ),
  metric(
    'set(datapoint.value_double, datapoint.value_double * 2.0)',
    'set(datapoint.attributes["i"], datapoint.value_int)',
  ),
  metric('set(datapoint.value_int, 9) where metric.name == "temperature"', 'set(datapoint.time_unix_nano, 3)'),
  metric('set(datapoint.count, 3)', 'set(datapoint.sum, 2.5)', 'set(datapoint.zero_count, 8)'),
  metric(
    'set(datapoint.attributes["c"], datapoint.count)',
    'set(datapoint.attributes["s"], datapoint.sum)',
    'set(datapoint.attributes["z"], datapoint.zero_count)',
  ),
  metric('set(metric.description, datapoint.attributes["host"])', 'set(datapoint.attributes["d"], metric.description)'),
  metric('keep_keys(resource.attributes, ["host.name"])', 'truncate_all(resource.attributes, 1)'),
  metric(
    { context: 'datapoint', statements: ['set(attributes["x"], metric.unit)'] },
    { context: 'metric', statements: ['set(unit, "new")'] },
  ),
  // functions of metrics
  metric(
    'convert_sum_to_gauge() where metric.name == "requests"',
    'set(metric.description, "was sum") where metric.type == METRIC_DATA_TYPE_GAUGE',
  ),
  metric('convert_gauge_to_sum("delta", true) where metric.name != "x"'),
  metric(
    'convert_gauge_to_sum("cumulative", false) where metric.unit == "C"',
    'convert_sum_to_gauge() where metric.name != ""',
  ),
  metric(
    { context: 'datapoint', statements: ['set(attributes["k"], "v")'] },
    { context: 'metric', statements: ['convert_sum_to_gauge()'] },
  ),
  metric({ context: 'metric', statements: ['scale_metric(2.5)'] }),
  metric({
    context: 'metric',
    statements: ['scale_metric(0.5, "half") where name != "sizes"', 'scale_metric(4.0) where name == "latency"'],
  }),
  metric({
    context: 'metric',
    statements: ['copy_metric(name="copy", unit="u") where name == "requests"', 'set(description, "seen")'],
  }),
  metric({ context: 'metric', statements: ['copy_metric(description="d2") where description == "d"'] }),
  metric({
    context: 'metric',
    statements: [
      'set(name, "r2") where name == "requests"',
      'copy_metric(Concat([name, "copy"], ".")) where name == "r2"',
    ],
  }),
  metric({ context: 'metric', statements: ['extract_sum_metric(true)', 'extract_count_metric(false, ".n")'] }),
  metric({
    context: 'metric',
    statements: ['extract_count_metric(true) where type == METRIC_DATA_TYPE_SUMMARY', 'set(unit, "new")'],
  }),
  metric({
    context: 'datapoint',
    statements: ['set(attributes["e"], "x")', 'convert_summary_sum_val_to_sum("delta", false)'],
  }),
  metric({
    context: 'datapoint',
    statements: ['convert_summary_count_val_to_sum("cumulative", true, ".c")', 'set(attributes["late"], 1)'],
  }),
  ...['sum', 'mean', 'min', 'max', 'median', 'count'].flatMap(how => [
    metric({
      context: 'metric',
      statements: [`aggregate_on_attributes("${how}", []) where name == "sizes" or unit == "C"`],
    }),
    metric({
      context: 'metric',
      statements: [`aggregate_on_attribute_value("${how}", "host", ["a", "x"], "b") where unit == "C"`],
    }),
  ]),
  metric({ context: 'metric', statements: ['aggregate_on_attributes("sum", ["code"]) where name == "temperature"'] }),
  metric({ context: 'metric', statements: ['aggregate_on_attributes("max") where name == "temperature"'] }),
  ...[0.5, 1, 25, 50, 75, 99, 99.9].map(percentile =>
    metric({
      context: 'metric',
      statements: [`extract_percentile_metric(${percentile.toFixed(1)}) where name == "latency" or name == "sizes"`],
    }),
  ),
  metric({ context: 'metric', statements: ['extract_percentile_metric(50.0, ".p") where name == "spread"'] }),
  metric({ context: 'metric', statements: ['extract_percentile_metric(95.0, "") where name == "spread"'] }),
  metric({ context: 'datapoint', statements: ['merge_histogram_buckets(1.0)'] }),
  metric({ context: 'datapoint', statements: ['merge_histogram_buckets(2)', 'merge_histogram_buckets("1")'] }),
  metric({
    context: 'datapoint',
    statements: ['merge_histogram_buckets(7.5)', 'merge_histogram_buckets(2, "limit_buckets")'],
  }),
  metric({ context: 'datapoint', statements: ['merge_histogram_buckets(1, method="limit_buckets")'] }),
  metric({ context: 'metric', statements: ['convert_summary_quantile_val_to_gauge()'] }),
  metric({
    context: 'metric',
    statements: ['convert_summary_quantile_val_to_gauge("q", "_q")', 'set(description, "all")'],
  }),
]

/** Expressions, each written to an attribute of every log record. */
export const ottlExpressions: readonly string[] = [
  'ConvertCase(log.attributes["text"], "snake")',
  'ConvertCase(log.attributes["text"], "camel")',
  'ToSnakeCase("HTTPServer2Name a-b.c")',
  'ToCamelCase("http_server2name a-b.cD")',
  'ToUpperCase(log.attributes["text"])',
  'Trim(log.attributes["padded"])',
  'Trim(log.attributes["aaa"], "bc")',
  'TrimPrefix(log.attributes["aaa"], "ba")',
  'Concat([log.attributes["text"], log.attributes["number"], log.attributes["double"], log.attributes["map"], log.attributes["bytes"], log.attributes["absent"]], "|")',
  'Concat([log.trace_id, log.time], "|")',
  'Split(log.attributes["csv"], ",")',
  'Split(log.attributes["text"], "")',
  'Split(log.attributes["csv"], ",")[0]',
  'Substring(log.attributes["text"], 1, 2)',
  'Substring(log.attributes["text"], 2, 3, utf8_safe=true)',
  'Format("%d %s %v %5.1f %q %t %x", [log.attributes["number"], "s", log.attributes["list"], 2.25, "q", true, 255])',
  'Format("%v %v %v", [log.attributes["map"], log.attributes["nothing"], log.attributes["big"]])',
  'Format("%d", ["x"])',
  'Format("%s", [])',
  'Format("a", [1, "b"])',
  'Format("%+d|%-5s|%05d|%8.3f|%e|%g", [1, "ab", -42, 3.14159, 12345.678, 0.00001])',
  ...['text', 'number', 'double', 'whole', 'big', 'yes', 'bytes', 'list', 'mixed', 'map', 'nothing', 'empty'].flatMap(
    key => [
      `String(log.attributes["${key}"])`,
      `Int(log.attributes["${key}"])`,
      `Double(log.attributes["${key}"])`,
      `Bool(log.attributes["${key}"])`,
      `Len(log.attributes["${key}"])`,
      `Hex(log.attributes["${key}"])`,
      `IsList(log.attributes["${key}"])`,
      `IsMap(log.attributes["${key}"])`,
      `IsString(log.attributes["${key}"])`,
      `IsMatch(log.attributes["${key}"], "[0-9a]")`,
    ],
  ),
  'Int("1e3")',
  'Int("99999999999999999999")',
  'Double("0x1p-2")',
  'Double("inf")',
  'Bool("TRUE")',
  'ToKeyValueString(log.attributes["map"], sort_output=true)',
  'Keys(log.attributes["map"])',
  'Values(log.attributes["map"])',
  'Coalesce([log.attributes["absent"], log.attributes["nothing"], log.attributes["text"]])',
  'ContainsValue(log.attributes["mixed"], 2.5)',
  'ContainsValue(log.attributes["mixed"], 3.0)',
  'Index(log.attributes["list"], "c")',
  'Index(log.attributes["text"], "G")',
  'Sort(log.attributes["list"])',
  'Sort(log.attributes["numbers"], "desc")',
  'Sort(log.attributes["mixed"])',
  'Sort([2.5, 1, 3])',
  'SliceToMap(ParseJSON("[{\\"k\\": \\"a\\", \\"v\\": 1}, {\\"k\\": \\"b\\", \\"v\\": {\\"w\\": 2}}]"), ["k"], ["v"])',
  'SliceToMap(log.attributes["list"])',
  'ParseSeverity(log.attributes["number"], {"low": [{"range": {"min": 0, "max": 50}}], "high": [{"range": "4xx"}]})',
  'ParseSeverity("warn", {"w": [{"equals": ["warn", "warning"]}]})',
  'ParseJSON(log.attributes["json"])',
  'ParseJSON("[1, 2.5, \\"x\\", null]")',
  'ParseJSON("{\\"a\\": 12345678901234567890}")',
  'ParseJSON("nonsense")',
  'ParseKeyValue(log.attributes["pairs"])',
  'ParseKeyValue("a:1,b:\\"x,y\\",:z", ":", ",")',
  'ParseKeyValue("a")',
  'ParseCSV(log.attributes["csv"], "a,b,c")',
  'ParseCSV("a\\tb", "x y", "\\t", " ")',
  'ParseCSV("a\\"b,c", "x,y", mode="lazyQuotes")',
  'ParseCSV("\\"a\\nb\\",c", "x,y")',
  'ParseCSV("a\\nb,c", "x,y")',
  'ParseCSV("\\"a\\"b,c", "x,y", mode="ignoreQuotes")',
  'ParseInt("0b101", 0)',
  'ParseInt("0o17", 0)',
  'ParseInt("017", 0)',
  'ParseInt("1_000", 0)',
  'ParseInt("ff", 16)',
  'ParseInt("-80", 10)',
  'ExtractPatterns(log.attributes["http.url"], "^(?P<scheme>[a-z]+)://(?P<rest>[^/]*)(?P<none>zzz)?")',
  'URL(log.attributes["http.url"])',
  'URL("http://[2001:db8::1]:80/a%20b.tar.gz?q=%41#fr%41g")',
  'URL("mailto:a@b.c")',
  'URL("/only/path?x")',
  'URL("HTTP://EXAMPLE.com")',
  'URL("?a=1&a=2&b=")',
  'Log(log.attributes["number"])',
  'Base64Encode(log.attributes["text"])',
  'Base64Encode(log.attributes["text"], "base64-raw-url")',
  'Base64Decode("SGFsbG8=")',
  'Decode("SGFsbG8", "base64-raw")',
  'Decode(log.attributes["bytes"], "windows-1252")',
  'Decode("text", "us-ascii")',
  ...['SHA1', 'SHA256', 'SHA512', 'MD5', 'FNV', 'Murmur3Hash', 'Murmur3Hash128'].map(
    name => `${name}(log.attributes["text"])`,
  ),
  'Murmur3Hash("")',
  'Murmur3Hash128("0123456789abcdefg")',
  'IsInCIDR(log.attributes["ip"], ["10.0.0.0/8"])',
  'IsInCIDR("::ffff:10.0.0.1", ["10.0.0.0/8"])',
  'CommunityID("10.0.0.1", 80, "10.0.0.2", 99)',
  'CommunityID("::1", 80, "10.0.0.2", 99, "UDP", 7)',
  'IsValidLuhn("17893729974")',
  'Duration("1h2m3.5s")',
  'Nanoseconds(Duration("1h2m3.5s"))',
  'Minutes(Duration("90s"))',
  'UnixNano(Time(log.attributes["date"], "%Y-%m-%dT%H:%M:%S.%L%z"))',
  'UnixNano(Time("05/06/23 7:08:09 PM", "%D %r"))',
  'UnixNano(Time("Mon Jan  2 15:04:05 2006", "%c"))',
  'UnixNano(Time("2023-11-05 01:30:00", "%F %T", "America/New_York"))',
  'UnixNano(Time("12:34", "%R"))',
  ...[
    '%Y %y %m %o %q %b %h %B %d %e %g %a %A',
    '%H %I %l %p %P %M %S .%L .%f .%s',
    '%z %i %j %k %w',
    '%D %x %F %T %X %r %R %n %t %% %c',
  ].map(format => `FormatTime(log.observed_time, "${format}")`),
  ...[
    'Year',
    'Month',
    'Day',
    'Weekday',
    'Hour',
    'Minute',
    'Second',
    'Nanosecond',
    'UnixNano',
    'UnixMicro',
    'UnixMilli',
    'UnixSeconds',
  ].map(name => `${name}(log.time)`),
  'UnixNano(TruncateTime(log.time, Duration("7m")))',
  'UnixNano(Unix(5, 7))',
  'log.attributes["map"]["b"]["d"][1]',
  'log.attributes["map"]["b"]["d"][7]',
  'log.attributes["list"]["x"]',
  'log.attributes["text"][0]',
  '(log.attributes["number"] + 8) / 7',
  'log.attributes["negative"] / 2',
  'log.attributes["double"] / 0.0',
  '7 / 0',
  '-7 / 2',
  '{"a": [log.attributes["number"], {"b": log.attributes["text"]}], "c": nil}',
  '[log.attributes["text"], 1, [true]]',
  'log.body',
  'log.body["list"][1]',
  'log.severity_number',
  'SEVERITY_NUMBER_ERROR3',
  '0x00ff',
]
