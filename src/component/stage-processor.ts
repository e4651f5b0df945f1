import type { BatchMemory } from '../pdata/batch-memory.ts'
import type { WalkHooks } from '../pdata/walk-hooks.ts'

/** Parts of a request that a processor may read or write beside the record that its hook gets. */
export type StagePart = 'resource' | 'scope' | 'metric' | 'points'

/**
 * A stateless processor inside a stage: it looks at records through views and notes edits. The stage runs consecutive
 * processors in one walk; `src/pdata/README.md` shows one.
 *
 * `reads` and `writes` say what a processor does beyond the record of its own hook, because hooks of outer parts run
 * before those of inner ones, for all processors of a walk. Where a later processor would so be seen by an earlier one, or
 * an earlier one too late by a later one, the compiler begins a new walk:
 * - `resource`, `scope`: read in a record's hook; written in the hook of the same name;
 * - `metric`: fields of the metric, read in the `dataPoint` hook; written in the `metric` hook;
 * - `points`: data points, read or written through `metric.points` in the `metric` hook, or written in `dataPoint`.
 */
export interface StageProcessor extends WalkHooks {
  readonly reads?: readonly StagePart[]
  readonly writes?: readonly StagePart[]
  /**
   * Counts since the last call, by full metric name as the Collector writes it. Items that verdicts dropped are counted by
   * the stage.
   */
  takeCounts(): ReadonlyMap<string, number>
}

/** What a stage did to one request. Plain values but for the memory: it crosses from a worker. */
export interface StageResult {
  /** The same array as went in where nothing was edited. */
  readonly bytes: Uint8Array
  /** Gives new bytes back. Absent where nobody can. Does not cross from a worker. */
  readonly memory?: BatchMemory
  readonly itemCount: number
  /** One entry per processor of the stage, in order. */
  readonly counts: readonly StageCounts[]
}

export interface StageCounts {
  /** Items dropped by verdicts, and the ledger's reason for it. */
  readonly dropped: number
  readonly dropReason: string
  /** `takeCounts` of the processor; empty for most requests. */
  readonly metrics: readonly (readonly [name: string, count: number])[]
}
