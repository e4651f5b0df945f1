// What each stateless processor costs beside an empty walk: nanoseconds of CPU per span, in one process and one run.
//
//   node bench/processors/stages.bench.ts [--shapes S,M,G] [--only cost,attributes]
import { parseArgs } from 'node:util'
import type { StatelessProcessorFactory } from '../../src/component/component.ts'
import { components } from '../../src/components.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { compileStage } from '../../src/service/stage.ts'
import { buildBody, type Shape, seededRandom } from '../rig/corpus.ts'

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'S,M,G' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '1' },
  },
})

const configs: Readonly<Record<string, readonly [type: string, yaml: string]>> = {
  'attributes (insert, rename, delete)': [
    'attributes',
    `actions:
      - {key: deployment.environment.name, value: production, action: insert}
      - {key: http.method, from_attribute: http.request.method, action: insert}
      - {key: http.request.method, action: delete}
      - {key: server.port, action: delete}`,
  ],
  'probabilistic_sampler 10 %': ['probabilistic_sampler', 'sampling_percentage: 10'],
  'probabilistic_sampler 10 %, equalizing': ['probabilistic_sampler', '{sampling_percentage: 10, mode: equalizing}'],
  cost: ['cost', '{}'],
  'redaction, standard profile': ['redaction', 'profile: standard'],
  filter: ['filter', 'spans: {exclude: {match_type: strict, attributes: [{key: url.path, value: /healthz}]}}'],
}

const spanCount = 512
const bodies = (shape: Shape) => {
  const random = seededRandom(3)
  return Array.from({ length: 16 }, () => {
    const { bytes, offsets } = buildBody(shape, spanCount, random)
    // Ids as an SDK makes them: equal ones would be one trace to a sampler.
    for (let i = 0; i < offsets.length; i += 3) {
      for (let k = 0; k < 16; k++) bytes[offsets[i]! + k] = Math.floor(random() * 256)
      for (let k = 0; k < 8; k++) bytes[offsets[i + 1]! + k] = Math.floor(random() * 256)
    }
    return bytes
  })
}

function nanosecondsPerSpan(requests: readonly Uint8Array[], run: (bytes: Uint8Array) => void): number {
  const loop = (ms: number) => {
    const end = performance.now() + ms
    let spans = 0
    for (let i = 0; performance.now() < end; i++) {
      run(requests[i % requests.length]!)
      spans += spanCount
    }
    return spans
  }
  loop(500)
  const before = process.cpuUsage()
  const spans = loop(Number(values.seconds) * 1000)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / spans
}

const rows: Record<string, Record<string, number>> = {}
for (const shape of values.shapes.split(',') as Shape[]) {
  const requests = bodies(shape)
  const add = (name: string, run: (bytes: Uint8Array) => void) => {
    rows[name] = { ...rows[name], [shape]: Math.round(nanosecondsPerSpan(requests, run)) }
  }
  const empty = compileStage([{ span: () => 0, takeCounts: () => new Map() }], 'traces')
  add('an empty hook', bytes => empty.run(bytes, spanCount))
  for (const [name, [type, yaml]] of Object.entries(configs)) {
    if (values.only !== undefined && !values.only.split(',').includes(type)) continue
    const factory = components.find('processor', type)
    if (factory === undefined) continue
    const stateless = factory as StatelessProcessorFactory
    const stage = compileStage([stateless.createStage(parseConfig(stateless.config, yaml), 'traces')], 'traces')
    add(name, bytes => stage.run(bytes, spanCount))
  }
}
console.log('nanoseconds of CPU per span')
console.table(rows)
