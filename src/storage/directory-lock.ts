import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { errorCode, type FileSystem } from './file-system.ts'
import { answers } from './life-sign.ts'

const name = 'lock'

export interface LockOwner {
  readonly pid: number
  /** Of the machine's start: a process id means nothing after another one. */
  readonly bootId: string
  /** When the process started, where the system says: process ids come again. */
  readonly processStart: string
  /** Of which process ids `pid` is one: containers have their own, where the system says. */
  readonly pidNamespace?: string
  /** The name of its sign of life in the directory, for those who do not see its process. */
  readonly lifeSign?: string
}

export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly owner: LockOwner

  constructor(directory: string, owner: LockOwner) {
    super(`${directory} is in use by process ${owner.pid}`)
    this.owner = owner
  }
}

/** A lock that its owner did not remove; without an owner where it was torn. */
export interface LeftLock {
  readonly owner: LockOwner | undefined
}

/** One file that says who owns the directory, or who has taken it over from an owner that is gone. */
interface Claim {
  readonly fileName: string
  /** Undefined where it cannot be read: torn by a crash, so its process is gone. */
  readonly owner: LockOwner | undefined
  /** Of this one claim, so that nobody takes over a later one by mistake. */
  readonly id: string
}

const triesMax = 10

/**
 * Makes this process the only writer of a directory. A lock whose process is gone is taken over, and returned.
 *
 * Who takes over does not remove the old lock: another process that had looked at it as well would then remove the new
 * one, and both would own the directory. It creates a file named after the one claim that it takes over from, which only
 * one process can, and the last in this chain of files owns. Then its file becomes the lock by a rename. A file made too
 * late, after that rename, is in no chain any more.
 */
export async function lockDirectory(
  fileSystem: FileSystem,
  directory: string,
  self: LockOwner = thisProcess(),
  isRunning: (owner: LockOwner) => boolean | Promise<boolean> = owner => isOwnerRunning(directory, owner),
): Promise<LeftLock | undefined> {
  const id = randomUUID()
  const content = Buffer.from(JSON.stringify({ ...self, id }))
  const create = async (fileName: string) => {
    try {
      await fileSystem.createExclusive(join(directory, fileName), content, 0o600)
      return true
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
      return false
    }
  }
  for (let tries = 0; tries < triesMax; tries++) {
    const last = (await readChain(fileSystem, directory)).at(-1)
    if (last === undefined) {
      if (await create(name)) return undefined
      continue
    }
    const { owner } = last
    if (owner !== undefined && !isSame(owner, self) && (await isRunning(owner))) throw new LockedError(directory, owner)
    const fileName = claimName(last.id)
    if (!(await create(fileName))) continue
    if ((await readChain(fileSystem, directory)).at(-1)?.id !== id) {
      await removeIfThere(fileSystem, join(directory, fileName))
      continue
    }
    await fileSystem.rename(join(directory, fileName), join(directory, name))
    await removeOldClaims(fileSystem, directory)
    return { owner }
  }
  throw new Error(`${directory}: the lock changes hands too fast`)
}

export async function unlockDirectory(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.remove(join(directory, name)).catch(() => undefined)
}

/** Whether a process that runs owns the directory. */
export async function isLocked(fileSystem: FileSystem, directory: string): Promise<boolean> {
  const owner = (await readChain(fileSystem, directory)).at(-1)?.owner
  return owner !== undefined && (await isOwnerRunning(directory, owner))
}

/** The lock, and who took over from whom; empty where there is none. */
async function readChain(fileSystem: FileSystem, directory: string): Promise<Claim[]> {
  const chain: Claim[] = []
  for (let fileName = name; !chain.some(claim => claim.fileName === fileName); ) {
    const claim = await readClaim(fileSystem, directory, fileName)
    if (claim === undefined) break
    chain.push(claim)
    fileName = claimName(claim.id)
  }
  return chain
}

function claimName(id: string): string {
  return `${name}-${id}`
}

async function readClaim(fileSystem: FileSystem, directory: string, fileName: string): Promise<Claim | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await fileSystem.readWhole(join(directory, fileName))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  // One that is torn, or of an earlier version, is known by where it is and what it says.
  const unnamed = `x${crc32(bytes, crc32(fileName)).toString(16)}`
  try {
    const content: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    const {
      pid,
      bootId,
      processStart = '',
      pidNamespace = '',
      lifeSign = '',
      id,
    } = content as Partial<LockOwner & Claim>
    if (typeof pid !== 'number' || typeof bootId !== 'string') return { fileName, owner: undefined, id: unnamed }
    const owner = { pid, bootId, processStart, pidNamespace, lifeSign: /^[\w-]*$/.test(lifeSign) ? lifeSign : '' }
    return { fileName, owner, id: /^[0-9a-f-]+$/.test(id ?? '') ? `${id}` : unnamed }
  } catch {
    return { fileName, owner: undefined, id: unnamed }
  }
}

/** By the owner: what earlier ones left, and what others made too late. */
async function removeOldClaims(fileSystem: FileSystem, directory: string): Promise<void> {
  for (const fileName of await fileSystem.list(directory)) {
    if (fileName.startsWith(`${name}-`)) await removeIfThere(fileSystem, join(directory, fileName))
  }
}

async function removeIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  await fileSystem.remove(path).catch(error => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
}

function isSame(a: LockOwner, b: LockOwner): boolean {
  const isSameNumber = a.pid === b.pid && a.bootId === b.bootId && a.processStart === b.processStart
  return isSameNumber && !isElsewhere(a, b)
}

/** Whether their process ids mean different things. */
function isElsewhere({ pidNamespace: a = '' }: LockOwner, { pidNamespace: b = '' }: LockOwner): boolean {
  return a !== '' && b !== '' && a !== b
}

export function thisProcess(): LockOwner {
  return { pid: process.pid, bootId: bootId(), processStart: processStart(process.pid), pidNamespace: pidNamespace() }
}

/** Whether the owner of a directory lives, on this machine. */
export async function isOwnerRunning(directory: string, owner: LockOwner): Promise<boolean> {
  const { lifeSign = '' } = owner
  if (!isElsewhere(owner, thisProcess())) return isProcessRunning(owner)
  return owner.bootId === bootId() && lifeSign !== '' && (await answers(directory, lifeSign))
}

function isProcessRunning(owner: LockOwner): boolean {
  if (owner.bootId !== bootId()) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
  }
  return owner.processStart === '' || owner.processStart === processStart(owner.pid)
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
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
