import { type FileHandle, open } from 'node:fs/promises'

const chunkBytes = 1 << 18
/** A longer line is not a request of ours: it is passed over. */
export const lineBytesMax = 64 << 20

/** Reads the whole lines of a growing file, from where it stopped; a file that became shorter begins again. */
export class LineReader {
  readonly path: string
  /** Where the next line begins. */
  offset: number
  #inode = 0
  tooLongCount = 0

  constructor(path: string, offset: number) {
    this.path = path
    this.offset = offset
  }

  /** Gives each line that is complete to `take`, in order, one at a time. A line that `take` rejects is read again next time. */
  async read(take: (line: Uint8Array) => Promise<void>, isStopped: () => boolean): Promise<void> {
    const handle = await open(this.path, 'r')
    try {
      const { size, ino } = await handle.stat()
      if (size < this.offset || (this.#inode !== 0 && this.#inode !== ino)) this.offset = 0
      this.#inode = ino
      await this.#readFrom(handle, size, take, isStopped)
    } finally {
      await handle.close()
    }
  }

  async #readFrom(
    handle: FileHandle,
    size: number,
    take: (line: Uint8Array) => Promise<void>,
    isStopped: () => boolean,
  ): Promise<void> {
    let held: Buffer = Buffer.alloc(0)
    let readTo = this.offset
    let isSkipping = false
    while (readTo < size && !isStopped()) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - readTo))
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, readTo)
      if (bytesRead === 0) return
      readTo += bytesRead
      held = held.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([held, chunk.subarray(0, bytesRead)])
      let start = 0
      for (let end = held.indexOf(10, start); end !== -1; end = held.indexOf(10, start)) {
        if (isStopped()) return
        const line = held.subarray(start, end)
        if (!isSkipping && line.length > 0) await take(line)
        isSkipping = false
        this.offset += end + 1 - start
        start = end + 1
      }
      held = held.subarray(start)
      if (held.length <= lineBytesMax) continue
      if (!isSkipping) this.tooLongCount++
      isSkipping = true
      this.offset += held.length
      held = Buffer.alloc(0)
    }
  }
}
