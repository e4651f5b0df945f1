import { type Condition, compileCondition } from '../../ottl/condition.ts'
import type { ContextName } from '../../ottl/context.ts'
import type { Editors } from '../../ottl/editor.ts'
import { type ErrorMode, errorModes } from '../../ottl/error-mode.ts'
import { OttlError } from '../../ottl/lexer.ts'
import { compileStatement, pathPrefixes, type Statement } from '../../ottl/statement.ts'
import { metricEditors } from './metric-editors.ts'
import { spanNameEditor } from './span-name-editor.ts'

export type StatementSignal = 'traces' | 'metrics' | 'logs'

/** Statements of one context, run one after the other over each item that a condition admits. */
export interface StatementGroup {
  readonly context: ContextName
  /** Any must be true; all items pass where there is none. */
  readonly conditions: readonly Condition[]
  readonly conditionSources: readonly string[]
  readonly statements: readonly Statement[]
  /** What a failure means, where the group says so. */
  readonly errorMode: ErrorMode | undefined
  /** Contexts that are read or written. */
  readonly touches: ReadonlySet<ContextName>
  readonly writes: ReadonlySet<ContextName>
  /** Whether a statement makes new metrics. */
  readonly addsMetrics: boolean
}

type Report = (index: number, message: string) => void

/** From the innermost: the context of a group is the innermost that its paths name. */
const contextsBySignal: Readonly<Record<StatementSignal, readonly ContextName[]>> = {
  traces: ['spanevent', 'span', 'scope', 'resource'],
  metrics: ['datapoint', 'metric', 'scope', 'resource'],
  logs: ['log', 'scope', 'resource'],
}

/** Editors that only one signal has. */
const ownEditors: Readonly<Record<StatementSignal, Editors>> = {
  traces: spanNameEditor,
  metrics: metricEditors,
  logs: {},
}

/**
 * Reads the two forms of a list of statements: statements alone, which are one group, and maps
 * `{context, conditions, statements, error_mode}`. What is wrong is told to `report`, with its index in the list.
 */
export function statementGroups(
  signal: StatementSignal,
  entries: readonly unknown[],
  report: Report = () => {},
): StatementGroup[] {
  const isPlain = typeof entries[0] === 'string'
  const other = entries.findIndex(entry => (typeof entry === 'string') !== isPlain)
  if (other > 0) {
    report(other, 'mixes plain statements and maps of context and statements in one list: write all in one form')
    return []
  }
  const raw = isPlain
    ? [{ context: '', conditions: [], statements: entries as string[], errorMode: undefined, index: 0 }]
    : entries.flatMap((entry, index) => readEntry(entry, index, report))
  return raw.flatMap(group => compileGroup(signal, group, isPlain, report))
}

interface RawGroup {
  readonly context: string
  readonly conditions: readonly string[]
  readonly statements: readonly string[]
  readonly errorMode: ErrorMode | undefined
  /** Where it stands in the list. */
  readonly index: number
}

function readEntry(entry: unknown, index: number, report: Report): RawGroup[] {
  const isMap = typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  const fields = (isMap ? entry : {}) as Record<string, unknown>
  const { context, conditions, statements, error_mode: mode, ...rest } = fields
  const isTexts = (value: unknown) => Array.isArray(value) && value.every(each => typeof each === 'string')
  const isText = (value: unknown) => typeof value === 'string'
  const isRight =
    isMap &&
    Object.keys(rest).length === 0 &&
    isText(context ?? '') &&
    isText(mode ?? '') &&
    isTexts(conditions ?? []) &&
    isTexts(statements ?? [])
  if (!isRight) {
    report(index, 'must be a statement, or a map of context, conditions, statements and error_mode')
    return []
  }
  const errorMode = errorModes.find(each => each === String(mode ?? '').toLowerCase())
  if (errorMode === undefined && (mode ?? '') !== '') report(index, `error_mode is one of ${errorModes.join(', ')}`)
  return [
    {
      context: String(context ?? '').toLowerCase(),
      conditions: (conditions ?? []) as string[],
      statements: (statements ?? []) as string[],
      errorMode,
      index,
    },
  ]
}

function compileGroup(signal: StatementSignal, raw: RawGroup, isPlain: boolean, report: Report): StatementGroup[] {
  const allowed = contextsBySignal[signal]
  const touches = new Set<ContextName>()
  const at = (i: number) => (isPlain ? i : raw.index)
  const attempt = <T>(index: number, run: () => T): T | undefined => {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof OttlError)) throw error
      report(index, error.message)
      return undefined
    }
  }
  const prefixes = new Set<string>()
  const note = (index: number, source: string, kind: 'statement' | 'condition') =>
    attempt(index, () => {
      for (const prefix of pathPrefixes(source, kind)) prefixes.add(prefix)
      return true
    }) === true
  const parsed = [
    ...raw.statements.map((source, i) => note(at(i), source, 'statement')),
    ...raw.conditions.map(source => note(raw.index, source, 'condition')),
  ]
  if (parsed.includes(false) || parsed.length === 0) return []
  const given = raw.context as ContextName
  if (raw.context !== '' && !allowed.includes(given)) {
    report(raw.index, `context ${raw.context} is not one of ${allowed.join(', ')}`)
    return []
  }
  const own = raw.context === '' ? allowed.find(context => prefixes.has(context)) : given
  if (own === undefined) {
    report(raw.index, `no path says what it is about: paths begin with ${allowed.join(', ')} here`)
    return []
  }
  touches.add(own)
  for (const context of allowed) if (prefixes.has(context)) touches.add(context)
  const editors = ownEditors[signal]
  const statements = raw.statements.flatMap(
    (source, i) => attempt(at(i), () => compileStatement(source, own, editors)) ?? [],
  )
  const conditions = raw.conditions.flatMap(source => attempt(raw.index, () => compileCondition(source, own)) ?? [])
  const writes = new Set(statements.flatMap(statement => [...statement.writes]))
  const addsMetrics = statements.some(statement => statement.addsMetrics)
  const { conditions: conditionSources, errorMode } = raw
  return [{ context: own, conditions, conditionSources, statements, errorMode, touches, writes, addsMetrics }]
}
