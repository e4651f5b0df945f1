import type { OtlpBatch } from '../pdata/otlp-batch.ts'

/** What happens to a batch for which there is no room. */
export type OverflowPolicy = 'refuse' | 'drop_oldest' | 'drop_newest'

export interface Limit {
  /** 0 means none. */
  readonly max: number
  readonly policy: OverflowPolicy
}

export interface JournalLimits {
  readonly requests: Limit
  readonly items: Limit
  readonly bytes: Limit
  /** Milliseconds since the append. */
  readonly age: Limit
}

/** What a batch takes of a queue. */
export interface BatchSize {
  /** 65,536ths of a request. */
  readonly units: number
  readonly items: number
  readonly bytes: number
}

export function sizeOf(batch: OtlpBatch): BatchSize {
  return { units: requestUnitsOf(batch), items: batch.itemCount, bytes: batch.bytes.length }
}

export const noLimit: Limit = Object.freeze({ max: 0, policy: 'refuse' })

/** What a journal holds, counted exactly, against its limits. */
export class Capacity {
  limits: JournalLimits
  units = 0
  items = 0
  bytes = 0

  constructor(limits: JournalLimits) {
    this.limits = limits
  }

  /** Requests as they will be sent, rounded up. */
  get requests(): number {
    return Math.ceil(this.units / unitsPerRequest)
  }

  add(size: BatchSize): void {
    this.units += size.units
    this.items += size.items
    this.bytes += size.bytes
  }

  remove(size: BatchSize): void {
    this.units -= size.units
    this.items -= size.items
    this.bytes -= size.bytes
  }

  /** The first limit that `batch` would break, undefined where it fits. */
  overflow(batch: OtlpBatch): Limit | undefined {
    const { requests, items, bytes } = this.limits
    if (requests.max > 0 && this.units + requestUnitsOf(batch) > requests.max * unitsPerRequest) return requests
    if (items.max > 0 && this.items + batch.itemCount > items.max) return items
    if (bytes.max > 0 && this.bytes + batch.bytes.length > bytes.max) return bytes
    return undefined
  }

  /** Whether `batch` could never fit, however empty the journal. */
  exceeds(batch: OtlpBatch): boolean {
    const { items, bytes } = this.limits
    return (items.max > 0 && batch.itemCount > items.max) || (bytes.max > 0 && batch.bytes.length > bytes.max)
  }
}

const unitsPerRequest = 65_536

/**
 * `queue_size` counts requests as they will be sent: behind a `batch` processor a small batch takes its share of one,
 * otherwise a whole one.
 */
function requestUnitsOf(batch: OtlpBatch): number {
  const { merge } = batch
  if (merge === undefined || merge.sizeMin <= 0) return unitsPerRequest
  const size = merge.sizer === 'items' ? batch.itemCount : batch.bytes.length
  return Math.min(unitsPerRequest, Math.max(1, Math.floor((size * unitsPerRequest) / merge.sizeMin)))
}
