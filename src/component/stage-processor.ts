/** A stateless processor inside a stage: it looks at records through views and notes edits. */
export interface StageProcessor {
  /** Counts since the last call, by ledger reason or metric name; a stage is a function to bytes and counts. */
  takeCounts(): ReadonlyMap<string, number>
}
