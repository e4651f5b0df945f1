import { parseConfig } from '../../src/config/parse-config.ts'
import { jsonToOtlp } from '../../src/pdata/json-to-otlp.ts'
import { StageWalk } from '../../src/pdata/stage-walk.ts'
import { transformConfig } from '../../src/processors/transform/config.ts'
import { createTransformStage } from '../../src/processors/transform/transform-stage.ts'
import { decodePlain, type Plain } from '../../src/testkit/otlp-oracle.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { comparable, differences } from './compare.ts'
import { ottlCases, ottlExpressions, ottlRequests } from './ottl-cases.ts'
import { pipelinesThroughCollector, type Wanted } from './pipelines-through-collector.ts'

const keys = { traces: 'trace_statements', metrics: 'metric_statements', logs: 'log_statements' } as const
/** Statements as they are listed, and mixed at random: groups of several lists one after the other. */
const cases: readonly Wanted[] = [
  ...mixed(),
  ...ottlCases.map(({ signal, statements }) => ({ signal, yaml: JSON.stringify({ [keys[signal]]: statements }) })),
  ...ottlExpressions.map(expression => ({
    signal: 'logs' as const,
    yaml: JSON.stringify({
      log_statements: [
        `set(log.cache["v"], ${expression})`,
        'set(log.attributes["result"], log.cache["v"])',
        `set(log.attributes["is"], true) where ${expression} == log.cache["v"]`,
      ],
    }),
  })),
]
/** Differences that are meant, by the statements and the attribute they show in. */
const explained: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/span\.trace_id\).*"t2?": undefined here, "nil" there/, 'a write that fails leaves no empty attribute behind'],
  [/event_index/, 'the index of an event is there, in the Collector only for who sets it'],
  [
    /(Split|URL)\(.*"is": \{"boolValue":true\} here, undefined there/,
    'equal lists and maps are equal whatever made them',
  ],
  [/Format\(.*\{0x/, 'lists and maps are printed, there their addresses'],
]

function ours({ signal, yaml }: Wanted): Plain {
  const stage = createTransformStage(parseConfig(transformConfig, yaml), signal)
  return comparable(decodePlain(signal, new StageWalk(signal, [stage]).run(ottlRequests[signal])))
}

/** Groups of three lists of one signal in a row. */
function mixed(): Wanted[] {
  const random = new SeededRandom(61)
  return Array.from({ length: 120 }, (_, i) => {
    const signal = (['traces', 'logs', 'metrics'] as const)[i % 3]!
    const lists = ottlCases.filter(each => each.signal === signal)
    const groups = [1, 2, 3].flatMap(() => {
      const { statements } = lists[random.below(lists.length)]!
      return typeof statements[0] === 'string' ? [{ statements }] : statements
    })
    return { signal, yaml: JSON.stringify({ [keys[signal]]: groups }) }
  })
}

export interface OttlDifference {
  readonly line: string
  /** Why it is meant; undefined where it is not. */
  readonly why: string | undefined
}

/** What a real Collector and this agent make of the same telemetry differently. `only` is a text that statements have. */
export async function ottlDifferences(
  binary: string,
  only = '',
): Promise<{ readonly caseCount: number; readonly found: OttlDifference[] }> {
  const wanted = cases.filter(({ yaml }) => yaml.includes(only))
  const theirs = await pipelinesThroughCollector(binary, 'transform', wanted, ottlRequests)
  const found = wanted.flatMap((each, i) => {
    const written = theirs[i]
    const bytes =
      written === undefined ? new Uint8Array(0) : jsonToOtlp(each.signal, Buffer.from(JSON.stringify(written)))
    const statements = each.yaml.replaceAll('\\"', '"')
    return differences(ours(each), comparable(decodePlain(each.signal, bytes))).map(difference => {
      const line = `${statements} ${difference}`
      return { line, why: explained.find(([pattern]) => pattern.test(line))?.[1] }
    })
  })
  return { caseCount: wanted.length, found }
}
