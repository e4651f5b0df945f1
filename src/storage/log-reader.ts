import type { AckFile } from './ack-file.ts'
import { type Extent, withoutLost } from './extent.ts'
import type { LogEvents, LogPosition } from './log-settings.ts'
import type { LogRecord } from './record.ts'
import { type DamagedRange, isUnreadable, type RecordPlace, type Segment, SegmentReader } from './segment.ts'
import { addRecord } from './totals.ts'

/** A file that the system does not give out is asked for this often before it is put aside. */
const readTriesMax = 5

/** What the reader of a log needs of it. */
export interface LogReaderOwner {
  /** In order; those that were done with have gone. */
  readonly segments: readonly Segment[]
  readonly acks: AckFile
  readonly writtenSequence: number
  /** The log is closed, or another's: nothing is read any more. */
  readonly isOver: boolean
  noteExtent(extent: Extent): Promise<void>
  /** The segment is not to be written to any more. */
  leave(segment: Segment): void
  keepAside(range: DamagedRange): Promise<void>
  /** Something was acked that nobody will read. */
  dropAcked(): void
}

/** The one reader of a log: in order, past what is acked, damaged or gone, and of that it counts what came to nothing. */
export class LogReader {
  readonly #owner: LogReaderOwner
  readonly #events: LogEvents
  #reading: SegmentReader | undefined
  #readingSegment: Segment | undefined
  /** Everything up to here was read or skipped. */
  #readSequence = 0
  #limitOf: Segment | undefined
  #limit = 0

  constructor(owner: LogReaderOwner, events: LogEvents) {
    this.#owner = owner
    this.#events = events
  }

  /** What is before the log's first segment was read by an earlier run. */
  beginBehind(sequence: number): void {
    this.#readSequence = sequence
  }

