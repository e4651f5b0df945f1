import t from 'tap'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { RecordSplice } from '../pdata/record-splice.ts'
import { StageWalk } from '../pdata/stage-walk.ts'
import { keep, type WalkHooks } from '../pdata/walk-hooks.ts'
import { encodePlain } from '../testkit/otlp-oracle.ts'
import { keyValues } from '../testkit/plain-attributes.ts'
import { brokenRequest, randomRequest } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { WireError } from '../wire/wire-error.ts'
import { AttributeActions } from './attribute-actions.ts'
import { attributeActionList } from './attribute-actions-config.ts'

const actionsConfig = defineConfig({ actions: attributeActionList('actions') })
const keys = [
  'http.method',
  'user.email',
  'service.name',
  'gen_ai.usage.input_tokens',
  'host.name',
  'ключ',
  'a',
  'new.key',
]
const values = ['short', '""', 'x'.repeat(100), 'x'.repeat(300), '7', 'true', '[1, two]']

function randomActions(random: SeededRandom): string {
  const lines = Array.from({ length: 1 + random.below(6) }, () => {
    const action = random.pick(['insert', 'update', 'upsert', 'delete'])
    const key = `key: ${random.pick(keys)}, action: ${action}`
    if (action === 'delete') return `  - {${key}}`
    if (random.chance(0.5)) return `  - {${key}, value: ${random.pick(values)}}`
    const fallback = random.chance(0.3) ? `, default_value: ${random.pick(values)}` : ''
    return `  - {${key}, from_attribute: ${random.pick(keys)}${fallback}}`
  })
  return `actions:\n${lines.join('\n')}`
}

function actionsOf(yaml: string): AttributeActions {
  return new AttributeActions(parseConfig(actionsConfig, yaml).actions)
}

/** The same actions by the long way and by the short one. */
function bothWays(signal: Signal, yaml: string) {
  const actions = actionsOf(yaml)
  const hooks: WalkHooks = {
    span(span) {
      actions.apply(span.attributes)
      return keep
    },
    logRecord(record) {
      actions.apply(record.attributes)
      return keep
    },
  }
  const pass = RecordSplice.of(signal, [{ step: { edits: actions.edits! } }])!
  return { walk: new StageWalk(signal, [hooks]), pass }
}

/** What comes of it, or the name of the error. */
function outcome(run: () => Uint8Array | undefined): Uint8Array | string | undefined {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return 'malformed'
  }
}

for (const signal of ['traces', 'logs'] as const) {
  t.test(`${signal}: edits by the short way give the same bytes, or leave the request to the walk`, async t => {
    const random = new SeededRandom(11)
    let taken = 0
    for (let i = 0; i < 1000; i++) {
      const yaml = randomActions(random)
      const { walk, pass } = bothWays(signal, yaml)
      const whole = randomRequest(random, signal)
      const bytes = random.chance(0.3) ? brokenRequest(random, whole, 3) : whole
      const short = outcome(() => pass.run(bytes))
      if (short === undefined) continue
      taken++
      const long = outcome(() => walk.run(bytes))
      if (typeof short === 'string' || typeof long === 'string' ? short !== long : Buffer.compare(short, long!) !== 0) {
        t.fail(`request ${i} differs: ${yaml}`)
        return
      }
    }
    t.ok(taken > 300, `${taken} requests went the short way`)
  })
}

/** A request of spans as SDKs send them, one for each set of attributes. */
function plainRequest(spans: readonly Parameters<typeof keyValues>[0][]): Uint8Array {
  return encodePlain('traces', {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': 'shop' }) },
        scopeSpans: [
          {
            scope: { name: 'tests' },
            spans: spans.map((attributes, i) => ({
              traceId: Buffer.alloc(16, i + 1),
              spanId: Buffer.alloc(8, i + 1),
              name: `span ${i}`,
              kind: 2,
              startTimeUnixNano: '1770000000000000000',
              endTimeUnixNano: '1770000000500000000',
              attributes: keyValues(attributes),
              flags: 257,
              status: { code: 1 },
            })),
          },
        ],
      },
    ],
  })
}

for (const { name, yaml } of [
  {
    name: 'a length grows from one byte to two',
    yaml: `actions: [{key: host.name, action: insert, value: ${'x'.repeat(90)}}]`,
  },
  {
    name: 'lengths grow to three bytes',
    yaml: `actions: [{key: host.name, action: upsert, value: ${'x'.repeat(17000)}}]`,
  },
  { name: 'a length shrinks', yaml: 'actions: [{key: big, action: delete}, {key: url.path, action: delete}]' },
  { name: 'a long value is copied', yaml: 'actions: [{key: copy, action: insert, from_attribute: big.text}]' },
  {
    name: 'a chain of copies',
    yaml: 'actions: [{key: bbbb, action: upsert, from_attribute: url.path}, {key: cccc, action: upsert, from_attribute: bbbb}, {key: bbbb, action: delete}, {key: url.path, action: update, value: gone}]',
  },
  {
    name: 'deleted and inserted again',
    yaml: 'actions: [{key: url.path, action: delete}, {key: url.path, action: insert, value: again}]',
  },
]) {
  t.test(`plain spans go the short way: ${name}`, async t => {
    const request = plainRequest([
      { 'url.path': '/a', 'http.status': 200 },
      { 'big.text': 'y'.repeat(20_000), 'url.path': '/b' },
      {},
      { 'url.path': '/c'.repeat(40), 'host.name': 'h', ok: true, ratio: 0.5 },
    ])
    const { walk, pass } = bothWays('traces', yaml)
    const short = pass.run(request)
    t.ok(short !== undefined)
    t.same(short, walk.run(request))
  })
}

t.test('what is no edit by exact keys goes the long way', async t => {
  for (const action of [
    '{key: a.key, action: hash}',
    '{pattern: "^a", action: delete}',
    '{key: a.key, action: convert, converted_type: int}',
    '{key: a.key, action: upsert, from_context: metadata.tenant}',
  ]) {
    t.equal(actionsOf(`actions: [{key: b.key, action: delete}, ${action}]`).edits, undefined, action)
  }
})

t.test('a request that gives nothing to do comes back as it is', async t => {
  const { pass } = bothWays(
    'traces',
    'actions: [{key: no.such, action: delete}, {key: nor.this, action: update, value: x}]',
  )
  const request = plainRequest([{ 'url.path': '/a' }, {}])
  t.equal(pass.run(request), request)
})
