import type { Clock, Timer } from '../clock/clock.ts'

interface Entry {
  atMs: number
  sequence: number
  intervalMs: number
  callback: () => void
}

/** A clock that moves only when told to. Timers fire in order of their time, then of their creation. */
export class ManualClock implements Clock {
  #nowMs = 0
  #wallMs: number
  #sequence = 0
  #entries: Entry[] = []

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#wallMs
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add(delayMs, 0, callback)
  }

  every(intervalMs: number, callback: () => void): Timer {
    return this.#add(intervalMs, intervalMs, callback)
  }

  /** Timers waiting to fire. */
  get pendingCount(): number {
    return this.#entries.length
  }

  /** Moves time forward, fires what falls due on the way, and lets promise reactions run in between. */
  async advance(durationMs: number): Promise<void> {
    const targetMs = this.#nowMs + durationMs
    await settle()
    while (true) {
      const due = this.#entries
        .filter(entry => entry.atMs <= targetMs)
        .sort((a, b) => a.atMs - b.atMs || a.sequence - b.sequence)[0]
      if (due === undefined) break
      this.#moveTo(due.atMs)
      if (due.intervalMs > 0) due.atMs += due.intervalMs
      else this.#entries.splice(this.#entries.indexOf(due), 1)
      due.callback()
      await settle()
    }
    this.#moveTo(targetMs)
    await settle()
  }

  /** Sets the calendar without moving the monotonic clock, as an administrator or NTP would. */
  setWall(wallMs: number): void {
    this.#wallMs = wallMs
  }

  #moveTo(nowMs: number): void {
    this.#wallMs += nowMs - this.#nowMs
    this.#nowMs = nowMs
  }

  #add(delayMs: number, intervalMs: number, callback: () => void): Timer {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, intervalMs, callback }
    this.#entries.push(entry)
    return {
      cancel: () => {
        const index = this.#entries.indexOf(entry)
        if (index >= 0) this.#entries.splice(index, 1)
      },
    }
  }
}

/** Lets every promise reaction that is ready run, including those of real I/O that has already completed. */
export function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
