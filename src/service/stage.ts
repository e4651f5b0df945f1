import type { StageCounts, StagePart, StageProcessor, StageResult } from '../component/stage-processor.ts'
import type { ClientMetadata, Signal } from '../pdata/otlp-batch.ts'
import { StageWalk } from '../pdata/stage-walk.ts'

/** Consecutive stateless processors as one pure function from bytes to bytes and counts. Reusable, not re-entrant. */
export interface Stage {
  /** How many walks it takes; more than one only where processors would otherwise see each other's edits too early. */
  readonly walkCount: number
  /** `itemCount` is what the request holds. Throws `WireError` where it is malformed. */
  run(bytes: Uint8Array, itemCount: number, metadata?: ClientMetadata): StageResult
}

/** Groups the processors into as few walks as give each of them the records as its predecessor left them. */
export function compileStage(processors: readonly StageProcessor[], signal: Signal): Stage {
  const walks = groupIntoWalks(processors).map(group => ({ group, walk: new StageWalk(signal, group) }))
  return {
    walkCount: walks.length,
    run(bytes, itemCount, metadata) {
      for (const processor of processors) processor.begin?.(metadata)
      let out = bytes
      let items = itemCount
      const counts: StageCounts[] = []
      for (const { group, walk } of walks) {
        // An empty request has nothing to walk, but every processor has its line of counts.
        if (out.length > 0) out = walk.run(out)
        else walk.dropped.fill(0)
        for (const [i, processor] of group.entries()) {
          const dropped = walk.dropped[i] ?? 0
          items -= dropped
          counts.push({ dropped, dropReason: processor.dropReason ?? '', metrics: [...processor.takeCounts()] })
        }
      }
      return { bytes: out, itemCount: items, counts }
    },
  }
}

/** Cuts the list where two processors cannot share a walk. */
export function groupIntoWalks(processors: readonly StageProcessor[]): StageProcessor[][] {
  const groups: StageProcessor[][] = []
  let group: StageProcessor[] = []
  for (const processor of processors) {
    if (
      group.length > 0 &&
      (processor.payload !== undefined || group.some(earlier => isConflict(earlier, processor)))
    ) {
      groups.push(group)
      group = []
    }
    group.push(processor)
  }
  if (group.length > 0) groups.push(group)
  return groups
}

/**
 * Whether `later` must not share a walk with `earlier`: it would change what the earlier one still has to read in an inner
 * hook, or read in an outer hook what the earlier one has yet to change.
 */
function isConflict(earlier: StageProcessor, later: StageProcessor): boolean {
  for (const part of ['resource', 'scope', 'metric'] as const) {
    if (has(later.writes, part) && has(earlier.reads, part)) return true
  }
  const writesPointsLate = has(earlier.writes, 'points') && earlier.dataPoint !== undefined
  const touchesPointsEarly = later.metric !== undefined && (has(later.reads, 'points') || has(later.writes, 'points'))
  const readsPointsLate = earlier.dataPoint !== undefined && later.metric !== undefined && has(later.writes, 'points')
  return (writesPointsLate && touchesPointsEarly) || readsPointsLate
}

function has(parts: readonly StagePart[] | undefined, part: StagePart): boolean {
  return parts?.includes(part) ?? false
}
