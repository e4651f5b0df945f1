import { existsSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Clock } from '../../clock/clock.ts'
import { type FileConfig, hasLines, type RotationConfig } from './config.ts'
import { endOfFrames, isEndOfLine } from './record-ends.ts'

const bytesPerMegabyte = 1024 * 1024
const dayMs = 86_400_000

/** A file that grows, and is put aside under a name with the time when it has grown enough. One writer at a time. */
export class RotatingFile {
  readonly #config: FileConfig
  readonly #clock: Clock
  #handle: FileHandle | undefined
  /** To the end of the last record that is whole. */
  #sizeBytes = 0

  constructor(config: FileConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  async open(): Promise<void> {
    const { path, append, rotation, createDirectory, directoryPermissions } = this.#config
    if (createDirectory) await mkdir(dirname(path), { recursive: true, mode: Number.parseInt(directoryPermissions, 8) })
    // With rotation the file goes on; otherwise, unless told to append, it starts anew.
    const goesOn = append || rotation !== undefined
    const handle = await open(path, goesOn ? 'a+' : 'w', 0o600)
    try {
      this.#sizeBytes = goesOn ? await this.#mendEnd(handle) : 0
    } catch (error) {
      await handle.close()
      throw error
    }
    this.#handle = handle
  }

  /**
   * A run that was killed, or a disk that was full, may have left a part of a record, and one behind it would be lost as well.
   * Half a line becomes a line; of records that say their length the part is cut off, if a whole one is before it.
   */
  async #mendEnd(handle: FileHandle): Promise<number> {
    const { size } = await handle.stat()
    if (hasLines(this.#config)) {
      if (size === 0 || (await isEndOfLine(handle, size))) return size
      await handle.appendFile('\n')
      return size + 1
    }
    const end = await endOfFrames(handle, size)
    if (end === 0 || end === size) return size
    await handle.truncate(end)
    return end
  }

  /** Writes all of it, in one file. */
  async write(bytes: Uint8Array): Promise<void> {
    const { rotation } = this.#config
    if (rotation !== undefined && this.#sizeBytes > 0) {
      if (this.#sizeBytes + bytes.length > rotation.maxMegabytes * bytesPerMegabyte) await this.#rotate(rotation)
    }
    if (this.#handle === undefined) await this.open()
    const handle = this.#handle!
    try {
      await handle.appendFile(bytes)
      this.#sizeBytes += bytes.length
    } catch (error) {
      // What was written of it goes, or the next try would follow a part of itself.
      await handle.truncate(this.#sizeBytes).catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    // Whoever writes next looks at the file as it is then.
    this.#sizeBytes = 0
    await handle?.close()
  }

  async #rotate(rotation: RotationConfig): Promise<void> {
    await this.close()
    const { path } = this.#config
    let atMs = this.#clock.wallMs()
    let backup: string
    // Also where the clock was set back, no file takes the place of another.
    do backup = backupPath(path, new Date(atMs++), rotation.usesLocalTime)
    while (existsSync(backup))
    await rename(path, backup)
    await this.open()
    await this.#removeOld(rotation)
  }

  async #removeOld(rotation: RotationConfig): Promise<void> {
    const { path } = this.#config
    const names = (await readdir(dirname(path))).filter(name => isBackup(name, path)).sort()
    const tooMany = rotation.maxBackups > 0 ? names.slice(0, Math.max(0, names.length - rotation.maxBackups)) : []
    const doomed = new Set(tooMany)
    const oldestMs = this.#clock.wallMs() - rotation.maxDays * dayMs
    for (const name of rotation.maxDays > 0 ? names : []) {
      if ((await stat(join(dirname(path), name))).mtimeMs < oldestMs) doomed.add(name)
    }
    await Promise.all([...doomed].map(name => unlink(join(dirname(path), name))))
  }
}

/** `traces.json` becomes `traces-2026-11-21T08-00-00.000.json`: names sort by time. */
export function backupPath(path: string, at: Date, usesLocalTime: boolean): string {
  const shifted = usesLocalTime ? new Date(at.getTime() - at.getTimezoneOffset() * 60_000) : at
  const time = shifted.toISOString().slice(0, -1).replaceAll(':', '-')
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}-${time}${extension}`
}

export function isBackup(name: string, path: string): boolean {
  const extension = extname(path)
  const stem = basename(path, extension)
  if (!name.startsWith(`${stem}-`) || !name.endsWith(extension)) return false
  return /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/.test(name.slice(stem.length + 1, name.length - extension.length))
}
