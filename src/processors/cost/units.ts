import type { UnitData } from './price-data.ts'

export type Direction = 'input' | 'output' | 'other'

export interface Unit {
  readonly usageKey: string
  readonly priceKey: string
  readonly index: number
  readonly per: number
  readonly direction: Direction
  readonly dimensionCount: number
  readonly dimensions: Readonly<Record<string, string>>
}

/** All units, each with an index: a call's usage is one number per index. */
export class Units {
  readonly list: readonly Unit[]
  readonly #byUsageKey = new Map<string, Unit>()
  readonly #byPriceKey = new Map<string, Unit>()

  constructor(data: Readonly<Record<string, UnitData>>) {
    this.list = Object.entries(data).map(([usageKey, { priceKey, per, dimensions }], index) => ({
      usageKey,
      priceKey,
      index,
      per,
      direction:
        dimensions['direction'] === 'input' || dimensions['direction'] === 'output' ? dimensions['direction'] : 'other',
      dimensionCount: Object.keys(dimensions).length,
      dimensions,
    }))
    for (const unit of this.list) {
      this.#byUsageKey.set(unit.usageKey, unit)
      this.#byPriceKey.set(unit.priceKey, unit)
    }
  }

  get count(): number {
    return this.list.length
  }

  byUsageKey(usageKey: string): Unit | undefined {
    return this.#byUsageKey.get(usageKey)
  }

  byPriceKey(priceKey: string): Unit | undefined {
    return this.#byPriceKey.get(priceKey)
  }
}

/** Whether `part` is counted inside `whole` too: cached input tokens are input tokens. */
export function isPartOf(part: Unit, whole: Unit): boolean {
  if (part === whole) return false
  return Object.entries(whole.dimensions).every(([key, value]) => part.dimensions[key] === value)
}
