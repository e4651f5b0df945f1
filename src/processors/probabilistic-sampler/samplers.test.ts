import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { probabilisticSamplerConfig } from './config.ts'
import { probabilisticSamplerProcessor } from './factory.ts'
import { LogSampler } from './log-sampler.ts'
import { fuzzSamplerShortcut } from './shortcut.fuzz.ts'
import { SpanSampler } from './span-sampler.ts'

const parse = (yaml: string) => parseConfig(probabilisticSamplerConfig, yaml)
const traceId = (id: string) => Buffer.from(id.padStart(32, '0'), 'hex')

function spans(yaml: string, ...inputs: Plain[]) {
  const sampler = new SpanSampler(parse(yaml))
  const bytes = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans: inputs }] }] })
  const out = new StageWalk('traces', [sampler]).run(bytes)
  const groups = (decodePlain('traces', out)['resourceSpans'] ?? []) as { scopeSpans: { spans: Plain[] }[] }[]
  return {
    states: groups.flatMap(group =>
      group.scopeSpans.flatMap(scope => scope.spans.map(span => span['traceState'] ?? '')),
    ),
    counts: [...sampler.takeCounts()],
    out,
  }
}

function logs(yaml: string, ...inputs: Plain[]) {
  const sampler = new LogSampler(parse(yaml))
  const bytes = encodePlain('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: inputs }] }] })
  const out = new StageWalk('logs', [sampler]).run(bytes)
  const groups = (decodePlain('logs', out)['resourceLogs'] ?? []) as { scopeLogs: { logRecords: Plain[] }[] }[]
  const records = groups.flatMap(group => group.scopeLogs.flatMap(scope => scope.logRecords))
  return records.map(record =>
    Object.fromEntries(
      ((record['attributes'] ?? []) as { key: string; value: Plain }[]).map(({ key, value }) => [
        key,
        Object.values(value)[0],
      ]),
    ),
  )
}

for (const [title, yaml, span, expected] of [
  [
    'consistent randomness at the threshold is kept',
    '{mode: equalizing, sampling_percentage: 50}',
    { traceId: traceId('80000000000000') },
    'ot=th:8',
  ],
  [
    'and one below is not',
    '{mode: equalizing, sampling_percentage: 50}',
    { traceId: traceId('7fffffffffffff') },
    undefined,
  ],
  [
    'equalizing keeps what was sampled harder',
    '{mode: equalizing, sampling_percentage: 50}',
    { traceId: traceId('ffffffffffffff'), traceState: 'ot=th:c' },
    'ot=th:c',
  ],
  [
    'proportional multiplies',
    '{mode: proportional, sampling_percentage: 50}',
    { traceId: traceId('ffffffffffffff'), traceState: 'ot=th:8' },
    'ot=th:c',
  ],
  [
    'rv goes before the trace id',
    '{mode: proportional, sampling_percentage: 50}',
    { traceId: traceId('ffffffffffffff'), traceState: 'ot=rv:00000000000000' },
    undefined,
  ],
  [
    'a threshold that lies drops',
    '{mode: equalizing, sampling_percentage: 100}',
    { traceId: traceId('1'), traceState: 'ot=th:8' },
    undefined,
  ],
  [
    'or is corrected',
    '{mode: equalizing, sampling_percentage: 100, fail_closed: false}',
    { traceId: traceId('1'), traceState: 'ot=th:8' },
    'ot=th:0',
  ],
  [
    'hashing leaves consistently sampled spans alone: dropped',
    '{sampling_percentage: 100}',
    { traceId: traceId('1'), traceState: 'ot=th:8' },
    undefined,
  ],
  [
    'or passed as they are',
    '{sampling_percentage: 100, fail_closed: false}',
    { traceId: traceId('1'), traceState: 'ot=th:8' },
    'ot=th:8',
  ],
  ['no trace id, closed', '{sampling_percentage: 100}', { traceId: traceId('0') }, undefined],
  ['no trace id, open', '{mode: equalizing, sampling_percentage: 1, fail_closed: false}', {}, 'ot=th:0'],
  [
    'a broken tracestate, closed',
    '{mode: equalizing, sampling_percentage: 100}',
    { traceId: traceId('1'), traceState: 'A=' },
    undefined,
  ],
  [
    'priority 0 drops',
    '{sampling_percentage: 100}',
    { traceId: traceId('1'), attributes: [{ key: 'sampling.priority', value: { intValue: 0 } }] },
    undefined,
  ],
  [
    'priority 1 keeps at 0 %',
    '{sampling_percentage: 0}',
    { traceId: traceId('1'), attributes: [{ key: 'sampling.priority', value: { stringValue: '1' } }] },
    'ot=th:0',
  ],
] as [string, string, Plain, string | undefined][]) {
  t.test(title, async t => {
    t.same(spans(yaml, span).states, expected === undefined ? [] : [expected])
  })
}

t.test('nothing kept is an empty request', async t => {
  const { out, counts } = spans('{sampling_percentage: 0}', { traceId: traceId('1') })
  t.equal(out.length, 0)
  t.same(counts, [['false sampling_priority', 1]])
})

t.test('hashing keeps its share within a percent', async t => {
  const inputs = Array.from({ length: 20_000 }, (_, i) => ({ traceId: traceId((i * 2654435761).toString(16)) }))
  const { states } = spans('{sampling_percentage: 25}', ...inputs)
  t.ok(Math.abs(states.length - 5000) < 200, `${states.length}`)
  t.ok(states.every(state => /^ot=rv:[0-9a-f]{14};th:c/.test(String(state))))
})

t.test('log records are decided by trace id, attribute or their own percentage, and say so', async t => {
  t.same(logs('{mode: equalizing, sampling_percentage: 50}', { traceId: traceId('80000000000000') }), [
    { 'sampling.threshold': '8' },
  ])
  t.same(logs('{mode: equalizing, sampling_percentage: 50}', { traceId: traceId('1') }), [])
  const byUser = '{sampling_percentage: 50, attribute_source: record, from_attribute: user}'
  const users = Array.from({ length: 400 }, (_, i) => ({
    attributes: [{ key: 'user', value: { stringValue: `u${i % 100}` } }],
  }))
  const kept = logs(byUser, ...users)
  const keptUsers = new Set(kept.map(record => record['user']))
  t.equal(kept.length, keptUsers.size * 4, 'all records of a user or none')
  t.ok(keptUsers.size > 30 && keptUsers.size < 70)
  t.match(kept[0], { 'sampling.randomness': /^[0-9a-f]{14}$/, 'sampling.threshold': '8' })
  const priority = { traceId: traceId('1'), attributes: [{ key: 'p', value: { intValue: 100 } }] }
  t.match(logs('{mode: equalizing, sampling_percentage: 1, sampling_priority: p}', priority), [
    { 'sampling.threshold': '0' },
  ])
  t.same(logs('{sampling_percentage: 50, attribute_source: record, from_attribute: user}', {}), [])
})

t.test('decisions are counted by policy and outcome', async t => {
  const settings = componentSettings('probabilistic_sampler')
  if (probabilisticSamplerProcessor.form !== 'stateless') throw new Error('is stateless')
  const companion = probabilisticSamplerProcessor.createCompanion!(parse('{}'), settings, 'traces')
  const { counts } = spans(
    '{mode: equalizing, sampling_percentage: 50}',
    { traceId: traceId('1') },
    { traceId: traceId('ffffffffffffff') },
  )
  companion.recordCounts(counts)
  const name = 'otelcol_processor_probabilistic_sampler_count_traces_sampled'
  t.equal(settings.registry.value(name, { policy: 'trace_id_w3c', sampled: 'true' }), 1)
  t.equal(settings.registry.value(name, { policy: 'trace_id_w3c', sampled: 'false' }), 1)
})

for (const yaml of [
  'sampling_percentage: -1',
  'sampling_percentage: .inf',
  'sampling_percentage: 1.0e-20',
  'sampling_precision: 0',
  'sampling_precision: 15',
  'mode: Equalizing',
]) {
  t.test(`refuses ${yaml}`, async t => {
    t.throws(() => parse(yaml))
  })
}

for (const signal of ['traces', 'logs'] as const) {
  t.test(`${signal} are sampled to the same bytes without views`, async t => {
    t.ok(fuzzSamplerShortcut(signal, 3, 200) > 40)
  })
}
