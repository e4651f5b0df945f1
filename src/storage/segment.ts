import { join } from 'node:path'
import type { Extent } from './extent.ts'
import { errorCode, type FileSystem, type StorageFile } from './file-system.ts'
import { ReadMemory } from './read-memory.ts'
import { findMagic, type LogRecord, type ParsedHeader, parseHeader, parseRecord, recordHeaderBytes } from './record.ts'
import type { BacklogTotals } from './totals.ts'

const suffix = '.seg'
const chunkBytes = 1 << 20
const emptyBytes: Uint8Array = new Uint8Array(0)

/** Bytes between records that are none: a torn end, or damage. */
export interface DamagedRange {
  readonly segment: string
  readonly offset: number
  readonly bytes: Uint8Array
  /** Items of the damaged records whose headers could still be read; all that is missing where a scan had counted them. */
  readonly itemCount: number
  /** Room that what is missing took, where it was counted. */
  readonly lost?: BacklogTotals
  /** Nothing follows. */
  readonly isTail: boolean
  /** The record runs past the end of the file: nobody was ever told that it is there. */
  readonly isTorn: boolean
  /** What the system said, where it does not give out the rest of the file. */
  readonly cause?: unknown
}

const passingCodes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR'])

/** Whether the system refuses that file, and not just any file now. */
export function isUnreadable(error: unknown): boolean {
  const code = errorCode(error)
  return code !== undefined && !passingCodes.has(code)
}

export function segmentName(firstSequence: number): string {
  return `${firstSequence.toString(16).padStart(14, '0')}${suffix}`
}

/** The first sequence of a segment by its name; undefined for any other file. */
export function firstSequenceOf(name: string): number | undefined {
  const match = /^([0-9a-f]{14})\.seg$/.exec(name)
  return match === null ? undefined : Number.parseInt(match[1] as string, 16)
}

/** One file of a log: records one after the other, beginning at 0. */
export class Segment {
  readonly name: string
  readonly path: string
  readonly firstSequence: number
  /** The last sequence that can be in it. */
  lastSequence = 0
  /** Where the next record goes, and where reading ends. */
  endOffset = 0
  isScanned = false
  /** Nothing will be written to it any more: only then may it go. */
  isSealed = true
  /** The system does not give out what is behind `endOffset`: the file is put aside when the rest is done. */
  isUnreadable = false
  cause: unknown
  isReported = false
  /** Found by a scan or written, not acked and not given out yet: what is left at the end of its file was lost in it. */
  readonly unread: BacklogTotals = { records: 0, items: 0, bytes: 0, units: 0 }
  /** All that this run has written to it. */
  readonly written: BacklogTotals = { records: 0, items: 0, bytes: 0, units: 0 }
  /** How far an earlier run wrote it, where that is known. */
  extent: Extent | undefined
  /** The same without what is missing, from the scan. */
  remaining: Extent | undefined
  /** An earlier run wrote it: what was acked by then is not in `unread`. */
  isRecovered = false
  /** Reads that failed one after the other. */
  failedReads = 0
  file: StorageFile | undefined
  /** Until its entry in the directory is on the disk; rejects where it does not come to be. */
  naming: Promise<void> | undefined
  /** Its file is not opened again: a reader that comes too late would make it anew, or leave it open. */
  #isClosed = false
  readonly #fileSystem: FileSystem
  /** Also for who reads: its file may be written to as another segment. */
  readonly #writes: 'synced' | undefined

  constructor(fileSystem: FileSystem, directory: string, firstSequence: number, writes?: 'synced') {
    this.#fileSystem = fileSystem
    this.#writes = writes
    this.firstSequence = firstSequence
    this.lastSequence = firstSequence - 1
    this.name = segmentName(firstSequence)
    this.path = join(directory, this.name)
  }

