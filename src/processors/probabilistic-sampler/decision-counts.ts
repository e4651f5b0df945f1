const noCounts: ReadonlyMap<string, number> = new Map()

/** Decisions by policy and outcome; the name of a count is both, for the companion to take apart. */
export class DecisionCounts {
  #counts = new Map<string, number>()

  add(policy: string, isKept: boolean): void {
    const name = isKept ? `true ${policy}` : `false ${policy}`
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  take(): ReadonlyMap<string, number> {
    if (this.#counts.size === 0) return noCounts
    const counts = this.#counts
    this.#counts = new Map()
    return counts
  }
}

export function parseDecisionName(name: string): { sampled: string; policy: string } {
  const space = name.indexOf(' ')
  return { sampled: name.slice(0, space), policy: name.slice(space + 1) }
}