  /** The segment is done with up to `last`, and its file on its way out. */
  dropped(segment: Segment, last: number): void {
    if (this.#readingSegment !== segment) return
    this.#readingSegment = undefined
    this.#reading = undefined
    this.#readSequence = Math.max(this.#readSequence, last)
  }

  /**
   * The next records that are not acked, up to about `bytesMax`; none at the end, or where a scan has to come first. Who gets
   * them holds their memory.
   */
  async read(bytesMax: number): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    let bytes = 0
    while (bytes < bytesMax && !this.#owner.isOver) {
      const reader = this.#reader()
      if (reader === undefined) break
      const segment = this.#readingSegment
      if (segment === undefined) break
      let place: RecordPlace | undefined
      try {
        place = await this.next(reader, segment)
      } catch (error) {
        if (records.length === 0) throw error
        // Those have been read and will not come again. The next call says what is wrong.
        break
      }
      if (place === undefined) {
        if (this.#owner.isOver) break
        this.#endOfSegment()
        if (reader.offset < (this.#readingSegment?.endOffset ?? 0)) continue
        if (!this.#nextSegment()) break
        continue
      }
      const { record } = place
      if (segment.isRecovered && record.sequence >= this.#nextFirst(segment)) {
        record.memory?.release()
        // Sequences of the segments to come would count as read, and the file as done with.
        this.giveUp(segment, 0, new Error('its file has the name of another segment'))
        this.#open(segment)
        continue
      }
      if (record.sequence <= this.#readSequence) {
        record.memory?.release()
        continue
      }
      this.#passTo(record.sequence - 1)
      this.#readSequence = record.sequence
      const isAcked = this.#owner.acks.set.has(record.sequence)
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
    return this.#readSequence >= this.#owner.writtenSequence && this.#owner.segments.every(each => each.isScanned)
  }

  /** The reader has that record already. */
  skip(record: LogRecord, position: LogPosition): void {
    this.#passTo(record.sequence - 1)
    this.#readSequence = record.sequence
    addRecord(position.segment.unread, record, -1)
    this.#readingSegment = position.segment
    this.#reading = new SegmentReader(position.segment, position.offset, range =>
      this.quarantine(range, position.segment),
    )
  }

  /** Nothing once the log is closed: its files are, too, also under a reader that was waiting for one. */
  async next(reader: SegmentReader, segment: Segment): Promise<RecordPlace | undefined> {
    if (this.#owner.isOver) return undefined
    try {
      const place = await reader.next()
      segment.failedReads = 0
      return place
    } catch (error) {
      if (this.#owner.isOver) return undefined
      if (!isUnreadable(error) || ++segment.failedReads < readTriesMax) throw error
      this.giveUp(segment, reader.offset, error)
      return undefined
    }
  }

  /** What is behind `offset` is not to be had: the rest goes on without it, and the file is kept aside in the end. */
  giveUp(segment: Segment, offset: number, cause: unknown): void {
    segment.endOffset = Math.min(segment.endOffset, offset)
    segment.isUnreadable = true
    segment.cause = cause
    this.#owner.leave(segment)
  }

  /** Closes the file of one that nobody reads or writes at the moment. */
  releaseIdle(segment: Segment): void {
    if (segment === this.#readingSegment || !segment.isSealed || !segment.isScanned) return
    segment.release().catch(error => this.#events.fault(error))
  }

  #reader(): SegmentReader | undefined {
    if (this.#reading === undefined) {
      const segment = this.#owner.segments[0]
      if (segment === undefined || !segment.isScanned) return undefined
      this.#open(segment)
    }
    return this.#reading
  }

  /** Where the segment behind it begins. */
  #nextFirst(segment: Segment): number {
    if (this.#limitOf !== segment) {
      const next = this.#owner.segments[this.#owner.segments.indexOf(segment) + 1]
      this.#limit = next?.firstSequence ?? Number.POSITIVE_INFINITY
      this.#limitOf = segment
    }
    return this.#limit
  }

  #open(segment: Segment): void {
    this.#readingSegment = segment
    this.#reading = new SegmentReader(segment, 0, range => this.quarantine(range, segment))
  }

  /** Sequences that are not there, or not any more, will never be acked by anyone else. */
  #passTo(sequence: number): void {
    if (sequence <= this.#readSequence) return
    this.#owner.acks.add(this.#readSequence + 1, sequence)
    this.#readSequence = sequence
  }

  #endOfSegment(): void {
    const segment = this.#readingSegment
    if (segment === undefined || !segment.isSealed) return
    // More may have been written, and the segment sealed, since the reader came to its end.
    if (this.#reading !== undefined && this.#reading.offset < segment.endOffset) return
    this.#passTo(segment.lastSequence)
    this.#reportMissing(segment)
    this.#owner.dropAcked()
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
    if (remaining !== undefined) void this.#owner.noteExtent(remaining)
    const place = { segment: name, offset: endOffset, bytes: new Uint8Array(0), isTail: true, isTorn: false }
    this.#events.damaged({ ...place, itemCount: Math.max(0, lost.items), lost, cause }, true)
  }

  /** Goes on to the segment behind the one that was read to its end; false where there is none, or none scanned. */
  #nextSegment(): boolean {
    const reading = this.#readingSegment
    const next = this.#owner.segments[reading === undefined ? 0 : this.#owner.segments.indexOf(reading) + 1]
    if (next === undefined || !next.isScanned) return false
    this.#open(next)
    if (reading !== undefined) this.releaseIdle(reading)
    return true
  }

  /** Of a damaged part of a segment, or of one that no scan has counted. */
  quarantine(range: DamagedRange, segment?: Segment): void {
    if (segment === undefined) {
      this.#events.damaged(range, false)
    } else {
      // What its headers say may be wrong. The end of the segment brings what they do not say, and all of it where that is known.
      const isKnown = segment.extent !== undefined || !segment.isRecovered
      const itemCount = isKnown ? 0 : Math.max(0, Math.min(range.itemCount, segment.unread.items))
      segment.unread.items -= itemCount
      this.#events.damaged({ ...range, itemCount }, true)
    }
    this.#owner.keepAside(range).catch(error => this.#events.fault(error))
  }
}
