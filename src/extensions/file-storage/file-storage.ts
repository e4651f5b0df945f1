import { access, constants, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from '../../clock/clock.ts'
import type { Component, ComponentId, ComponentKind, Shard } from '../../component/component.ts'
import type { StorageDirectory, StorageExtension } from '../../component/storage.ts'
import { signals } from '../../pdata/otlp-batch.ts'
import { leftBacklog } from '../../storage/left-backlog.ts'
import { nodeFileSystem } from '../../storage/node-file-system.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { FileStorageConfig } from './config.ts'

/** After a start or a change of the configuration, exporters have their queues by then. */
const lookEveryMs = 30_000

/** Gives every owner a directory under its own. The owners keep the files. */
export class FileStorage implements Component, StorageExtension {
  readonly #config: FileStorageConfig
  readonly #shard: Shard
  readonly #logger: Logger
  readonly #clock: Clock
  #timer: Timer | undefined
  /** Queues without an exporter that were told of. */
  #told = new Set<string>()

  constructor(config: FileStorageConfig, { shard, logger, clock }: { shard: Shard; logger: Logger; clock: Clock }) {
    this.#config = config
    this.#shard = shard
    this.#logger = logger
    this.#clock = clock
  }

  async start(): Promise<void> {
    const { directory, createDirectory, directoryPermissions } = this.#config
    if (createDirectory) await mkdir(directory, { recursive: true, mode: Number.parseInt(directoryPermissions, 8) })
    try {
      const found = await stat(directory)
      if (!found.isDirectory()) throw new Error('is not a directory')
      await access(directory, constants.R_OK | constants.X_OK)
    } catch (error) {
      const remedy = createDirectory ? '' : '; create it, or set create_directory: true'
      throw new Error(`directory ${directory} cannot be used: ${(error as Error).message}${remedy}`, { cause: error })
    }
    if (this.#shard.index === 0) await this.#tellOfLeftShards(directory)
    this.#timer ??= this.#clock.every(lookEveryMs, () => void this.tellOfLeftQueues())
  }

  /** An exporter that is renamed, removed, or has its queue elsewhere now leaves behind what it had not delivered. */
  async tellOfLeftQueues(): Promise<void> {
    const directory = this.#directory
    const names = await readdir(directory).catch(() => [])
    const left = new Set<string>()
    for (const name of names.filter(each => signals.some(signal => each.endsWith(`.${signal}`)))) {
      const queue = join(directory, name)
      // What cannot be read now is looked at again.
      const items = await leftBacklog(nodeFileSystem, queue).catch(() => undefined)
      if (items === undefined) continue
      left.add(queue)
      if (this.#told.has(queue)) continue
      this.#logger.warn('a queue on disk still holds items, and no exporter of this configuration sends them', {
        directory: queue,
        items,
        remedy: `give its exporter the name and the storage back, or send them with sluice queue replay ${queue} --queued`,
      })
    }
    this.#told = left
  }

  /** Fewer shards than before leave queues behind that nobody sends. */
  async #tellOfLeftShards(directory: string): Promise<void> {
    const indexes = (await readdir(directory)).flatMap(name => /^shard-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
    const last = Math.max(0, ...indexes)
    if (last < this.#shard.count) return
    this.#logger.warn('queues of shards that do not run any more are left in the storage directory', {
      directory,
      remedy: `run once with service.shards: ${last + 1} until they are sent (sluice queue shows them), then delete them`,
    })
  }

  async shutdown(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** The first shard uses the directory itself, so that the queue of an agent without shards goes on in it. */
  get #directory(): string {
    const { directory } = this.#config
    return this.#shard.index === 0 ? directory : join(directory, `shard-${this.#shard.index}`)
  }

  directoryFor(kind: ComponentKind, id: ComponentId, purpose: string): StorageDirectory {
    const names = [kind, id.type, id.name, purpose].filter(name => name !== '').map(escapeName)
    return { path: join(this.#directory, names.join('.')), createsDirectory: true, syncs: this.#config.fsync }
  }
}

/** A part of a file name: what is not a letter, digit, `_` or dash is written as `~`, its code and `~`. */
export function escapeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/gu, char => `~${(char.codePointAt(0) ?? 0).toString(16)}~`)
}
