import { randomUUID } from 'node:crypto'
import { constants, writeSync, writevSync } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'

/** What a log needs of a disk, so that tests can put one in its place that loses, tears and refuses. */
export interface FileSystem {
  /** With its parents; no error where it is there. */
  makeDirectory(path: string, mode: number): Promise<void>
  /** Names, without order. Rejects with ENOENT where there is no such directory. */
  list(path: string): Promise<string[]>
  /** Creates the file, or opens it as it is. */
  open(path: string, mode: number): Promise<StorageFile>
  /** To read only; rejects with ENOENT where there is no such file. */
  openExisting(path: string): Promise<StorageFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes creations, renames and removals in the directory last. */
  syncDirectory(path: string): Promise<void>
  /** Creates a small file, all at once where the file system can; rejects with EEXIST where it is there. */
  createExclusive(path: string, content: Uint8Array, mode: number): Promise<void>
  readWhole(path: string): Promise<Uint8Array>
}

export interface StorageFile {
  /** Up to `length` bytes; fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** All of it at that offset, or an error. */
  write(buffers: readonly Uint8Array[], offset: number): Promise<void>
  /** Content survives a loss of power once this resolves. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  size(): Promise<number>
  /** False once nobody can find it by a name any more. */
  isLinked(): Promise<boolean>
  close(): Promise<void>
}

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

const diskFullCodes = new Set(['ENOSPC', 'EDQUOT'])

export function isDiskFull(error: unknown): boolean {
  return diskFullCodes.has(errorCode(error) ?? '')
}

/** What file systems without hard links say. */
const noLinkCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

export const nodeFileSystem: FileSystem = {
  async makeDirectory(path, mode) {
    await mkdir(path, { recursive: true, mode })
  },
  list: path => readdir(path),
  async open(path, mode) {
    return nodeFile(await open(path, constants.O_RDWR | constants.O_CREAT, mode))
  },
  async openExisting(path) {
    return nodeFile(await open(path, 'r'))
  },
  rename,
  remove: unlink,
  async syncDirectory(path) {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async createExclusive(path, content, mode) {
    // Complete before it has its name: who reads it never sees the half of it.
    const draft = `${path}-${randomUUID()}`
    try {
      await writeFile(draft, content, { flag: 'wx', mode })
      await link(draft, path)
    } catch (error) {
      if (!noLinkCodes.has(errorCode(error) ?? '')) throw error
      await writeFile(path, content, { flag: 'wx', mode }).catch(async failure => {
        // The half of it would be taken for a whole one.
        if (errorCode(failure) !== 'EEXIST') await unlink(path).catch(() => undefined)
        throw failure
      })
    } finally {
      await unlink(draft).catch(() => undefined)
    }
  },
  readWhole: path => readFile(path),
}

/**
 * A write into the system's page cache takes 0.1 ms for 180 KB and 1 us for an ack. The way through the thread pool and back
 * costs the same again for the one and twenty times as much for the other, so small writes are made at once. A system that
 * has too many pages to write makes a writer wait, though, and all that the process does with it: after one such wait the next
 * writes go through the pool for a second.
 */
const atOnceBytesMax = 1 << 20
const atOnceMsMax = 10
const slowMs = 1000
let slowUntilMs = 0

function nodeFile(handle: FileHandle): StorageFile {
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
    async write(buffers, offset) {
      let total = 0
      for (const buffer of buffers) total += buffer.length
      const startMs = performance.now()
      const isAtOnce = total <= atOnceBytesMax && startMs >= slowUntilMs
      const written = isAtOnce
        ? writeAtOnce(handle.fd, buffers, offset)
        : (await handle.writev(buffers as Uint8Array[], offset)).bytesWritten
      if (isAtOnce && performance.now() - startMs > atOnceMsMax) slowUntilMs = startMs + slowMs
      if (written === total) return
      // A short write, as on a disk that fills up: the rest says why.
      const rest = Buffer.concat(buffers as Uint8Array[]).subarray(written)
      for (let done = 0; done < rest.length; ) {
        const next = await handle.write(rest, done, rest.length - done, offset + written + done)
        done += next.bytesWritten
      }
    },
    sync: () => handle.datasync(),
    truncate: length => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    isLinked: async () => (await handle.stat()).nlink > 0,
    close: () => handle.close(),
  }
}

function writeAtOnce(fd: number, buffers: readonly Uint8Array[], offset: number): number {
  const [first] = buffers
  if (first === undefined) return 0
  return buffers.length === 1 ? writeSync(fd, first, 0, first.length, offset) : writevSync(fd, buffers, offset)
}

/** Writes `content` to the start of a file that is closed afterwards, however that ends: Node ends a process that loses one. */
export async function writeStart(fileSystem: FileSystem, path: string, content: Uint8Array): Promise<void> {
  const file = await fileSystem.open(path, 0o600)
  try {
    if ((await file.size()) < content.length) await file.write([content], 0)
  } finally {
    await file.close()
  }
}
