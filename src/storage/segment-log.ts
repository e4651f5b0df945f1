import { AckFile } from './ack-file.ts'
import type { LockedError } from './directory-lock.ts'
import { EarlierRun, type EarlierRunOwner } from './earlier-run.ts'
import { type Extent, ExtentCheck } from './extent.ts'
import { ExtentFile } from './extent-file.ts'
import { errorCode, isDiskFull } from './file-system.ts'
import { logFormat, markFormat, readFormat } from './log-format.ts'
import { LogReader, type LogReaderOwner } from './log-reader.ts'
import { type LogPosition, type LogSettings, writesOf } from './log-settings.ts'
import { LogWriter } from './log-writer.ts'
import { Ownership } from './ownership.ts'
import { Quarantine } from './quarantine.ts'
import type { LogRecord } from './record.ts'
import { Reserve } from './reserve.ts'
import { Segment, segmentName } from './segment.ts'
import { SpareFile, spareName } from './spare-file.ts'
import type { BacklogTotals } from './totals.ts'

/** A burnt sequence is cheap; one that is used twice is not. */
const sequenceGapAfterDamage = 1_000_000
const directoryMode = 0o700

/**
 * An append-only log in segments, with one reader and acks in any order. A record is written once, read in order, and gone
 * with its segment when all of it is acked. Nothing is ever changed in place: recovery sends what is not acked.
 */
export class SegmentLog {
  readonly #settings: LogSettings
  readonly #acks: AckFile
  readonly #extents: ExtentFile
  readonly #spare: SpareFile
  readonly #reserve: Reserve
  readonly #aside: Quarantine
  readonly #ownership: Ownership
  readonly #reader: LogReader
  readonly #earlierRun: EarlierRun
  /** In order; the last one is being written, if the writer has begun. */
  #segments: Segment[] = []
  #writer: LogWriter | undefined
  #nextSequence = 1
  #isWriterFaulty = false
  #isAckFileFaulty = false
  #isExtentFileFaulty = false
  /** Files of segments that are done with, on their way out. */
  readonly #going = new Set<Promise<void>>()
  #isClosed = false
  /** Set once the directory is another's: from then on nothing of it is touched, and what is read comes to nothing. */
  #lost: LockedError | undefined

