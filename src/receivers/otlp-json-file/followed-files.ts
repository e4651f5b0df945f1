import { glob, stat } from 'node:fs/promises'
import { FollowedFile } from './followed-file.ts'
import type { RecordSplitter } from './record-splitter.ts'

/** Files that stay open between two looks: one that is put aside is then still to be read. */
const openFilesMax = 256

/**
 * The files that match, each known by what it is and not by its name: one that is put aside under a name that matches too is
 * not read twice, and one that gave its name to a successor is read to its end.
 */
export class FollowedFiles {
  readonly #include: readonly string[]
  readonly #exclude: readonly string[]
  readonly #splitter: RecordSplitter
  /** By device and inode. */
  readonly #files = new Map<string, FollowedFile>()
  /** Those whose name is another's or nobody's, after a look at which there was nothing more in them. */
  readonly #left = new Set<string>()

  constructor(include: readonly string[], exclude: readonly string[], splitter: RecordSplitter) {
    this.#include = include
    this.#exclude = exclude
    this.#splitter = splitter
  }

  /** Looks for files; new ones begin at their end or beginning. */
  async find(startsAtEnd: boolean): Promise<void> {
    const paths: string[] = []
    for await (const path of glob([...this.#include], { exclude: [...this.#exclude] })) paths.push(path)
    const seen = new Set<string>()
    for (const path of paths.sort()) {
      const status = await stat(path).catch(() => undefined)
      if (status === undefined || !status.isFile()) continue
      const id = `${status.dev}:${status.ino}`
      // A second name of the same file.
      if (seen.has(id)) continue
      seen.add(id)
      const file = this.#files.get(id)
      if (file !== undefined) file.path = path
      else this.#files.set(id, new FollowedFile(path, startsAtEnd ? status.size : 0, this.#splitter))
    }
    for (const [id, file] of this.#files) {
      if (seen.has(id)) this.#left.delete(id)
      else if (!file.isOpen) this.#files.delete(id)
      else this.#left.add(id)
    }
  }

  /** In the order of their names, which for files put aside is the order of time; who gave its name away before who has it. */
  inOrder(): FollowedFile[] {
    const order = [...this.#files].sort(([, a], [, b]) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    const [left = [], there = []] = [true, false].map(isLeft => order.filter(([id]) => this.#left.has(id) === isLeft))
    return [...left, ...there].map(([, file]) => file)
  }

  /** After a look at `file`: one that nobody writes to any more is forgotten when nothing is left to read. */
  async release(file: FollowedFile, hadMore: boolean): Promise<void> {
    for (const [id, other] of this.#files) {
      if (other !== file || !this.#left.has(id) || hadMore) continue
      this.#files.delete(id)
      this.#left.delete(id)
      await file.close()
      return
    }
    if (this.#files.size > openFilesMax && !hadMore) await file.close()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map(file => file.close()))
    this.#files.clear()
  }
}
