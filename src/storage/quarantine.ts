import { join } from 'node:path'
import { type FileSystem, writeStart } from './file-system.ts'
import type { DamagedRange, Segment } from './segment.ts'

const folderName = 'quarantine'
const directoryMode = 0o700

/** The folder where what cannot be read is kept, for who wants to look at it. */
export class Quarantine {
  readonly #fileSystem: FileSystem
  readonly #folder: string

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem
    this.#folder = join(directory, folderName)
  }

  async keep({ segment, offset, bytes }: DamagedRange): Promise<void> {
    await this.#fileSystem.makeDirectory(this.#folder, directoryMode)
    await writeStart(this.#fileSystem, join(this.#folder, `${segment}-${offset}`), bytes)
  }

  /** The whole file of a segment that is done with. */
  async putAside(segment: Segment): Promise<void> {
    await this.#fileSystem.makeDirectory(this.#folder, directoryMode)
    await segment.moveTo(this.#folder)
  }
}
