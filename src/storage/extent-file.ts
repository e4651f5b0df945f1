import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Clock } from '../clock/clock.ts'
import type { Extent } from './extent.ts'
import { errorCode, type FileSystem, type StorageFile } from './file-system.ts'
import { isUnreadable } from './segment.ts'

/**
 * One extent, as doubles, little-endian: first and last sequence, end, records, items, bytes, units; then CRC-32 of these (4
 * bytes), and 4 that are zero. A slot is written in place, and none lies across two sectors.
 */
const slotBytes = 64
const checkedBytes = 56
const name = 'extents'
const emptySlot = new Uint8Array(slotBytes)
const syncEveryMs = 1000

export interface ExtentFileEvents {
  fault(error: unknown): void
  healed(): void
}

/**
 * How far each segment of a log reaches. A record that was acknowledged is below its segment's extent, so what a start does not
 * find of that has been lost since, and is no write that a crash cut off. No acknowledgement waits for its sync: an older extent says less, not
 * more.
 */
export class ExtentFile {
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #events: ExtentFileEvents
  readonly #clock: Clock
  /** By first sequence, with the place in the file. */
  readonly #slots = new Map<number, { readonly index: number; extent: Extent | undefined }>()
  readonly #freeIndexes: number[] = []
  #nextIndex = 0
  #file: StorageFile | undefined
  #isFaulty = false
  #isClosed = false
  #isSyncing = false
  #syncAtMs = Number.NEGATIVE_INFINITY

  constructor(fileSystem: FileSystem, directory: string, clock: Clock, events: ExtentFileEvents) {
    this.#fileSystem = fileSystem
    this.#clock = clock
    this.#path = join(directory, name)
    this.#events = events
  }

  /** By first sequence, without touching the file; empty where it cannot be read: then nothing is known. */
  static async read(fileSystem: FileSystem, directory: string): Promise<Map<number, Extent>> {
    const extents = new Map<number, Extent>()
    for (const extent of decode(await readAll(fileSystem, join(directory, name)))) {
      if (extent !== undefined) extents.set(extent.firstSequence, extent)
    }
    return extents
  }

  /** All that the file says, by first sequence; what says nothing is a free slot. */
  async open(): Promise<Map<number, Extent>> {
    const extents = new Map<number, Extent>()
    try {
      const slots = decode(await readAll(this.#fileSystem, this.#path))
      this.#nextIndex = slots.length
      for (const [index, extent] of slots.entries()) {
        if (extent === undefined || extents.has(extent.firstSequence)) {
          this.#freeIndexes.push(index)
          continue
        }
        extents.set(extent.firstSequence, extent)
        this.#slots.set(extent.firstSequence, { index, extent })
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error
      this.#fault(error)
      await this.#fileSystem.rename(this.#path, `${this.#path}.unreadable`).catch(() => undefined)
    }
    return extents
  }

  /** Resolves also where the disk refuses: then a loss of what follows would not be seen, and the alarm is on. */
  async note(extent: Extent): Promise<void> {
    if (this.#isClosed) return
    let slot = this.#slots.get(extent.firstSequence)
    if (slot === undefined) {
      slot = { index: this.#freeIndexes.pop() ?? this.#nextIndex++, extent }
      this.#slots.set(extent.firstSequence, slot)
    }
    slot.extent = extent
    try {
      const file = this.#file ?? (await this.#open())
      await file.write([encode(extent)], slot.index * slotBytes)
      this.#syncNowAndThen(file)
      if (this.#isFaulty) {
        this.#isFaulty = false
        this.#events.healed()
      }
    } catch (error) {
      this.#fault(error)
    }
  }

  /**
   * Behind the back of who writes: a disk that hangs is noticed by it, before the page cache takes no more either. What it says of the
   * disk the next write hears as well.
   */
  #syncNowAndThen(file: StorageFile): void {
    const nowMs = this.#clock.nowMs()
    if (this.#isSyncing || nowMs < this.#syncAtMs) return
    this.#isSyncing = true
    this.#syncAtMs = nowMs + syncEveryMs
    file
      .sync()
      .catch(() => undefined)
      .finally(() => {
        this.#isSyncing = false
      })
  }

  /**
   * The segment is done with: its slot is emptied before its file goes, so that a file that is not there and has a slot is one
   * that somebody removed. Resolves also where the disk refuses.
   */
  async forget(firstSequence: number): Promise<void> {
    const slot = this.#slots.get(firstSequence)
    if (slot === undefined) return
    this.#slots.delete(firstSequence)
    try {
      const file = this.#file ?? (await this.#open())
      await file.write([emptySlot], slot.index * slotBytes)
      this.#freeIndexes.push(slot.index)
    } catch (error) {
      this.#fault(error)
    }
  }

  /** The old file is gone. */
  async makeAnew(): Promise<void> {
    await this.#closeFile()
    for (const { extent } of [...this.#slots.values()]) if (extent !== undefined) await this.note(extent)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    // What was emptied stays so after a loss of power as well.
    await this.#file?.sync().catch(() => undefined)
    await this.#closeFile()
  }

  async #open(): Promise<StorageFile> {
    const file = await this.#fileSystem.open(this.#path, 0o600)
    if (this.#file !== undefined || this.#isClosed) {
      await file.close()
      if (this.#file === undefined) throw new Error('the extents are closed')
      return this.#file
    }
    this.#file = file
    return file
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #fault(error: unknown): void {
    if (this.#isClosed) return
    this.#isFaulty = true
    this.#events.fault(error)
  }
}

async function readAll(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  try {
    return await fileSystem.readWhole(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Uint8Array(0)
    throw error
  }
}

/** Slot by slot; undefined for one that says nothing. */
function decode(bytes: Uint8Array): (Extent | undefined)[] {
  const slots: (Extent | undefined)[] = []
  for (let offset = 0; offset < bytes.length; offset += slotBytes) {
    const slot = bytes.subarray(offset, offset + slotBytes)
    slots.push(slot.length === slotBytes ? decodeSlot(slot) : undefined)
  }
  return slots
}

function decodeSlot(slot: Uint8Array): Extent | undefined {
  const view = new DataView(slot.buffer, slot.byteOffset, slotBytes)
  if (view.getUint32(checkedBytes, true) !== crc32(slot.subarray(0, checkedBytes))) return undefined
  const numbers = Array.from({ length: 7 }, (_, i) => view.getFloat64(i * 8, true))
  if (!numbers.every(number => Number.isSafeInteger(number) && number >= 0)) return undefined
  const [firstSequence = 0, lastSequence = 0, endOffset = 0, records = 0, items = 0, bytes = 0, units = 0] = numbers
  if (firstSequence === 0) return undefined
  return { firstSequence, lastSequence, endOffset, totals: { records, items, bytes, units } }
}

function encode({ firstSequence, lastSequence, endOffset, totals }: Extent): Uint8Array {
  const slot = new Uint8Array(slotBytes)
  const view = new DataView(slot.buffer)
  view.setFloat64(0, firstSequence, true)
  view.setFloat64(8, lastSequence, true)
  view.setFloat64(16, endOffset, true)
  view.setFloat64(24, totals.records, true)
  view.setFloat64(32, totals.items, true)
  view.setFloat64(40, totals.bytes, true)
  view.setFloat64(48, totals.units, true)
  view.setUint32(checkedBytes, crc32(slot.subarray(0, checkedBytes)), true)
  return slot
}
