import { join } from 'node:path'
import type { Clock } from '../clock/clock.ts'
import { AckFile } from './ack-file.ts'
import { lockDirectory, unlockDirectory } from './directory-lock.ts'
import { errorCode, type FileSystem, writeStart } from './file-system.ts'
import { LogWriter } from './log-writer.ts'
import type { LogRecord } from './record.ts'
import { type DamagedRange, firstSequenceOf, type RecordPlace, Segment, SegmentReader } from './segment.ts'

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

export interface LogEvents {
  /** The disk refuses; undefined once it works again. */
  fault(error: unknown): void
  healed(): void
  /** Kept aside in `quarantine/`. `wasCounted`: a scan has reported its items as waiting. */
  damaged(range: DamagedRange, wasCounted: boolean): void
  /** In order, before the appends resolve. */
  written(record: LogRecord, position: LogPosition): void
}

/** Just after a record. */
export interface LogPosition {
  readonly segment: Segment
  readonly offset: number
}

export interface BacklogTotals {
  records: number
  items: number
  bytes: number
  units: number
}

/** A burnt sequence is cheap; one that is used twice is not. */
const sequenceGapAfterDamage = 1_000_000
const directoryMode = 0o700
const reserveName = 'reserve'
const reserveBytes = 256 * 1024
const diskFullCodes = new Set(['ENOSPC', 'EDQUOT'])

/**
 * An append-only log in segments, with one reader and acks in any order. A record is written once, read in order, and gone
 * with its segment when all of it is acked. Nothing is ever changed in place: recovery sends what is not acked.
 */
export class SegmentLog {
  readonly #settings: LogSettings
  readonly #acks: AckFile
  /** In order; the last one is being written, if the writer has begun. */
  #segments: Segment[] = []
  #writer: LogWriter | undefined
  #nextSequence = 1
  #reading: SegmentReader | undefined
  #readingSegment: Segment | undefined
  /** Everything up to here was read or skipped. */
  #readSequence = 0
  #hasReserve = false
  #isLocked = false
  #isClosed = false

  constructor(settings: LogSettings) {
    this.#settings = settings
    this.#acks = new AckFile(settings.fileSystem, settings.directory, error => settings.events.fault(error))
  }

  /**
   * Becomes the only writer and finds out where the log ends; the rest of the backlog is looked at by `scan`. Rejects with
   * `LockedError` where another process writes.
   */
  async open(): Promise<void> {
    const { fileSystem, directory, createsDirectory } = this.#settings
    if (createsDirectory) await fileSystem.makeDirectory(directory, directoryMode)
    await lockDirectory(fileSystem, directory)
    this.#isLocked = true
    await this.#acks.open()
    await this.#findSegments()
    const last = this.#segments.at(-1)
    const isDamaged = last !== undefined && (await this.#findEnd(last))
    // The name of a segment without records is taken as well: two of one name would be one file.
    const highest = Math.max(last?.lastSequence ?? 0, last?.firstSequence ?? 0, this.#acks.set.highest)
    this.#nextSequence = highest + 1 + (isDamaged ? sequenceGapAfterDamage : 0)
    if (last !== undefined) last.lastSequence = this.#nextSequence - 1
    else this.#readSequence = this.#nextSequence - 1
    this.#writer = new LogWriter(this.#settings, {
      create: () => this.#createSegment(),
      burnt: sequence => this.#acks.add(sequence),
      failed: error => this.#failed(error),
      healed: () => this.#healed(),
    })
    this.#writer.writtenSequence = this.#nextSequence - 1
    await this.#makeReserve()
  }