  isBeingNamed(naming: Promise<void>): void {
    this.naming = naming
    // Whoever has to know awaits it; a failure is not forgotten.
    naming.then(
      () => {
        this.naming = undefined
      },
      () => undefined,
    )
  }

  async open(): Promise<StorageFile> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`)
    this.file ??= await this.#fileSystem.open(this.path, 0o600, this.#writes)
    return this.file
  }

  /** For who only looks: a segment that its writer has removed meanwhile is not made anew. Rejects with ENOENT then. */
  async openExisting(): Promise<StorageFile> {
    this.file ??= await this.#fileSystem.openExisting(this.path)
    return this.file
  }

  /** Its file is opened again when somebody needs it: a backlog of many segments would hold too many. */
  async release(): Promise<void> {
    const { file } = this
    this.file = undefined
    await file?.close()
  }

  async close(): Promise<void> {
    const { file } = this
    this.#isClosed = true
    this.file = undefined
    await file?.close()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Closed, but for its file, which somebody else uses from now on. */
  giveUpFile(): StorageFile | undefined {
    const { file } = this
    this.#isClosed = true
    this.file = undefined
    return file
  }

  async remove(): Promise<void> {
    await this.close()
    await this.#fileSystem.remove(this.path)
  }

  async moveTo(folder: string): Promise<void> {
    await this.close()
    await this.#fileSystem.rename(this.path, join(folder, this.name))
  }
}

export interface RecordPlace {
  readonly record: LogRecord
  readonly endOffset: number
}

/**
 * Reads records of one segment in order from an offset, checking each; what is not a record is passed over up to the
 * next that is one, and reported.
 */
export class SegmentReader {
  readonly #segment: Segment
  readonly #damaged: (range: DamagedRange) => void
  #buffer: Uint8Array = emptyBytes
  #memory: ReadMemory | undefined
  /** Where the buffer's first byte stands in the file. */
  #bufferOffset: number
  #position = 0
  /** The read that the next records will probably need. */
  #ahead: { readonly offset: number; readonly bytes: Promise<Uint8Array | undefined> } | undefined

  constructor(segment: Segment, offset: number, damaged: (range: DamagedRange) => void) {
    this.#segment = segment
    this.#bufferOffset = offset
    this.#damaged = damaged
  }

  get offset(): number {
    return this.#bufferOffset + this.#position
  }

  /** Undefined at the end of the segment. Who gets a record holds its memory. */
  async next(): Promise<RecordPlace | undefined> {
    while (this.offset < this.#segment.endOffset && !this.#segment.isClosed) {
      const record = await this.#recordHere()
      // Its file may be another segment's by now.
      if (this.#segment.isClosed) break
      if (record !== undefined) {
        this.#position += recordHeaderBytes + record.payload.length
        const memory = this.#memory!
        memory.hold()
        if (this.#position === this.#buffer.length) this.#take(emptyBytes, this.offset, undefined)
        return { record: { ...record, memory }, endOffset: this.offset }
      }
      await this.#passDamage()
    }
    this.#take(emptyBytes, this.offset, undefined)
    return undefined
  }

  async #recordHere(): Promise<LogRecord | undefined> {
    await this.#need(recordHeaderBytes)
    const header = parseHeader(this.#buffer, this.#position)
    if (header === undefined || this.offset + recordHeaderBytes + header.length > this.#segment.endOffset)
      return undefined
    await this.#need(recordHeaderBytes + header.length)
    return this.#recordAt(this.#position)
  }

  /** From a place that holds no record to the next that does, or to the end. */
  async #passDamage(): Promise<void> {
    await this.#need(this.#segment.endOffset - this.offset)
    if (this.#segment.isClosed) return
    const { name, extent } = this.#segment
    const start = this.#position
    const { offset } = this
    const header = parseHeader(this.#buffer, start)
    let itemCount = this.#likelyItems(header)
    let isWrittenOver = this.#isOldRecordAt(start)
    let next = findMagic(this.#buffer, start + 1)
    while (next !== -1 && this.#recordAt(next) === undefined) {
      itemCount += this.#likelyItems(parseHeader(this.#buffer, next))
      isWrittenOver ||= this.#isOldRecordAt(next)
      next = findMagic(this.#buffer, next + 1)
    }
    const isTail = next === -1
    // Nobody was told of what is behind the extent, so that is no damage. Nor is what the file held before.
    const unknownEnd = isWrittenOver ? start : this.#buffer.length
    const knownEnd = extent === undefined ? unknownEnd : Math.max(start, extent.endOffset - this.#bufferOffset)
    const end = isTail ? Math.min(this.#buffer.length, knownEnd) : next
    this.#position = end
    if (isTail) this.#segment.endOffset = Math.min(this.#segment.endOffset, offset)
    if (isTail && end === start) return
    // A copy: it is kept aside later than the memory of this read is held.
    const bytes = new Uint8Array(this.#buffer.subarray(start, end))
    const runsOver = header === undefined || recordHeaderBytes + header.length > bytes.length
    const isTorn = isTail && extent === undefined && runsOver
    this.#damaged({ segment: name, offset, bytes, itemCount: isTorn ? 0 : itemCount, isTail, isTorn })
  }

  /** The record at a place in the buffer, if it is whole and belongs to this segment. */
  #recordAt(position: number): LogRecord | undefined {
    const header = parseHeader(this.#buffer, position)
    if (header === undefined || header.sequence < this.#segment.firstSequence) return undefined
    return parseRecord(this.#buffer, position)
  }

  /** A record of the segment that this file was before. */
  #isOldRecordAt(position: number): boolean {
    const header = parseHeader(this.#buffer, position)
    if (header === undefined || header.sequence >= this.#segment.firstSequence) return false
    return parseRecord(this.#buffer, position) !== undefined
  }

  /** The damage may be in the count itself: no item is shorter than two bytes. */
  #likelyItems(header: ParsedHeader | undefined): number {
    if (header === undefined || header.sequence < this.#segment.firstSequence) return 0
    return Math.min(header.itemCount, header.length >>> 1)
  }

  /** Makes the buffer hold `length` bytes from the position on, as far as the file has them. */
  async #need(length: number): Promise<void> {
    const held = this.#buffer.length - this.#position
    if (held >= length) return
    const { offset } = this
    const wanted = Math.min(Math.max(length, chunkBytes), this.#segment.endOffset - offset)
    if (wanted <= held) return
    const ahead = this.#ahead?.offset === offset ? await this.#ahead.bytes : undefined
    this.#ahead = undefined
    // Reading the part of a record that is here once more is cheaper than joining two buffers.
    const isEnough = ahead !== undefined && ahead.length >= Math.min(length, wanted)
    const more = isEnough ? ahead : await (await this.#segment.open()).read(offset, wanted)
    this.#take(more, offset, new ReadMemory(more))
    this.#readAhead()
  }

  #take(bytes: Uint8Array, offset: number, memory: ReadMemory | undefined): void {
    this.#memory?.release()
    this.#memory = memory
    this.#buffer = bytes
    this.#bufferOffset = offset
    this.#position = 0
  }

  /** While the records of this read are looked at and delivered, the system brings the next. */
  #readAhead(): void {
    const { file, endOffset } = this.#segment
    let position = 0
    for (
      let header = parseHeader(this.#buffer, 0);
      header !== undefined;
      header = parseHeader(this.#buffer, position)
    ) {
      if (position + recordHeaderBytes + header.length > this.#buffer.length) break
      position += recordHeaderBytes + header.length
    }
    const offset = this.#bufferOffset + position
    const length = Math.min(chunkBytes, endOffset - offset)
    if (file === undefined || position === 0 || length <= 0) return
    // What it says of the disk is asked again when it is needed.
    this.#ahead = { offset, bytes: file.read(offset, length).catch(() => undefined) }
  }
}
