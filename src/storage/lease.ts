import { randomUUID } from 'node:crypto'
import { stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from '../clock/clock.ts'

const name = 'lease'
const beatMs = 5_000
/** So long after its last beat an owner on another machine counts as gone. */
const expiredMs = 20_000

/**
 * Shows other machines that share the directory that its owner lives: a file that is written again and again. They see neither
 * its process nor its socket, and a lock of another start of a machine may be from before this one's.
 */
export class Lease {
  readonly #path: string
  readonly #clock: Clock
  readonly #beaten: () => void
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()

  /** `beaten` is called with each beat: the time to look whether the lock is still one's own. */
  constructor(directory: string, clock: Clock, beaten: () => void) {
    this.#path = join(directory, name)
    this.#clock = clock
    this.#beaten = beaten
  }

  start(): void {
    this.#beat()
    this.#timer ??= this.#clock.every(beatMs, () => {
      this.#beat()
      this.#beaten()
    })
  }

  /** What is left of it after a kill runs out; after an end in order nobody has to wait. */
  async end(): Promise<void> {
    this.stop()
    await this.#writing
    await unlink(this.#path).catch(() => undefined)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** A disk that refuses this refuses the log as well, which says so. */
  #beat(): void {
    this.#writing = this.#writing.then(() => writeFile(this.#path, '.', { mode: 0o600 }).catch(() => undefined))
  }
}

/** Whether the directory's last owner wrote to its lease a moment ago, by the file system's own clock. */
export async function isLeaseFresh(directory: string): Promise<boolean> {
  const beat = await stat(join(directory, name)).catch(() => undefined)
  if (beat === undefined) return false
  return Math.abs((await timeIn(directory)) - beat.mtimeMs) < expiredMs
}

/** Of the machine that keeps the files: two that share them need not have the same time. */
async function timeIn(directory: string): Promise<number> {
  const path = join(directory, `${name}-${randomUUID()}`)
  try {
    await writeFile(path, '.', { mode: 0o600 })
    return (await stat(path)).mtimeMs
  } catch {
    return Date.now()
  } finally {
    await unlink(path).catch(() => undefined)
  }
}
