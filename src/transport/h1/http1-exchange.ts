import { BodyBuffer } from '../body-buffer.ts'
import type { HeaderList } from '../headers.ts'
import type { Exchange, RequestHandler } from '../server.ts'
import type { Http1Head } from './request-head.ts'

/** What an exchange has to do with its connection. */
export interface Http1Answerer {
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  respond(exchange: Http1Exchange, status: number, headers: HeaderList, body: Uint8Array): void
}

/** One request on an HTTP/1.1 connection, and its answer. */
export class Http1Exchange implements Exchange {
  readonly protocol = 'http/1.1'
  readonly handler: RequestHandler
  readonly head: Http1Head
  readonly startedMs: number
  notes: unknown = undefined
  isOver = false
  /** The handler has had, or must not have, `body` or `failed`. */
  isBodySettled = false
  bodyBytesMax = 0
  /** Declared; 0 if unknown. */
  expectedBytes = 0
  receivedBytes = 0
  readonly body = new BodyBuffer()
  readonly #connection: Http1Answerer

  constructor(connection: Http1Answerer, head: Http1Head, handler: RequestHandler, startedMs: number) {
    this.#connection = connection
    this.head = head
    this.handler = handler
    this.startedMs = startedMs
  }

  get headNotes(): unknown {
    return this.head.shared.notes
  }

  set headNotes(notes: unknown) {
    this.head.shared.notes = notes
  }

  get method(): string {
    return this.head.method
  }

  get path(): string {
    return this.head.path
  }

  get query(): string {
    return this.head.query
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress
  }

  get isPeerAuthorized(): boolean {
    return this.#connection.isPeerAuthorized
  }

  header(name: string): string | undefined {
    return this.head.header(name)
  }

  headers(): Map<string, string[]> {
    return this.head.headers()
  }

  respond(status: number, headers: HeaderList, body: Uint8Array): void {
    if (this.isOver) return
    this.#connection.respond(this, status, headers, body)
  }
}
