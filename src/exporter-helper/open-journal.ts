import type { ComponentSettings } from '../component/component.ts'
import { isStorageExtension, type StorageDirectory } from '../component/storage.ts'
import type { QueueConfig } from '../config/sections/exporter-queue.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { DiskJournal } from './disk-journal.ts'
import type { Journal } from './journal.ts'
import { journalLimits } from './journal-limits.ts'
import { MemoryJournal } from './memory-journal.ts'
import { StorageHealth } from './storage-health.ts'

/**
 * Journals on disk that are open in this process, by directory: at a reload the old exporter and the new one share theirs,
 * since nobody else may write there.
 */
const openJournals = new Map<string, DiskJournal>()

/** Where the exporter keeps its queues on disk; undefined where they are in memory. Throws what a user must mend. */
export function storageOf(
  queue: QueueConfig,
  component: ComponentSettings,
  purpose: string,
): StorageDirectory | undefined {
  const { storage, durability, enabled } = queue
  if (storage === undefined || storage === '' || durability === 'memory' || !enabled) return undefined
  const extension = component.host.extension(storage)
  if (!isStorageExtension(extension)) {
    throw new Error(
      extension === undefined
        ? `sending_queue.storage names ${storage}, which service.extensions does not list`
        : `the extension ${storage} is not a storage`,
    )
  }
  return extension.directoryFor('exporter', component.id, purpose)
}

/** A queue in memory holds no more than this unless its `limits.bytes` says so, on a machine of any size. */
const memoryBytesMax = 256 << 20

export function openJournal(queue: QueueConfig, signal: Signal, component: ComponentSettings): Journal {
  const directory = storageOf(queue, component, signal)
  const { clock, ledger, host } = component
  if (directory === undefined) {
    const limits = journalLimits(queue, Math.min(host.admission.bytesMax, memoryBytesMax))
    const isPatientForBytes = queue.limits.bytes.max === 0 && queue.sizer !== 'bytes'
    return new MemoryJournal({ limits, blocksOnOverflow: queue.blockOnOverflow, isPatientForBytes, clock })
  }
  const limits = journalLimits(queue, 0)
  const open = openJournals.get(directory.path)
  if (open !== undefined && !open.isClosed) return open.use(limits)
  const health = new StorageHealth(component, signal, directory.path)
  const journal = new DiskJournal({
    directory: directory.path,
    createsDirectory: directory.createsDirectory,
    syncLevel:
      queue.durability === 'node' || (directory.syncs && queue.durability !== 'process') ? 'synced' : 'written',
    signal,
    limits,
    blocksOnOverflow: queue.blockOnOverflow,
    waitsForResult: queue.durability === 'end_to_end',
    clock,
    events: {
      // The account of this process begins with what an earlier one left.
      recovered: items => ledger.received(signal, items),
      damaged(range, wasRecovered) {
        if (!wasRecovered) ledger.received(signal, range.itemCount)
        ledger.dropped(signal, 'storage_damaged', range.itemCount)
        health.damaged(range)
      },
      fault: error => health.failed(error),
      healed: () => health.healed(),
    },
  })
  health.observe(
    () => journal.bytesOnDisk,
    () => journal.isClosed,
  )
  openJournals.set(directory.path, journal)
  return journal.use(limits)
}
