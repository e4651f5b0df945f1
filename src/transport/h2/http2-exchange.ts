import { BodyBuffer } from '../body-buffer.ts'
import type { HeaderList } from '../headers.ts'
import type { Conversation, Exchange, Hearer, RequestHandler } from '../server.ts'
import { Http2Stream } from './http2-stream.ts'
import type { RequestHead } from './request-head.ts'

export interface Http2Answer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: Uint8Array
  readonly trailers: HeaderList | undefined
}

/** What an exchange has to do with its connection. */
export interface Http2Answerer {
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  respond(exchange: Http2Exchange, answer: Http2Answer): void
  /** The next piece of an answer in both directions. */
  say(exchange: Http2Exchange, bytes: Uint8Array): void
  endAnswer(exchange: Http2Exchange, trailers: HeaderList): void
}

/** One request on a server's connection, and its answer. */
export class Http2Exchange extends Http2Stream implements Exchange {
  readonly protocol = 'h2'
  readonly handler: RequestHandler
  readonly startedMs: number
  notes: unknown = undefined
  /** Answered, or cut off. */
  isOver = false
  /** The handler has had, or must not have, `body` or `failed`. */
  isBodySettled = false
  /** With a request in both directions: who hears the body. */
  hearer: Hearer | undefined = undefined
  bodyBytesMax = 0
  /** Declared, or announced by gRPC's prefix; 0 if unknown. */
  expectedBytes = 0
  receivedBytes = 0
  readonly body = new BodyBuffer()
  readonly #connection: Http2Answerer
  readonly #head: RequestHead

  constructor(
    connection: Http2Answerer,
    head: RequestHead,
    stream: { id: number; sendWindow: number; receiveWindow: number; handler: RequestHandler; startedMs: number },
  ) {
    super(stream.id, stream.sendWindow, stream.receiveWindow)
    this.#connection = connection
    this.#head = head
    this.handler = stream.handler
    this.startedMs = stream.startedMs
  }

  get head(): RequestHead {
    return this.#head
  }

  get headNotes(): unknown {
    return this.#head.notes
  }

  set headNotes(notes: unknown) {
    this.#head.notes = notes
  }

  get method(): string {
    return this.#head.method
  }

  get path(): string {
    return this.#head.path
  }

  get query(): string {
    return this.#head.query
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress
  }

  get isPeerAuthorized(): boolean {
    return this.#connection.isPeerAuthorized
  }

  header(name: string): string | undefined {
    return this.#head.header(name)
  }

  headers(): Map<string, string[]> {
    return this.#head.headers()
  }

  converse(hearer: Hearer): Conversation {
    this.isBodySettled = true
    this.hearer = hearer
    return new Http2Conversation(this.#connection, this)
  }

  respond(status: number, headers: HeaderList, body: Uint8Array, trailers?: HeaderList): void {
    if (this.isOver) return
    this.#connection.respond(this, { status, headers, body, trailers })
  }
}

/** The answer of a stream in both directions, piece by piece. */
class Http2Conversation implements Conversation {
  readonly #connection: Http2Answerer
  readonly #exchange: Http2Exchange

  constructor(connection: Http2Answerer, exchange: Http2Exchange) {
    this.#connection = connection
    this.#exchange = exchange
  }

  get unsentBytes(): number {
    return this.#exchange.bodyBytesLeft
  }

  say(bytes: Uint8Array): void {
    this.#connection.say(this.#exchange, bytes)
  }

  end(trailers: HeaderList): void {
    this.#connection.endAnswer(this.#exchange, trailers)
  }
}
