import { dirname } from 'node:path'
import type { SeededRandom } from './seeded-random.ts'

const sectorBytes = 512

interface Write {
  readonly offset: number
  readonly bytes: Uint8Array
  /** A truncation to `offset`. */
  readonly isTruncation: boolean
}

class Inode {
  /** What is on the platter. */
  durable: Uint8Array = new Uint8Array(0)
  /** What the system shows: durable, and all writes since the last sync. */
  current: Uint8Array = new Uint8Array(0)
  pending: Write[] = []
}

type DirectoryChange = (names: Map<string, Inode>) => void

export class DiskCrash extends Error {
  override readonly name = 'DiskCrash'
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/**
 * A file system in memory that knows what a loss of power leaves: content that was synced, any of the later sectors (a write
 * is torn at 512 bytes, and sectors arrive in any order), and any of the changes to a directory since its last sync.
 * Shape and meaning are those of `FileSystem` in src/storage.
 */
export class ModelDisk {
  /** What the system shows, by full path. */
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  #directories = new Set<string>()
  #changes = new Map<string, DirectoryChange[]>()
  /** Operations so far that change something. */
  stepCount = 0
  /** The operation that does not happen any more; and none after it. */
  crashAtStep = Number.POSITIVE_INFINITY
  /** Room for the content of files; a write that finds none fails with ENOSPC. */
  bytesMax = Number.POSITIVE_INFINITY
  /** Handles that nobody has closed: Node ends a process that loses one. */
  openFileCount = 0
  /** What the next operations of a kind fail with. */
  readonly failures = new Map<'write' | 'sync' | 'open' | 'truncate' | 'rename', string>()
  /** Files, by full path, that are not given out: what opening or reading them fails with, and from which offset on. */
  readonly unreadable = new Map<string, { code: string; fromOffset?: number }>()

  async makeDirectory(path: string): Promise<void> {
    this.#directories.add(path)
  }

