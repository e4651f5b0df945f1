import { conditionProblem, inferContext } from '../../ottl/condition.ts'
import type { ContextName } from '../../ottl/context.ts'
import { type ErrorMode, errorModes } from '../../ottl/error-mode.ts'
import { OttlError } from '../../ottl/lexer.ts'

/** One condition of `trace_conditions` and the like, with the context that it is for. */
export interface GroupedCondition {
  readonly context: ContextName
  readonly source: string
  /** What a failure of it means, where its group says so. */
  readonly errorMode: ErrorMode | undefined
}

type Report = (index: number, message: string) => void

const contextsByKey: Readonly<Record<string, readonly ContextName[]>> = {
  trace_conditions: ['resource', 'scope', 'span', 'spanevent'],
  metric_conditions: ['resource', 'scope', 'metric', 'datapoint'],
  log_conditions: ['resource', 'scope', 'log'],
}

/**
 * Reads the two forms of such a list: conditions whose context follows from the prefixes of their paths, and maps
 * `{context, conditions, error_mode}`. A list has one form throughout, as in the Collector. What is wrong is told to
 * `report`, with its index in the list, and left out.
 */
export function conditionGroups(
  key: string,
  entries: readonly unknown[],
  report: Report = () => {},
): GroupedCondition[] {
  const groups: GroupedCondition[] = []
  const allowed = contextsByKey[key] ?? []
  const other = entries.findIndex(entry => typeof entry !== typeof entries[0])
  if (other > 0) {
    report(other, 'mixes plain conditions and maps of context and conditions in one list: write all in one form')
    return groups
  }
  entries.forEach((entry, index) => {
    for (const { context, source, errorMode } of readEntry(entry, index, report)) {
      const found = context ?? infer(source, index, report)
      if (found === undefined) continue
      if (!allowed.includes(found)) {
        report(index, `context ${found} is not one of ${allowed.join(', ')}`)
        continue
      }
      const problem = conditionProblem(source, found)
      if (problem === undefined) groups.push({ context: found, source, errorMode })
      else report(index, problem)
    }
  })
  return groups
}

interface RawCondition {
  readonly context: ContextName | undefined
  readonly source: string
  readonly errorMode: ErrorMode | undefined
}

function readEntry(entry: unknown, index: number, report: Report): RawCondition[] {
  if (typeof entry === 'string') return [{ context: undefined, source: entry, errorMode: undefined }]
  const isMap = typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  const {
    context = '',
    conditions = [],
    error_mode: mode = '',
    ...rest
  } = (isMap ? entry : {}) as Record<string, unknown>
  const isText = Array.isArray(conditions) && conditions.every(condition => typeof condition === 'string')
  if (!isMap || !isText || Object.keys(rest).length > 0 || typeof context !== 'string' || typeof mode !== 'string') {
    report(index, 'must be a condition, or a map of context, conditions and error_mode')
    return []
  }
  const errorMode = errorModes.find(each => each === mode.toLowerCase())
  if (mode !== '' && errorMode === undefined) report(index, `error_mode is one of ${errorModes.join(', ')}`)
  const name = context === '' ? undefined : (context.toLowerCase() as ContextName)
  return conditions.map((source: string) => ({ context: name, source, errorMode }))
}

function infer(source: string, index: number, report: Report): ContextName | undefined {
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
