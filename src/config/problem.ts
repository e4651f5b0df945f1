import type { ProblemCode } from './problem-codes.ts'
import type { ConfigPath, Place } from './tree.ts'

export interface RelatedPlace {
  readonly message: string
  readonly place: Place
}

/** One thing that is wrong (or odd) in a configuration: what, where, why, and what to do about it. */
export interface Problem {
  readonly code: ProblemCode
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** In the user's own keys, from the top of the file. */
  readonly path: ConfigPath
  readonly place: Place | undefined
  readonly remedy: string | undefined
  readonly related: readonly RelatedPlace[]
}

/** Adds one problem to those found so far. */
export function addProblem(
  problems: Problem[],
  code: ProblemCode,
  severity: 'error' | 'warning',
  path: ConfigPath,
  place: Place | undefined,
  message: string,
  remedy?: string,
  related: readonly RelatedPlace[] = [],
): void {
  problems.push({ code, severity, message, path, place, remedy, related })
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(problem => problem.severity === 'error')
}

/** By source in order of appearance, then by position; errors before warnings at one place. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const order = new Map<string, number>()
  for (const problem of problems) {
    const name = problem.place?.source.name ?? ''
    if (!order.has(name)) order.set(name, order.size)
  }
  const sourceOrder = (problem: Problem) => order.get(problem.place?.source.name ?? '') ?? 0
  return [...problems].sort(
    (a, b) =>
      sourceOrder(a) - sourceOrder(b) ||
      (a.place?.start ?? 0) - (b.place?.start ?? 0) ||
      a.severity.localeCompare(b.severity) ||
      a.code.localeCompare(b.code),
  )
}

export function formatPath(path: ConfigPath): string {
  return path
    .map(step => (typeof step === 'number' ? `[${step}]` : step))
    .join('::')
    .replaceAll('::[', '[')
}
