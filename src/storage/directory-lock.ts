import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { errorCode, type FileSystem } from './file-system.ts'
import { isLeaseFresh } from './lease.ts'
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
  /** The name of its machine, for who reads of it. */
  readonly host?: string
}

export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly owner: LockOwner

  constructor(path: string, owner: LockOwner) {
    const isHere = owner.bootId === bootId() || owner.bootId === ''
    const where = isHere ? '' : ` on another machine, or was a moment ago (${owner.host || 'of an unknown name'})`
    super(`${path} is in use by process ${owner.pid}${where}`)
    this.owner = owner
  }
}

/** A lock that its owner did not remove; without an owner where it was torn. */
export interface LeftLock {
  readonly owner: LockOwner | undefined
}

/** One file that says who owns the directory, or who has taken it over from an owner that is gone. */
interface Claim {
  readonly path: string
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
export function lockDirectory(
  fileSystem: FileSystem,
  directory: string,
  self: LockOwner = thisProcess(),
  isRunning: IsRunning = owner => isOwnerRunning(directory, owner),
): Promise<LeftLock | undefined> {
  return lock(fileSystem, { subject: directory, path: join(directory, name) }, self, isRunning)
}

export async function unlockDirectory(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.remove(join(directory, name)).catch(() => undefined)
}

/** The same for one file, in a lock of its own beside it. */
export function lockFile(fileSystem: FileSystem, path: string): Promise<LeftLock | undefined> {
  const isRunning = (owner: LockOwner) => isOwnerRunning(dirname(path), owner)
  return lock(fileSystem, { subject: path, path: lockOf(path) }, thisProcess(), isRunning)
}

export async function unlockFile(fileSystem: FileSystem, path: string): Promise<void> {
  await fileSystem.remove(lockOf(path)).catch(() => undefined)
}

type IsRunning = (owner: LockOwner) => boolean | Promise<boolean>

/** `path` is the lock's, `subject` what it is for. */
async function lock(
  fileSystem: FileSystem,
  { subject, path }: { readonly subject: string; readonly path: string },
  self: LockOwner,
  isRunning: IsRunning,
): Promise<LeftLock | undefined> {
  const id = randomUUID()
  const content = Buffer.from(JSON.stringify({ ...self, id }))
  const create = async (claim: string) => {
    try {
      await fileSystem.createExclusive(claim, content, 0o600)
      return true
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
      return false
    }
  }
  for (let tries = 0; tries < triesMax; tries++) {
    const last = (await readChain(fileSystem, path)).at(-1)
    if (last === undefined) {
      if (await create(path)) return undefined
      continue
    }
    const { owner } = last
    if (owner !== undefined && !isSame(owner, self) && (await isRunning(owner))) throw new LockedError(subject, owner)
    const claim = claimPath(path, last.id)
    if (!(await create(claim))) continue
    if ((await readChain(fileSystem, path)).at(-1)?.id !== id) {
      await removeIfThere(fileSystem, claim)
      continue
    }
    await fileSystem.rename(claim, path)
    await removeOldClaims(fileSystem, path)
    return { owner }
  }
  throw new Error(`${subject}: the lock changes hands too fast`)
}

/** Whether the directory has an owner that is not `self`: one that could not see that we live has taken it over. */
export async function otherOwner(
  fileSystem: FileSystem,
  directory: string,
  self: LockOwner = thisProcess(),
): Promise<LockOwner | undefined> {
  const owner = (await readChain(fileSystem, join(directory, name))).at(-1)?.owner
  return owner === undefined || isSame(owner, self) ? undefined : owner
}

/** Whether a process that runs owns the directory. */
export async function isLocked(fileSystem: FileSystem, directory: string): Promise<boolean> {
  const owner = (await readChain(fileSystem, join(directory, name))).at(-1)?.owner
  return owner !== undefined && (await isOwnerRunning(directory, owner))
}

/** The lock, and who took over from whom; empty where there is none. */
async function readChain(fileSystem: FileSystem, lockPath: string): Promise<Claim[]> {
  const chain: Claim[] = []
  for (let path = lockPath; !chain.some(claim => claim.path === path); ) {
    const claim = await readClaim(fileSystem, path)
    if (claim === undefined) break
    chain.push(claim)
    path = claimPath(lockPath, claim.id)
  }
  return chain
}

function claimPath(lockPath: string, id: string): string {
  return `${lockPath}-${id}`
}

function lockOf(path: string): string {
  return `${path}.lock`
}

async function readClaim(fileSystem: FileSystem, path: string): Promise<Claim | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await fileSystem.readWhole(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  // One that is torn, or of an earlier version, is known by where it is and what it says.
  const unnamed = `x${crc32(bytes, crc32(basename(path))).toString(16)}`
  try {
    const content: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    const {
      pid,
      bootId,
      processStart = '',
      pidNamespace = '',
      lifeSign = '',
      host = '',
      id,
    } = content as Partial<LockOwner & Claim>
    if (typeof pid !== 'number' || typeof bootId !== 'string') return { path, owner: undefined, id: unnamed }
    const name = typeof host === 'string' ? host : ''
    const sign = /^[\w-]*$/.test(lifeSign) ? lifeSign : ''
    const owner = { pid, bootId, processStart, pidNamespace, lifeSign: sign, host: name }
    return { path, owner, id: /^[0-9a-f-]+$/.test(id ?? '') ? `${id}` : unnamed }
  } catch {
    return { path, owner: undefined, id: unnamed }
  }
}

/** By the owner: what earlier ones left, and what others made too late. */
async function removeOldClaims(fileSystem: FileSystem, lockPath: string): Promise<void> {
  const directory = dirname(lockPath)
  for (const fileName of await fileSystem.list(directory)) {
    if (fileName.startsWith(`${basename(lockPath)}-`)) await removeIfThere(fileSystem, join(directory, fileName))
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
  return {
    pid: process.pid,
    bootId: bootId(),
    processStart: processStart(process.pid),
    pidNamespace: pidNamespace(),
    host: hostname(),
  }
}

/** Whether the owner of a directory lives, on this machine or, by its lease, on another. */
async function isOwnerRunning(directory: string, owner: LockOwner): Promise<boolean> {
  const { lifeSign = '' } = owner
  if (owner.bootId !== bootId()) return isLeaseFresh(directory)
  if (!isElsewhere(owner, thisProcess())) return isProcessRunning(owner)
  return lifeSign !== '' && (await answers(directory, lifeSign))
}

function isProcessRunning(owner: LockOwner): boolean {
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
