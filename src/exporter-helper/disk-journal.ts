import type { Timer } from '../clock/clock.ts'
import { BatchMemory } from '../pdata/batch-memory.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { LogPosition } from '../storage/log-settings.ts'
import { nodeFileSystem } from '../storage/node-file-system.ts'
import type { LogRecord } from '../storage/record.ts'
import type { DamagedRange } from '../storage/segment.ts'
import type { SegmentLog } from '../storage/segment-log.ts'
import type { BacklogTotals } from '../storage/totals.ts'
import { Capacity, type JournalLimits, sizeOf } from './capacity.ts'
import type { DiskJournalSettings } from './disk-journal-settings.ts'
import {
  type Journal,
  type JournalReader,
  queueFull,
  shuttingDown,
  storageUnavailable,
  tooLargeForQueue,
} from './journal.ts'
import { LogKeeper } from './log-keeper.ts'
import { QueueEntry } from './queue-entry.ts'
import { WaitingEntries } from './waiting-entries.ts'

/** What an append is about, until it is written. */
interface AppendContext {
  readonly batch: OtlpBatch
  readonly appendedAtMs: number
  /** For a batch that another queue already holds: the entry that stands for it. */
  entry: QueueEntry | undefined
}

interface BlockedAppend {
  readonly batch: OtlpBatch
  readonly appendedAtMs: number
  resolve(entry: QueueEntry | undefined): void
  reject(error: unknown): void
}

const segmentBytesDefault = 16 << 20
/** Bytes of entries that are in memory, given out or ready to be: the rest of a backlog is read when it is their turn. */
const residentBytesDefault = 64 << 20
const loadBytesMax = 4 << 20
const retryDelayMs = 5000
const lookAgainMs = 10
const readAgainMs = 1000

/** Batches in a log on disk. A kill loses none that was acknowledged; loss of power none at the level `synced`. */
export class DiskJournal implements Journal {
  readonly capacity: Capacity
  readonly isDurable = true
  readonly #settings: DiskJournalSettings
  readonly #keeper: LogKeeper
  #reader: JournalReader | undefined
  /** In order, not given out yet. */
  #ready: QueueEntry[] = []
  #readyIndex = 0
  readonly #waiting = new WaitingEntries()
  /** Entries whose record will be met again when it is read. */
  readonly #known = new Map<number, QueueEntry>()
  #blocked: BlockedAppend[] = []
  #loading: Promise<void> | undefined
  #residentBytes = 0
  #lookTimer: Timer | undefined
  #userCount = 0
  #isRefusing = false
  #isReadFaulty = false
  isClosed = false
  unreadItems = 0

