/** Who a cost is booked to: the labels of the metrics, in the order of `spendLabels`. */
export const spendLabels = ['provider', 'model', 'operation', 'service', 'agent', 'team'] as const

/** Kinds of counts that a stage sends to its companion. */
export type SpendCount = 'cost' | 'calls' | 'unpriced' | 'spend' | 'bytes' | 'items' | TokenCount
export type TokenCount = 'input' | 'output' | 'cache_read' | 'cache_write' | 'reasoning'

export const tokenCounts: readonly TokenCount[] = ['input', 'output', 'cache_read', 'cache_write', 'reasoning']

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
  readonly values: readonly string[]
  cost = 0
  calls = 0
  readonly tokens = new Float64Array(tokenCounts.length)

  constructor(values: readonly string[]) {
    this.values = values
  }

  get isEmpty(): boolean {
    return this.calls === 0
  }

  reset(): void {
    this.cost = 0
    this.calls = 0
    this.tokens.fill(0)
  }
}
