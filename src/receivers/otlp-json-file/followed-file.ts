import { type FileHandle, open } from 'node:fs/promises'
import { type RecordSplitter, recordBytesMax } from './record-splitter.ts'

const chunkBytes = 1 << 18

/** What takes a record; one that it rejects is given again at the next look. */
export type TakeRecord = (record: Uint8Array) => Promise<void>

/**
 * Reads the whole records of one growing file, from where it stopped. It is the file that was opened, by whatever name: one
 * that is put aside while it is read is read to its end. A file that became shorter begins again.
 */
export class FollowedFile {
  /** The name under which it was seen last. */
  path: string
  /** Where the next record begins. */
  offset: number
  /** Records that were passed over. */
  tooLongCount = 0
  /** What was said last of its being unreadable, so that it is said once. */
  lastError = ''
  readonly #splitter: RecordSplitter
  #handle: FileHandle | undefined

  constructor(path: string, offset: number, splitter: RecordSplitter) {
    this.path = path
    this.offset = offset
    this.#splitter = splitter
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  /** Gives each record that is complete to `take`, in order, one at a time. Resolves with whether there were any bytes. */
  async read(take: TakeRecord, isStopped: () => boolean): Promise<boolean> {
    this.#handle ??= await open(this.path, 'r')
    const { size } = await this.#handle.stat()
    if (size < this.offset) this.offset = 0
    const before = this.offset
    await this.#readFrom(this.#handle, size, take, isStopped)
    return this.offset !== before
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async #readFrom(handle: FileHandle, size: number, take: TakeRecord, isStopped: () => boolean): Promise<void> {
    let held: Buffer = Buffer.alloc(0)
    let readTo = this.offset
    let isSkipping = false
    while (readTo < size && !isStopped()) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - readTo))
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, readTo)
      if (bytesRead === 0) return
      readTo += bytesRead
      let scanned = held.length
      held = held.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([held, chunk.subarray(0, bytesRead)])
      let start = 0
      for (;;) {
        const place = this.#splitter.find(held, start, scanned)
        if (place === undefined) break
        if (isStopped()) return
        if (!isSkipping && place.end > place.start) await take(held.subarray(place.start, place.end))
        isSkipping = false
        this.offset += place.next - start
        start = place.next
        scanned = 0
      }
      held = held.subarray(start)
      if (!this.#splitter.canSkip || held.length <= recordBytesMax) continue
      if (!isSkipping) this.tooLongCount++
      isSkipping = true
      this.offset += held.length
      held = Buffer.alloc(0)
    }
  }
}
