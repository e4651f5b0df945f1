import type { Timer } from '../clock/clock.ts'
import { LockedError } from '../storage/directory-lock.ts'
import type { LogEvents, LogSettings } from '../storage/log-settings.ts'
import { SegmentLog } from '../storage/segment-log.ts'
import type { BacklogTotals } from '../storage/totals.ts'

const reopenMs = 1000

/** The log, and what concerns the disk rather than the batches. */
export interface LogKeeperEvents extends Pick<LogEvents, 'fault' | 'damaged' | 'written'> {
  /** Only after a fault. */
  healed(): void
  /** What an earlier run left, as it is counted. */
  found(totals: BacklogTotals): void
}

/** Opens a log, again and again where the disk refuses or another process has it, and says when its disk works and when not. */
export class LogKeeper {
  readonly #settings: Omit<LogSettings, 'events'>
  readonly #events: LogKeeperEvents
  /** Undefined while it cannot be opened. */
  log: SegmentLog | undefined
  /** What the disk said last, while it refuses. */
  fault: unknown
  #opening: Promise<void> | undefined
  #scanning: Promise<void> | undefined
  #reopenTimer: Timer | undefined
  #isClosed = false

  constructor(settings: Omit<LogSettings, 'events'>, events: LogKeeperEvents) {
    this.#settings = settings
    this.#events = events
  }

  /** Resolves when the first try, or the latest, has ended. */
  open(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#reopenTimer?.cancel()
    await this.#opening
    this.#reopenTimer?.cancel()
    const { log } = this
    this.log = undefined
    await log?.close()
    await this.#scanning
  }

  failed(error: unknown): void {
    this.fault = error
    this.#events.fault(error)
  }

  healed(): void {
    if (this.fault === undefined) return
    this.fault = undefined
    this.#events.healed()
  }

  async #open(): Promise<void> {
    const log = new SegmentLog({
      ...this.#settings,
      events: {
        fault: error => this.failed(error),
        healed: () => this.healed(),
        damaged: (range, wasCounted) => this.#events.damaged(range, wasCounted),
        written: (record, position) => this.#events.written(record, position),
      },
    })
    try {
      await log.open()
    } catch (error) {
      if (!(error instanceof LockedError)) await log.close().catch(() => undefined)
      this.failed(error)
      // A directory that comes back, or another writer that goes, needs no restart of ours.
      this.#reopenTimer = this.#settings.clock.after(reopenMs, () => {
        if (!this.#isClosed) this.#opening = this.#open()
      })
      return
    }
    this.log = log
    this.healed()
    this.#scanning = log.scan(totals => this.#events.found(totals)).catch(error => this.failed(error))
  }
}
