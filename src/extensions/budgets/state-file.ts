import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Alert, ScopeSnapshot } from './budget.ts'

const formatVersion = 1
/** Appended bytes after which the file is written anew with one line per scope. */
const compactBytes = 4 * 1024 * 1024

/** One line: the whole state of one scope, an alert that a channel has yet to take, or one that it took. */
export type StateEntry =
  | { readonly type: 'scope'; readonly budget: string; readonly snapshot: ScopeSnapshot }
  | { readonly type: 'alert'; readonly channel: string; readonly alert: Alert }
  | { readonly type: 'told'; readonly channel: string; readonly id: string }

export interface LoadedState {
  readonly scopes: readonly Extract<StateEntry, { type: 'scope' }>[]
  /** Alerts that were raised and not taken when the process ended, in order. */
  readonly pending: readonly Extract<StateEntry, { type: 'alert' }>[]
}

/** The same for the same alert in the same period, whoever raises it again. */
export function alertId(alert: Alert): string {
  return [alert.budget, alert.scopeValue, alert.kind, alert.threshold, alert.periodStartMs, alert.timeMs].join(':')
}

/**
 * What was spent and told, as lines of `crc32 json`; of several lines for one scope the last one counts. A line is written
 * before its alert goes out and before the sender is answered, so kill -9 neither forgets a spend nor repeats an alert
 * that a channel took. A torn or damaged line is skipped and counted; the line before it holds.
 */
export class StateFile {
  readonly #path: string
  #descriptor: number | undefined
  #appendedBytes = 0
  damagedLines = 0
  /** Of the latest version that wrote lines which this one cannot read; 0 where none did. */
  laterVersion = 0

  constructor(path: string) {
    this.#path = path
  }

  get path(): string {
    return this.#path
  }

  /** Keeps a copy of what a later version wrote, for when it runs again. Returns where. */
  keepCopy(): string {
    const copy = `${this.#path}.v${this.laterVersion}`
    copyFileSync(this.#path, copy)
    return copy
  }

  /** What the file says; nothing where there is no file yet. */
  load(): LoadedState {
    let text = ''
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    const scopes = new Map<string, Extract<StateEntry, { type: 'scope' }>>()
    const pending = new Map<string, Extract<StateEntry, { type: 'alert' }>>()
    for (const line of text.split('\n')) {
      if (line === '') continue
      const entry = parseLine(line)
      if (typeof entry === 'number') this.laterVersion = Math.max(this.laterVersion, entry)
      else if (entry === undefined) this.damagedLines++
      else if (entry.type === 'scope') {
        // The order of the last use is kept: the least recent scopes are the first to be forgotten.
        const key = `${entry.budget}\0${entry.snapshot.scopeValue}`
        const burn = entry.snapshot.burn ?? scopes.get(key)?.snapshot.burn
        scopes.delete(key)
        scopes.set(key, { ...entry, snapshot: { ...entry.snapshot, ...(burn && { burn }) } })
      } else if (entry.type === 'alert') pending.set(`${entry.channel}\0${alertId(entry.alert)}`, entry)
      else pending.delete(`${entry.channel}\0${entry.id}`)
    }
    return { scopes: [...scopes.values()], pending: [...pending.values()] }
  }

  /** One write for all `entries`: after a kill the file has all of them or none. */
  append(entries: readonly StateEntry[]): void {
    this.#descriptor ??= this.#open('a')
    const bytes = Buffer.from(entries.map(formatLine).join(''))
    const written = writeSync(this.#descriptor, bytes)
    this.#appendedBytes += written
    // The caller closes the file, and opening it again ends the torn line.
    if (written < bytes.length) throw new Error(`the disk took ${written} of ${bytes.length} bytes`)
  }

  get wantsCompaction(): boolean {
    return this.#appendedBytes > compactBytes
  }

  /** Replaces the file by `entries`; the old one stays until the new one is safely there. */
  compact(entries: Iterable<StateEntry>): void {
    // Where this fails it is tried again after as many bytes, not at every spend.
    this.#appendedBytes = 0
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const temporary = `${this.#path}.new`
    const descriptor = openSync(temporary, 'w', 0o600)
    try {
      writeFileSync(descriptor, [...entries].map(formatLine).join(''))
      fsyncSync(descriptor)
    } catch (error) {
      // Half of it on a full disk is in the way of everything else.
      rmSync(temporary, { force: true })
      throw error
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, this.#path)
    this.close()
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open(flags: 'a'): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const descriptor = openSync(this.#path, flags, 0o600)
    // A torn last line of a killed process must not swallow the next one.
    writeSync(descriptor, '\n')
    return descriptor
  }
}

/** Such a disk is no mistake of the configuration: it came by itself, and has room again. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function formatLine(entry: StateEntry): string {
  const json = JSON.stringify({ v: formatVersion, ...entry })
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

/** Undefined for a damaged line, and a later version's number for one that it wrote. */
function parseLine(line: string): StateEntry | number | undefined {
  const json = line.slice(9)
  if (line[8] !== ' ' || crc32(json).toString(16).padStart(8, '0') !== line.slice(0, 8)) return undefined
  const parsed = JSON.parse(json) as StateEntry & { v: number }
  if (parsed.v > formatVersion) return parsed.v
  return parsed.v === formatVersion && isWhole(parsed) ? parsed : undefined
}

/** A line that another version wrote may be undamaged and say something else. */
function isWhole(entry: StateEntry): boolean {
  if (entry.type === 'scope') {
    const { snapshot } = entry
    return Number.isFinite(snapshot?.spent) && Number.isFinite(snapshot.lastMs) && Array.isArray(snapshot.fired)
  }
  if (entry.type === 'alert') return typeof entry.alert?.budget === 'string'
  return entry.type === 'told'
}
