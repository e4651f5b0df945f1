import { access, constants, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Component, ComponentId, ComponentKind } from '../../component/component.ts'
import type { StorageDirectory, StorageExtension } from '../../component/storage.ts'
import type { FileStorageConfig } from './config.ts'

/** Gives every owner a directory under its own. The owners keep the files. */
export class FileStorage implements Component, StorageExtension {
  readonly #config: FileStorageConfig

  constructor(config: FileStorageConfig) {
    this.#config = config
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
  }

  async shutdown(): Promise<void> {}

  directoryFor(kind: ComponentKind, id: ComponentId, purpose: string): StorageDirectory {
    const names = [kind, id.type, id.name, purpose].filter(name => name !== '').map(escapeName)
    return { path: join(this.#config.directory, names.join('.')), createsDirectory: true, syncs: this.#config.fsync }
  }
}

/** A part of a file name: what is not a letter, digit, `_` or dash is written as `~`, its code and `~`. */
export function escapeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/gu, char => `~${(char.codePointAt(0) ?? 0).toString(16)}~`)
}
