const noCounts: ReadonlyMap<string, number> = new Map()

/** Decisions by policy and outcome; the name of a count is both, for the companion to take apart. */
export class DecisionCounts {
  readonly #kept = new Map<string, number>()
  readonly #dropped = new Map<string, number>()
  /** Decisions come in runs of one policy: the run is counted in two fields. */
  #policy = ''
  #keptRun = 0
  #droppedRun = 0

  add(policy: string, isKept: boolean): void {
    if (policy !== this.#policy) this.#endRun(policy)
    if (isKept) this.#keptRun++
    else this.#droppedRun++
  }

  take(): ReadonlyMap<string, number> {
    this.#endRun('')
    if (this.#kept.size === 0 && this.#dropped.size === 0) return noCounts
    const counts = new Map<string, number>()
    for (const [policy, count] of this.#kept) counts.set(`true ${policy}`, count)
    for (const [policy, count] of this.#dropped) counts.set(`false ${policy}`, count)
    this.clear()
    return counts
  }

  /** Forgets what was counted. */
  clear(): void {
    this.#endRun('')
    this.#kept.clear()
    this.#dropped.clear()
  }

  #endRun(policy: string): void {
    if (this.#keptRun > 0) this.#kept.set(this.#policy, (this.#kept.get(this.#policy) ?? 0) + this.#keptRun)
    if (this.#droppedRun > 0) this.#dropped.set(this.#policy, (this.#dropped.get(this.#policy) ?? 0) + this.#droppedRun)
    this.#policy = policy
    this.#keptRun = 0
    this.#droppedRun = 0
  }
}

export function parseDecisionName(name: string): { sampled: string; policy: string } {
  const space = name.indexOf(' ')
  return { sampled: name.slice(0, space), policy: name.slice(space + 1) }
}
