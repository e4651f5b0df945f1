import type { Problem } from './problem.ts'

/**
 * Sluice has no feature gates: what a gate of the Collector turns on is either always on here or never. Files and
 * operators name them all the same, so they warn and are ignored.
 */
export function checkFeatureGates(gates: readonly string[], problems: Problem[]): void {
  for (const gate of gates) {
    const name = gate.replace(/^[+-]/, '')
    if (name === '') continue
    const message = `unknown feature gate "${name}" is ignored`
    const remedy = 'remove it from --feature-gates'
    problems.push({ code: 'SLC0318', severity: 'warning', message, path: [], place: undefined, remedy, related: [] })
  }
}