  constructor(settings: LogSettings) {
    this.#settings = settings
    const { fileSystem, directory } = settings
    this.#spare = new SpareFile(fileSystem, directory)
    this.#reserve = new Reserve(fileSystem, directory, error => settings.events.fault(error))
    this.#aside = new Quarantine(fileSystem, directory)
    this.#ownership = new Ownership(fileSystem, directory, settings.clock, error => {
      this.#lost = error
      settings.events.fault(error)
    })
    this.#extents = new ExtentFile(fileSystem, directory, settings.clock, {
      fault: error => {
        this.#isExtentFileFaulty = true
        settings.events.fault(error)
      },
      healed: () => {
        this.#isExtentFileFaulty = false
        this.#tellHealed()
      },
    })
    this.#acks = new AckFile(fileSystem, directory, {
      fault: error => {
        this.#isAckFileFaulty = true
        settings.events.fault(error)
      },
      healed: () => {
        this.#isAckFileFaulty = false
        this.#tellHealed()
      },
    })
    this.#reader = new LogReader(this.#asReaderOwner(), settings.events)
    this.#earlierRun = new EarlierRun(settings, this.#asOwner())
  }

  /**
   * Becomes the only writer and finds out where the log ends; the rest of the backlog is looked at by `scan`. Rejects with
   * `LockedError` where another process writes.
   */
  async open(): Promise<void> {
    const { fileSystem, directory, createsDirectory } = this.#settings
    if (createsDirectory) await fileSystem.makeDirectory(directory, directoryMode)
    const format = await readFormat(fileSystem, directory)
    await this.#ownership.take()
    await this.#acks.open()
    const missingEnd = await this.#findSegments(format)
    if (format !== logFormat) await this.#markFormat()
    const last = this.#segments.at(-1)
    const isDamaged = last !== undefined && (last.isUnreadable || (await this.#earlierRun.findEnd(last)))
    // The name of a segment without records is taken as well: two of one name would be one file.
    const reached = last?.extent?.lastSequence ?? 0
    const highest = Math.max(
      last?.lastSequence ?? 0,
      last?.firstSequence ?? 0,
      reached,
      missingEnd,
      this.#acks.set.highest,
    )
    this.#nextSequence = highest + 1 + (isDamaged ? sequenceGapAfterDamage : 0)
    if (last !== undefined) last.lastSequence = this.#nextSequence - 1
    else this.#reader.beginBehind(this.#nextSequence - 1)
    this.#writer = new LogWriter(this.#settings, {
      ready: () => this.#reserve.beReady(),
      create: () => this.#createSegment(),
      reached: ({ firstSequence, lastSequence, endOffset, written }) =>
        this.#extents.note({ firstSequence, lastSequence, endOffset, totals: written }),
      burnt: sequence => this.#acks.add(sequence),
      failed: error => this.#failed(error),
      healed: () => this.#healed(),
    })
    this.#writer.writtenSequence = this.#nextSequence - 1
    await this.#reserve.make()
  }

  /** Records that nobody has acked, by segment, as they are found. Reading may go on meanwhile behind it. */
  scan(found: (totals: BacklogTotals) => void): Promise<void> {
    return this.#earlierRun.scan(found)
  }

  /** Resolves at the log's level; rejects with the system's error where the disk refuses, and then nothing was kept. */
  append(record: Omit<LogRecord, 'sequence'>): Promise<number> {
    const writer = this.#writer
    if (writer === undefined || this.#isClosed) return Promise.reject(new Error('the log is closed'))
    if (this.#lost !== undefined) return Promise.reject(this.#lost)
    const { refusal } = writer
    if (refusal !== undefined) return Promise.reject(refusal)
    return writer.append({ ...record, sequence: this.#nextSequence++ })
  }

  /**
   * The next records that are not acked, up to about `bytesMax`; none at the end, or where a scan has to come first. Who gets
   * them holds their memory.
   */
  read(bytesMax: number): Promise<LogRecord[]> {
    return this.#reader.read(bytesMax)
  }

  /** Whether everything that was written has been read: then a fresh record may be handed on without reading it. */
  get isCaughtUp(): boolean {
    return this.#reader.isCaughtUp
  }

  /** The reader has that record already. */
  skip(record: LogRecord, position: LogPosition): void {
    this.#reader.skip(record, position)
  }

  ack(sequence: number): void {
    if (this.#lost !== undefined) return
    this.#acks.add(sequence)
    this.#dropAcked()
  }

  /** Until a kill cannot bring back what was acked so far; undefined where it cannot. */
  get settling(): Promise<void> | undefined {
    return this.#acks.settling
  }

  get bytesOnDisk(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.endOffset, 0)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.#writer?.close()
    this.#isClosed = true
    await this.#acks.close()
    this.#dropAcked()
    // Whoever owns the directory next must not meet what this log still does to it.
    await Promise.all(this.#going)
    await this.#extents.close()
    await this.#spare.close()
    await Promise.all(this.#segments.map(segment => segment.close()))
    await this.#ownership.giveBack()
  }

  #asReaderOwner(): LogReaderOwner {
    const log = this
    return {
      acks: this.#acks,
      get segments() {
        return log.#segments
      },
      get writtenSequence() {
        return log.#writer?.writtenSequence ?? 0
      },
      get isOver() {
        return log.#isClosed || log.#lost !== undefined
      },
      noteExtent: extent => this.#extents.note(extent),
      leave: segment => this.#writer?.leave(segment),
      keepAside: range => this.#aside.keep(range),
      dropAcked: () => this.#dropAcked(),
    }
  }

  #asOwner(): EarlierRunOwner {
    const log = this
    return {
      acks: this.#acks.set,
      get segments() {
        return log.#segments
      },
      get isClosed() {
        return log.#isClosed
      },
      next: (reader, segment) => this.#reader.next(reader, segment),
      giveUp: (segment, offset, cause) => this.#reader.giveUp(segment, offset, cause),
      damaged: range => this.#reader.quarantine(range),
      scanned: () => this.#dropAcked(),
    }
  }

  /** Gives the last sequence of the segments that should be there and are not; 0 where there is none. */
  async #findSegments(format: number): Promise<number> {
    const names = await this.#settings.fileSystem.list(this.#settings.directory)
    if (names.includes(spareName)) this.#spare.found()
    const { segments, missing } = await this.#earlierRun.findSegments(names, this.#extents)
    this.#segments = segments
    for (const extent of missing) {
      // An earlier version left the slots of segments that were done with.
      if (format >= 2 && this.#ownership.isAllKept) this.#reportGone(extent)
      await this.#extents.forget(extent.firstSequence)
    }
    const [first] = segments
    if (first !== undefined) {
      this.#reader.beginBehind(first.firstSequence - 1)
      this.#acks.set.add(1, first.firstSequence - 1)
    }
    return missing.reduce((end, { lastSequence }) => Math.max(end, lastSequence), 0)
  }

  /** Somebody removed its file: what was not acked of it is lost. */
  #reportGone(extent: Extent): void {
    const lost = new ExtentCheck(extent, this.#acks.set).lost()
    this.#acks.add(extent.firstSequence, extent.lastSequence)
    if (lost.records === 0) return
    const segment = segmentName(extent.firstSequence)
    const place = { segment, offset: 0, bytes: new Uint8Array(0), isTail: true, isTorn: false }
    const cause = new Error('its file was removed while the agent was down')
    this.#settings.events.damaged({ ...place, itemCount: lost.items, lost, cause }, false)
  }

  async #markFormat(): Promise<void> {
    await markFormat(this.#settings.fileSystem, this.#settings.directory).catch(error => {
      // It can be said at the next start; what fills the disk has to be delivered now.
      if (!isDiskFull(error)) throw error
    })
  }

  async #createSegment(): Promise<Segment> {
    const { fileSystem, directory, createsDirectory } = this.#settings
    const next = this.#writer?.nextPendingSequence ?? this.#nextSequence
    const segment = new Segment(fileSystem, directory, next, writesOf(this.#settings))
    const isSpare = await this.#spare.giveTo(segment)
    try {
      if (!isSpare) await segment.open()
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || !createsDirectory) throw error
      // Somebody removed the directory under a running agent.
      await fileSystem.makeDirectory(directory, directoryMode)
      await this.#ownership.takeOnce()
      await this.#markFormat()
      await this.#acks.makeAnew()
      await this.#extents.makeAnew()
      await segment.open()
    }
    try {
      if (!isSpare) await segment.file?.truncate(0)
    } catch (error) {
      await segment.close().catch(closing => this.#settings.events.fault(closing))
      throw error
    }
    segment.isBeingNamed(fileSystem.syncDirectory(directory))
    segment.isScanned = true
    segment.isSealed = false
    const last = this.#segments.at(-1)
    this.#segments.push(segment)
    if (last !== undefined) this.#reader.releaseIdle(last)
    return segment
  }

  #failed(error: unknown): void {
    const { events } = this.#settings
    this.#isWriterFaulty = true
    events.fault(error)
    if (!isDiskFull(error)) return
    this.#spare.drop().catch(removal => events.fault(removal))
    this.#reserve.giveBack()
  }

  #healed(): void {
    this.#isWriterFaulty = false
    this.#tellHealed()
    this.#acks.repair()
    this.#reserve.healed()
  }

  #tellHealed(): void {
    if (!this.#isWriterFaulty && !this.#isAckFileFaulty && !this.#isExtentFileFaulty) this.#settings.events.healed()
  }

  /** A segment goes when all of it is acked and nobody writes to it; then the directory need not be synced in a hurry. */
  #dropAcked(): void {
    while (this.#lost === undefined && this.#segments.length > 0) {
      const [segment, next] = this.#segments
      if (segment === undefined || !segment.isScanned || !segment.isSealed) return
      const last = next === undefined ? segment.lastSequence : next.firstSequence - 1
      if (!this.#acks.set.covers(segment.firstSequence, last)) return
      this.#segments.shift()
      this.#reader.dropped(segment, last)
      const gone = this.#letGo(segment).catch(error => {
        if (errorCode(error) !== 'ENOENT') this.#settings.events.fault(error)
      })
      this.#going.add(gone)
      void gone.then(() => this.#going.delete(gone))
    }
  }

  async #letGo(segment: Segment): Promise<void> {
    await this.#extents.forget(segment.firstSequence)
    if (segment.isUnreadable) return this.#aside.putAside(segment)
    // A file that never grew would be made to grow all the same.
    const isGrown = segment.endOffset >= this.#settings.segmentBytesMax >>> 1
    return isGrown && !this.#reserve.isShort ? this.#spare.keep(segment) : segment.remove()
  }
}
