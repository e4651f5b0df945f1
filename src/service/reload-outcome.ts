/** What a reload did, or would do. */
export interface ReloadOutcome {
  readonly generation: number
  readonly hash: string
  /** Component by component; empty where nothing changed. */
  readonly changes: readonly string[]
}
