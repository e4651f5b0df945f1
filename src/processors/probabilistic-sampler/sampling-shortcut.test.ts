import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { RecordSplice } from '../../pdata/record-splice.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { encodeHostile, hostile } from '../../testkit/hostile-encoder.ts'
import { generateRequest } from '../../testkit/otlp-generator.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { fieldOrders } from '../../testkit/request-variants.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { plainSpansOf } from '../../testkit/shortcut-oracle.ts'
import { probabilisticSamplerConfig } from './config.ts'
import { SpanSampler } from './span-sampler.ts'

const states = [
  '',
  'ot=th:8',
  'ot=rv:ffffffffffffff',
  'vendor=1',
  'vendor=1,ot=th:0',
  'no tracestate',
  'a=b'.repeat(50),
]
const priorities: Plain[] = [
  { intValue: 0 },
  { intValue: 1 },
  { stringValue: '0' },
  { stringValue: ' 1' },
  { doubleValue: 2.5 },
  {},
]
const configs = [
  'sampling_percentage: 50',
  '{sampling_percentage: 0}',
  '{sampling_percentage: 100, fail_closed: false}',
  '{mode: equalizing, sampling_percentage: 60}',
  '{mode: proportional, sampling_percentage: 40, fail_closed: false}',
]

/** Random requests whose spans have what the sampler reads, in every third of them only some; in every other one their ids alone. */
function samplerRequest(random: SeededRandom): Plain {
  const request = generateRequest(random, 'traces', { repeatsMax: 4, fieldChance: random.pick([0.3, 0.8, 1]) })
  const hasIdsOnly = random.chance(0.5)
  const list = (owner: Plain, name: string) => (owner[name] ?? []) as Plain[]
  for (const group of list(request, 'resourceSpans')) {
    for (const scope of list(group, 'scopeSpans')) {
      for (const span of list(scope, 'spans')) {
        if (random.chance(0.3)) span['traceId'] = new Uint8Array(16)
        delete span['traceState']
        if (hasIdsOnly) Object.assign(span, { traceId: span['traceId'] ?? random.bytes(16), spanId: random.bytes(8) })
        else if (random.chance(0.5)) span['traceState'] = random.pick(states)
        if (!random.chance(hasIdsOnly ? 0.02 : 0.3)) continue
        const attributes = [...list(span, 'attributes')]
        const priority = { key: 'sampling.priority', value: random.pick(priorities) }
        attributes.splice(random.below(attributes.length + 1), 0, priority)
        span['attributes'] = attributes
      }
    }
  }
  return request
}

/** Bytes, drops and counts of one request, by the shortcut where it can and by the walk alone. */
function both(yaml: string, bytes: Uint8Array) {
  const config = parseConfig(probabilisticSamplerConfig, yaml)
  const [short, walked] = [true, false].map(isShort => {
    const sampler = new SpanSampler(config)
    const hooks = isShort ? sampler : { span: sampler.span.bind(sampler) }
    const walk = new StageWalk('traces', [hooks])
    const out = walk.run(bytes, isShort ? plainSpansOf('traces', bytes) : undefined)
    return { out, dropped: walk.dropped[0], counts: [...sampler.takeCounts()] }
  })
  return { short: short!, walked: walked! }
}

t.test('the shortcut and the walk keep and write the same', async t => {
  const random = new SeededRandom(11)
  let shortCount = 0
  let plainCount = 0
  for (let i = 0; i < 600; i++) {
    const extras = i % 3 === 0 ? hostile : {}
    const order = i % 3 === 1 ? 'ascending' : random.pick(fieldOrders)
    const bytes = encodeHostile(random, 'traces', samplerRequest(random), { order, ...extras })
    const yaml = random.pick(configs)
    const { short, walked } = both(yaml, bytes)
    const sampler = new SpanSampler(parseConfig(probabilisticSamplerConfig, yaml))
    if (RecordSplice.of('traces', [sampler])!.run(bytes) !== undefined) shortCount++
    if (short.dropped! > 0 && plainSpansOf('traces', bytes) !== undefined) plainCount++
    const seen = { dropped: short.dropped, counts: short.counts, out: decodePlain('traces', short.out) }
    const wanted = { dropped: walked.dropped, counts: walked.counts, out: decodePlain('traces', walked.out) }
    if (!t.strictSame(seen, wanted, `input ${i}`)) return
  }
  t.ok(shortCount > 300, `${shortCount} of 600 were plain enough`)
  t.ok(plainCount > 30, `${plainCount} of them lost spans that nobody had read`)
})

t.test('what encoders write takes the shortcut, byte for byte as through the walk', async t => {
  const random = new SeededRandom(12)
  for (let i = 0; i < 200; i++) {
    const bytes = encodePlain('traces', samplerRequest(random))
    const yaml = random.pick(configs)
    const { short, walked } = both(yaml, bytes)
    if (!t.ok(Buffer.from(short.out).equals(walked.out), `input ${i}`)) return
    t.equal(short.out === bytes, walked.out === bytes, 'an untouched request is the same array')
    const sampler = new SpanSampler(parseConfig(probabilisticSamplerConfig, yaml))
    t.ok(RecordSplice.of('traces', [sampler])!.run(bytes), 'nothing in it needs the walk')
  }
})

t.test('a processor behind the sampler sees what the shortcut left', async t => {
  const random = new SeededRandom(13)
  const bytes = encodePlain('traces', samplerRequest(random))
  const config = parseConfig(probabilisticSamplerConfig, 'sampling_percentage: 50')
  const seen = { alone: 0, behind: 0 }
  const note = (where: keyof typeof seen): Verdict => {
    seen[where]++
    return keep
  }
  const alone = new StageWalk('traces', [new SpanSampler(config)])
  new StageWalk('traces', [{ span: () => note('alone') }]).run(alone.run(bytes))
  const walk = new StageWalk('traces', [new SpanSampler(config), { span: () => note('behind') }])
  const out = walk.run(bytes)
  t.equal(seen.behind, seen.alone)
  t.ok(Buffer.from(out).equals(alone.run(bytes)))
  t.strictSame(walk.dropped, [alone.dropped[0], 0])
})
