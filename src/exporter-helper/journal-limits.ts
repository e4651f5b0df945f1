import type { QueueConfig } from '../config/shared/exporter-queue.ts'
import { type JournalLimits, type Limit, noLimit } from './capacity.ts'

/** The limits of one signal's queue: `queue_size` in the unit of its sizer. */
export function journalLimits(queue: QueueConfig): JournalLimits {
  const size: Limit = { max: queue.queueSize, policy: 'refuse' }
  return {
    requests: queue.sizer === 'requests' ? size : noLimit,
    items: queue.sizer === 'items' ? size : noLimit,
    bytes: queue.sizer === 'bytes' ? size : noLimit,
    age: noLimit,
  }
}
