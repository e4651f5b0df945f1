import type { BatchMemory } from '../../pdata/batch-memory.ts'
import type { RangeLists } from './range-lists.ts'

const none = -1

/** A request that has spans waiting, or several one behind the other, and where its groups' own fields stand. */
export interface WaitingRequest {
  readonly bytes: Uint8Array
  readonly memory: BatchMemory | undefined
  /** Each resource group's fields beside its scopes. */
  readonly resources: RangeLists
  /** The same of each scope group beside its spans, and the resource group that it is in. */
  readonly scopes: RangeLists
  readonly scopeResources: number[]
  waitingSpans: number
}

/**
 * Where waiting spans stand in the requests that brought them: five integers for each, in arrays that are used again. The
 * requests' bytes are kept as they came, small ones together; they go when their last span has been decided.
 */
export class SpanIndex {
  #request = new Int32Array(1024)
  #scope = new Int32Array(1024)
  #start = new Int32Array(1024)
  #end = new Int32Array(1024)
  #next = new Int32Array(1024)
  #free = none
  #used = 0
  #count = 0
  readonly #requests: (WaitingRequest | undefined)[] = []
  readonly #freeRequests: number[] = []
  #requestBytes = 0

  /** Spans that wait. */
  get count(): number {
    return this.#count
  }

  /** Bytes held: the waiting requests and the index itself. */
  get heldBytes(): number {
    return this.#requestBytes + this.#start.length * 20
  }

  addRequest(request: WaitingRequest): number {
    const index = this.#freeRequests.pop() ?? this.#requests.length
    this.#requests[index] = request
    this.#requestBytes += request.bytes.length
    return index
  }

  /** Frees a request that no span waits in. */
  settleRequest(index: number): void {
    const request = this.#requests[index]
    if (request === undefined || request.waitingSpans > 0) return
    this.#requests[index] = undefined
    this.#freeRequests.push(index)
    this.#requestBytes -= request.bytes.length
    request.memory?.release(request.bytes)
  }

  requestAt(index: number): WaitingRequest {
    return this.#requests[index]!
  }

  add(request: number, scope: number, start: number, end: number): number {
    let span = this.#free
    if (span === none) {
      span = this.#used++
      if (span === this.#start.length) this.#grow()
    } else this.#free = this.#next[span]!
    this.#request[span] = request
    this.#scope[span] = scope
    this.#start[span] = start
    this.#end[span] = end
    this.#next[span] = none
    this.#requests[request]!.waitingSpans++
    this.#count++
    return span
  }

  link(span: number, next: number): void {
    this.#next[span] = next
  }

  next(span: number): number {
    return this.#next[span]!
  }
  request(span: number): number {
    return this.#request[span]!
  }
  scope(span: number): number {
    return this.#scope[span]!
  }
  start(span: number): number {
    return this.#start[span]!
  }
  end(span: number): number {
    return this.#end[span]!
  }

  remove(span: number): void {
    const request = this.#request[span]!
    this.#requests[request]!.waitingSpans--
    this.settleRequest(request)
    this.#next[span] = this.#free
    this.#free = span
    this.#count--
  }

  #grow(): void {
    const length = this.#start.length + Math.max(1024, this.#start.length >> 1)
    const grown = (from: Int32Array) => {
      const to = new Int32Array(length)
      to.set(from)
      return to
    }
    this.#request = grown(this.#request)
    this.#scope = grown(this.#scope)
    this.#start = grown(this.#start)
    this.#end = grown(this.#end)
    this.#next = grown(this.#next)
  }
}
