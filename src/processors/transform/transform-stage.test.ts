import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Plain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { transformConfig } from './config.ts'
import { createTransformStage } from './transform-stage.ts'

type Signal = 'traces' | 'metrics' | 'logs'
const keys = { traces: 'trace_statements', metrics: 'metric_statements', logs: 'log_statements' } as const

function stageOf(signal: Signal, statements: readonly unknown[], errorMode = 'propagate') {
  const yaml = JSON.stringify({ error_mode: errorMode, [keys[signal]]: statements })
  return createTransformStage(parseConfig(transformConfig, yaml), signal)
}

const id = (byte: number, length: number) => Buffer.alloc(length, byte)
const spans: Plain[] = [
  {
    traceId: id(1, 16),
    spanId: id(2, 8),
    name: 'GET /users/7',
    kind: 2,
    attributes: attributesOf({ a: 'x', n: 7n, url: 'https://h/?token=1&b=2', map: { k: 'v' } }),
    events: [{ name: 'one', attributes: attributesOf({ i: 1n }) }, { name: 'two' }],
  },
  { traceId: id(1, 16), spanId: id(3, 8), name: 'root', attributes: attributesOf({ a: 'y' }) },
]
const resource = { 'service.name': 'shop', env: 'prod' }
const scope = { name: 'lib', version: '1' }

function runSpans(statements: readonly unknown[], errorMode?: string) {
  const out = runProcessor(
    stageOf('traces', statements, errorMode),
    'traces',
    requestOf('traces', spans, resource, scope),
  )
  const records = recordsOf('traces', out.request)
  return { ...out, records, attributes: records.map(record => valuesOf(record['attributes'])) }
}

t.test('each statement sees what those before it left', async t => {
  const { attributes, records } = runSpans([
    'set(span.attributes["a"], "1")',
    'set(span.attributes["a"], Concat([span.attributes["a"], "2"], "")) where span.attributes["a"] == "1"',
    'set(span.name, span.attributes["a"])',
    'delete_key(span.attributes, "a") where span.name == "12" and span.kind == SPAN_KIND_SERVER',
  ])
  t.same(
    records.map(record => record['name']),
    ['12', '12'],
  )
  t.notOk('a' in attributes[0]!)
  t.equal(attributes[1]!['a'], '12')
})

t.test('a request that no statement touches is the same bytes', async t => {
  for (const statements of [
    ['set(span.attributes["b"], 1) where span.name == "nobody"'],
    ['delete_key(span.attributes, "absent")', 'replace_pattern(span.attributes["url"], "secret", "***")'],
    [
      'keep_keys(span.attributes, ["a", "n", "url", "map"])',
      'limit(span.attributes, 9, [])',
      'truncate_all(span.attributes, 99)',
    ],
    ['set(spanevent.name, "x") where spanevent.name == "none"'],
    ['set(resource.attributes["x"], span.name) where span.name == "nobody"'],
    [
      { statements: ['flatten(span.attributes, depth=1) where span.kind == 9'] },
      { statements: ['set(scope.name, "x") where scope.name == "y"'] },
    ],
  ]) {
    t.equal(runSpans(statements).isSame, true, JSON.stringify(statements))
  }
})

t.test('statements for another signal leave a signal alone', async t => {
  const config = parseConfig(transformConfig, JSON.stringify({ log_statements: ['set(log.body, "x")'] }))
  const out = runProcessor(createTransformStage(config, 'traces'), 'traces', requestOf('traces', spans))
  t.equal(out.isSame, true)
})

t.test('events are changed in place, and see their span', async t => {
  const { records } = runSpans([
    'set(spanevent.attributes["of"], span.name)',
    'set(spanevent.name, "first") where spanevent.event_index == 0',
    'set(span.attributes["last"], spanevent.name)',
  ])
  const events = records[0]!['events'] as Plain[]
  t.same(
    events.map(event => [event['name'], valuesOf(event['attributes'])]),
    [
      ['first', { i: 1n, of: 'GET /users/7' }],
      ['two', { of: 'GET /users/7' }],
    ],
  )
  t.equal(valuesOf(records[0]!['attributes'])['last'], 'two')
})

