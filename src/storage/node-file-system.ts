import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { errorCode, type FileSystem } from './file-system.ts'
import { nodeFile, syncedFile } from './node-file.ts'

/** What file systems without hard links say. */
const noLinkCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Elsewhere the flag is not there, or promises less than a sync does. */
const isSyncedByFlag = process.platform === 'linux'

export const nodeFileSystem: FileSystem = {
  async makeDirectory(path, mode) {
    await mkdir(path, { recursive: true, mode })
  },
  list: path => readdir(path),
  async open(path, mode, writes) {
    const flags = constants.O_RDWR | constants.O_CREAT
    if (writes !== 'synced') return nodeFile(await open(path, flags, mode))
    return isSyncedByFlag
      ? syncedFile(await open(path, flags | constants.O_DSYNC, mode))
      : syncedFile(await open(path, flags, mode), handle => handle.datasync())
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
