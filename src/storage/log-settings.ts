import type { Clock } from '../clock/clock.ts'
import type { FileSystem } from './file-system.ts'
import type { LogRecord } from './record.ts'
import type { DamagedRange, Segment } from './segment.ts'

/** When an append resolves: once it is in the file, or once the file is on the disk. */
export type SyncLevel = 'written' | 'synced'

export interface LogSettings {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly createsDirectory: boolean
  readonly syncLevel: SyncLevel
  readonly segmentBytesMax: number
  readonly clock: Clock
  readonly events: LogEvents
}

/** How the files of segments are opened. */
export function writesOf({ syncLevel }: LogSettings): 'synced' | undefined {
  return syncLevel === 'synced' ? 'synced' : undefined
}

export interface LogEvents {
  /** The disk refuses; undefined once it works again. */
  fault(error: unknown): void
  healed(): void
  /** Kept aside in `quarantine/`. `wasCounted`: a scan has reported its items as waiting, or an append has. */
  damaged(range: DamagedRange, wasCounted: boolean): void
  /** In order, before the appends resolve. */
  written(record: LogRecord, position: LogPosition): void
}

/** Just after a record. */
export interface LogPosition {
  readonly segment: Segment
  readonly offset: number
}
