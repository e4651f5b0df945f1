import type { Clock, Timer } from '../clock/clock.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { Capacity, type JournalLimits, type OverflowPolicy } from './capacity.ts'
import { type Journal, type JournalReader, queueFull, shuttingDown, tooLargeForQueue } from './journal.ts'
import { QueueEntry } from './queue-entry.ts'

/**
 * How long a sender waits for room where only our own ceiling of bytes is reached, in milliseconds. Under full load this
 * is what slows senders down; an answer that asks them to come again would cost them a second for a room of milliseconds.
 */
const patienceMs = 1000

/**
 * A sender who is faster than a backend that answers well would fill the ceiling, and then everything takes as long as that
 * much data does. Beyond this share of the ceiling a sender therefore waits until something has left, in milliseconds at
 * most. When nothing leaves, as in an outage, nobody is held up: then the ceiling is there to be filled.
 */
const pacedShare = 0.25
const paceMs = 100
const movedMsMax = 250

interface PacedAppend {
  readonly byteCount: number
  readonly timer: Timer
  resolve(): void
}

interface BlockedAppend {
  readonly batch: OtlpBatch
  /** Ends the waiting; undefined where a sender waits as long as it takes. */
  readonly patience: Timer | undefined
  resolve(entry: QueueEntry | undefined): void
  reject(error: unknown): void
}

export interface MemoryJournalSettings {
  readonly limits: JournalLimits
  /** Where a batch is refused, its sender waits for room instead. */
  readonly blocksOnOverflow: boolean
  /** The limit of bytes is our own, nobody asked for it: senders wait a moment for room before they are refused. */
  readonly isPatientForBytes?: boolean
  readonly clock: Clock
}

