import type { HeaderList } from '../headers.ts'
import type { Conversation } from '../server.ts'
import type { Http2Exchange } from './http2-exchange.ts'
import type { Http2ServerConnection } from './http2-server-connection.ts'

/** The answer of a stream in both directions, piece by piece. */
export class Http2Conversation implements Conversation {
  readonly #connection: Http2ServerConnection
  readonly #exchange: Http2Exchange

  constructor(connection: Http2ServerConnection, exchange: Http2Exchange) {
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
