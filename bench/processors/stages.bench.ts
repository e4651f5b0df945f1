// What stateless processors add to a request of spans, inline: nanoseconds per span; a thousand of them are one
// CPU-second per million spans. The same work with protobufjs (decode, edit, encode) stands beside it in the same run.
//
//   node bench/processors/stages.bench.ts [--shapes S,M,G] [--spans 512]
import { parseArgs } from 'node:util'
import type { StatelessProcessorFactory } from '../../src/component/component.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { validatedBatch } from '../../src/pdata/validate.ts'
import { attributesProcessor } from '../../src/processors/attributes/factory.ts'
import { filterProcessor } from '../../src/processors/filter/factory.ts'
import { probabilisticSamplerProcessor } from '../../src/processors/probabilistic-sampler/factory.ts'
import { resourceProcessor } from '../../src/processors/resource/factory.ts'
import { transformProcessor } from '../../src/processors/transform/factory.ts'
import { compileStage } from '../../src/service/stage.ts'
import { requestTypes } from '../../src/testkit/otlp-oracle.ts'
import { type Body, buildBody, type Shape, seededRandom } from '../rig/corpus.ts'

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'S,M,G' },
    spans: { type: 'string', default: '512' },
    only: { type: 'string', default: '' },
  },
})
const spanCount = Number(values.spans)
const requestCount = 16
/** A span's trace id, span id and start time. */
const offsetsPerSpan = 3

const insertRenameDelete = `actions:
  - {key: deployment.environment, value: production, action: insert}
  - {key: http.method, from_attribute: http.request.method, action: upsert}
  - {key: http.request.method, action: delete}
  - {key: url.scheme, action: delete}`
const typicalStatements = [
  'set(span.attributes["deployment.environment"], "production")',
  'delete_key(span.attributes, "url.scheme")',
  'replace_pattern(span.attributes["url.path"], "[0-9]+", "{id}") where span.kind == SPAN_KIND_SERVER',
]
const stages: readonly (readonly [name: string, parts: readonly (readonly [unknown, string])[]])[] = [
  ['resource: upsert', [[resourceProcessor, 'attributes: [{key: team, value: core, action: upsert}]']]],
  ['attributes: insert, copy, delete twice', [[attributesProcessor, insertRenameDelete]]],
  ['attributes: nothing to do', [[attributesProcessor, 'actions: [{key: no.such.key, action: delete}]']]],
  ['filter: by name, drops none', [[filterProcessor, 'traces: {span: [\'name == "no such name"\']}']]],
  ['filter: by name and pattern, drops some', [[filterProcessor, 'traces: {span: [\'IsMatch(name, "healthz$")\']}']]],
  [
    'filter: by attribute and status',
    [[filterProcessor, 'traces: {span: [\'attributes["url.scheme"] == "http" and status.code != 2\']}']],
  ],
  [
    'filter: by a property',
    [[filterProcessor, 'spans: {exclude: {match_type: strict, attributes: [{key: url.path, value: /healthz}]}}']],
  ],
  [
    'filter and attributes in one walk',
    [
      [filterProcessor, 'traces: {span: [\'IsMatch(name, "healthz$")\']}'],
      [attributesProcessor, insertRenameDelete],
    ],
  ],
  [
    'resource, filter, sampler 50 % and attributes',
    [
      [resourceProcessor, 'attributes: [{key: deployment.environment.name, value: production, action: upsert}]'],
      [filterProcessor, 'traces: {span: [\'attributes["url.path"] == "/healthz"\', \'IsMatch(name, "^internal")\']}'],
      [probabilisticSamplerProcessor, 'sampling_percentage: 50'],
      [attributesProcessor, insertRenameDelete],
    ],
  ],
  [
    'transform: the same as attributes',
    [
      [
        transformProcessor,
        JSON.stringify({
          trace_statements: [
            'set(span.attributes["deployment.environment"], "production") where span.attributes["deployment.environment"] == nil',
            'set(span.attributes["http.method"], span.attributes["http.request.method"])',
            'delete_key(span.attributes, "http.request.method")',
            'delete_key(span.attributes, "url.scheme")',
          ],
        }),
      ],
    ],
  ],
  [
    'transform: set, delete, replace with where',
    [[transformProcessor, JSON.stringify({ trace_statements: typicalStatements })]],
  ],
  [
    'transform: nothing to do',
    [[transformProcessor, JSON.stringify({ trace_statements: ['delete_key(span.attributes, "no.such.key")'] })]],
  ],
  ['probabilistic_sampler: by hash, 10 %', [[probabilisticSamplerProcessor, 'sampling_percentage: 10']]],
  [
    'probabilistic_sampler: proportional, 10 %',
    [[probabilisticSamplerProcessor, '{mode: proportional, sampling_percentage: 10}']],
  ],
  [
    'probabilistic_sampler: equalizing, 100 %',
    [[probabilisticSamplerProcessor, '{mode: equalizing, sampling_percentage: 100}']],
  ],
]

