import { createHash } from 'node:crypto'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { ClientMetadata } from '../../pdata/otlp-batch.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { AttributesStage } from './attributes-stage.ts'
import { attributesConfig } from './config.ts'
import { fuzzAttributesShortcut } from './shortcut.fuzz.ts'

function stage(yaml: string, signal: 'traces' | 'logs' | 'metrics' = 'traces') {
  return new AttributesStage(parseConfig(attributesConfig, yaml), signal)
}

/** What one action makes of the attributes of a span. */
function act(action: string, before: Record<string, unknown>, metadata?: ClientMetadata) {
  const request = requestOf('traces', [{ name: 'a', attributes: attributesOf(before) }])
  const out = runProcessor(stage(`actions: [${action}]`), 'traces', request, metadata)
  return valuesOf(recordsOf('traces', out.request)[0]?.['attributes'])
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
const int64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

const cases: [title: string, action: string, before: Record<string, unknown>, after: Record<string, unknown>][] = [
  ['inserts an absent key', '{key: a, value: 1, action: insert}', {}, { a: 1n }],
  ['leaves a present key to insert', '{key: a, value: 1, action: insert}', { a: 'x' }, { a: 'x' }],
  ['updates a present key', '{key: a, value: true, action: update}', { a: 'x' }, { a: true }],
  ['leaves an absent key to update', '{key: a, value: 1, action: update}', { b: 'x' }, { b: 'x' }],
  ['upserts an absent key', '{key: a, value: 1.5, action: upsert}', {}, { a: 1.5 }],
  ['writes a double for 1.0', '{key: a, value: 1.0, action: upsert}', {}, { a: 1 }],
  ['upserts a present key', '{key: a, value: text, action: UPSERT}', { a: 1n }, { a: 'text' }],
  ['writes lists and maps', '{key: a, value: [1, {b: c}], action: insert}', {}, { a: [1n, { b: 'c' }] }],
  ['copies from another key', '{key: a, from_attribute: b, action: upsert}', { b: 'x' }, { b: 'x', a: 'x' }],
  ['updates from another key', '{key: a, from_attribute: b, action: update}', { a: 1n, b: 2n }, { a: 2n, b: 2n }],
  ['does not update an absent key from another', '{key: a, from_attribute: b, action: update}', { b: 2n }, { b: 2n }],
  [
    'does not insert over a key from another',
    '{key: a, from_attribute: b, action: insert}',
    { a: 1n, b: 2n },
    { a: 1n, b: 2n },
  ],
  ['does nothing where the source is absent', '{key: a, from_attribute: b, action: upsert}', { a: 1n }, { a: 1n }],
  ['falls back to default_value', '{key: a, from_attribute: b, default_value: d, action: upsert}', {}, { a: 'd' }],
  ['writes default_value alone', '{key: a, default_value: d, action: insert}', {}, { a: 'd' }],
  ['deletes a key', '{key: a, action: delete}', { a: 1n, b: 2n }, { b: 2n }],
  [
    'deletes by pattern, anywhere in the key',
    '{pattern: tok, action: delete}',
    { token: 1n, 'x.tok': 1n, b: 2n },
    { b: 2n },
  ],
  ['deletes by key and by pattern', '{key: a, pattern: ^b, action: Delete}', { a: 1n, b: 2n, cb: 3n }, { cb: 3n }],
  ['hashes text', '{key: a, action: hash}', { a: 'x' }, { a: sha256('x') }],
  ['hashes empty text', '{key: a, action: hash}', { a: '' }, { a: sha256('') }],
  ['hashes an int', '{key: a, action: hash}', { a: -5n }, { a: sha256(int64(-5n)) }],
  ['hashes a double', '{key: a, action: hash}', { a: 1.5 }, { a: sha256(Buffer.from('000000000000f83f', 'hex')) }],
  ['hashes a bool', '{key: a, action: hash}', { a: true }, { a: sha256(Uint8Array.of(1)) }],
  ['empties what it cannot hash', '{key: a, action: hash}', { a: ['x'] }, { a: '' }],
  [
    'hashes twice what key and pattern name',
    '{key: a, pattern: a, action: hash}',
    { a: 'x' },
    { a: sha256(sha256('x')) },
  ],
  [
    'extracts groups',
    '{key: a, pattern: "^(?P<m>[A-Z]+) (?P<p>.*)$", action: extract}',
    { a: 'GET /x' },
    { a: 'GET /x', m: 'GET', p: '/x' },
  ],
  [
    'overwrites with what it extracts',
    '{key: a, pattern: (?P<m>x), action: extract}',
    { a: 'x', m: 1n },
    { a: 'x', m: 'x' },
  ],
  [
    'writes empty text for a group that did not match',
    '{key: a, pattern: (?P<m>x)|(?P<n>y), action: extract}',
    { a: 'y' },
    { a: 'y', m: '', n: 'y' },
  ],
  ['extracts nothing where nothing matches', '{key: a, pattern: (?P<m>x), action: extract}', { a: 'y' }, { a: 'y' }],
  ['extracts nothing from a number', '{key: a, pattern: (?P<m>1), action: extract}', { a: 1n }, { a: 1n }],
  ['converts text to int', '{key: a, converted_type: int, action: convert}', { a: '+12' }, { a: 12n }],
  ['converts a double to int', '{key: a, converted_type: int, action: convert}', { a: -1.9 }, { a: -1n }],
  ['converts a bool to int', '{key: a, converted_type: int, action: convert}', { a: true }, { a: 1n }],
  ['leaves text that is no int', '{key: a, converted_type: int, action: convert}', { a: '1.5' }, { a: '1.5' }],
  [
    'leaves text beyond 64 bits',
    '{key: a, converted_type: int, action: convert}',
    { a: '9223372036854775808' },
    { a: '9223372036854775808' },
  ],
  [
    'converts the largest int',
    '{key: a, converted_type: int, action: convert}',
    { a: '9223372036854775807' },
    { a: 9223372036854775807n },
  ],
  ['converts text to double', '{key: a, converted_type: double, action: convert}', { a: '1e3' }, { a: 1000 }],
  ['converts an int to double', '{key: a, converted_type: double, action: convert}', { a: 2n }, { a: 2 }],
  ['leaves text that is no number', '{key: a, converted_type: double, action: convert}', { a: '1x' }, { a: '1x' }],
  ['converts an int to text', '{key: a, converted_type: string, action: convert}', { a: 2n }, { a: '2' }],
  [
    'converts a map to text',
    '{key: a, converted_type: string, action: convert}',
    { a: { b: [1n, 'x'] } },
    { a: '{"b":[1,"x"]}' },
  ],
]
for (const [title, action, before, after] of cases) {
  t.test(title, async t => {
    t.same(act(action, before), after)
  })
}

t.test('actions see what the ones before them did', async t => {
  const actions = '{key: b, from_attribute: a, action: insert}, {key: a, action: delete}, {key: b, action: hash}'
  t.same(act(actions, { a: 'x' }), { b: sha256('x') })
})

t.test('values come from the request that carried the item', async t => {
  const metadata: ClientMetadata = {
    headers: new Map([['x-tenant', ['one', 'two']]]),
    clientAddress: '10.0.0.1',
    auth: new Map([['subject', 'somebody']]),
  }
  t.same(act('{key: a, from_context: metadata.X-Tenant, action: insert}', {}, metadata), { a: 'one;two' })
  t.same(act('{key: a, from_context: x-tenant, action: insert}', {}, metadata), { a: 'one;two' })
  t.same(act('{key: a, from_context: client.address, action: insert}', {}, metadata), { a: '10.0.0.1' })
  t.same(act('{key: a, from_context: auth.subject, action: insert}', {}, metadata), { a: 'somebody' })
  t.same(act('{key: a, from_context: auth.other, action: insert}', {}, metadata), {})
  t.same(act('{key: a, from_context: metadata.none, default_value: d, action: insert}', {}, metadata), { a: 'd' })
  t.same(act('{key: a, from_context: metadata.none, action: insert}', {}), {})
})

t.test('a request in which nothing changes comes back as the same bytes', async t => {
  const request = requestOf('traces', [{ name: 'a', attributes: attributesOf({ b: 'x' }) }])
  t.equal(runProcessor(stage('actions: [{key: a, action: delete}]'), 'traces', request).isSame, true)
})

const spans = [
  { name: 'GET /a', kind: 2, attributes: attributesOf({ code: 200n, ok: true }) },
  { name: 'POST /b', kind: 3, attributes: attributesOf({ code: 500n }) },
]
/** Names of the records that the processor marked. */
function marked(match: string): unknown[] {
  const yaml = `actions: [{key: mark, value: 1, action: insert}]\n${match}`
  const scope = { name: 'lib', version: '1.2' }
  const out = runProcessor(stage(yaml), 'traces', requestOf('traces', spans, { 'service.name': 'shop' }, scope))
  return recordsOf('traces', out.request)
    .filter(span => 'mark' in valuesOf(span['attributes']))
    .map(span => span['name'])
}

for (const [match, expected] of [
  ['include: {match_type: strict, span_names: [GET /a]}', ['GET /a']],
  ['include: {match_type: strict, span_names: [GET]}', []],
  ['include: {match_type: regexp, span_names: [GET]}', ['GET /a']],
  ['include: {match_type: strict, span_kinds: [SPAN_KIND_CLIENT]}', ['POST /b']],
  ['include: {match_type: regexp, span_kinds: ["SERVER|CLIENT"]}', ['GET /a', 'POST /b']],
  ['include: {match_type: strict, services: [shop]}', ['GET /a', 'POST /b']],
  ['include: {match_type: strict, services: [other]}', []],
  ['include: {match_type: strict, resources: [{key: service.name, value: shop}]}', ['GET /a', 'POST /b']],
  ['include: {match_type: strict, attributes: [{key: code, value: 200}]}', ['GET /a']],
  ['include: {match_type: strict, attributes: [{key: code, value: "200"}]}', []],
  ['include: {match_type: regexp, attributes: [{key: code, value: ^5}]}', ['POST /b']],
  ['include: {match_type: strict, attributes: [{key: code}, {key: ok}]}', ['GET /a']],
  ['include: {match_type: strict, libraries: [{name: lib}]}', ['GET /a', 'POST /b']],
  ['include: {match_type: strict, libraries: [{name: lib, version: "1.3"}]}', []],
  ['exclude: {match_type: regexp, span_names: [GET]}', ['POST /b']],
  [
    'include: {match_type: strict, services: [shop]}\nexclude: {match_type: strict, attributes: [{key: ok}]}',
    ['POST /b'],
  ],
  ['include: {match_type: strict, services: [shop], span_names: [POST /b]}', ['POST /b']],
] as const) {
  t.test(`${match.replace('\n', ' ')} acts on ${expected.length} of the spans`, async t => {
    t.same(marked(match), expected)
  })
}

t.test('log records are matched by body and severity', async t => {
  const records = [
    { body: { stringValue: 'disk full' }, severityNumber: 17, severityText: 'ERROR' },
    { body: { stringValue: 'hello' }, severityNumber: 9, severityText: 'INFO' },
    { body: { intValue: '5' } },
  ]
  const count = (match: string) => {
    const yaml = `actions: [{key: mark, value: 1, action: insert}]\ninclude: {match_type: regexp, ${match}}`
    const out = runProcessor(stage(yaml, 'logs'), 'logs', requestOf('logs', records))
    return recordsOf('logs', out.request).map(record => 'mark' in valuesOf(record['attributes']))
  }
  t.same(count('log_bodies: [disk]'), [true, false, false])
  t.same(count('log_bodies: ["^5$"]'), [false, false, true], 'other bodies as text')
  t.same(count('log_severity_texts: [^E]'), [true, false, false])
  t.same(count('log_severity_number: {min: 9}'), [true, true, false])
  t.same(count('log_severity_number: {min: 17, match_undefined: true}'), [true, false, true])
})

t.test('data points are edited, in metrics that match', async t => {
  const metrics = [
    { name: 'a', sum: { dataPoints: [{ asInt: '1', attributes: attributesOf({ k: 'x' }) }] } },
    { name: 'b', histogram: { dataPoints: [{ attributes: attributesOf({ k: 'y' }) }, {}] } },
    { name: 'c', summary: { dataPoints: [{}] } },
  ]
  const yaml = 'actions: [{key: k, value: z, action: upsert}]\nexclude: {match_type: strict, metric_names: [c]}'
  const out = runProcessor(stage(yaml, 'metrics'), 'metrics', requestOf('metrics', metrics))
  const points = recordsOf('metrics', out.request).map(metric => {
    const data = (metric['sum'] ?? metric['histogram'] ?? metric['summary']) as {
      dataPoints: Record<string, unknown>[]
    }
    return data.dataPoints.map(point => valuesOf(point['attributes']))
  })
  t.same(points, [[{ k: 'z' }], [{ k: 'z' }, { k: 'z' }], [{}]])
})

t.test('a criterion of another signal is refused when the stage is built', async t => {
  const yaml = 'actions: [{key: a, action: delete}]\ninclude: {match_type: strict, span_names: [x]}'
  t.throws(() => stage(yaml, 'logs'), { message: /span_names cannot be used in a pipeline of logs/ })
})

for (const [what, yaml, message] of [
  ['no actions', '{}', /actions/],
  ['an empty list', 'actions: []', /empty/],
  ['an action without a key', 'actions: [{value: 1, action: insert}]', /key/],
  ['two sources', 'actions: [{key: a, value: 1, from_attribute: b, action: insert}]', /more than one/],
  ['no source', 'actions: [{key: a, action: insert}]', /needs one of/],
  ['a null value', 'actions: [{key: a, value: null, action: insert}]', /needs one of/],
  ['an unknown action', 'actions: [{key: a, action: remove}]', /action/],
  ['extract without groups', 'actions: [{key: a, pattern: x, action: extract}]', /named groups/],
  ['extract with an unnamed group', 'actions: [{key: a, pattern: (?P<a>x)(y), action: extract}]', /named groups/],
  ['a look-ahead', 'actions: [{pattern: (?=x), action: delete}]', /parsing regexp/],
  ['convert without a type', 'actions: [{key: a, action: convert}]', /converted_type/],
  ['convert to bool', 'actions: [{key: a, converted_type: bool, action: convert}]', /converted_type/],
  ['delete with a value', 'actions: [{key: a, value: 1, action: delete}]', /not used/],
  [
    'include without criteria',
    'actions: [{key: a, action: delete}]\ninclude: {match_type: strict}',
    /nothing to match/,
  ],
  ['include without match_type', 'actions: [{key: a, action: delete}]\ninclude: {services: [a]}', /match_type/],
  [
    'a number as pattern',
    'actions: [{key: a, action: delete}]\ninclude: {match_type: regexp, attributes: [{key: a, value: 1}]}',
    /must be text/,
  ],
] as const) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => parseConfig(attributesConfig, yaml), { message })
  })
}

for (const signal of ['traces', 'logs'] as const) {
  t.test(`fixed keys of ${signal} are edited without views to the same bytes`, async t => {
    t.ok(fuzzAttributesShortcut(signal, 3, 200) > 40)
  })
}

for (const yaml of [
  'actions: [{key: a, action: hash}]',
  'actions: [{pattern: a, action: delete}]',
  'actions: [{key: a, from_context: client.address, action: insert}]',
]) {
  t.test(`views are needed by ${yaml.slice(0, 60).replace('\n', ' ')}`, async t => {
    t.equal(stage(yaml).step, undefined)
  })
}
