import type { HeaderList } from './headers.ts'
import { admittedAheadBytesMax } from './limits.ts'
import type { BodyFailure, Exchange, HttpProtocol, RequestHandler } from './server.ts'

const discardBytesMax = 256 * 1024

/**
 * What HTTP/1.1 and HTTP/2 have in common while a request comes in: the handler's limit, admission before bytes are kept,
 * and progress. Subclasses know how to answer.
 */
export abstract class NodeExchange implements Exchange {
  abstract readonly protocol: HttpProtocol
  readonly method: string
  readonly path: string
  readonly query: string
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  notes: unknown = undefined
  headNotes: unknown = undefined
  isOver = false
  /** On the clock; the body's progress is measured from here. */
  readonly startedAtMs: number
  bodyBytes = 0
  #bodyBytesMax = 0
  #admittedBytes = 0
  #chunks: Uint8Array[] = []
  #discardedBytes = 0
  /** Whether the handler has been told how the body ended, or answered before. */
  #isBodyDone = false
  readonly #handler: RequestHandler

  constructor(handler: RequestHandler, method: string, url: string, peer: PeerIdentity, nowMs: number) {
    this.#handler = handler
    this.method = method
    const mark = url.indexOf('?')
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.query = mark < 0 ? '' : url.slice(mark + 1)
    this.remoteAddress = peer.remoteAddress
    this.isPeerAuthorized = peer.isAuthorized
    this.startedAtMs = nowMs
  }

  abstract header(name: string): string | undefined
  abstract headers(): Map<string, string[]>
  protected abstract send(status: number, headers: HeaderList, body: Uint8Array, trailers?: HeaderList): void
  /** The peer sends much more than anybody wants: stop it. */
  protected abstract stop(): void

  get isBodyDone(): boolean {
    return this.#isBodyDone
  }

  /** False where the handler answered at once. */
  begin(declaredBytes: number | undefined): boolean {
    this.#bodyBytesMax = this.#handler.head(this)
    if (this.#bodyBytesMax < 0 || this.isOver) {
      this.#isBodyDone = true
      if (!this.isOver) this.respond(500, [], new Uint8Array(0))
      return false
    }
    if (declaredBytes === undefined || declaredBytes === 0) return true
    if (declaredBytes > this.#bodyBytesMax) this.fail('too_large')
    else if (declaredBytes <= admittedAheadBytesMax && !this.#admit(declaredBytes)) this.fail('not_admitted')
    return !this.#isBodyDone
  }

  chunk(bytes: Uint8Array): void {
    if (this.#isBodyDone) {
      this.#discardedBytes += bytes.length
      if (this.#discardedBytes > discardBytesMax) this.stop()
      return
    }
    this.bodyBytes += bytes.length
    const moreBytes = this.bodyBytes - this.#admittedBytes
    if (this.bodyBytes > this.#bodyBytesMax) this.fail('too_large')
    else if (moreBytes > 0 && !this.#admit(moreBytes)) this.fail('not_admitted')
    else this.#chunks.push(bytes)
  }

  complete(): void {
    if (this.#isBodyDone) return
    this.#isBodyDone = true
    const chunks = this.#chunks
    this.#chunks = []
    this.#handler.body(this, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.bodyBytes))
  }

  fail(reason: BodyFailure): void {
    if (this.#isBodyDone) return
    this.#isBodyDone = true
    this.#chunks = []
    if (reason === 'aborted') this.isOver = true
    this.#handler.failed(this, reason)
    if (!this.isOver) this.respond(reason === 'too_large' ? 413 : 400, [], new Uint8Array(0))
  }

  /** The peer is gone. */
  abort(): void {
    this.isOver = true
    this.fail('aborted')
  }

  respond(status: number, headers: HeaderList, body: Uint8Array, trailers?: HeaderList): void {
    if (this.isOver) return
    this.isOver = true
    this.#isBodyDone = true
    this.send(status, headers, body, trailers)
  }

  #admit(moreBytes: number): boolean {
    if (!this.#handler.admit(this, moreBytes)) return false
    this.#admittedBytes += moreBytes
    return true
  }
}

export interface PeerIdentity {
  readonly remoteAddress: string
  readonly isAuthorized: boolean
}
