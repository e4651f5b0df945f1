import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, type FileSystem } from './file-system.ts'

const name = 'lock'

export interface LockOwner {
  readonly pid: number
  /** Of the machine's start: a process id means nothing after another one. */
  readonly bootId: string
  /** When the process started, where the system says: process ids come again. */
  readonly processStart: string
}

export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly owner: LockOwner

  constructor(directory: string, owner: LockOwner) {
    super(`${directory} is in use by process ${owner.pid}`)
    this.owner = owner
  }
}

/** Makes this process the only writer of a directory. A lock whose process is gone is taken over. */
export async function lockDirectory(
  fileSystem: FileSystem,
  directory: string,
  self: LockOwner = thisProcess(),
  isRunning: (owner: LockOwner) => boolean = isProcessRunning,
): Promise<void> {
  const path = join(directory, name)
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await fileSystem.createExclusive(path, Buffer.from(JSON.stringify(self)), 0o600)
      return
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
    const owner = await readOwner(fileSystem, path)
    if (owner !== undefined && !isSame(owner, self) && isRunning(owner)) throw new LockedError(directory, owner)
    await fileSystem.remove(path).catch(error => {
      if (errorCode(error) !== 'ENOENT') throw error
    })
  }
  throw new Error(`${directory}: the lock changes hands too fast`)
}

export async function unlockDirectory(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.remove(join(directory, name)).catch(() => undefined)
}

/** Undefined for a lock that cannot be read: torn by a crash, so its process is gone. */
async function readOwner(fileSystem: FileSystem, path: string): Promise<LockOwner | undefined> {
  try {
    const owner: unknown = JSON.parse(Buffer.from(await fileSystem.readWhole(path)).toString('utf8'))
    if (typeof owner !== 'object' || owner === null) return undefined
    const { pid, bootId, processStart } = owner as Partial<LockOwner>
    if (typeof pid !== 'number' || typeof bootId !== 'string') return undefined
    return { pid, bootId, processStart: processStart ?? '' }
  } catch {
    return undefined
  }
}

function isSame(a: LockOwner, b: LockOwner): boolean {
  return a.pid === b.pid && a.bootId === b.bootId && a.processStart === b.processStart
}

export function thisProcess(): LockOwner {
  return { pid: process.pid, bootId: bootId(), processStart: processStart(process.pid) }
}

export function isProcessRunning(owner: LockOwner): boolean {
  if (owner.bootId !== bootId()) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
  }
  return owner.processStart === '' || owner.processStart === processStart(owner.pid)
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id').trim()
}

/** Field 22 of /proc/PID/stat, in clock ticks since the start of the machine; empty elsewhere. */
function processStart(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
