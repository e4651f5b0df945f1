// Sends the same spans through a real Collector's probabilistic_sampler and through ours, in every mode and for several
// percentages, and compares which are kept and what their tracestates say.
//
//   node scripts/differential/sampling.ts --collector bench/out/otelcol [--spans 100000]
import { parseArgs } from 'node:util'
import { seededRandom } from '../../bench/rig/corpus.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { StageWalk } from '../../src/pdata/stage-walk.ts'
import { TraceState } from '../../src/pdata/tracestate.ts'
import { probabilisticSamplerConfig } from '../../src/processors/probabilistic-sampler/config.ts'
import { SpanSampler } from '../../src/processors/probabilistic-sampler/span-sampler.ts'
import { decodePlain, encodePlain, type Plain } from '../../src/testkit/otlp-oracle.ts'
import { tracesThroughCollector } from './through-collector.ts'

const { values } = parseArgs({
  options: { collector: { type: 'string' }, spans: { type: 'string', default: '100000' } },
})
if (values.collector === undefined) {
  console.error('sampling: needs --collector PATH (bench/peers/build-otelcol.sh builds one)')
  process.exit(2)
}

const random = seededRandom(11)
const byte = () => Math.floor(random() * 256)
const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
const spanCount = Number(values.spans)
const perRequest = 1000

/** Mostly plain spans; some with randomness, thresholds, priorities, foreign and broken tracestates. */
function span(index: number): Plain {
  const spanId = Buffer.alloc(8)
  spanId.writeUInt32BE(index + 1, 4)
  const traceId = random() < 0.002 ? Buffer.alloc(16) : Buffer.from(Array.from({ length: 16 }, byte))
  const plain: Plain = { traceId, spanId, name: 's', startTimeUnixNano: '1', endTimeUnixNano: '2' }
  const kind = random()
  if (kind < 0.05) plain['traceState'] = `ot=rv:${hex(14)}`
  else if (kind < 0.1) plain['traceState'] = `ot=th:${['8', 'c', 'e666', 'fd70a', '0', '4'][Math.floor(random() * 6)]}`
  else if (kind < 0.13)
    plain['traceState'] = `ot=rv:${hex(14)};th:${['8', 'c', '0'][Math.floor(random() * 3)]},vendor=x`
  else if (kind < 0.15) plain['traceState'] = 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'
  else if (kind < 0.16) plain['traceState'] = ['ot=th:zz', 'A=1', 'ot=', 'a=', 'ot=x:y'][Math.floor(random() * 5)]!
  const priority = random()
  if (priority < 0.01)
    plain['attributes'] = [{ key: 'sampling.priority', value: { intValue: Math.floor(random() * 3) - 1 } }]
  else if (priority < 0.015)
    plain['attributes'] = [{ key: 'sampling.priority', value: { stringValue: random() < 0.5 ? '0' : '1.5' } }]
  else if (priority < 0.02)
    plain['attributes'] = [{ key: 'sampling.priority', value: { doubleValue: random() < 0.5 ? 0 : 0.5 } }]
  return plain
}

const requests = Array.from({ length: Math.ceil(spanCount / perRequest) }, (_, r) =>
  encodePlain('traces', {
    resourceSpans: [
      { scopeSpans: [{ spans: Array.from({ length: perRequest }, (_, i) => span(r * perRequest + i)) }] },
    ],
  }),
)

/** Kept spans by id, with their tracestate. */
function keptOf(groups: Plain[]): Map<string, string> {
  const kept = new Map<string, string>()
  for (const group of groups) {
    for (const scope of (group['scopeSpans'] ?? []) as Plain[]) {
      for (const each of (scope['spans'] ?? []) as Plain[])
        kept.set(String(each['spanId']), String(each['traceState'] ?? ''))
    }
  }
  return kept
}

function ours(yaml: string): Map<string, string> {
  const walk = new StageWalk('traces', [new SpanSampler(parseConfig(probabilisticSamplerConfig, yaml))])
  const kept = new Map<string, string>()
  for (const request of requests) {
    const groups = (decodePlain('traces', walk.run(request))['resourceSpans'] ?? []) as Plain[]
    for (const [id, state] of keptOf(groups)) kept.set(id, state)
  }
  return kept
}

async function theirs(yaml: string): Promise<Map<string, string>> {
  const processor = { processor: 'probabilistic_sampler', yaml }
  const kept = new Map<string, string>()
  for (const request of await tracesThroughCollector(values.collector!, processor, requests))
    for (const [id, state] of keptOf(request['resourceSpans'] as Plain[])) kept.set(id, state)
  return kept
}

let differences = 0
for (const mode of ['hash_seed', 'equalizing', 'proportional']) {
  for (const rest of [
    'sampling_percentage: 10',
    'sampling_percentage: 33.3, sampling_precision: 3',
    'sampling_percentage: 0.7, fail_closed: false',
    'sampling_percentage: 100',
    'sampling_percentage: 0',
    'sampling_percentage: 99.99, hash_seed: 22, fail_closed: false',
  ]) {
    const yaml = `{mode: ${mode}, ${rest}}`
    const [a, b] = [ours(yaml), await theirs(yaml)]
    // One known difference: the Collector rewrites a tracestate that it could not read, here it stays as it is.
    const isBroken = (state: string | undefined) => state !== undefined && TraceState.parse(state) === undefined
    const wrong = [...new Set([...a.keys(), ...b.keys()])].filter(
      id => a.get(id) !== b.get(id) && !(b.has(id) && isBroken(a.get(id))),
    )
    differences += wrong.length
    console.log(`${yaml}: ${a.size} kept here, ${b.size} there, ${wrong.length} differ`)
    for (const id of wrong.slice(0, 5)) console.log(`  ${id}: here ${a.get(id)}, there ${b.get(id)}`)
  }
}
process.exitCode = differences === 0 ? 0 : 1