  /** Records that nobody has acked, by segment, as they are found. Reading may go on meanwhile behind it. */
  async scan(found: (totals: BacklogTotals) => void): Promise<void> {
    for (const segment of [...this.#segments]) {
      if (this.#isClosed || segment.isScanned) continue
      const totals = { records: 0, items: 0, bytes: 0, units: 0 }
      const reader = new SegmentReader(segment, 0, range => {
        totals.items += range.itemCount
        if (!range.isTail) return
        // The reader will come to it, and keeps what is there.
        segment.endOffset = range.offset + range.bytes.length
      })
      for (let place = await this.#next(reader); place !== undefined; place = await this.#next(reader)) {
        const { sequence, itemCount, units, payload } = place.record
        if (this.#acks.set.has(sequence)) continue
        totals.records++
        totals.items += itemCount
        totals.units += units
        totals.bytes += payload.length
      }
      if (this.#isClosed) return
      segment.isScanned = true
      found(totals)
      this.#dropAcked()
    }
  }

  /** Resolves at the log's level; rejects with the system's error where the disk refuses, and then nothing was kept. */
  append(record: Omit<LogRecord, 'sequence'>): Promise<number> {
    const writer = this.#writer
    if (writer === undefined || this.#isClosed) return Promise.reject(new Error('the log is closed'))
    const { refusal } = writer
    if (refusal !== undefined) return Promise.reject(refusal)
    return writer.append({ ...record, sequence: this.#nextSequence++ })
  }

  /** The next records that are not acked, up to about `bytesMax`; none at the end, or where a scan has to come first. */
  async read(bytesMax: number): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    let bytes = 0
    while (bytes < bytesMax && !this.#isClosed) {
      const reader = this.#reader()
      if (reader === undefined) break
      const place = await this.#next(reader)
      if (place === undefined) {
        if (this.#isClosed) break
        this.#endOfSegment()
        if (reader.offset < (this.#readingSegment?.endOffset ?? 0)) continue
        if (!this.#nextSegment()) break
        continue
      }
      const { record } = place
      if (record.sequence <= this.#readSequence) continue
      this.#passTo(record.sequence - 1)
      this.#readSequence = record.sequence
      if (this.#acks.set.has(record.sequence)) continue
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
    this.#readingSegment = position.segment
    this.#reading = new SegmentReader(position.segment, position.offset, range => this.#quarantine(range, true))
  }

  ack(sequence: number): void {
    this.#acks.add(sequence)
    this.#dropAcked()
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
    await Promise.all(this.#segments.map(segment => segment.close()))
    if (this.#isLocked) await unlockDirectory(this.#settings.fileSystem, this.#settings.directory)
  }

  async #findSegments(): Promise<void> {
    const { fileSystem, directory } = this.#settings
    const first: number[] = []
    for (const name of await fileSystem.list(directory)) {
      const sequence = firstSequenceOf(name)
      if (sequence !== undefined) first.push(sequence)
    }
    first.sort((a, b) => a - b)
    for (const [i, sequence] of first.entries()) {
      const segment = new Segment(fileSystem, directory, sequence)
      segment.endOffset = await (await segment.open()).size()
      segment.lastSequence = (first[i + 1] ?? sequence) - 1
      this.#segments.push(segment)
    }
    if (first[0] === undefined) return
    this.#readSequence = first[0] - 1
    this.#acks.set.add(1, first[0] - 1)
  }

  /** Where the last segment really ends, by reading it: a write that a crash cut off is cut from the file as well. */
  async #findEnd(last: Segment): Promise<boolean> {
    let isDamaged = false
    const reader = new SegmentReader(last, 0, range => {
      isDamaged = true
      if (range.isTail && !range.isTorn) this.#quarantine(range, false)
    })
    for (let place = await reader.next(); place !== undefined; place = await reader.next()) {
      last.lastSequence = Math.max(last.lastSequence, place.record.sequence)
    }
    // Where it cannot be cut off now, reading ends there all the same.
    if (isDamaged) await last.file?.truncate(last.endOffset).catch(error => this.#settings.events.fault(error))
    return isDamaged
  }

  async #createSegment(): Promise<Segment> {
    const { fileSystem, directory, createsDirectory } = this.#settings
    const next = this.#writer?.nextPendingSequence ?? this.#nextSequence
    const segment = new Segment(fileSystem, directory, next)
    try {
      await segment.open()
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || !createsDirectory) throw error
      // Somebody removed the directory under a running agent.
      await fileSystem.makeDirectory(directory, directoryMode)
      await segment.open()
    }
    try {
      await segment.file?.truncate(0)
      await fileSystem.syncDirectory(directory)
    } catch (error) {
      await segment.close().catch(closing => this.#settings.events.fault(closing))
      throw error
    }
    segment.isScanned = true
    segment.isSealed = false
    this.#segments.push(segment)
    return segment
  }

  /** Room that is given back when the disk is full, so that acks still fit and segments can go. */
  async #makeReserve(): Promise<void> {
    const { fileSystem, directory } = this.#settings
    try {
      await writeStart(fileSystem, join(directory, reserveName), new Uint8Array(reserveBytes))
      this.#hasReserve = true
    } catch {
      // Without a reserve a full disk costs duplicates, no data: not worth a word of its own.
      this.#hasReserve = false
    }
  }

  #failed(error: unknown): void {
    const { fileSystem, directory, events } = this.#settings
    events.fault(error)
    if (!this.#hasReserve || !diskFullCodes.has(errorCode(error) ?? '')) return
    this.#hasReserve = false
    fileSystem.remove(join(directory, reserveName)).catch(removal => events.fault(removal))
  }

  #healed(): void {
    this.#settings.events.healed()
    if (!this.#hasReserve) void this.#makeReserve()
  }

  /** Nothing once the log is closed: its files are, too, also under a reader that was waiting for one. */
  async #next(reader: SegmentReader): Promise<RecordPlace | undefined> {
    if (this.#isClosed) return undefined
    try {
      return await reader.next()
    } catch (error) {
      if (this.#isClosed) return undefined
      throw error
    }
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
    this.#reading = new SegmentReader(segment, 0, range => this.#quarantine(range, true))
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
    this.#dropAcked()
  }

  /** Goes on to the segment behind the one that was read to its end; false where there is none, or none scanned. */
  #nextSegment(): boolean {
    const reading = this.#readingSegment
    const next = this.#segments[reading === undefined ? 0 : this.#segments.indexOf(reading) + 1]
    if (next === undefined || !next.isScanned) return false
    this.#open(next)
    return true
  }

  /** A segment goes when all of it is acked and nobody writes to it; then the directory need not be synced in a hurry. */
  #dropAcked(): void {
    while (this.#segments.length > 0) {
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
      segment.remove().catch(error => {
        if (errorCode(error) !== 'ENOENT') this.#settings.events.fault(error)
      })
    }
  }

  #quarantine(range: DamagedRange, wasCounted: boolean): void {
    const { events, fileSystem, directory } = this.#settings
    events.damaged(range, wasCounted)
    const folder = join(directory, 'quarantine')
    const path = join(folder, `${range.segment}-${range.offset}`)
    const keep = async () => {
      await fileSystem.makeDirectory(folder, directoryMode)
      await writeStart(fileSystem, path, range.bytes)
    }
    keep().catch(error => events.fault(error))
  }
}
