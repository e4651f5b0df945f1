import type { Problem } from './problem.ts'

/** Later sources append to the lists of components that a pipeline and the service name, instead of replacing them. */
const mergeAppendGate = 'confmap.enableMergeAppendOption'

export interface FeatureGates {
  readonly appendsLists: boolean
}

/**
 * Of the Collector's feature gates Sluice has one: what the others turn on is either always on here or never. Files and
 * operators name them all the same, so they warn and are ignored.
 */
export function readFeatureGates(gates: readonly string[], problems: Problem[]): FeatureGates {
  let appendsLists = false
  for (const gate of gates) {
    const name = gate.replace(/^[+-]/, '')
    if (name === '') continue
    if (name === mergeAppendGate) {
      appendsLists = !gate.startsWith('-')
      continue
    }
    const message = `unknown feature gate "${name}" is ignored`
    const remedy = 'remove it from --feature-gates'
    problems.push({ code: 'SLC0318', severity: 'warning', message, path: [], place: undefined, remedy, related: [] })
  }
  return { appendsLists }
}