interface Attribute {
  key: string
}
interface Decoded {
  resourceSpans: { scopeSpans: { spans: { attributes: Attribute[] }[] }[] }[]
}

/** The attributes stage's work on objects. */
function withProtobufjs(request: Uint8Array): Uint8Array {
  const message = requestTypes.traces.decode(request)
  for (const { scopeSpans } of (message as unknown as Decoded).resourceSpans) {
    for (const { spans } of scopeSpans) {
      for (const span of spans) {
        const method = span.attributes.find(attribute => attribute.key === 'http.request.method')
        if (method !== undefined) method.key = 'http.method'
        span.attributes = span.attributes.filter(attribute => attribute.key !== 'url.scheme')
        span.attributes.push({ key: 'deployment.environment', value: { stringValue: 'production' } } as Attribute)
      }
    }
  }
  return requestTypes.traces.encode(message).finish()
}

for (const shape of values.shapes.split(',') as Shape[]) {
  const random = seededRandom(7)
  const requests = Array.from({ length: requestCount }, () =>
    withRandomIds(buildBody(shape, spanCount, random), random),
  )
  // As their receiver saw them.
  const plainSpans = new Map(
    requests.map(request => [request, validatedBatch('traces', request, undefined, undefined).plainSpans]),
  )
  console.log(`\n${shape}: ${spanCount} spans a request, ns per span`)
  for (const [name, parts] of stages) {
    if (!name.includes(values.only)) continue
    const processors = parts.map(([factory, yaml]) => {
      const { config, createStage } = factory as StatelessProcessorFactory
      return createStage(parseConfig(config, yaml), 'traces')
    })
    const stage = compileStage(processors, 'traces')
    report(
      name,
      measure(requests, request => stage.run(request, spanCount, undefined, plainSpans.get(request))),
    )
  }
  report('protobufjs: insert, rename, delete', measure(requests, withProtobufjs))
}

/** The ids are for the sender to fill: samplers need different ones. */
function withRandomIds({ bytes, offsets }: Body, random: () => number): Uint8Array {
  for (let i = 0; i < offsets.length; i += offsetsPerSpan) {
    for (let j = 0; j < 16; j++) bytes[offsets[i]! + j] = Math.floor(random() * 256)
  }
  return bytes
}

function report(name: string, ns: number): void {
  console.log(`  ${name.padEnd(44)} ${ns.toFixed(1).padStart(9)}`)
}

/** The best of many single requests: what the machine's other work adds is left out. */
function measure(requests: readonly Uint8Array[], run: (request: Uint8Array) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  const endMs = performance.now() + 1500
  for (let round = 0; round < 3 || performance.now() < endMs; round++) {
    for (const request of requests) {
      const startedNs = process.hrtime.bigint()
      run(request)
      const ns = Number(process.hrtime.bigint() - startedNs) / spanCount
      if (round > 1 && ns < best) best = ns
    }
  }
  return best
}
