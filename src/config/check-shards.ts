import { sectionOf } from './agent-config.ts'
import type { DefinedComponent } from './component-section.ts'
import { addProblem, type Problem } from './problem.ts'

/** Reports used components that work on the whole of the data, where shards would show each of them a part of it. */
export function checkShards(
  shards: number,
  defined: readonly DefinedComponent[],
  usedIds: ReadonlySet<string>,
  problems: Problem[],
): void {
  if (shards < 2) return
  for (const { kind, id, registered, config, place } of defined) {
    if (config === undefined || !usedIds.has(`${kind} ${id}`)) continue
    const reason = registered?.refusesShards?.(config as never)
    if (reason === undefined) continue
    const message = `the ${kind} "${id}" cannot run with service.shards: ${shards}: ${reason}`
    const remedy = `remove service.shards, or move "${id}" to an agent of one process behind this one`
    addProblem(problems, 'SLC0320', 'error', [sectionOf(kind), id], place, message, remedy)
  }
}
