import type { Clock } from '../clock/clock.ts'
import type { HeaderList } from './headers.ts'
import type { KeepaliveSettings, TransportLimits } from './limits.ts'
import type { ServerTls } from './tls.ts'

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string }

export type HttpProtocol = 'http/1.1' | 'h2'

/** One request and its answer. It may be kept until it is answered, not longer. */
export interface Exchange {
  readonly protocol: HttpProtocol
  /** Upper-case, as sent. */
  readonly method: string
  /** The path without the query, as sent: not decoded. */
  readonly path: string
  /** The query without the question mark; empty if there is none. */
  readonly query: string
  /** The peer's IP address without the port; empty on a Unix socket. */
  readonly remoteAddress: string
  /** The peer proved a certificate that our CA signed. */
  readonly isPeerAuthorized: boolean
  /** The value of a header by lower-case name; `host` is HTTP/2's `:authority` too. Several values are joined by `, `. */
  header(name: string): string | undefined
  /** All headers by lower-case name, without pseudo-headers. Builds a map: not for every request. */
  headers(): Map<string, string[]>
  /** Answered, or the peer is gone: `respond` has no effect any more. */
  readonly isOver: boolean
  /** The handler's own notes on this request; a transport never looks at it. */
  notes: unknown
  /**
   * The handler's notes on the head. A sender's heads are mostly the same but for the length of the body, and where the
   * transport sees that, the next exchange begins with the notes of the last.
   */
  headNotes: unknown
  /**
   * Answers, once; later calls and answers to a peer that is gone have no effect. Without `trailers` the answer ends
   * with the body. gRPC's Trailers-Only is an empty body with `grpc-status` among the headers. HTTP/1.1 sends no trailers,
   * and takes `connection: close` for a wish to end the connection; HTTP/2 must not be given one.
   */
  respond(status: number, headers: HeaderList, body: Uint8Array, trailers?: HeaderList): void
  /**
   * Instead of `respond`, called in `head`: the body comes in pieces, and the answer may begin before it ends. Neither
   * `admit` nor `body` nor `failed` follow. Undefined where the transport cannot: HTTP/1.1, node:http2.
   */
  converse?(hearer: Hearer): Conversation
}

/** Who hears the pieces of a request as they come. */
export interface Hearer {
  /** Valid during the call only. */
  received(bytes: Uint8Array): void
  /** The request is whole; what is to be said can still be said. */
  ended(): void
}

/** The answer's side of a request in both directions. What is said to a peer that is gone has no effect. */
export interface Conversation {
  /** Bytes that were said and did not leave yet. */
  readonly unsentBytes: number
  /** The first piece goes behind the head. */
  say(bytes: Uint8Array): void
  end(trailers: HeaderList): void
}

/** Why a body never arrived whole. */
export type BodyFailure =
  | 'too_large' // more than `head` allowed
  | 'not_admitted' // `admit` said no
  | 'too_slow' // the deadline of its progress passed
  | 'malformed' // framing that HTTP does not allow
  | 'aborted' // the peer reset or left

/**
 * What a server does with requests. Called on the event loop, in order for one exchange: `head`, then `admit` before
 * memory is taken, then exactly one of `body` and `failed`, unless `head` answered. The handler frees what it holds when
 * it answers, which it always does, also when the peer is long gone.
 */
export interface RequestHandler {
  /**
   * The head is there, and nothing of the body has been kept. Returns the most body bytes to take, or answers at once
   * (`respond`) and returns -1: then the rest of the request is discarded.
   */
  head(exchange: Exchange): number
  /**
   * `moreBytes` of body are about to be kept: a small declared length at once, everything else as it comes.
   * False refuses the request: `failed` follows. The handler remembers what it said yes to, and takes it back itself.
   */
  admit(exchange: Exchange, moreBytes: number): boolean
  /** The whole body, in one piece; the handler owns it. */
  body(exchange: Exchange, bytes: Uint8Array): void
  /** The body will not come. The handler answers if it can (`exchange.isOver` is false); otherwise the transport does. */
  failed(exchange: Exchange, reason: BodyFailure): void
}

/** Why a connection ended; the label of a counter. */
export type CloseReason =
  | 'peer' // the peer closed it in good order
  | 'peer_reset' // the peer cut it off
  | 'shutdown'
  | 'idle'
  | 'max_age'
  | 'connections_max' // it gave way to a new one, or none would
  | 'preface_timeout'
  | 'headers_timeout'
  | 'body_timeout'
  | 'write_timeout'
  | 'keepalive_timeout'
  | 'headers_too_large'
  | 'too_many_streams'
  | 'too_many_pings'
  | 'flood' // too many frames that ask for work and carry nothing
  | 'wrong_protocol' // HTTP/1.1 on a port that speaks HTTP/2 only, or TLS on one that does not
  | 'protocol_error'
  | 'tls_error'

export interface TransportEvents {
  connectionOpened(): void
  connectionClosed(reason: CloseReason): void
  /** A request that was refused below the handler, such as one with too many headers. */
  requestRefused(reason: CloseReason): void
}

export interface ServerSettings {
  readonly listen: ListenAddress
  readonly tls?: ServerTls | undefined
  /** At least one of them. With both, the first bytes (or ALPN) decide. */
  readonly http1: boolean
  readonly http2: boolean
  readonly limits: TransportLimits
  readonly keepalive: KeepaliveSettings
  readonly handler: RequestHandler
  readonly clock: Clock
  readonly events: TransportEvents
}

/** What of a server can change while it listens. `tls` undefined turns TLS off. */
export interface ServerChanges {
  readonly tls: ServerTls | undefined
  readonly limits: TransportLimits
  readonly keepalive: KeepaliveSettings
}

export interface Server {
  /** Listens. Rejects with the system's error where the address cannot be had. */
  start(): Promise<void>
  /** Where it listens, once started: `127.0.0.1:4317`, `[::1]:4317` or a path. */
  readonly address: string
  /** 0 on a Unix socket. */
  readonly port: number
  readonly connectionCount: number
  /** Swaps the handler between two requests; a request in progress stays with the one that saw its head. */
  setHandler(handler: RequestHandler): void
  /** New connections get the new settings and open ones keep theirs; the listening socket stays. */
  reconfigure(changes: ServerChanges): void
  /**
   * Stops listening, tells peers (GOAWAY, `Connection: close`), lets requests in progress finish until `deadlineMs` on
   * the clock, then cuts the rest off. Safe to call twice.
   */
  shutdown(deadlineMs: number): Promise<void>
}