  async list(path: string): Promise<string[]> {
    if (!this.#directories.has(path)) throw systemError('ENOENT')
    return [...this.#names.keys()].filter(name => dirname(name) === path).map(name => name.slice(path.length + 1))
  }

  async open(path: string, _mode = 0o600, writes?: 'synced') {
    if (!this.#directories.has(dirname(path))) throw systemError('ENOENT')
    let inode = this.#names.get(path)
    const refusal = this.unreadable.get(path)
    if (refusal !== undefined && refusal.fromOffset === undefined) throw systemError(refusal.code)
    if (inode === undefined) {
      this.#step('open')
      const made = new Inode()
      inode = made
      this.#change(path, names => names.set(path, made))
    }
    const opened = inode
    let isOpen = true
    this.openFileCount++
    return {
      read: async (offset: number, length: number) => {
        const { code, fromOffset = 0 } = this.unreadable.get(path) ?? {}
        if (code !== undefined && offset + length > fromOffset) throw systemError(code)
        return opened.current.slice(offset, offset + length)
      },
      write: async (buffers: readonly Uint8Array[], offset: number) => {
        this.#write(opened, Buffer.concat(buffers), offset)
        if (writes === 'synced') this.#sync(opened)
      },
      sync: async () => this.#sync(opened),
      truncate: async (length: number) => {
        this.#step('truncate')
        opened.pending.push({ offset: length, bytes: new Uint8Array(0), isTruncation: true })
        opened.current = resized(opened.current, length)
      },
      size: async () => opened.current.length,
      isLinked: async () => [...this.#names.values()].includes(opened),
      close: async () => {
        if (isOpen) this.openFileCount--
        isOpen = false
      },
    }
  }

  async openExisting(path: string) {
    if (!this.#names.has(path)) throw systemError('ENOENT')
    return this.open(path)
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step('rename')
    const inode = this.#names.get(from)
    if (inode === undefined) throw systemError('ENOENT')
    // One change: a rename is atomic.
    this.#change(to, names => {
      names.delete(from)
      names.set(to, inode)
    })
  }

  async remove(path: string): Promise<void> {
    if (!this.#names.has(path)) throw systemError('ENOENT')
    this.#step('open')
    this.#change(path, names => names.delete(path))
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step('sync')
    for (const change of this.#changes.get(path) ?? []) change(this.#durableNames)
    this.#changes.delete(path)
  }

  async createExclusive(path: string, content: Uint8Array): Promise<void> {
    if (this.#names.has(path)) throw systemError('EEXIST')
    const file = await this.open(path)
    try {
      await file.write([content], 0)
    } catch (error) {
      // The half of it goes, but for where the process is gone as well.
      if (!(error instanceof DiskCrash)) this.#change(path, names => names.delete(path))
      throw error
    } finally {
      await file.close()
    }
  }

  async readWhole(path: string): Promise<Uint8Array> {
    const inode = this.#names.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    const refusal = this.unreadable.get(path)
    if (refusal !== undefined) throw systemError(refusal.code)
    return inode.current.slice()
  }

  /** The process is gone, the system is not: nothing that was written is lost. */
  kill(): void {
    this.crashAtStep = Number.POSITIVE_INFINITY
    this.failures.clear()
  }

  /** The power is gone: what was not synced may be there or not, each part for itself. */
  losePower(random: SeededRandom): void {
    this.kill()
    for (const changes of this.#changes.values()) {
      // Journaling file systems keep the order of names; how far it got is open.
      const keptCount = Math.floor(random.next() * (changes.length + 1))
      for (const change of changes.slice(0, keptCount)) change(this.#durableNames)
    }
    this.#changes.clear()
    this.#names = new Map(this.#durableNames)
    for (const inode of new Set(this.#names.values())) {
      inode.durable = afterPowerLoss(inode, random)
      inode.current = inode.durable
      inode.pending = []
    }
  }

  /** Files whose names end so, for a test that damages them. */
  paths(ending: string): string[] {
    return [...this.#names.keys()].filter(name => name.endsWith(ending)).sort()
  }

  /** Changes a file behind everybody's back. */
  damage(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const inode = this.#names.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    inode.current = change(inode.current.slice())
    inode.durable = inode.current
    inode.pending = []
  }

  #write(inode: Inode, bytes: Uint8Array, offset: number): void {
    if (this.stepCount + 1 >= this.crashAtStep && bytes.length > 1) {
      // The process dies in the middle of it.
      this.#apply(inode, bytes.subarray(0, bytes.length >>> 1), offset)
    }
    this.#step('write')
    const growth = Math.max(0, offset + bytes.length - inode.current.length)
    if (this.bytesMax < Number.POSITIVE_INFINITY && growth > 0 && this.usedBytes + growth > this.bytesMax)
      throw systemError('ENOSPC')
    this.#apply(inode, bytes, offset)
  }

  get usedBytes(): number {
    let bytes = 0
    for (const inode of new Set(this.#names.values())) bytes += inode.current.length
    return bytes
  }

  #sync(inode: Inode): void {
    this.#step('sync')
    inode.durable = inode.current
    inode.pending = []
  }

  #apply(inode: Inode, bytes: Uint8Array, offset: number): void {
    inode.pending.push({ offset, bytes: bytes.slice(), isTruncation: false })
    inode.current = written(inode.current, bytes, offset)
  }

  #change(path: string, change: DirectoryChange): void {
    change(this.#names)
    const directory = dirname(path)
    const changes = this.#changes.get(directory) ?? []
    changes.push(change)
    this.#changes.set(directory, changes)
  }

  #step(kind: 'write' | 'sync' | 'open' | 'truncate' | 'rename'): void {
    this.stepCount++
    if (this.stepCount >= this.crashAtStep) throw new DiskCrash(`crash at step ${this.stepCount}`)
    const failure = this.failures.get(kind)
    if (failure !== undefined) throw systemError(failure)
  }
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length)
  result.set(bytes.subarray(0, length))
  return result
}

function written(bytes: Uint8Array, more: Uint8Array, offset: number): Uint8Array {
  const result = resized(bytes, Math.max(bytes.length, offset + more.length))
  result.set(more, offset)
  return result
}

/** Each sector of each write since the last sync arrives or not; sizes and truncations too. */
function afterPowerLoss(inode: Inode, random: SeededRandom): Uint8Array {
  let bytes = inode.durable
  const mode = Math.floor(random.next() * 3)
  if (mode === 0) return bytes
  for (const write of inode.pending) {
    if (mode === 1 && random.next() < 0.3) break
    if (write.isTruncation) {
      if (random.next() < 0.5) bytes = resized(bytes, write.offset)
      continue
    }
    for (let start = 0; start < write.bytes.length; ) {
      const offset = write.offset + start
      const end = Math.min(write.bytes.length, start + sectorBytes - (offset % sectorBytes))
      if (random.next() < (mode === 1 ? 1 : 0.6)) bytes = written(bytes, write.bytes.subarray(start, end), offset)
      start = end
    }
  }
  return bytes
}
