import { writeSync, writevSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { DiskPulse } from './disk-pulse.ts'
import type { StorageFile } from './file-system.ts'

/**
 * A write into the system's page cache takes 1 us for an ack, 5 us for the requests of ten spans that wait together, 0.1 ms for 180 KB.
 * The way through the thread pool and back takes 30 us of CPU, four times as much for such small requests (4.6 beside 1.1 CPU-seconds per
 * million spans), and where threads wait for processors it is what senders wait for (90 % within 16 ms, not 1.5). So writes are
 * made at once where the disk has a pulse. What is larger has waited together already, and costs less elsewhere: while it is written
 * the next gathers.
 */
const atOnceBytesMax = 256 * 1024
/** One for all disks: if one of them hangs, the others' small writes take the long way as well. */
const pulse = new DiskPulse(() => performance.now())

export function nodeFile(handle: FileHandle): StorageFile {
  return {
    async read(offset, length) {
      // Not of the pool that Node shares out: what was read is given back by itself.
      const buffer = Buffer.allocUnsafeSlow(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    },
    async write(buffers, offset, when) {
      let total = 0
      for (const buffer of buffers) total += buffer.length
      const isAtOnce = total <= atOnceBytesMax && pulse.mayGoAtOnce(when === 'soon')
      const written = isAtOnce
        ? pulse.atOnce(() => writeNow(handle.fd, buffers, offset))
        : (await pulse.elsewhere('write', () => handle.writev(buffers as Uint8Array[], offset))).bytesWritten
      if (written < total) await writeRest(handle, buffers, offset, written)
    },
    sync: () => pulse.elsewhere('sync', () => handle.datasync()),
    truncate: length => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    isLinked: async () => (await handle.stat()).nlink > 0,
    close: () => handle.close(),
  }
}

/**
 * Each write is synced, by the flag that the file was opened with or by `sync`. The flag saves the way to the thread pool and back
 * that a call of its own takes: 15 to 40 of 100 to 180 us of CPU.
 */
export function syncedFile(handle: FileHandle, sync?: (handle: FileHandle) => Promise<void>): StorageFile {
  return {
    ...nodeFile(handle),
    write: (buffers, offset) =>
      pulse.elsewhere('sync', async () => {
        const { bytesWritten } = await handle.writev(buffers as Uint8Array[], offset)
        await writeRest(handle, buffers, offset, bytesWritten)
        await sync?.(handle)
      }),
    sync: async () => undefined,
  }
}

/** After a short write, as on a disk that fills up: the rest says why. */
async function writeRest(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  offset: number,
  written: number,
): Promise<void> {
  let total = 0
  for (const buffer of buffers) total += buffer.length
  if (written === total) return
  const rest = Buffer.concat(buffers as Uint8Array[]).subarray(written)
  for (let done = 0; done < rest.length; ) {
    const next = await handle.write(rest, done, rest.length - done, offset + written + done)
    done += next.bytesWritten
  }
}

function writeNow(fd: number, buffers: readonly Uint8Array[], offset: number): number {
  const [first] = buffers
  if (first === undefined) return 0
  return buffers.length === 1 ? writeSync(fd, first, 0, first.length, offset) : writevSync(fd, buffers, offset)
}
