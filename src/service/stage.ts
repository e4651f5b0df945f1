import type { StageCounts, StagePart, StageProcessor, StageResult } from '../component/stage-processor.ts'
import { BatchMemory } from '../pdata/batch-memory.ts'
import type { ClientMetadata, Signal } from '../pdata/otlp-batch.ts'
import type { PlainSpans } from '../pdata/plain-spans.ts'
import { RecordSplice } from '../pdata/record-splice.ts'
import { StageWalk } from '../pdata/stage-walk.ts'

/** Consecutive stateless processors as one pure function from bytes to bytes and counts. Reusable, not re-entrant. */
export interface Stage {
  /** How many walks it takes; more than one only where processors would otherwise see each other's edits too early. */
  readonly walkCount: number
  /**
   * `itemCount` is what the request holds, and `plainSpans` may say of its bytes what their receiver saw. Throws `WireError`
   * where it is malformed.
   */
  run(bytes: Uint8Array, itemCount: number, metadata?: ClientMetadata, plainSpans?: PlainSpans): StageResult
}

/**
 * Behind another walk the shortcut of some processors costs less than one walk for all, unless items are larger than this:
 * then the copy of the request between them costs more (`npm run bench -- stages`).
 */
const shortcutApartBytesMax = 1200

/** Groups the processors into as few walks as give each of them the records as its predecessor left them. */
export function compileStage(processors: readonly StageProcessor[], signal: Signal): Stage {
  const together = walksOf(groupIntoWalks(processors), signal)
  /** Whether the processors can all together go around a walk. */
  const canPass = (group: readonly StageProcessor[]) => RecordSplice.of(signal, group) !== undefined
  const isApart = processors.some(processor => canPass([processor])) && !canPass(processors)
  const apart = isApart ? walksOf(groupIntoWalks(processors, canPass), signal) : together
  return {
    walkCount: together.length,
    run(bytes, itemCount, metadata, plainSpans) {
      for (const processor of processors) processor.begin?.(metadata)
      const walks = bytes.length > itemCount * shortcutApartBytesMax ? together : apart
      return runWalks(walks, bytes, itemCount, plainSpans)
    },
  }
}

interface GroupWalk {
  readonly group: readonly StageProcessor[]
  readonly walk: StageWalk
}

function walksOf(groups: readonly StageProcessor[][], signal: Signal): GroupWalk[] {
  return groups.map(group => ({ group, walk: new StageWalk(signal, group) }))
}

function runWalks(
  walks: readonly GroupWalk[],
  bytes: Uint8Array,
  itemCount: number,
  plainSpans: PlainSpans | undefined,
): StageResult {
  let out = bytes
  let spareBytes = 0
  let items = itemCount
  const counts: StageCounts[] = []
  for (const { group, walk } of walks) {
    // An empty request has nothing to walk, but every processor has its line of counts.
    if (out.length === 0) walk.dropped.fill(0)
    else {
      const before = out
      out = walk.run(before, plainSpans)
      // What only stood between two walks is nobody's any more.
      if (before !== bytes && before.buffer !== out.buffer) BatchMemory.of(before, spareBytes)?.release(before)
      if (before !== out) ({ spareBytes } = walk)
    }
    for (const [i, processor] of group.entries()) {
      const dropped = walk.dropped[i] ?? 0
      items -= dropped
      counts.push({ dropped, dropReason: processor.dropReason ?? '', metrics: [...processor.takeCounts()] })
    }
  }
  const memory = out === bytes ? undefined : BatchMemory.of(out, spareBytes)
  return { bytes: out, itemCount: items, counts, ...(memory && { memory }) }
}

/** Cuts the list where two processors cannot share a walk, and around groups that need none. */
export function groupIntoWalks(
  processors: readonly StageProcessor[],
  canPass: (group: readonly StageProcessor[]) => boolean = () => false,
): StageProcessor[][] {
  const groups: StageProcessor[][] = []
  let group: StageProcessor[] = []
  for (const processor of processors) {
    if (
      group.length > 0 &&
      (processor.payload !== undefined ||
        canPass([...group, processor]) !== (canPass(group) || canPass([processor])) ||
        group.some(earlier => isConflict(earlier, processor)))
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
