import { conditionProblem, inferContext } from '../../processor-helper/ottl-condition.ts'
import type { ContextName } from '../../processor-helper/ottl-context.ts'
import { OttlError } from '../../processor-helper/ottl-lexer.ts'

/** One condition of `trace_conditions` and the like, with the context that it is for. */
export interface GroupedCondition {
  readonly context: ContextName
  readonly source: string
}

const contextsByKey: Readonly<Record<string, readonly ContextName[]>> = {
  trace_conditions: ['resource', 'span', 'spanevent'],
  metric_conditions: ['resource', 'metric', 'datapoint'],
  log_conditions: ['resource', 'log'],
}

/**
 * Reads the two forms of such a list: conditions whose context follows from the prefixes of their paths, and maps
 * `{context, conditions}`. What is wrong is told to `report`, with its index in the list, and left out.
 */
export function conditionGroups(
  key: string,
  entries: readonly unknown[],
  report: (index: number, message: string) => void = () => {},
): GroupedCondition[] {
  const groups: GroupedCondition[] = []
  const allowed = contextsByKey[key] ?? []
  entries.forEach((entry, index) => {
    for (const { context, source } of readEntry(entry, index, report)) {
      const found = context ?? infer(source, index, report)
      if (found === undefined) continue
      if (!allowed.includes(found)) {
        report(index, `context ${found} is not one of ${allowed.join(', ')}`)
        continue
      }
      const problem = conditionProblem(source, found)
      if (problem === undefined) groups.push({ context: found, source })
      else report(index, problem)
    }
  })
  return groups
}

interface RawCondition {
  readonly context: ContextName | undefined
  readonly source: string
}

function readEntry(entry: unknown, index: number, report: (index: number, message: string) => void): RawCondition[] {
  if (typeof entry === 'string') return [{ context: undefined, source: entry }]
  const { context, conditions, ...rest } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<
    string,
    unknown
  >
  const unknown = Object.keys(rest).filter(key => key !== 'error_mode')
  const isText = Array.isArray(conditions) && conditions.every(condition => typeof condition === 'string')
  if (!isText || unknown.length > 0 || (context !== undefined && typeof context !== 'string')) {
    report(index, 'must be a condition, or a map of context and conditions')
    return []
  }
  if ('error_mode' in rest) report(index, 'error_mode is for the whole processor: move it there')
  return conditions.map((source: string) => ({ context: context as ContextName | undefined, source }))
}

function infer(
  source: string,
  index: number,
  report: (index: number, message: string) => void,
): ContextName | undefined {
  try {
    const context = inferContext(source)
    if (context === undefined) report(index, 'no path says what it is about: write span.name, log.body and so on')
    return context
  } catch (error) {
    if (!(error instanceof OttlError)) throw error
    report(index, error.message)
    return undefined
  }
}