t.test('groups run over the whole request one after the other', async t => {
  const { request, attributes } = runSpans([
    { context: 'span', statements: ['set(attributes["env"], resource.attributes["env"])'] },
    { context: 'resource', statements: ['delete_key(attributes, "env")'] },
    { context: 'span', statements: ['set(attributes["gone"], true) where resource.attributes["env"] == nil'] },
  ])
  t.same(
    attributes.map(each => [each['env'], each['gone']]),
    [
      ['prod', true],
      ['prod', true],
    ],
  )
  const group = (request['resourceSpans'] as Plain[])[0] as { resource: Plain }
  t.same(valuesOf(group.resource['attributes']), { 'service.name': 'shop' })
})

t.test('a span writes to its resource and its scope, and the next span sees it', async t => {
  const { request, attributes } = runSpans([
    'set(span.attributes["before"], resource.attributes["last"])',
    'set(resource.attributes["last"], span.name)',
    'set(scope.version, "2") where span.name == "root"',
  ])
  t.equal(attributes[1]!['before'], 'GET /users/7')
  const group = (request['resourceSpans'] as Plain[])[0] as { resource: Plain; scopeSpans: { scope: Plain }[] }
  t.same(valuesOf(group.resource['attributes']), { ...resource, last: 'root' })
  t.same(group.scopeSpans[0]!.scope, { name: 'lib', version: '2' })
})

t.test('writing around reaches groups that have no resource yet', async t => {
  const bare = {
    resourceSpans: [{ scopeSpans: [{ spans }, { spans: [spans[1]] }] }, { scopeSpans: [{ spans: [spans[1]] }] }],
  }
  const stage = stageOf('traces', ['set(resource.attributes["n"], span.name)', 'set(scope.name, span.name)'])
  const groups = runProcessor(stage, 'traces', bare as Plain).request['resourceSpans'] as {
    resource: Plain
    scopeSpans: { scope: Plain; spans: Plain[] }[]
  }[]
  t.same(
    groups.map(group => [
      valuesOf(group.resource['attributes'])['n'],
      group.scopeSpans.map(each => [each.scope['name'], each.spans.length]),
    ]),
    [
      [
        'root',
        [
          ['root', 2],
          ['root', 1],
        ],
      ],
      ['root', [['root', 1]]],
    ],
  )
})

t.test('conditions of a group admit items that any of them is true of', async t => {
  const { attributes } = runSpans([
    { context: 'span', conditions: ['name == "root"', 'kind == 7'], statements: ['set(attributes["in"], true)'] },
  ])
  t.same(
    attributes.map(each => each['in']),
    [undefined, true],
  )
})

t.test('the cache is empty for every item and group', async t => {
  const { attributes } = runSpans([
    {
      context: 'span',
      statements: [
        'set(attributes["old"], cache["k"])',
        'set(cache["k"]["deep"], name)',
        'set(attributes["new"], cache["k"]["deep"])',
      ],
    },
    { context: 'span', statements: ['set(attributes["later"], cache["k"])'] },
  ])
  t.same(
    attributes.map(each => [each['old'], each['new'], each['later']]),
    [
      [undefined, 'GET /users/7', undefined],
      [undefined, 'root', undefined],
    ],
  )
})

t.test('error_mode: what fails changes nothing and is counted, or the request is refused', async t => {
  const statements = ['set(span.name, 5)', 'set(span.attributes["after"], true)']
  const { attributes, counts, records } = runSpans(statements, 'ignore')
  t.equal(records[0]!['name'], 'GET /users/7')
  t.equal(attributes[0]!['after'], true)
  t.same(counts[0]?.metrics, [['sluice_transform_statement_errors', 2]])
  t.throws(() => runSpans(statements), { name: 'ConsumeError', message: /expected string, found int/ })
  const own = (mode: string) => [{ error_mode: mode, context: 'span', statements: ['set(name, 5)'] }]
  t.throws(() => runSpans(own('propagate'), 'ignore'), { name: 'ConsumeError' })
  t.same(runSpans(own('silent')).counts[0]?.metrics, [['sluice_transform_statement_errors', 2]])
})

t.test('log bodies and their members are read and written', async t => {
  const records = [
    { body: { stringValue: 'user 12' } },
    { body: { kvlistValue: { values: attributesOf({ msg: 'm', list: [1n, 2n] }) } } },
  ]
  const stage = stageOf('logs', [
    'replace_pattern(log.body, "[0-9]+", "N")',
    'set(log.body["list"][1], "two") where IsMap(log.body)',
    'merge_maps(log.attributes, log.body, "upsert") where IsMap(log.body)',
    'set(log.severity_number, SEVERITY_NUMBER_ERROR) where log.body == "user N"',
  ])
  const out = recordsOf('logs', runProcessor(stage, 'logs', requestOf('logs', records)).request)
  t.same(out[0], { body: { stringValue: 'user N' }, severityNumber: 17 })
  t.same(valuesOf(out[1]!['attributes']), { msg: 'm', list: [1n, 'two'] })
})