  constructor(settings: DiskJournalSettings) {
    this.#settings = settings
    this.capacity = new Capacity(settings.limits)
    const { fileSystem = nodeFileSystem, segmentBytesMax = segmentBytesDefault, events } = settings
    const { directory, createsDirectory, syncLevel, clock } = settings
    this.#keeper = new LogKeeper(
      { fileSystem, directory, createsDirectory, syncLevel, segmentBytesMax, clock },
      {
        fault: error => events.fault(error),
        healed: () => events.healed(),
        damaged: (range, wasCounted) => this.#damaged(range, wasCounted),
        written: (record, position) => this.#written(record, position),
        found: totals => this.#found(totals),
      },
    )
  }

  get #log(): SegmentLog | undefined {
    return this.#keeper.log
  }

  get directory(): string {
    return this.#settings.directory
  }

  get isBeingRead(): boolean {
    return this.#reader !== undefined
  }

  get bytesOnDisk(): number {
    return this.#log?.bytesOnDisk ?? 0
  }

  get settling(): Promise<void> | undefined {
    return this.#log?.settling
  }

  /** One more queue shares it; `close` of the last one closes it. */
  use(limits: JournalLimits): this {
    this.#userCount++
    this.capacity.limits = limits
    void this.#keeper.open()
    return this
  }

  async append(batch: OtlpBatch, appendedAtMs = this.#settings.clock.nowMs()): Promise<QueueEntry | undefined> {
    await this.#keeper.open()
    if (this.#isRefusing) throw shuttingDown()
    const log = this.#log
    if (log === undefined) throw storageUnavailable(this.#keeper.fault, retryDelayMs)
    if (this.capacity.exceeds(batch)) throw tooLargeForQueue(batch)
    if (this.#blocked.length === 0) {
      const policy = await this.#makeRoom(batch)
      if (policy === undefined) return this.#write(batch, appendedAtMs)
      if (policy === 'drop_newest') {
        this.#reader?.dropped(batch, undefined, 'queue_full')
        return undefined
      }
    }
    if (!this.#settings.blocksOnOverflow) throw queueFull()
    return new Promise((resolve, reject) => this.#blocked.push({ batch, appendedAtMs, resolve, reject }))
  }

  adopt(batch: OtlpBatch, appendedAtMs: number, decided?: (isKept: boolean) => void): QueueEntry {
    const entry = new QueueEntry(batch, appendedAtMs)
    // It is given on before it is written.
    entry.isPinned = true
    this.capacity.add(entry.size)
    this.#makeReady(entry)
    this.#keeper
      .open()
      .then(() => this.#appendRecord({ batch, appendedAtMs, entry }))
      .then(
        () => decided?.(true),
        error => {
          // The entry is in memory alone, where it was before as well.
          this.#settings.events.fault(error)
          decided?.(false)
        },
      )
    this.#reader?.readable()
    return entry
  }

  read(reader: JournalReader): void {
    this.#reader = reader
    reader.readable()
  }

  stopReading(): void {
    this.#reader = undefined
  }

  next(): QueueEntry | undefined {
    while (this.#readyIndex < this.#ready.length) {
      const entry = this.#ready[this.#readyIndex++]
      if (entry === undefined || entry.state !== 'waiting') continue
      entry.isRead = true
      this.unreadItems -= entry.batch.itemCount
      return entry
    }
    this.#ready = []
    this.#readyIndex = 0
    if (this.#log?.isCaughtUp === false) this.#loading ??= this.#load()
    return undefined
  }

  settle(entry: QueueEntry): void {
    if (entry.state === 'settled') return
    this.#letGo(entry)
    void this.#unblock()
  }

  expire(): void {
    const { max, policy } = this.capacity.limits.age
    if (max === 0 || policy !== 'drop_oldest') return
    const oldestMs = this.#settings.clock.nowMs() - max
    for (let entry = this.#waiting.oldest(); entry !== undefined; entry = this.#waiting.oldest()) {
      if (entry.appendedAtMs > oldestMs) return
      this.#drop(entry, 'expired')
    }
  }

  refuse(): void {
    if (this.#userCount > 1) return
    this.#isRefusing = true
    for (const blocked of this.#blocked.splice(0)) blocked.reject(shuttingDown())
  }

  async close(): Promise<void> {
    this.#userCount--
    if (this.#userCount > 0 || this.isClosed) return
    this.refuse()
    this.isClosed = true
    await this.#keeper.close()
    await this.#loading
    this.#lookTimer?.cancel()
  }

  async #write(batch: OtlpBatch, appendedAtMs: number): Promise<QueueEntry | undefined> {
    const context: AppendContext = { batch, appendedAtMs, entry: undefined }
    const size = sizeOf(batch)
    this.capacity.add(size)
    try {
      await this.#appendRecord(context)
    } catch (error) {
      this.capacity.remove(size)
      void this.#unblock()
      throw storageUnavailable(error, retryDelayMs)
    }
    // A batch that is not ready yet will be read when the backlog before it has gone.
    return context.entry
  }

  async #appendRecord(context: AppendContext): Promise<void> {
    const { batch, appendedAtMs } = context
    const { units } = sizeOf(batch)
    if (this.#log === undefined) throw this.#keeper.fault ?? new Error('it is not open')
    const { clock } = this.#settings
    const wallMs = clock.wallMs() - (clock.nowMs() - appendedAtMs)
    await this.#log.append({ kind: 0, wallMs, itemCount: batch.itemCount, units, payload: batch.bytes, context })
  }

  /** In order, before `append` resolves: the entry is given on from memory unless older ones wait on disk. */
  #written(record: LogRecord, position: LogPosition): void {
    const log = this.#log
    const context = record.context as AppendContext
    if (log === undefined) return
    const isNext = log.isCaughtUp && this.#loading === undefined
    if (context.entry !== undefined) {
      context.entry.sequence = record.sequence
      if (isNext) log.skip(record, position)
      else this.#known.set(record.sequence, context.entry)
      if (context.entry.state === 'settled') log.ack(record.sequence)
      return
    }
    const { residentBytesMax = residentBytesDefault, waitsForResult } = this.#settings
    const fits = this.#residentBytes === 0 || this.#residentBytes + record.payload.length <= residentBytesMax
    if (!isNext || !fits) {
      this.unreadItems += record.itemCount
      if (waitsForResult) {
        context.entry = new QueueEntry(context.batch, context.appendedAtMs, record.sequence)
        this.#known.set(record.sequence, context.entry)
      } else {
        // What is on disk is read again when its turn comes.
        context.batch.memory?.release(context.batch.bytes)
      }
      this.#reader?.readable()
      return
    }
    log.skip(record, position)
    context.entry = new QueueEntry(context.batch, context.appendedAtMs, record.sequence)
    this.#makeReady(context.entry)
    this.#reader?.readable()
  }

  #makeReady(entry: QueueEntry, isCounted = false): void {
    if (!isCounted) this.unreadItems += entry.batch.itemCount
    this.#residentBytes += entry.size.bytes
    this.#ready.push(entry)
    this.#waiting.push(entry)
  }

  async #load(): Promise<void> {
    // Never from inside the reader's own call.
    await undefined
    const { residentBytesMax = residentBytesDefault, clock, signal } = this.#settings
    let isMore = false
    try {
      const log = this.#log
      const room = residentBytesMax - this.#residentBytes
      if (log === undefined || log.isCaughtUp || (room <= 0 && this.#residentBytes > 0)) return
      const records = await log.read(Math.min(loadBytesMax, Math.max(1, room)))
      const clockSkewMs = clock.nowMs() - clock.wallMs()
      for (const record of records) {
        const known = this.#known.get(record.sequence)
        this.#known.delete(record.sequence)
        if (known !== undefined) {
          record.memory?.release()
          if (known.isRead || known.state !== 'waiting' || this.#ready.includes(known)) continue
          this.#makeReady(known, true)
          continue
        }
        const { payload, itemCount, sequence, units } = record
        const memory = BatchMemory.keptBy(payload, () => record.memory?.release())
        const batch: OtlpBatch = { signal, bytes: payload, itemCount, memory }
        const appendedAtMs = Math.min(clock.nowMs(), record.wallMs + clockSkewMs)
        const size = { units, items: itemCount, bytes: payload.length }
        const entry = new QueueEntry(batch, appendedAtMs, sequence, size)
        entry.isRecovered = true
        this.#makeReady(entry, true)
      }
      isMore = records.length > 0
      if (this.#isReadFaulty) this.#keeper.healed()
      this.#isReadFaulty = false
    } catch (error) {
      this.#isReadFaulty = true
      this.#keeper.failed(error)
    } finally {
      this.#loading = undefined
    }
    if (this.#isReadFaulty) this.#lookAgainAfter(readAgainMs)
    else if (isMore) this.#reader?.readable()
    else if (this.#log?.isCaughtUp === false && this.#residentBytes === 0) this.#lookAgainAfter(lookAgainMs)
  }

  /** Something was written while the reader stood at the end, or a scan is not as far: nobody else would ask again. */
  #lookAgainAfter(delayMs: number): void {
    this.#lookTimer ??= this.#settings.clock.after(delayMs, () => {
      this.#lookTimer = undefined
      this.#reader?.readable()
    })
  }

  /** Undefined where the batch fits, after dropping what the policy says. */
  async #makeRoom(batch: OtlpBatch) {
    this.expire()
    if (this.#isTooOld()) return this.capacity.limits.age.policy
    for (let limit = this.capacity.overflow(batch); limit !== undefined; limit = this.capacity.overflow(batch)) {
      if (limit.policy !== 'drop_oldest') return limit.policy
      let oldest = this.#waiting.oldest()
      if (oldest === undefined && this.#log?.isCaughtUp === false) {
        await (this.#loading ??= this.#load())
        oldest = this.#waiting.oldest()
      }
      if (oldest === undefined) return 'refuse'
      this.#drop(oldest, 'queue_full')
    }
    return undefined
  }

  #isTooOld(): boolean {
    const { max } = this.capacity.limits.age
    if (max === 0) return false
    const oldest = this.#waiting.oldest()
    return oldest !== undefined && this.#settings.clock.nowMs() - oldest.appendedAtMs > max
  }

  #drop(entry: QueueEntry, reason: string): void {
    if (!entry.isRead) this.unreadItems -= entry.batch.itemCount
    this.#letGo(entry)
    this.#reader?.dropped(entry.batch, entry, reason)
  }

  #letGo(entry: QueueEntry): void {
    entry.state = 'settled'
    this.capacity.remove(entry.size)
    this.#residentBytes -= entry.size.bytes
    this.#waiting.trim()
    if (entry.sequence > 0) this.#log?.ack(entry.sequence)
  }

  async #unblock(): Promise<void> {
    while (this.#blocked.length > 0) {
      const [first] = this.#blocked
      if (first === undefined || this.capacity.overflow(first.batch) !== undefined) return
      this.#blocked.shift()
      await this.#write(first.batch, first.appendedAtMs).then(first.resolve, first.reject)
    }
  }

  #found(totals: BacklogTotals): void {
    this.unreadItems += totals.items
    this.capacity.add(totals)
    if (totals.items > 0) this.#settings.events.recovered(totals.items)
    this.#reader?.readable()
  }

  #damaged(range: DamagedRange, wasCounted: boolean): void {
    if (wasCounted) {
      this.unreadItems -= range.itemCount
      const { units, bytes } = range.lost ?? { units: 0, bytes: 0 }
      this.capacity.remove({ units, items: range.itemCount, bytes })
      void this.#unblock()
    }
    this.#settings.events.damaged(range, wasCounted)
  }
}
