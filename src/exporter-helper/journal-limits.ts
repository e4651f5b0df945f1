import type { QueueConfig } from '../config/sections/exporter-queue.ts'
import { type JournalLimits, type Limit, noLimit } from './capacity.ts'

/** The limits of one signal's queue: `queue_size` in the unit of its sizer, and `limits` for the other units. */
export function journalLimits(queue: QueueConfig, bytesMaxDefault: number): JournalLimits {
  const { limits, sizer } = queue
  const size: Limit = { max: queue.queueSize, policy: queue.overflow }
  const bytes: Limit = limits.bytes.max > 0 ? limits.bytes : { max: bytesMaxDefault, policy: limits.bytes.policy }
  return {
    requests: sizer === 'requests' ? size : noLimit,
    items: sizer === 'items' ? tighter(size, limits.items) : limits.items,
    bytes: sizer === 'bytes' ? tighter(size, limits.bytes) : bytes,
    age: limits.age,
  }
}

function tighter(a: Limit, b: Limit): Limit {
  return b.max > 0 && b.max < a.max ? b : a
}