/** Batches in memory. What is there when the process ends is gone. */
export class MemoryJournal implements Journal {
  readonly capacity: Capacity
  readonly isDurable = false
  readonly #settings: MemoryJournalSettings
  /** In order of their append; settled ones leave from the head. */
  #entries: QueueEntry[] = []
  #headIndex = 0
  /** The first entry that may be waiting: entries never wait again once taken. */
  #waitingIndex = 0
  #readIndex = 0
  #reader: JournalReader | undefined
  #blocked: BlockedAppend[] = []
  #paced: PacedAppend[] = []
  #movedAtMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(settings: MemoryJournalSettings) {
    this.#settings = settings
    this.capacity = new Capacity(settings.limits)
  }

  get unreadItems(): number {
    let items = 0
    for (let i = this.#readIndex; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!
      if (entry.state === 'waiting') items += entry.batch.itemCount
    }
    return items
  }

  appendAtOnce(batch: OtlpBatch): QueueEntry | undefined {
    const { limits } = this.capacity
    // Age may drop or refuse, those who wait have their turn, and a long queue slows its senders down.
    if (this.#isClosed || limits.age.max > 0 || this.#blocked.length > 0) return undefined
    if (this.capacity.overflow(batch) !== undefined) return undefined
    if (this.#settings.isPatientForBytes === true && this.#isFast(batch)) return undefined
    return this.#keep(batch)
  }

  async append(batch: OtlpBatch): Promise<QueueEntry | undefined> {
    if (this.#isClosed) throw shuttingDown()
    if (this.capacity.exceeds(batch)) throw tooLargeForQueue(batch)
    const { blocksOnOverflow, isPatientForBytes, clock } = this.#settings
    if (isPatientForBytes === true && this.#isFast(batch)) {
      await this.#pace(batch)
      if (this.#isClosed) throw shuttingDown()
    }
    // Who waits as long as it takes is served in the order of coming. Patience is short, so there a batch that fits goes by.
    if (this.#blocked.length === 0 || !blocksOnOverflow) {
      const policy = this.#makeRoom(batch)
      if (policy === undefined) return this.#keep(batch)
      if (policy === 'drop_newest') {
        this.#reader?.dropped(batch, undefined, 'queue_full')
        return undefined
      }
    }
    if (blocksOnOverflow) return this.#waitForRoom(batch, undefined)
    if (isPatientForBytes !== true || !this.#lacksBytesOnly(batch)) throw queueFull()
    const patience: Timer = clock.after(patienceMs, () => this.#refuseImpatiently(patience))
    return this.#waitForRoom(batch, patience)
  }

  #waitForRoom(batch: OtlpBatch, patience: Timer | undefined): Promise<QueueEntry | undefined> {
    return new Promise((resolve, reject) => this.#blocked.push({ batch, patience, resolve, reject }))
  }

  /** Whether the queue is long although things leave it. */
  #isFast(batch: OtlpBatch): boolean {
    if (this.#isShort(this.capacity.bytes, batch.bytes.length)) return false
    return this.#settings.clock.nowMs() - this.#movedAtMs <= movedMsMax
  }

  /** An empty queue is short, however much comes. */
  #isShort(heldBytes: number, moreBytes: number): boolean {
    return heldBytes === 0 || heldBytes + moreBytes <= this.capacity.limits.bytes.max * pacedShare
  }

  #pace(batch: OtlpBatch): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#settings.clock.after(paceMs, () => {
        const index = this.#paced.findIndex(paced => paced.timer === timer)
        if (index >= 0) this.#paced.splice(index, 1)
        resolve()
      })
      this.#paced.push({ byteCount: batch.bytes.length, timer, resolve })
    })
  }

  /** Lets on who waits for the queue to get shorter. */
  #letOn(): void {
    let bytes = this.capacity.bytes
    while (this.#paced.length > 0) {
      const first = this.#paced[0]!
      if (!this.#isClosed && !this.#isShort(bytes, first.byteCount)) return
      bytes += first.byteCount
      this.#paced.shift()
      first.timer.cancel()
      first.resolve()
    }
  }

  /** Whether room in bytes is all that is missing: other limits are somebody's own words, and hold at once. */
  #lacksBytesOnly(batch: OtlpBatch): boolean {
    return !this.#isTooOld() && this.capacity.overflow(batch) === this.capacity.limits.bytes
  }

  #refuseImpatiently(patience: Timer): void {
    const index = this.#blocked.findIndex(blocked => blocked.patience === patience)
    if (index >= 0) this.#blocked.splice(index, 1)[0]!.reject(queueFull())
    this.#unblock()
  }

  adopt(batch: OtlpBatch, appendedAtMs: number, decided?: (isKept: boolean) => void): QueueEntry {
    const entry = this.#keep(batch, appendedAtMs)
    decided?.(true)
    return entry
  }

  get isBeingRead(): boolean {
    return this.#reader !== undefined
  }

  read(reader: JournalReader): void {
    this.#reader = reader
    reader.readable()
  }

  stopReading(): void {
    this.#reader = undefined
  }

  next(): QueueEntry | undefined {
    while (this.#readIndex < this.#entries.length) {
      const entry = this.#entries[this.#readIndex++]!
      if (entry.state !== 'waiting') continue
      entry.isRead = true
      return entry
    }
    return undefined
  }

  settle(entry: QueueEntry): void {
    if (entry.state === 'settled') return
    entry.state = 'settled'
    this.capacity.remove(entry.size)
    this.#movedAtMs = this.#settings.clock.nowMs()
    this.#trim()
    this.#unblock()
    this.#letOn()
  }

  expire(): void {
    const { max, policy } = this.capacity.limits.age
    if (max === 0 || policy !== 'drop_oldest') return
    const oldestMs = this.#settings.clock.nowMs() - max
    for (let entry = this.#oldestWaiting(); entry !== undefined; entry = this.#oldestWaiting()) {
      if (entry.appendedAtMs > oldestMs) return
      this.#drop(entry, 'expired')
    }
  }

  refuse(): void {
    this.#isClosed = true
    for (const { patience, reject } of this.#blocked.splice(0)) {
      patience?.cancel()
      reject(shuttingDown())
    }
    this.#letOn()
  }

  async close(): Promise<void> {
    this.refuse()
  }

  /** Undefined where the batch fits, after dropping what the policy says; otherwise the policy of the limit it breaks. */
  #makeRoom(batch: OtlpBatch): OverflowPolicy | undefined {
    this.expire()
    if (this.#isTooOld()) return this.capacity.limits.age.policy
    for (let limit = this.capacity.overflow(batch); limit !== undefined; limit = this.capacity.overflow(batch)) {
      if (limit.policy !== 'drop_oldest') return limit.policy
      const oldest = this.#oldestWaiting()
      // Everything is on its way to the backend: nothing can be dropped any more.
      if (oldest === undefined) return 'refuse'
      this.#drop(oldest, 'queue_full')
    }
    return undefined
  }

  #isTooOld(): boolean {
    const { max } = this.capacity.limits.age
    if (max === 0) return false
    const oldest = this.#oldestWaiting()
    return oldest !== undefined && this.#settings.clock.nowMs() - oldest.appendedAtMs > max
  }

  #keep(batch: OtlpBatch, appendedAtMs: number = this.#settings.clock.nowMs()): QueueEntry {
    const entry = new QueueEntry(batch, appendedAtMs)
    this.#entries.push(entry)
    this.capacity.add(entry.size)
    this.#reader?.readable()
    return entry
  }

  #drop(entry: QueueEntry, reason: string): void {
    entry.state = 'settled'
    this.capacity.remove(entry.size)
    this.#trim()
    this.#reader?.dropped(entry.batch, entry, reason)
  }

  #oldestWaiting(): QueueEntry | undefined {
    while (this.#waitingIndex < this.#entries.length) {
      const entry = this.#entries[this.#waitingIndex]!
      if (entry.state === 'waiting') return entry
      this.#waitingIndex++
    }
    return undefined
  }

  #trim(): void {
    while (this.#headIndex < this.#entries.length && this.#entries[this.#headIndex]!.state === 'settled') {
      this.#headIndex++
    }
    // Moving the rest down costs at most as much as what has left.
    if (this.#headIndex < 64 || this.#headIndex * 2 < this.#entries.length) return
    const removed = this.#headIndex
    this.#entries = this.#entries.slice(removed)
    this.#headIndex = 0
    this.#waitingIndex = Math.max(0, this.#waitingIndex - removed)
    this.#readIndex = Math.max(0, this.#readIndex - removed)
  }

  #unblock(): void {
    while (this.#blocked.length > 0) {
      const [first] = this.#blocked
      if (first === undefined || this.#makeRoom(first.batch) !== undefined) return
      this.#blocked.shift()
      first.patience?.cancel()
      first.resolve(this.#keep(first.batch))
    }
  }
}
