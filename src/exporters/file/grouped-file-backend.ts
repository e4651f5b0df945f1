import { posix } from 'node:path'
import type { ComponentSettings } from '../../component/component.ts'
import {
  type Attempt,
  accepted,
  type Backend,
  type ExportRequest,
  type ExportResult,
  malformed,
} from '../../exporter-helper/export-request.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { FileConfig } from './config.ts'
import { FileBackend } from './file-backend.ts'
import { groupByAttribute } from './resource-groups.ts'

/** What is remembered of files that a run has begun: 1 MB of paths. */
const begunMax = 10_000

/** One file for each value of a resource attribute, of which the latest used are open. */
export class GroupedFileBackend implements Backend {
  readonly #config: FileConfig
  readonly #settings: ComponentSettings
  /** By path, latest used last. */
  readonly #open = new Map<string, FileBackend>()
  /** Files that give way; who wants one of them again waits. */
  readonly #closing = new Map<string, Promise<void>>()
  /** Files of this run: opened again, they go on. With more of them than are remembered, every file does. */
  readonly #begun = new Set<string>()
  readonly #begunMax: number
  /** Files that have their part of a request that failed elsewhere, by the request's first part: a retry skips them. */
  readonly #written = new WeakMap<Uint8Array, Set<string>>()

  constructor(config: FileConfig, settings: ComponentSettings, limits = { begunMax }) {
    this.#config = config
    this.#settings = settings
    this.#begunMax = limits.begunMax
  }

  async send(request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    const { resourceAttribute } = this.#config.groupBy
    let groups: ReturnType<typeof groupByAttribute>
    try {
      groups = groupByAttribute(request.signal, request.parts, resourceAttribute)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return malformed(error.message)
    }
    const byPath = new Map<string, Uint8Array[]>()
    for (const [segment, parts] of groups.parts) {
      const path = pathOfSegment(this.#config.path, segment)
      byPath.set(path, [...(byPath.get(path) ?? []), ...parts])
    }
    const [first] = request.parts
    const written = this.#written.get(first!) ?? new Set()
    const missing = [...byPath].filter(([path]) => !written.has(path))
    const results = await Promise.all(missing.map(([path, parts]) => this.#write(path, { ...request, parts }, attempt)))
    for (const [i, [path]] of missing.entries()) if (results[i]!.kind === 'accepted') written.add(path)
    const refused = results.filter(({ kind }) => kind !== 'accepted')
    if (refused.length > 0) {
      this.#written.set(first!, written)
      return refused.find(isRetryable) ?? refused[0]!
    }
    const { otherItemCount } = groups
    if (otherItemCount === 0) return accepted
    const message = `their resource has no text attribute ${resourceAttribute}, so they have no file`
    return { kind: 'accepted', rejectedCount: otherItemCount, message }
  }

  async shutdown(): Promise<void> {
    for (const path of [...this.#open.keys()]) this.#close(path)
    await Promise.all(this.#closing.values())
  }

  async #write(path: string, request: ExportRequest, attempt: Attempt): Promise<ExportResult> {
    while (this.#closing.has(path)) await this.#closing.get(path)
    const file = this.#fileOf(path)
    // Whatever is over leaves after this request has its place in the file that it wants.
    const result = file.send(request, attempt)
    for (const oldest of [...this.#open.keys()].slice(0, -this.#config.groupBy.maxOpenFiles)) this.#close(oldest)
    return result
  }

  #fileOf(path: string): FileBackend {
    const isFull = this.#begun.size >= this.#begunMax
    const append = this.#config.append || ((isFull || this.#begun.has(path)) && this.#config.rotation === undefined)
    const file =
      this.#open.get(path) ?? new FileBackend({ ...this.#config, path, append, createDirectory: true }, this.#settings)
    if (!isFull) this.#begun.add(path)
    this.#open.delete(path)
    this.#open.set(path, file)
    return file
  }

  #close(path: string): void {
    const file = this.#open.get(path)
    if (file === undefined) return
    this.#open.delete(path)
    const closed = file.shutdown().catch(error => {
      this.#settings.logger.warn('closing a file failed', { path, error })
    })
    this.#closing.set(
      path,
      closed.then(() => void this.#closing.delete(path)),
    )
  }
}

function isRetryable(result: ExportResult): boolean {
  return result.kind === 'refused' && result.refusal.kind === 'retryable'
}

/** `segment` in place of the `*` of `template`; what would lead out of the template's folder stays inside it. */
export function pathOfSegment(template: string, segment: string): string {
  const [before = '', after = ''] = template.split('*')
  const prefix = posix.normalize(before)
  const text = segment.replaceAll('\0', '_').replace(/^\.\.?(?=\/)/, '')
  const path = posix.normalize(prefix + text + after)
  return path.startsWith(prefix) ? path : posix.join(prefix, posix.join('/', text + after))
}
