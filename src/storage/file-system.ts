/** What a log needs of a disk, so that tests can put one in its place that loses, tears and refuses. */
export interface FileSystem {
  /** With its parents; no error where it is there. */
  makeDirectory(path: string, mode: number): Promise<void>
  /** Names, without order. Rejects with ENOENT where there is no such directory. */
  list(path: string): Promise<string[]>
  /** Creates the file, or opens it as it is. `synced`: each write resolves when its content survives a loss of power. */
  open(path: string, mode: number, writes?: 'synced'): Promise<StorageFile>
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
  /** All of it at that offset, or an error. `soon`: small, and whatever comes next in this turn shall find it there. */
  write(buffers: readonly Uint8Array[], offset: number, when?: 'soon'): Promise<void>
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

/** Writes `content` to the start of a file that is closed afterwards, however that ends: Node ends a process that loses one. */
export async function writeStart(fileSystem: FileSystem, path: string, content: Uint8Array): Promise<void> {
  const file = await fileSystem.open(path, 0o600)
  try {
    if ((await file.size()) < content.length) await file.write([content], 0)
  } finally {
    await file.close()
  }
}