const metrics: Plain[] = [
  {
    name: 'requests',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ asInt: '5', attributes: attributesOf({ h: 'a' }) }, { asDouble: 1.5 }],
    },
  },
]

t.test('data points are changed one by one, and write to their metric', async t => {
  const stage = stageOf('metrics', [
    'set(datapoint.value_double, 2.5) where datapoint.value_int == 5',
    'set(metric.description, datapoint.attributes["h"])',
    'set(datapoint.attributes["of"], metric.name)',
  ])
  const [metric] = recordsOf('metrics', runProcessor(stage, 'metrics', requestOf('metrics', metrics)).request)
  t.equal(metric!['description'], 'a')
  const points = (metric!['sum'] as { dataPoints: Plain[] }).dataPoints
  t.same(
    points.map(point => [point['asInt'], point['asDouble'], valuesOf(point['attributes'])['of']]),
    [
      [undefined, 2.5, 'requests'],
      [undefined, 1.5, 'requests'],
    ],
  )
})

for (const [what, signal, statements, message] of [
  ['an unknown editor', 'traces', ['sett(span.name, "x")'], /unknown editor sett \(known: append, /],
  ['a converter as a statement', 'traces', ['Concat(["a"], "")'], /changes nothing/],
  ['no statement at all', 'traces', ['span.name == "x"'], /begins with an editor/],
  ['an unknown path', 'traces', ['set(span.nam, "x")'], /unknown path nam/],
  ['a target that cannot be written', 'traces', ['set(span.events, "x")'], /needs a path that can be written to/],
  ['a literal as target', 'traces', ['set("span.name", span.name)'], /needs a path that can be written to/],
  ['a path of another signal', 'traces', ['set(log.body, "x")'], /no path says what it is about/],
  ['two contexts that exclude each other', 'logs', ['set(log.body, span.name)'], /unknown path span.name/],
  [
    'a context of another signal',
    'logs',
    [{ context: 'span', statements: ['set(name, "x")'] }],
    /not one of log, scope/,
  ],
  [
    'both forms in one list',
    'logs',
    ['set(log.body, "x")', { context: 'log', statements: [] }],
    /mixes plain statements/,
  ],
  ['an empty statement', 'logs', [null], /must be a statement, or a map/],
  [
    'an unknown key of a group',
    'logs',
    [{ context: 'log', statement: ['set(body, "x")'] }],
    /must be a statement, or a map/,
  ],
  [
    'an unknown error mode',
    'logs',
    [{ error_mode: 'loud', context: 'log', statements: ['set(body, "x")'] }],
    /error_mode is/,
  ],
  ['a bad strategy', 'traces', ['merge_maps(span.attributes, {}, "replace")'], /strategy must be one of insert/],
  ['a limit below its priority keys', 'traces', ['limit(span.attributes, 1, ["a", "b"])'], /limit must be at least/],
  ['an append of nothing', 'traces', ['append(span.attributes["a"])'], /append needs value or values/],
  ['a bad pattern', 'traces', ['delete_matching_keys(span.attributes, "(")'], /parsing regexp/],
  ['an unknown name', 'traces', ['set(span.kind, SPAN_KIND_SERVR)'], /unknown name SPAN_KIND_SERVR/],
  ['a function that is none', 'traces', ['replace_pattern(span.name, "a", "b", SHA3)'], /unknown function SHA3/],
  [
    'a function of more arguments',
    'traces',
    ['replace_pattern(span.name, "a", "b", Concat)'],
    /takes more than the text/,
  ],
  ['a format without its place', 'traces', ['replace_pattern(span.name, "a", "b", SHA1, "x")'], /must have one %s/],
  ['text after the statement', 'traces', ['set(span.name, "x") when true'], /expected where, and, or, or the end/],
] as const) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => stageOf(signal, statements), { message })
  })
}

t.test('flatten_data is refused', async t => {
  t.throws(() => parseConfig(transformConfig, 'flatten_data: true'), { message: /not supported/ })
})
