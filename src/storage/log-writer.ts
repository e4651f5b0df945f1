import { GroupEncoder } from './group-encoder.ts'
import type { LogSettings } from './log-settings.ts'
import { type LogRecord, recordHeaderBytes } from './record.ts'
import type { Segment } from './segment.ts'
import { addRecord } from './totals.ts'

interface PendingRecord {
  readonly record: LogRecord
  resolve(sequence: number): void
  reject(error: unknown): void
}

export interface WriterOwner {
  /** Rejects where the disk is known to have no room. */
  ready(): Promise<void> | undefined
  /** A new, empty segment, its entry in the directory on its way to the disk. */
  create(): Promise<Segment>
  /** What it holds is about to be acknowledged. */
  reached(segment: Segment): Promise<void>
  /** That sequence will never be found. */
  burnt(sequence: number): void
  failed(error: unknown): void
  healed(): void
}

/** Records of one write; more wait for the next. */
const groupRecordsMax = 400
const groupBytesMax = 8 << 20
/** After a failure the disk is asked again no sooner than this; until then appends are refused at once. */
const pauseMs = 1000
const lookEveryMs = 1000

/** Writes records in groups: what is appended while one write is under way shares the next, and one sync. */
export class LogWriter {
  readonly #settings: LogSettings
  readonly #owner: WriterOwner
  readonly #encoder = new GroupEncoder()
  #pending: PendingRecord[] = []
  #running: Promise<void> | undefined
  #fault: unknown
  /** When to see again whether the file still has its name. */
  #lookAtMs = Number.NEGATIVE_INFINITY
  #pausedUntilMs = Number.NEGATIVE_INFINITY
  /** The segment that is being written. */
  segment: Segment | undefined
  /** The last record that is in a file. */
  writtenSequence = 0

  constructor(settings: LogSettings, owner: WriterOwner) {
    this.#settings = settings
    this.#owner = owner
  }

  get nextPendingSequence(): number | undefined {
    return this.#pending[0]?.record.sequence
  }

  /** While the disk rests after a failure: what it said. */
  get refusal(): unknown {
    return this.#settings.clock.nowMs() < this.#pausedUntilMs ? this.#fault : undefined
  }

  append(record: LogRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ record, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    if (this.segment?.file !== undefined && this.#fault === undefined) {
      await this.segment.file.sync().catch(error => this.#settings.events.fault(error))
    }
    this.#seal()
  }

  /** Nothing more is written to that segment. */
  leave(segment: Segment): void {
    if (this.segment === segment) this.#seal()
  }

  #seal(): void {
    if (this.segment !== undefined) this.segment.isSealed = true
    this.segment = undefined
  }

  async #run(): Promise<void> {
    // What is appended in the same turn shares a write.
    await undefined
    while (this.#pending.length > 0) {
      const count = this.#groupCount()
      const group = this.#pending.slice(0, count)
      try {
        await this.#write(group)
        this.#pending.splice(0, count)
        this.#heal()
        for (const each of group) each.resolve(each.record.sequence)
      } catch (error) {
        this.#pending.splice(0, count)
        this.#fail(error)
        for (const each of group) {
          this.#owner.burnt(each.record.sequence)
          each.reject(error)
        }
      }
    }
    this.#running = undefined
  }

  async #write(group: readonly PendingRecord[]): Promise<void> {
    const ready = this.#owner.ready()
    if (ready !== undefined) await ready
    const segment = await this.#segmentFor(group)
    const { file } = segment
    if (file === undefined) throw new Error('the segment is closed')
    const start = segment.endOffset
    const buffers = this.#encoder.encode(group.map(({ record }) => record))
    try {
      const written = file.write(buffers, start)
      // Both at once: each takes what the disk takes.
      if (this.#settings.syncLevel === 'synced') await Promise.all([written, segment.naming])
      else await written
    } catch (error) {
      // After a failed sync nobody knows what is in the file, and after a failed write what is behind its end. What was
      // acknowledged before stays readable; nothing is ever written behind it again.
      await file.truncate(start).catch(() => undefined)
      this.#seal()
      throw error
    }
    let offset = start
    for (const { record } of group) {
      offset += recordHeaderBytes + record.payload.length
      segment.endOffset = offset
      segment.lastSequence = record.sequence
      addRecord(segment.unread, record)
      addRecord(segment.written, record)
      // Whoever reads asks whether it had caught up before this record.
      this.#settings.events.written(record, { segment, offset })
      this.writtenSequence = record.sequence
    }
    await this.#owner.reached(segment)
  }

  async #segmentFor(group: readonly PendingRecord[]): Promise<Segment> {
    const current = this.segment
    const bytes = group.reduce((sum, { record }) => sum + record.payload.length + recordHeaderBytes, 0)
    if (current !== undefined && (await this.#isGone(current))) {
      this.#seal()
    } else if (current !== undefined) {
      if (current.endOffset === 0 || current.endOffset + bytes <= this.#settings.segmentBytesMax) return current
      // Sealed: at the lower level its content goes to the disk when the system likes.
      this.#seal()
    }
    const segment = await this.#owner.create()
    this.segment = segment
    // Nobody waits for it where only the process may die; but a file without a name is not written to for long.
    if (this.#settings.syncLevel === 'written') segment.naming?.catch(error => this.#unnamed(segment, error))
    return segment
  }

  #unnamed(segment: Segment, error: unknown): void {
    this.leave(segment)
    this.#fail(error)
  }

  /** Whether somebody has removed the file, or all of the directory, under us: what goes to it is lost with the process. */
  async #isGone({ file }: Segment): Promise<boolean> {
    const nowMs = this.#settings.clock.nowMs()
    if (file === undefined || nowMs < this.#lookAtMs) return false
    this.#lookAtMs = nowMs + lookEveryMs
    return !(await file.isLinked())
  }

  #groupCount(): number {
    let bytes = 0
    let count = 0
    for (const { record } of this.#pending) {
      if (count >= groupRecordsMax || (count > 0 && bytes + record.payload.length > groupBytesMax)) break
      bytes += record.payload.length
      count++
    }
    return count
  }

  #fail(error: unknown): void {
    this.#fault = error
    this.#pausedUntilMs = this.#settings.clock.nowMs() + pauseMs
    this.#owner.failed(error)
  }

  #heal(): void {
    if (this.#fault === undefined) return
    this.#fault = undefined
    this.#owner.healed()
  }
}
