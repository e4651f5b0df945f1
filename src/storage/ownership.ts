import { join } from 'node:path'
import type { Clock } from '../clock/clock.ts'
import {
  type LeftLock,
  LockedError,
  lockDirectory,
  otherOwner,
  thisProcess,
  unlockDirectory,
} from './directory-lock.ts'
import { type FileSystem, isDiskFull } from './file-system.ts'
import { Lease } from './lease.ts'
import { type LifeSign, removeDeadSigns, showLife } from './life-sign.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { reserveName } from './reserve.ts'
import { spareName } from './spare-file.ts'

/** That this process alone writes to a directory: the lock, the sign of life that the lock names, and the lease. */
export class Ownership {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  #isLocked = false
  #lifeSign: LifeSign | undefined
  readonly #lease: Lease
  /**
   * Whether the system has kept all that the owner before us wrote, in the order in which it was written: that one ended in order,
   * or was killed on a machine that has run on since.
   */
  isAllKept = false

  /** `lost`: somebody on another machine, who saw no lease for long, has taken the directory over. */
  constructor(fileSystem: FileSystem, directory: string, clock: Clock, lost: (error: LockedError) => void) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#lease = new Lease(directory, clock, () => {
      otherOwner(fileSystem, directory).then(
        owner => {
          if (owner === undefined || !this.#isLocked) return
          this.#isLocked = false
          this.#lease.stop()
          lost(new LockedError(directory, owner))
        },
        // A disk that refuses to be read says nothing about the lock.
        () => {},
      )
    })
  }

  /**
   * Rejects with `LockedError` where another process writes. On a full disk the room of the reserve is used: a log that cannot
   * open cannot deliver what fills the disk either.
   */
  async take(): Promise<void> {
    try {
      await this.takeOnce()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      // Without anything to give back the disk's own word is what a user has to read.
      const freed = await Promise.allSettled(
        [reserveName, spareName].map(name => this.#fileSystem.remove(join(this.#directory, name))),
      )
      if (!freed.some(({ status }) => status === 'fulfilled')) throw error
      await this.takeOnce()
    }
  }

  /** Also in a directory that was made anew under its owner. */
  async takeOnce(): Promise<void> {
    const isReal = this.#fileSystem === nodeFileSystem
    const sign = isReal ? await showLife(this.#directory) : undefined
    const self = thisProcess()
    try {
      const left = await lockDirectory(this.#fileSystem, this.#directory, { ...self, lifeSign: sign?.name ?? '' })
      this.isAllKept = left === undefined || isOfThisBoot(left, self.bootId)
    } catch (error) {
      await sign?.end()
      throw error
    }
    this.#isLocked = true
    await this.#lifeSign?.end()
    this.#lifeSign = sign
    if (!isReal) return
    await removeDeadSigns(this.#directory)
    this.#lease.start()
  }

  async giveBack(): Promise<void> {
    if (this.#isLocked) {
      await this.#lease.end()
      await unlockDirectory(this.#fileSystem, this.#directory)
    }
    await this.#lifeSign?.end()
  }
}

function isOfThisBoot({ owner }: LeftLock, bootId: string): boolean {
  return bootId !== '' && owner?.bootId === bootId
}
