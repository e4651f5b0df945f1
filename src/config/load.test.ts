import t from 'tap'
import type { LoadRequest } from './load.ts'
import { formatProblemsText } from './problem-format.ts'
import { loadSample, type SampleWorld, sampleRegistry, valuesFile } from './sample-registry.ts'

async function valuesOf(section: string, world: SampleWorld = {}) {
  const loaded = await loadSample(valuesFile(section), world)
  const component = loaded.resolved?.components.find(candidate => candidate.kind === 'receiver')
  const codes = loaded.problems.map(problem => problem.code)
  return { config: component?.config as Record<string, unknown>, codes }
}

/** The table of null and optional sections, row by row; null scalars as measured: zero value, and a warning. */
for (const { written, key, value, code } of [
  { written: 'text: x', key: 'number', value: 7 },
  { written: 'number:', key: 'number', value: 0, code: 'SLC0109' },
  { written: 'number: ~', key: 'number', value: 0, code: 'SLC0109' },
  { written: 'flag:', key: 'flag', value: false, code: 'SLC0109' },
  { written: 'text: null', key: 'text', value: '', code: 'SLC0109' },
  { written: 'names:', key: 'names', value: ['default'] },
  { written: 'names: []', key: 'names', value: [] },
  { written: 'names: [a]', key: 'names', value: ['a'] },
  { written: 'names: a,b', key: 'names', value: ['a', 'b'] },
  { written: 'pairs:', key: 'pairs', value: { a: '1' } },
  { written: 'pairs: {}', key: 'pairs', value: { a: '1' } },
  { written: 'pairs: {b: "2"}', key: 'pairs', value: { a: '1', b: '2' } },
  { written: 'text: x', key: 'nested', value: undefined },
  { written: 'nested:', key: 'nested', value: { size: 4 } },
  { written: 'nested: {}', key: 'nested', value: { size: 4 } },
  { written: 'nested: {size: 9}', key: 'nested', value: { size: 9 } },
  { written: 'nested: {size: 9, enabled: false}', key: 'nested', value: undefined },
  { written: 'nested: {enabled: true}', key: 'nested', value: { size: 4 } },
]) {
  t.test(`"${written}" gives ${key} ${JSON.stringify(value)}`, async t => {
    const { config, codes } = await valuesOf(written)
    t.same(config[key], value)
    t.same(codes, code === undefined ? [] : [code])
  })
}

t.test('an optional section that is off is still read', async t => {
  t.same((await valuesOf('nested: {sze: 9, enabled: false}')).codes, ['SLC0102'])
  t.same((await valuesOf('nested: {enabled: "no"}')).codes, ['SLC0103'])
})

t.test('a bare component has all defaults, and protocols without one turn none on', async t => {
  const rest = 'exporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n'
  const both = await loadSample(`receivers: {otlp: {protocols: {grpc: , http: }}}\n${rest}`)
  t.match(both.resolved?.components[0]?.config, {
    protocols: { grpc: { endpoint: 'localhost:4317' }, http: { endpoint: 'localhost:4318' } },
  })
  const none = await loadSample(`receivers: {otlp: {protocols: }}\n${rest}`)
  t.match(
    none.problems.map(problem => problem.code),
    ['SLC0110'],
  )
})

/** The merge rules, row by row: later sources win, maps merge, lists and nulls replace. */
for (const { name, later, key, value } of [
  { name: 'maps merge key by key', later: 'receivers: {values: {number: 1}}', key: 'text', value: 'first' },
  { name: 'scalars are replaced', later: 'receivers: {values: {text: second}}', key: 'text', value: 'second' },
  { name: 'lists are replaced', later: 'receivers: {values: {names: [c]}}', key: 'names', value: ['c'] },
  { name: 'a null section erases', later: 'receivers: {values: }', key: 'text', value: '' },
  { name: 'an empty section adds nothing', later: 'receivers: {values: {}}', key: 'text', value: 'first' },
  { name: 'double colons nest', later: 'receivers::values::text: second', key: 'text', value: 'second' },
]) {
  t.test(`merging: ${name}`, async t => {
    const files = { 'later.yaml': later }
    const configs = ['sluice.yaml', 'later.yaml']
    const { resolved, problems } = await loadSample(valuesFile('text: first\nnames: [a, b]'), { files }, { configs })
    t.same(problems, [], formatProblemsText(problems))
    t.match(resolved?.components[0]?.config, { [key]: value })
  })
}

