import type { ContextName } from '../../ottl/context.ts'
import type { StatementGroup } from './statement-groups.ts'

/** How far inside a request the items of a context stand: the walk comes to the outer ones first. */
const depths: Readonly<Record<ContextName, number>> = {
  resource: 0,
  scope: 1,
  span: 2,
  spanevent: 2,
  metric: 2,
  datapoint: 2,
  log: 2,
}

/** What the group writes to that stands around its items. */
export function writtenAround({ context, writes }: StatementGroup): ContextName[] {
  return [...writes].filter(written => depths[written] < depths[context])
}

/** Whether more than the items themselves changes: then the group walks alone. */
export function reachesOut(group: StatementGroup): boolean {
  return group.addsMetrics || writtenAround(group).length > 0
}

/**
 * Each group runs over the whole request before the next one begins. Groups share a walk where nobody can tell: where a
 * later one changes nothing that an earlier one, further inside, has yet to read. One that writes to what stands around
 * its items, or makes new ones, walks alone.
 */
export function planPasses(groups: readonly StatementGroup[]): StatementGroup[][] {
  const passes: StatementGroup[][] = []
  for (const group of groups) {
    const last = passes.at(-1)
    if (last?.every(earlier => canShare(earlier, group))) last.push(group)
    else passes.push([group])
  }
  return passes
}

function canShare(earlier: StatementGroup, later: StatementGroup): boolean {
  if (reachesOut(earlier) || reachesOut(later)) return false
  if (depths[later.context] >= depths[earlier.context]) return true
  return ![...later.writes].some(context => earlier.touches.has(context))
}
