import type { Component, ComponentId, ComponentKind } from './component.ts'

/** Where one owner keeps its data, and how. */
export interface StorageDirectory {
  readonly path: string
  /** It, and what it stands in, may be created. */
  readonly createsDirectory: boolean
  /** What is acknowledged is on the disk itself, not only with the system. */
  readonly syncs: boolean
}

/** An extension that `sending_queue.storage` may name. */
export interface StorageExtension {
  /** A directory of its own for each owner and purpose; the same at every start. */
  directoryFor(kind: ComponentKind, id: ComponentId, purpose: string): StorageDirectory
}

export function isStorageExtension(component: Component | undefined): component is Component & StorageExtension {
  return typeof (component as Partial<StorageExtension> | undefined)?.directoryFor === 'function'
}
