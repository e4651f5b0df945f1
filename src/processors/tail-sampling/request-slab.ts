import { BatchMemory } from '../../pdata/batch-memory.ts'
import { RangeLists } from './range-lists.ts'
import type { SpanIndex, WaitingRequest } from './span-index.ts'

const slabBytesMax = 64 * 1024
/** A slab is at most this part of all memory, and a request in it at most this part of a slab. */
const slabShare = 32
const requestShare = 8

/**
 * Small requests one behind the other in one piece of memory, which is one request too. Each with an array of its own would
 * take two to three times its size on the wire: a span of 542 bytes alone in its request took 1,862.
 */
export class RequestSlab {
  readonly #spans: SpanIndex
  readonly #slabBytes: number
  #index = -1
  #length = 0

  constructor(spans: SpanIndex, memoryMaxBytes: number) {
    this.#spans = spans
    this.#slabBytes = Math.min(slabBytesMax, Math.floor(memoryMaxBytes / slabShare))
  }

  /** The largest request that is put here. */
  get requestBytesMax(): number {
    return this.#slabBytes / requestShare
  }

  /** Copies a request to the end. Returns where it begins; it is in the request that `index` says. */
  add(bytes: Uint8Array): number {
    if (this.#index === -1 || this.#length + bytes.length > this.#slabBytes) this.#begin()
    const start = this.#length
    this.#spans.requestAt(this.#index).bytes.set(bytes, start)
    this.#length += bytes.length
    return start
  }

  get index(): number {
    return this.#index
  }

  #begin(): void {
    this.#end()
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(this.#slabBytes).buffer)
    const request = waitingRequest(bytes, BatchMemory.of(bytes))
    // It stays while more may come.
    request.waitingSpans = 1
    this.#index = this.#spans.addRequest(request)
    this.#length = 0
  }

  #end(): void {
    if (this.#index === -1) return
    this.#spans.requestAt(this.#index).waitingSpans--
    this.#spans.settleRequest(this.#index)
    this.#index = -1
  }
}

export function waitingRequest(bytes: Uint8Array, memory: BatchMemory | undefined): WaitingRequest {
  const [resources, scopes] = [new RangeLists(), new RangeLists()]
  return { bytes, memory, resources, scopes, scopeResources: [], waitingSpans: 0 }
}
