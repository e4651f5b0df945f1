import type { AckSet } from './ack-set.ts'
import type { LogRecord } from './record.ts'
import { addRecord, addTotals, type BacklogTotals } from './totals.ts'

/** How far a segment reached when something in it was last acknowledged, and all that was ever written to it. */
export interface Extent {
  readonly firstSequence: number
  readonly lastSequence: number
  /** Just behind the last record. */
  readonly endOffset: number
  readonly totals: Readonly<BacklogTotals>
}

/** What a segment should hold by its extent, beside what is found in it. */
export class ExtentCheck {
  readonly #extent: Extent
  readonly #acks: AckSet
  readonly #found: BacklogTotals = { records: 0, items: 0, bytes: 0, units: 0 }
  #foundEnd = 0
  #lastSequence: number
  /** Sequences between those found that nobody has acked. */
  #openGaps = 0

  constructor(extent: Extent, acks: AckSet) {
    this.#extent = extent
    this.#acks = acks
    this.#lastSequence = extent.firstSequence - 1
  }

  /** In order. */
  found(record: LogRecord, endOffset: number): void {
    this.#foundEnd = endOffset
    if (record.sequence > this.#extent.lastSequence) return
    addRecord(this.#found, record)
    this.#gapTo(record.sequence - 1)
    this.#lastSequence = record.sequence
  }

  /**
   * What is not there and was not acked. Which of the missing records were acked is known, but not how many items each had:
   * then it is their share.
   */
  lost(): BacklogTotals {
    this.#gapTo(this.#extent.lastSequence)
    const { totals } = this.#extent
    const missing = totals.records - this.#found.records
    const records = Math.max(0, Math.min(missing, this.#openGaps))
    const share = (total: number, found: number) =>
      records === 0 ? 0 : Math.max(0, Math.round(((total - found) * records) / missing))
    return {
      records,
      items: share(totals.items, this.#found.items),
      bytes: share(totals.bytes, this.#found.bytes),
      units: share(totals.units, this.#found.units),
    }
  }

  /** For the file once the loss has been told: the next start shall not tell it again. */
  remaining(): Extent {
    return { ...this.#extent, endOffset: this.#foundEnd, totals: this.#found }
  }

  #gapTo(sequence: number): void {
    const from = this.#lastSequence + 1
    if (sequence < from) return
    this.#openGaps += sequence - from + 1 - this.#acks.countWithin(from, sequence)
    this.#lastSequence = sequence
  }
}

/** Of a segment whose records were not looked at one by one: what is left where `lost` never came. */
export function withoutLost(extent: Extent, lost: Readonly<BacklogTotals>): Extent {
  const totals = { ...extent.totals }
  addTotals(totals, lost, -1)
  return { ...extent, totals }
}