for (const { name, gates, extensions, exporters } of [
  { name: 'are replaced', gates: [], extensions: ['file_storage/b'], exporters: ['debug/b'] },
  {
    name: 'grow with the gate of the Collector, and nothing comes twice',
    gates: ['+confmap.enableMergeAppendOption'],
    extensions: ['file_storage/a', 'file_storage/b'],
    exporters: ['debug/a', 'debug/b'],
  },
  {
    name: 'are replaced where the gate is closed',
    gates: ['-confmap.enableMergeAppendOption'],
    extensions: ['file_storage/b'],
    exporters: ['debug/b'],
  },
]) {
  t.test(`merging: lists of components ${name}`, async t => {
    const part = (id: string, ids: string) => `
receivers: {values: {names: [${id}]}}
exporters: {debug/${id}: }
extensions: {file_storage/${id}: }
service: {extensions: [${ids}], pipelines: {traces: {receivers: [values], exporters: [debug/${id}]}}}
`
    const isOpen = gates[0]?.startsWith('+') === true
    const files = {
      'a.yaml': part('a', 'file_storage/a'),
      'b.yaml': part('b', isOpen ? 'file_storage/a, file_storage/b' : 'file_storage/b'),
    }
    const request = { configs: ['a.yaml', 'b.yaml'], featureGates: gates }
    const loaded = await loadSample('', { files }, request)
    t.notOk(
      loaded.problems.some(problem => problem.severity === 'error'),
      formatProblemsText(loaded.problems),
    )
    t.notOk(loaded.problems.some(problem => problem.code === 'SLC0318'))
    t.same(loaded.resolved?.extensions, extensions)
    t.same(loaded.resolved?.pipelines[0]?.exporters, exporters)
    t.match(loaded.resolved?.components[0]?.config, { names: ['b'] }, 'other lists are replaced all the same')
  })
}

for (const { name, section, codes } of [
  { name: 'a range', section: '{enabled: false, queue_size: 0}', codes: ['SLC0105'] },
  {
    name: 'a combination',
    section: '{enabled: false, queue_size: 1, batch: {min_size: 9, max_size: 3}}',
    codes: ['SLC0110'],
  },
]) {
  t.test(`in a section that is off ${name} is no error`, async t => {
    const text = `
receivers: {values: }
exporters: {otlp_grpc: {endpoint: "a:1", sending_queue: ${section}}}
service: {pipelines: {traces: {receivers: [values], exporters: [otlp_grpc]}}}
`
    const off = await loadSample(text)
    t.ok(off.resolved, formatProblemsText(off.problems))
    t.match(
      off.problems,
      codes.map(code => ({ code, severity: 'warning' })),
    )
    const on = await loadSample(text.replace('enabled: false', 'enabled: true'))
    t.match(
      on.problems,
      codes.map(code => ({ code, severity: 'error' })),
    )
  })
}

const base = valuesFile('text: from the file')

for (const { name, request, world, text } of [
  { name: 'file:', request: { configs: ['file:sluice.yaml'] }, text: 'from the file' },
  { name: 'env:', request: { configs: ['env:WHOLE'] }, world: { env: { WHOLE: base } }, text: 'from the file' },
  { name: 'yaml:', request: { configs: ['sluice.yaml', 'yaml:receivers::values::text: inline'] }, text: 'inline' },
  {
    name: 'https:',
    request: { configs: ['https://host/c'] },
    world: { files: { 'https://host/c': base } },
    text: 'from the file',
  },
  {
    name: 'a directory, in the order of names',
    request: { configs: ['conf.d'] },
    world: { files: { 'conf.d/2.yaml': 'receivers: {values: {text: second}}', 'conf.d/1.yaml': base } },
    text: 'second',
  },
  { name: '--set, after everything', request: { sets: ['receivers.values.text=from --set'] }, text: 'from --set' },
  { name: '--set with an equal sign in the value', request: { sets: ['receivers.values.text=a=b'] }, text: 'a=b' },
  {
    name: 'a placeholder in a source of its own',
    request: { configs: ['sluice.yaml', 'yaml:receivers::values::text: ${env:T}'] },
    world: { env: { T: 'expanded' } },
    text: 'expanded',
  },
] as { name: string; request: Partial<LoadRequest>; world?: SampleWorld; text: string }[]) {
  t.test(`reads ${name}`, async t => {
    const { resolved, problems } = await loadSample(base, world, request)
    t.same(problems, [], formatProblemsText(problems))
    t.match(resolved?.components[0]?.config, { text })
  })
}

for (const { name, request, code } of [
  { name: 'a missing file', request: { configs: ['no.yaml'] }, code: 'SLC0201' },
  { name: 'a missing variable', request: { configs: ['env:NO'] }, code: 'SLC0201' },
  { name: 'a provider that is not there', request: { configs: ['s3://bucket/x'] }, code: 'SLC0201' },
  { name: 'no source', request: { configs: [] }, code: 'SLC0202' },
  { name: 'an empty source', request: { configs: ['yaml:'] }, code: 'SLC0202' },
  { name: '--set without =', request: { sets: ['a.b'] }, code: 'SLC0209' },
  { name: 'an unknown gate', request: { featureGates: ['-a.b'] }, code: 'SLC0318' },
]) {
  t.test(`reports ${name}`, async t => {
    const { problems } = await loadSample(base, {}, request)
    t.same(
      problems.map(problem => problem.code),
      [code],
    )
  })
}

t.test('anchors and merge keys work, and explicit keys win', async t => {
  const { config } = await valuesOf('pairs: &p {x: "1", y: "2"}\nany: {<<: *p, y: "3"}')
  t.same(config['anything'], { x: '1', y: '3' })
})

t.test('an alias bomb is refused in bounded time', async t => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  const { codes } = await valuesOf(`any: {${lines.join(', ')}}`)
  t.same(codes, ['SLC0116'])
})

