import { createHash } from 'node:crypto'
import { statSync, watch } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock, Timer } from '../clock/clock.ts'

/** The file system as the watch needs it. */
export interface WatchIo {
  /** Calls back at anything that happens in a directory; undefined where it cannot be watched. */
  watchDirectory(path: string, onEvent: () => void): { close(): void } | undefined
  /** What a file holds, or the names of the YAML files in a directory; undefined where there is nothing. */
  readContent(path: string): Promise<string | undefined>
}

/** Editors write in steps, and Kubernetes swaps a link and then removes the old directory. */
const settleMs = 250
/** Events can be missed (network file systems, kernel limits); looking at the content cannot. */
const pollMs = 5_000

/**
 * Calls back when the content of any of some files has changed. It watches their directories, since a file that is
 * replaced (an editor's rename, Kubernetes' `..data` link) is another file, and it looks at the content now and then.
 */
export class ConfigWatch {
  readonly #clock: Clock
  readonly #io: WatchIo
  readonly #onChange: () => void
  #files: readonly string[] = []
  #watchers = new Map<string, { close(): void }>()
  #contentHash: string | undefined
  #settling: Timer | undefined
  #polling: Timer | undefined

  constructor(clock: Clock, io: WatchIo, onChange: () => void) {
    this.#clock = clock
    this.#io = io
    this.#onChange = onChange
  }

  /** Watches these from now on; their present content is the known one. */
  async follow(files: readonly string[]): Promise<void> {
    this.#files = files
    this.#contentHash = await this.#hash()
    const directories = new Set(files.flatMap(file => [dirname(file), file]))
    for (const [path, watcher] of this.#watchers) {
      if (directories.has(path)) continue
      watcher.close()
      this.#watchers.delete(path)
    }
    for (const path of directories) {
      if (this.#watchers.has(path)) continue
      const watcher = this.#io.watchDirectory(path, () => this.#settle())
      if (watcher !== undefined) this.#watchers.set(path, watcher)
    }
    if (files.length > 0) this.#polling ??= this.#clock.every(pollMs, () => this.#compare())
  }

  shutdown(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
    this.#settling?.cancel()
    this.#polling?.cancel()
    this.#settling = undefined
    this.#polling = undefined
    this.#files = []
  }

  #settle(): void {
    this.#settling?.cancel()
    this.#settling = this.#clock.after(settleMs, () => this.#compare())
  }

  #compare(): void {
    this.#hash().then(hash => {
      if (hash === this.#contentHash || this.#files.length === 0) return
      this.#contentHash = hash
      this.#onChange()
    }, ignored)
  }

  async #hash(): Promise<string> {
    const hash = createHash('sha256')
    for (const file of this.#files) hash.update(`${file}\0${(await this.#io.readContent(file)) ?? ''}\0`)
    return hash.digest('hex')
  }
}

/** A file that cannot be read at this moment is looked at again by the next event or poll. */
function ignored(): void {}

export const nodeWatchIo: WatchIo = {
  watchDirectory(path, onEvent) {
    try {
      if (!statSync(path).isDirectory()) return undefined
      const watcher = watch(path, { persistent: false }, onEvent)
      watcher.on('error', () => watcher.close())
      return watcher
    } catch {
      return undefined
    }
  },
  async readContent(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') return undefined
    }
    // The files in it are followed themselves; here only new and removed ones matter.
    const names = await readdir(path).catch(() => [])
    return names
      .filter(name => /\.ya?ml$/.test(name))
      .sort()
      .join('\0')
  },
}
