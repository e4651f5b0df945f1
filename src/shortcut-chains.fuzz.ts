import type { StatelessProcessorFactory } from './component/component.ts'
import type { StageProcessor } from './component/stage-processor.ts'
import { parseConfig } from './config/parse-config.ts'
import type { Signal } from './pdata/otlp-batch.ts'
import { RecordSplice } from './pdata/record-splice.ts'
import { attributesProcessor } from './processors/attributes/factory.ts'
import { filterProcessor } from './processors/filter/factory.ts'
import { probabilisticSamplerProcessor } from './processors/probabilistic-sampler/factory.ts'
import { resourceProcessor } from './processors/resource/factory.ts'
import { transformProcessor } from './processors/transform/factory.ts'
import { SeededRandom } from './testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from './testkit/shortcut-oracle.ts'

const parts: readonly (readonly [unknown, string])[] = [
  [attributesProcessor, 'actions: [{key: a, action: delete}, {key: new.key, value: 1, action: insert}]'],
  [attributesProcessor, 'actions: [{key: host.name, from_attribute: a, action: upsert}]'],
  [attributesProcessor, 'actions: [{key: new.key, action: delete}, {key: http.method, value: x, action: update}]'],
  [
    attributesProcessor,
    '{include: {match_type: strict, attributes: [{key: b}]}, actions: [{key: c, value: 1, action: upsert}]}',
  ],
  [filterProcessor, '{traces: {span: [\'name == "GET"\']}, logs: {log_record: [severity_number < 9]}}'],
  [
    filterProcessor,
    '{traces: {span: [\'attributes["user.email"] != nil\']}, logs: {log_record: [\'attributes["a"] == nil\']}}',
  ],
  [
    filterProcessor,
    '{traces: {resource: [\'attributes["a"] != nil\']}, logs: {resource: [\'attributes["b"] == nil\']}}',
  ],
  [
    transformProcessor,
    JSON.stringify({
      trace_statements: [
        'set(span.attributes["a"], span.name) where span.kind != 2',
        'delete_key(span.attributes, "host.name")',
      ],
      log_statements: ['replace_pattern(log.attributes["a"], "[A-Z]+", "x")'],
    }),
  ],
  [resourceProcessor, 'attributes: [{key: host.name, value: x, action: upsert}, {key: b, action: delete}]'],
  [probabilisticSamplerProcessor, 'sampling_percentage: 60'],
  [probabilisticSamplerProcessor, '{sampling_percentage: 70, mode: proportional, fail_closed: false}'],
]

/** Compares chains of processors in one pass with one walk for all of them. Returns how many requests took the pass. */
export function fuzzShortcutChains(signal: Signal, seed: number, count: number): number {
  if (signal !== 'traces' && signal !== 'logs') return 0
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const chain = Array.from({ length: 2 + random.below(3) }, () => random.pick(parts))
    const configs = chain.map(([factory, yaml]) => {
      const { config, createStage } = factory as StatelessProcessorFactory
      const parsed = parseConfig(config, yaml)
      return () => createStage(parsed, signal)
    })
    const create = (): StageProcessor[] => configs.map(make => make())
    // One that asks for what another wrote begins a pass of its own.
    if (RecordSplice.of(signal, create()) === undefined) continue
    try {
      if (compareShortcut(signal, create, shortcutRequest(random, signal))) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${chain.map(([, yaml]) => yaml).join(' then ')}`, { cause: error })
    }
  }
  return taken
}
