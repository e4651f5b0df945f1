import { sleep } from '../clock/clock.ts'
import type { AckSet } from './ack-set.ts'
import { type Extent, ExtentCheck } from './extent.ts'
import type { ExtentFile } from './extent-file.ts'
import { errorCode } from './file-system.ts'
import { type LogSettings, writesOf } from './log-settings.ts'
import {
  type DamagedRange,
  firstSequenceOf,
  isUnreadable,
  type RecordPlace,
  Segment,
  SegmentReader,
} from './segment.ts'
import { addRecord, addTotals, type BacklogTotals } from './totals.ts'

/** A file that the system does not give out is asked for again at this interval. */
const readAgainMs = 1000

export interface EarlierRunOwner {
  readonly acks: AckSet
  readonly segments: readonly Segment[]
  readonly isClosed: boolean
  /** Undefined at the end of what can be read, and once the log is closed. */
  next(reader: SegmentReader, segment: Segment): Promise<RecordPlace | undefined>
  /** What is behind `offset` is not to be had. */
  giveUp(segment: Segment, offset: number, cause: unknown): void
  /** Behind the last record, and no write that a crash cut off. */
  damaged(range: DamagedRange): void
  /** All that waits in the segment is known: it may go if that is nothing. */
  scanned(): void
}

/** What a run before this one left in the directory of a log: its segments, where they end, and what waits in them. */
export class EarlierRun {
  readonly #settings: LogSettings
  readonly #owner: EarlierRunOwner

  constructor(settings: LogSettings, owner: EarlierRunOwner) {
    this.#settings = settings
    this.#owner = owner
  }

  /** In order, of the names that the directory has, with what is known of each; and what is known of those that are not there. */
  async findSegments(
    names: readonly string[],
    extentFile: ExtentFile,
  ): Promise<{ segments: Segment[]; missing: Extent[] }> {
    const { fileSystem, directory } = this.#settings
    const first = names.flatMap(name => firstSequenceOf(name) ?? []).sort((a, b) => a - b)
    const extents = await extentFile.open()
    const missing = [...extents.values()].filter(({ firstSequence }) => !first.includes(firstSequence))
    const segments: Segment[] = []
    for (const [i, sequence] of first.entries()) {
      const segment = new Segment(fileSystem, directory, sequence, writesOf(this.#settings))
      segment.isRecovered = true
      segment.extent = extents.get(sequence)
      segment.lastSequence = (first[i + 1] ?? sequence) - 1
      segments.push(segment)
      try {
        segment.endOffset = await (await segment.open()).size()
        await segment.release()
      } catch (error) {
        if (!isUnreadable(error)) throw error
        this.#owner.giveUp(segment, 0, error)
      }
    }
    return { segments, missing }
  }

  /**
   * Where the last segment really ends, by reading it: a write that a crash cut off is cut from the file as well. True where there
   * was more, or is less, than records that were acknowledged.
   */
  async findEnd(last: Segment): Promise<boolean> {
    const { extent } = last
    let isDamaged = false
    const reader = new SegmentReader(last, 0, range => {
      isDamaged = true
      // The scan counts what an extent says is missing.
      if (range.isTail && !range.isTorn) this.#owner.damaged({ ...range, itemCount: extent ? 0 : range.itemCount })
    })
    try {
      for (let place = await reader.next(); place !== undefined; place = await reader.next()) {
        last.lastSequence = Math.max(last.lastSequence, place.record.sequence)
        place.record.memory?.release()
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error
      this.#owner.giveUp(last, reader.offset, error)
      return true
    }
    if (extent !== undefined && last.endOffset < extent.endOffset) isDamaged = true
    // Where it cannot be cut off now, reading ends there all the same.
    if (isDamaged) await last.file?.truncate(last.endOffset).catch(error => this.#settings.events.fault(error))
    return isDamaged
  }

  /** Records that nobody has acked, by segment, as they are found. Reading may go on meanwhile behind it. */
  async scan(found: (totals: BacklogTotals) => void): Promise<void> {
    for (const segment of [...this.#owner.segments]) {
      if (this.#owner.isClosed || segment.isScanned) continue
      const { extent } = segment
      if (extent !== undefined && this.#isAllWaiting(segment, extent)) {
        addTotals(segment.unread, extent.totals)
        segment.endOffset = extent.endOffset
        segment.isScanned = true
        found({ ...segment.unread })
        continue
      }
      if (!(await this.#scanSegment(segment))) return
      found({ ...segment.unread })
      this.#owner.scanned()
    }
  }

  /** False where the log was closed meanwhile. */
  async #scanSegment(segment: Segment): Promise<boolean> {
    const { unread: totals, extent } = segment
    const { acks } = this.#owner
    const check = extent === undefined ? undefined : new ExtentCheck(extent, acks)
    const reader = new SegmentReader(segment, 0, range => {
      // With an extent that is known without them, and better.
      if (extent === undefined) totals.items += range.itemCount
      if (!range.isTail) return
      // The reader will come to it, and keeps what is there.
      segment.endOffset = range.offset + range.bytes.length
    })
    for (;;) {
      const place = await this.#nextPatiently(reader, segment)
      if (place === undefined) break
      if (!acks.has(place.record.sequence)) addRecord(totals, place.record)
      check?.found(place.record, place.endOffset)
      place.record.memory?.release()
    }
    if (this.#owner.isClosed) return false
    if (check !== undefined) addTotals(totals, check.lost())
    segment.remaining = check?.remaining()
    await segment.release()
    segment.isScanned = true
    return true
  }

  /**
   * Whether the extent says all that a look at each record would: nothing of the segment is acked, nothing was written behind it,
   * and its file is as long as it should be. What is damaged in it is found, and counted, when it is read.
   */
  #isAllWaiting(segment: Segment, { firstSequence, lastSequence, endOffset }: Extent): boolean {
    const { segments, acks } = this.#owner
    const next = segments[segments.indexOf(segment) + 1]
    if (next?.firstSequence !== lastSequence + 1 || segment.isUnreadable || segment.endOffset < endOffset) return false
    return acks.countWithin(firstSequence, lastSequence) === 0
  }

  async #nextPatiently(reader: SegmentReader, segment: Segment): Promise<RecordPlace | undefined> {
    for (;;) {
      try {
        return await this.#owner.next(reader, segment)
      } catch (error) {
        if (errorCode(error) === undefined) throw error
        this.#settings.events.fault(error)
        await sleep(this.#settings.clock, readAgainMs)
      }
    }
  }
}
