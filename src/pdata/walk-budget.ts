/** How much of one request anybody is ready to walk. A request over a budget is refused, never cut. */
export interface WalkBudget {
  /** Spans, data points, log records or profiles. Four MiB of empty spans is two million. */
  readonly itemsMax: number
  /** Every entry of a repeated message field: groups, records, attributes, events, links, points, list values. */
  readonly elementsMax: number
  /** Levels of arrays and maps inside one value; a plain value is level 1. */
  readonly nestingMax: number
}

export const defaultWalkBudget: WalkBudget = { itemsMax: 100_000, elementsMax: 1_000_000, nestingMax: 64 }
