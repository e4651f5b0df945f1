import type { FileHandle } from 'node:fs/promises'

const chunkBytes = 1 << 16
const newline = 10

export async function isEndOfLine(handle: FileHandle, offset: number): Promise<boolean> {
  const last = Buffer.alloc(1)
  await handle.read(last, 0, 1, offset - 1)
  return last[0] === newline
}

/** Offset behind the last record that is whole, in the first `size` bytes: each has its length before it, 4 bytes, big-endian. */
export async function endOfFrames(handle: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let chunkStart = 0
  let chunkEnd = 0
  for (let offset = 0; ; ) {
    if (offset + 4 > size) return offset
    if (offset + 4 > chunkEnd) {
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, offset)
      chunkStart = offset
      chunkEnd = offset + bytesRead
      // Somebody made it shorter meanwhile.
      if (bytesRead < 4) return offset
    }
    const end = offset + 4 + chunk.readUInt32BE(offset - chunkStart)
    if (end > size) return offset
    offset = end
  }
}
