import { join } from 'node:path'
import { type FileSystem, isDiskFull, writeStart } from './file-system.ts'

export const reserveName = 'reserve'
const reserveBytes = 256 * 1024

/** Room that is given back when the disk is full, so that acks still fit, segments can go, and a start succeeds. */
export class Reserve {
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #fault: (error: unknown) => void
  #isThere = false
  /** The disk was full: what the reserve gave back is for acks, and nothing is written before it is a reserve again. */
  isShort = false

  constructor(fileSystem: FileSystem, directory: string, fault: (error: unknown) => void) {
    this.#fileSystem = fileSystem
    this.#path = join(directory, reserveName)
    this.#fault = fault
  }

  async make(): Promise<void> {
    try {
      await writeStart(this.#fileSystem, this.#path, new Uint8Array(reserveBytes))
      this.#isThere = true
    } catch (error) {
      this.#isThere = false
      this.isShort = isDiskFull(error)
      // What there is of it takes the room that acks need.
      await this.#fileSystem.remove(this.#path).catch(() => undefined)
    }
  }

  /** Before a write. Rejects while there is no room but the reserve's. */
  beReady(): Promise<void> | undefined {
    return this.isShort ? this.#findRoom() : undefined
  }

  /** The disk is full. */
  giveBack(): void {
    this.isShort = true
    if (!this.#isThere) return
    this.#isThere = false
    this.#fileSystem.remove(this.#path).catch(error => this.#fault(error))
  }

  /** The disk takes writes again. */
  healed(): void {
    if (!this.#isThere) void this.make()
  }

  async #findRoom(): Promise<void> {
    this.isShort = false
    await this.make()
    if (this.isShort) throw Object.assign(new Error('ENOSPC: no space left but the reserve'), { code: 'ENOSPC' })
  }
}