t.test('nesting beyond the limit is refused', async t => {
  t.same((await valuesOf(`any: ${'['.repeat(60)}${']'.repeat(60)}`)).codes, [])
  t.same((await valuesOf(`any: ${'['.repeat(70)}${']'.repeat(70)}`)).codes, ['SLC0116'])
  t.same((await valuesOf(`any: ${'['.repeat(100_000)}${']'.repeat(100_000)}`)).codes, ['SLC0116'])
})

t.test('--allow-missing leaves out what Sluice lacks, and runs the rest', async t => {
  const text = `receivers: {values: , kafka: }
exporters: {debug: , datadog: {api: x}}
service:
  pipelines:
    traces: {receivers: [values, kafka], exporters: [debug, datadog]}
    logs: {receivers: [kafka], exporters: [debug]}
`
  const strict = await loadSample(text)
  t.equal(strict.resolved, undefined)
  t.same(
    strict.problems.map(problem => problem.code),
    ['SLC0301', 'SLC0301'],
  )
  const { resolved, problems } = await loadSample(text, {}, { allowMissing: true })
  t.match(resolved?.pipelines, [{ id: 'traces', receivers: ['values'], exporters: ['debug'] }])
  t.equal(resolved?.pipelines.length, 1)
  t.ok(problems.every(problem => problem.severity === 'warning'))
})

t.test('what older Collectors wrote still runs, with one warning each', async t => {
  const text = `receivers: {values: }
exporters:
  otlp:
    endpoint: a:4317
    batcher: {enabled: true, flush_timeout: 1s, min_size_items: 10}
    sending_queue: {blocking: true}
extensions: {memory_ballast: {size_mib: 64}}
service:
  extensions: [memory_ballast]
  telemetry: {metrics: {address: "0.0.0.0:8888"}}
  pipelines: {traces: {receivers: [values], exporters: [otlp]}}
`
  const { resolved, problems } = await loadSample(text)
  t.same(problems.map(problem => problem.code).sort(), ['SLC0111', 'SLC0111', 'SLC0119', 'SLC0304', 'SLC0315'])
  const exporter = resolved?.components.find(component => component.kind === 'exporter')
  t.match(exporter, { id: 'otlp', factoryType: 'otlp_grpc' })
  t.match(exporter?.config, { queue: { blockOnOverflow: true, batch: { flushTimeoutMs: 1000, minSize: 10 } } })
  t.equal(resolved?.telemetry.metrics.address, '0.0.0.0:8888')
})

t.test('fingerprints follow the meaning, not the layout', async t => {
  const first = await loadSample(valuesFile('text: "a"\nnumber: 1'))
  const same = await loadSample(`# a comment\n${valuesFile('number: 1\ntext: a # b')}`)
  const other = await loadSample(valuesFile('text: b\nnumber: 1'))
  t.equal(first.resolved?.fingerprint, same.resolved?.fingerprint)
  t.not(first.resolved?.fingerprint, other.resolved?.fingerprint)
})

for (const { name, pipelines, codes } of [
  {
    name: 'a cycle',
    pipelines: 'traces/a: {receivers: [values, forward], exporters: [forward]}',
    codes: ['SLC0311'],
  },
  {
    name: 'a cycle of two',
    pipelines:
      'traces/a: {receivers: [values, forward], exporters: [forward/2]}, traces/b: {receivers: [forward/2], exporters: [forward]}',
    codes: ['SLC0311'],
  },
  {
    name: 'a connector with one end',
    pipelines: 'traces/a: {receivers: [values], exporters: [forward]}',
    codes: ['SLC0310'],
  },
  {
    name: 'a connector that cannot convert',
    pipelines:
      'traces/a: {receivers: [values], exporters: [forward]}, logs: {receivers: [forward], exporters: [debug]}',
    codes: ['SLC0310', 'SLC0310'],
  },
  {
    name: 'two pipelines joined',
    pipelines:
      'traces/a: {receivers: [values], exporters: [forward]}, traces/b: {receivers: [forward], exporters: [debug]}',
    codes: [],
  },
]) {
  t.test(`connectors: ${name}`, async t => {
    const connectors = 'connectors: {forward: , forward/2: }\n'
    const text = `receivers: {values: }\nexporters: {debug: }\n${connectors}service: {pipelines: {${pipelines}}}\n`
    const errors = (await loadSample(text)).problems.filter(problem => problem.severity === 'error')
    t.same(
      errors.map(problem => problem.code),
      codes,
    )
  })
}

t.test('a pipeline of profiles needs no gate', async t => {
  const registry = sampleRegistry.map(component =>
    component.signals === undefined
      ? component
      : { ...component, signals: [...component.signals, 'profiles' as const] },
  )
  const text = valuesFile('text: a').replace('traces:', 'profiles/all:')
  const { resolved, problems } = await loadSample(text, {}, { registry })
  t.same(problems, [])
  t.match(resolved?.pipelines, [{ id: 'profiles/all', signal: 'profiles' }])
  const without = await loadSample(text)
  t.ok(without.problems.every(problem => problem.code === 'SLC0307'))
})
