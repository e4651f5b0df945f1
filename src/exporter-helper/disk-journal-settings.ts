import type { Clock } from '../clock/clock.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import type { FileSystem } from '../storage/file-system.ts'
import type { SyncLevel } from '../storage/log-settings.ts'
import type { DamagedRange } from '../storage/segment.ts'
import type { JournalLimits } from './capacity.ts'

export interface DiskJournalSettings {
  readonly directory: string
  readonly createsDirectory: boolean
  readonly syncLevel: SyncLevel
  readonly signal: Signal
  readonly limits: JournalLimits
  readonly blocksOnOverflow: boolean
  /** Senders wait for the backend: their entries stay in memory until then. */
  readonly waitsForResult: boolean
  readonly clock: Clock
  readonly events: DiskJournalEvents
  readonly fileSystem?: FileSystem
  readonly segmentBytesMax?: number
  readonly residentBytesMax?: number
}

export interface DiskJournalEvents {
  /** Items that an earlier run left behind are waiting now. */
  recovered(items: number): void
  /** Records that cannot be read; `wasRecovered`: their items were reported as recovered. */
  damaged(range: DamagedRange, wasRecovered: boolean): void
  fault(error: unknown): void
  healed(): void
}
