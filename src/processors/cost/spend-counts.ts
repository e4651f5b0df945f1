/** Who a cost is booked to: the labels of the metrics, in the order of `spendLabels`. */
export const spendLabels = ['provider', 'model', 'operation', 'service', 'agent', 'team'] as const

/** Kinds of counts that a stage sends to its companion; `file` has news of the price file for its only value. */
export type SpendCount = 'cost' | 'calls' | 'unpriced' | 'spend' | 'bytes' | 'items' | 'file' | TokenCount
export type TokenCount = 'input' | 'output' | 'cache_read' | 'cache_write' | 'reasoning'

export const tokenCounts: readonly TokenCount[] = ['input', 'output', 'cache_read', 'cache_write', 'reasoning']

/** What an account sums; the first two are told also where they are zero. */
const accountCounts: readonly SpendCount[] = ['cost', 'calls', ...tokenCounts]
const alwaysTold = 2

/** A count's name as it crosses from a worker: the kind and the label values. */
export function countName(kind: SpendCount, values: readonly string[]): string {
  return `${kind} ${JSON.stringify(values)}`
}

export function parseCountName(name: string): { kind: SpendCount; values: readonly string[] } {
  const space = name.indexOf(' ')
  return { kind: name.slice(0, space) as SpendCount, values: JSON.parse(name.slice(space + 1)) as string[] }
}

/** What one combination of labels has cost within a request. */
export class SpendAccount {
  /** Bits of what it was found by. */
  readonly low: number
  readonly high: number
  /** In the order of `accountCounts`. */
  readonly amounts = new Float64Array(accountCounts.length)
  /** Made once: an account is asked for every request. */
  readonly #names: readonly string[]

  constructor(low: number, high: number, values: readonly string[]) {
    this.low = low
    this.high = high
    this.#names = accountCounts.map(kind => countName(kind, values))
  }

  /** Moves what it has into `counts`. */
  moveTo(counts: Map<string, number>): void {
    const { amounts } = this
    for (let i = 0; i < amounts.length; i++) {
      if (i < alwaysTold || amounts[i]! > 0) add(counts, this.#names[i]!, amounts[i]!)
    }
    this.reset()
  }

  reset(): void {
    this.amounts.fill(0)
  }
}

/** Two accounts may have one name: that of an operation, or of a value that was cut. */
export function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
