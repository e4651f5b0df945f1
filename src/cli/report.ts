import type { Problem } from '../config/problem.ts'
import { formatPath } from '../config/problem.ts'
import { type ProblemCode, problemCodes } from '../config/problem-codes.ts'
import { formatProblem, type Paint } from '../config/problem-format.ts'
import { lineColumn, type Place } from '../config/tree.ts'

export const reportFormats = ['text', 'json', 'sarif', 'github'] as const
export type ReportFormat = (typeof reportFormats)[number]

const shownMax = 50

/** Problems as text for people; long lists are cut, with the count of the rest. */
export function textReport(problems: readonly Problem[], paint: Paint): string {
  if (problems.length === 0) return ''
  const shown = problems.slice(0, shownMax).map(problem => formatProblem(problem, paint))
  const rest = problems.length - shown.length
  if (rest > 0) shown.push(`... and ${rest} more; --format json has all of them`)
  return `${shown.join('\n\n')}\n`
}

/** `2 errors, 1 warning`. */
export function countText(problems: readonly Problem[]): string {
  const errors = problems.filter(problem => problem.severity === 'error').length
  const warnings = problems.length - errors
  const parts = []
  if (errors > 0) parts.push(`${errors} ${errors === 1 ? 'error' : 'errors'}`)
  if (warnings > 0) parts.push(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`)
  return parts.join(', ')
}

/** Problems for machines: one JSON value, SARIF 2.1.0, or lines that GitHub turns into annotations. */
export function machineReport(
  problems: readonly Problem[],
  format: Exclude<ReportFormat, 'text'>,
  version: string,
): string {
  if (format === 'json') return `${JSON.stringify(problems.map(jsonProblem), undefined, 2)}\n`
  if (format === 'sarif') return `${JSON.stringify(sarifLog(problems, version), undefined, 2)}\n`
  return problems.map(problem => `${githubLine(problem)}\n`).join('')
}

interface Range {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

function rangeOf(place: Place | undefined): Range | undefined {
  if (place === undefined) return undefined
  const start = lineColumn(place.source, place.start)
  const end = lineColumn(place.source, Math.max(place.end, place.start + 1))
  return { file: place.source.name, ...start, endLine: end.line, endColumn: end.column }
}

function jsonProblem(problem: Problem): Record<string, unknown> {
  return {
    code: problem.code,
    severity: problem.severity,
    message: problem.message,
    path: formatPath(problem.path),
    ...rangeOf(problem.place),
    origin: problem.place?.origin,
    help: problem.remedy,
    related: problem.related.map(related => ({ message: related.message, ...rangeOf(related.place) })),
  }
}

function sarifLog(problems: readonly Problem[], version: string): Record<string, unknown> {
  const codes = [...new Set(problems.map(problem => problem.code))].sort()
  const rules = codes.map(code => ({
    id: code,
    shortDescription: { text: problemCodes[code][0] },
    fullDescription: { text: problemCodes[code][1] },
  }))
  const results = problems.map(problem => ({
    ruleId: problem.code,
    level: problem.severity,
    message: { text: problem.remedy === undefined ? problem.message : `${problem.message}. ${problem.remedy}` },
    locations: problem.place === undefined ? [] : [{ physicalLocation: physicalLocation(problem.place) }],
    relatedLocations: problem.related.map((related, id) => ({
      id,
      message: { text: related.message },
      physicalLocation: physicalLocation(related.place),
    })),
  }))
  const driver = { name: 'sluice', version, rules }
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [{ tool: { driver }, results }],
  }
}

function physicalLocation(place: Place): Record<string, unknown> {
  const range = rangeOf(place)
  return {
    artifactLocation: { uri: range?.file },
    region: {
      startLine: range?.line,
      startColumn: range?.column,
      endLine: range?.endLine,
      endColumn: range?.endColumn,
    },
  }
}

function githubLine(problem: Problem): string {
  const range = rangeOf(problem.place)
  const properties = [
    ...(range === undefined
      ? []
      : [`file=${property(range.file)}`, `line=${range.line}`, `col=${range.column}`, `endColumn=${range.endColumn}`]),
    `title=${property(`${problem.code} ${titleOf(problem.code)}`)}`,
  ]
  const message = problem.remedy === undefined ? problem.message : `${problem.message}\n${problem.remedy}`
  return `::${problem.severity} ${properties.join(',')}::${data(message)}`
}

const titleOf = (code: ProblemCode) => problemCodes[code][0]
const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
