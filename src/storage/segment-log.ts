import { AckFile } from './ack-file.ts'
import type { LockedError } from './directory-lock.ts'
import { EarlierRun, type EarlierRunOwner } from './earlier-run.ts'
import { type Extent, ExtentCheck, withoutLost } from './extent.ts'
import { ExtentFile } from './extent-file.ts'
import { errorCode, isDiskFull } from './file-system.ts'
import { logFormat, markFormat, readFormat } from './log-format.ts'
import { type LogPosition, type LogSettings, writesOf } from './log-settings.ts'
import { LogWriter } from './log-writer.ts'
import { Ownership } from './ownership.ts'
import { Quarantine } from './quarantine.ts'
import type { LogRecord } from './record.ts'
import { Reserve } from './reserve.ts'
import { type DamagedRange, isUnreadable, type RecordPlace, Segment, SegmentReader, segmentName } from './segment.ts'
import { SpareFile, spareName } from './spare-file.ts'
import { addRecord, type BacklogTotals } from './totals.ts'

/** A burnt sequence is cheap; one that is used twice is not. */
const sequenceGapAfterDamage = 1_000_000
const directoryMode = 0o700
/** A file that the system does not give out is asked for this often before it is put aside. */
const readTriesMax = 5

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
  readonly #earlierRun: EarlierRun
  /** In order; the last one is being written, if the writer has begun. */
  #segments: Segment[] = []
  #writer: LogWriter | undefined
  #nextSequence = 1
  #reading: SegmentReader | undefined
  #readingSegment: Segment | undefined
  /** Everything up to here was read or skipped. */
  #readSequence = 0
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
    else this.#readSequence = this.#nextSequence - 1
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
  async read(bytesMax: number): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    let bytes = 0
    while (bytes < bytesMax && !this.#isClosed && this.#lost === undefined) {
      const reader = this.#reader()
      if (reader === undefined) break
      const segment = this.#readingSegment
      if (segment === undefined) break
      let place: RecordPlace | undefined
      try {
        place = await this.#next(reader, segment)
      } catch (error) {
        if (records.length === 0) throw error
        // Those have been read and will not come again. The next call says what is wrong.
        break
      }
      if (place === undefined) {
        if (this.#isClosed) break
        this.#endOfSegment()
        if (reader.offset < (this.#readingSegment?.endOffset ?? 0)) continue
        if (!this.#nextSegment()) break
        continue
      }
      const { record } = place
      if (record.sequence <= this.#readSequence) {
        record.memory?.release()
        continue
      }
      this.#passTo(record.sequence - 1)
      this.#readSequence = record.sequence
      const isAcked = this.#acks.set.has(record.sequence)
      if (!isAcked || !segment.isRecovered) addRecord(segment.unread, record, -1)
      if (isAcked) {
        record.memory?.release()
        continue
      }
      records.push(record)
      bytes += record.payload.length
    }
    return records
  }

  /** Whether everything that was written has been read: then a fresh record may be handed on without reading it. */
  get isCaughtUp(): boolean {
    return this.#readSequence >= (this.#writer?.writtenSequence ?? 0) && this.#segments.every(each => each.isScanned)
  }

  /** The reader has that record already. */
  skip(record: LogRecord, position: LogPosition): void {
    this.#passTo(record.sequence - 1)
    this.#readSequence = record.sequence
    addRecord(position.segment.unread, record, -1)
    this.#readingSegment = position.segment
    this.#reading = new SegmentReader(position.segment, position.offset, range =>
      this.#quarantine(range, position.segment),
    )
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
      next: (reader, segment) => this.#next(reader, segment),
      giveUp: (segment, offset, cause) => this.#giveUp(segment, offset, cause),
      damaged: range => this.#quarantine(range),
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
      this.#readSequence = first.firstSequence - 1
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
    if (last !== undefined) this.#releaseIdle(last)
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

  /** Nothing once the log is closed: its files are, too, also under a reader that was waiting for one. */
  async #next(reader: SegmentReader, segment: Segment): Promise<RecordPlace | undefined> {
    if (this.#isClosed) return undefined
    try {
      const place = await reader.next()
      segment.failedReads = 0
      return place
    } catch (error) {
      if (this.#isClosed) return undefined
      if (!isUnreadable(error) || ++segment.failedReads < readTriesMax) throw error
      this.#giveUp(segment, reader.offset, error)
      return undefined
    }
  }

  /** What is behind `offset` is not to be had: the rest goes on without it, and the file is kept aside in the end. */
  #giveUp(segment: Segment, offset: number, cause: unknown): void {
    segment.endOffset = Math.min(segment.endOffset, offset)
    segment.isUnreadable = true
    segment.cause = cause
    this.#writer?.leave(segment)
  }

  #releaseIdle(segment: Segment): void {
    if (segment === this.#readingSegment || !segment.isSealed || !segment.isScanned) return
    segment.release().catch(error => this.#settings.events.fault(error))
  }

  #reader(): SegmentReader | undefined {
    if (this.#reading === undefined) {
      const segment = this.#segments[0]
      if (segment === undefined || !segment.isScanned) return undefined
      this.#open(segment)
    }
    return this.#reading
  }

  #open(segment: Segment): void {
    this.#readingSegment = segment
    this.#reading = new SegmentReader(segment, 0, range => this.#quarantine(range, segment))
  }

  /** Sequences that are not there, or not any more, will never be acked by anyone else. */
  #passTo(sequence: number): void {
    if (sequence <= this.#readSequence) return
    this.#acks.add(this.#readSequence + 1, sequence)
    this.#readSequence = sequence
  }

  #endOfSegment(): void {
    const segment = this.#readingSegment
    if (segment === undefined || !segment.isSealed) return
    // More may have been written, and the segment sealed, since the reader came to its end.
    if (this.#reading !== undefined && this.#reading.offset < segment.endOffset) return
    this.#passTo(segment.lastSequence)
    this.#reportMissing(segment)
    this.#dropAcked()
  }

  /** At the end of a segment: what was counted in it and never came. */
  #reportMissing(segment: Segment): void {
    const { name, endOffset, cause, extent } = segment
    const lost = { ...segment.unread }
    if (lost.items <= 0 && lost.units <= 0 && lost.bytes <= 0 && !(segment.isUnreadable && !segment.isReported)) return
    Object.assign(segment.unread, { records: 0, items: 0, bytes: 0, units: 0 })
    segment.isReported = true
    // The next start shall not tell it again.
    const remaining = segment.remaining ?? (extent && withoutLost(extent, lost))
    if (remaining !== undefined) void this.#extents.note(remaining)
    const place = { segment: name, offset: endOffset, bytes: new Uint8Array(0), isTail: true, isTorn: false }
    this.#settings.events.damaged({ ...place, itemCount: Math.max(0, lost.items), lost, cause }, true)
  }

  /** Goes on to the segment behind the one that was read to its end; false where there is none, or none scanned. */
  #nextSegment(): boolean {
    const reading = this.#readingSegment
    const next = this.#segments[reading === undefined ? 0 : this.#segments.indexOf(reading) + 1]
    if (next === undefined || !next.isScanned) return false
    this.#open(next)
    if (reading !== undefined) this.#releaseIdle(reading)
    return true
  }

  /** A segment goes when all of it is acked and nobody writes to it; then the directory need not be synced in a hurry. */
  #dropAcked(): void {
    while (this.#lost === undefined && this.#segments.length > 0) {
      const [segment, next] = this.#segments
      if (segment === undefined || !segment.isScanned || !segment.isSealed) return
      const last = next === undefined ? segment.lastSequence : next.firstSequence - 1
      if (!this.#acks.set.covers(segment.firstSequence, last)) return
      this.#segments.shift()
      if (this.#readingSegment === segment) {
        this.#readingSegment = undefined
        this.#reading = undefined
        this.#readSequence = Math.max(this.#readSequence, last)
      }
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

  #quarantine(range: DamagedRange, segment?: Segment): void {
    const { events } = this.#settings
    if (segment === undefined) {
      events.damaged(range, false)
    } else {
      // What its headers say may be wrong. The end of the segment brings what they do not say, and all of it where that is known.
      const isKnown = segment.extent !== undefined || !segment.isRecovered
      const itemCount = isKnown ? 0 : Math.max(0, Math.min(range.itemCount, segment.unread.items))
      segment.unread.items -= itemCount
      events.damaged({ ...range, itemCount }, true)
    }
    this.#aside.keep(range).catch(error => events.fault(error))
  }
}
