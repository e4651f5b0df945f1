import type { ComponentSettings, Deadline } from '../component/component.ts'
import type { Journal } from './journal.ts'
import type { QueueEntry } from './queue-entry.ts'

export interface BacklogMoverSettings {
  readonly component: ComponentSettings
  readonly journal: Journal
}

/** Entries on their way at once: a disk that syncs takes them together. */
const groupMax = 64

/**
 * Moves what waits on disk to the journal that a reload has put in its place, as another storage directory does. An entry is
 * settled here when it is kept there; what does not get there in time, or has no room, stays where it is, and is told of.
 */
export class BacklogMover {
  readonly #settings: BacklogMoverSettings
  readonly #target: Journal
  readonly #takeWaitedFor: (entry: QueueEntry) => void
  #takenItems = 0

  /** `takeWaitedFor` gets entries whose sender waits for the backend: they are not moved but passed on. */
  constructor(settings: BacklogMoverSettings, target: Journal, takeWaitedFor: (entry: QueueEntry) => void) {
    this.#settings = settings
    this.#target = target
    this.#takeWaitedFor = takeWaitedFor
  }

  /** Items that stay. */
  get leftItems(): number {
    return this.#settings.journal.unreadItems + this.#takenItems
  }

  /** `changed` resolves when the journal may have more to give, and at the deadline at the latest. */
  async move(changed: () => Promise<void>, deadline: Deadline): Promise<void> {
    const { journal, component } = this.#settings
    const { clock, logger } = component
    while (journal.unreadItems > 0 && clock.nowMs() < deadline.atMs) {
      const group = this.#nextGroup()
      if (group.length === 0) {
        await changed()
        continue
      }
      const moved = Promise.all(group.map(entry => this.#moveOne(entry)))
      // One that waits for room may wait for longer than a reload does.
      const late = new Promise<boolean[]>(resolve => {
        clock.after(Math.max(0, deadline.atMs - clock.nowMs()), () => resolve([false]))
      })
      if ((await Promise.race([moved, late])).includes(false)) break
    }
    if (this.leftItems === 0) return
    logger.warn('The storage directory that the exporter had keeps what could not be moved', {
      directory: journal.directory,
      items: this.leftItems,
      remedy: `send them with sluice queue replay ${journal.directory} --queued`,
    })
  }

  #nextGroup(): QueueEntry[] {
    const { journal } = this.#settings
    const group: QueueEntry[] = []
    while (group.length < groupMax) {
      const entry = journal.next()
      if (entry === undefined) break
      this.#takenItems += entry.batch.itemCount
      group.push(entry)
    }
    return group
  }

  async #moveOne(entry: QueueEntry): Promise<boolean> {
    const { batch, appendedAtMs, waiter } = entry
    try {
      if (waiter !== undefined) this.#takeWaitedFor(entry)
      else if (this.#target.capacity.overflow(batch) !== undefined) return false
      else await this.#target.append(batch, appendedAtMs)
    } catch {
      // What is not kept there stays here; why, the other journal says.
      return false
    }
    this.#takenItems -= batch.itemCount
    this.#settings.journal.settle(entry)
    return true
  }
}
