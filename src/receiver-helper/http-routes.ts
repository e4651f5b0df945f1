import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import type { ByteBudget } from '../transport/byte-budget.ts'
import { grpcStatusTrailers } from '../transport/grpc.ts'
import { type HeaderList, noHeaders } from '../transport/headers.ts'
import {
  type ContentEncoding,
  contentEncoding,
  defaultInflateLimits,
  type InflateLimits,
} from '../transport/inflate.ts'
import type { BodyFailure, Exchange, RequestHandler } from '../transport/server.ts'
import { type Cors, corsHeaders, preflightHeaders } from './cors.ts'
import { failureRefusal } from './grpc-methods.ts'
import { inflatedBody } from './inflated-body.ts'
import {
  draining,
  grpcOnHttpPort,
  noPipeline,
  type Refusal,
  retryAfterSeconds,
  toRefusal,
  unknownPath,
  wrongContentType,
  wrongEncoding,
  wrongMethod,
} from './refusal.ts'
import { type GuardSettings, isRefusal, letIn } from './request-guard.ts'
import { RequestLease } from './request-lease.ts'

export interface HttpRequest {
  /** The media type without parameters, lower-case; empty where the request has none. */
  readonly contentType: string
  readonly query: string
  readonly metadata: ClientMetadata | undefined
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: Uint8Array
}

/** What is served at one path. */
export interface HttpRoute {
  /** Media types of the body; undefined means any. */
  readonly contentTypes: readonly string[] | undefined
  readonly methods: readonly string[]
  /** False where nobody takes such requests now: 404. */
  isServed(): boolean
  /** Gets the body without its compression. Whatever it throws or rejects with becomes an answer. */
  take(body: Uint8Array, request: HttpRequest): HttpAnswer | Promise<HttpAnswer>
  /** The body of a refusal and its type, in the encoding of the request. */
  refusal(refusal: Refusal, contentType: string): { readonly type: string; readonly body: Uint8Array }
}

export interface HttpRoutesSettings extends GuardSettings {
  /** By path; a receiver that takes any path answers with a route for each. */
  readonly routes: Pick<ReadonlyMap<string, HttpRoute>, 'get' | 'values'>
  readonly bodyBytesMax: number
  /** Content encodings that are taken, as in `compression_algorithms`. */
  readonly encodings: readonly string[]
  readonly cors: Cors | undefined
  /** Added to every answer. */
  readonly responseHeaders: HeaderList
  /** False ends HTTP/1.1 connections with each answer. */
  readonly keepsConnections: boolean
  readonly admission: ByteBudget
  readonly refused: (refusal: Refusal) => void
}

/** What a head asks for, found out once for all requests with the same head. */
interface Wanted {
  /** Whose routes they are: a reload changes them under an open connection. */
  readonly by: HttpRoutes
  readonly route: HttpRoute
  readonly encoding: ContentEncoding
  readonly contentType: string
}

interface Incoming {
  readonly route: HttpRoute
  readonly encoding: ContentEncoding
  readonly request: HttpRequest
  readonly lease: RequestLease
}

/** Serves HTTP routes: CORS, authentication, negotiation, limits, admission, decompression and the answers to refusals. */
export class HttpRoutes implements RequestHandler {
  readonly #settings: HttpRoutesSettings
  readonly #encodings: ReadonlySet<ContentEncoding>
  readonly #inflateLimits: InflateLimits
  isDraining = false

  constructor(settings: HttpRoutesSettings) {
    this.#settings = settings
    this.#inflateLimits = { ...defaultInflateLimits, bytesMax: settings.bodyBytesMax }
    // What has no compression at all is always taken.
    this.#encodings = new Set(['identity', ...settings.encodings.map(contentEncoding)] as ContentEncoding[])
  }

  head(exchange: Exchange): number {
    const { cors, bodyBytesMax } = this.#settings
    const preflight = cors === undefined ? undefined : preflightHeaders(exchange, cors)
    if (preflight !== undefined) {
      exchange.respond(204, this.#with(exchange, preflight, false), noBody)
      return -1
    }
    const incoming = this.#begin(exchange)
    if (isRefusal(incoming)) {
      this.#refuse(exchange, incoming)
      return -1
    }
    exchange.notes = incoming
    return bodyBytesMax
  }

  #begin(exchange: Exchange): Incoming | Refusal {
    const { admission } = this.#settings
    if (this.isDraining) return draining()
    const metadata = letIn(exchange, this.#settings)
    if (isRefusal(metadata)) return metadata
    const known = exchange.headNotes as Wanted | undefined
    const wanted = known?.by === this ? known : this.#read(exchange)
    if (isRefusal(wanted)) return wanted
    const { route, encoding, contentType } = wanted
    if (!route.isServed()) return noPipeline(exchange.path)
    exchange.headNotes = wanted
    const request = { contentType, query: exchange.query, metadata }
    return { route, encoding, request, lease: new RequestLease(admission) }
  }

  #read(exchange: Exchange): Wanted | Refusal {
    const { routes, encodings } = this.#settings
    // An endpoint that ends in a slash gives two: Go's server answers with a redirect to where one stands.
    const route = routes.get(exchange.path) ?? routes.get(exchange.path.replace(/\/{2,}/g, '/'))
    if (route === undefined) return isGrpc(exchange) ? grpcOnHttpPort() : unknownPath(exchange.path)
    if (!route.isServed()) return noPipeline(exchange.path)
    if (!route.methods.includes(exchange.method)) return wrongMethod(route.methods.join(', '))
    const contentType = mediaType(exchange)
    const { contentTypes } = route
    if (contentTypes !== undefined && !contentTypes.includes(contentType)) {
      return wrongContentType(contentType, contentTypes)
    }
    const encodingName = exchange.header('content-encoding') ?? ''
    const encoding = contentEncoding(encodingName)
    if (encoding === undefined || !this.#encodings.has(encoding)) return wrongEncoding(encodingName, encodings)
    return { by: this, route, encoding, contentType }
  }

  admit(exchange: Exchange, moreBytes: number): boolean {
    return (exchange.notes as Incoming).lease.reserve(moreBytes)
  }

  body(exchange: Exchange, bytes: Uint8Array): void {
    const incoming = exchange.notes as Incoming
    const { route, encoding, request, lease } = incoming
    try {
      const body = inflatedBody(encoding, bytes, this.#inflateLimits, lease, 0)
      const answer =
        body instanceof Promise ? body.then(inflated => route.take(inflated, request)) : route.take(body, request)
      // Mostly everything is done by now, and an answer at once goes out with those to the other requests of this read.
      if (answer instanceof Promise) this.#answerLater(exchange, incoming, answer)
      else this.#answer(exchange, incoming, answer)
    } catch (error) {
      this.#failed(exchange, incoming, error)
    }
  }

  #answerLater(exchange: Exchange, incoming: Incoming, answer: Promise<HttpAnswer>): void {
    answer
      .then(settled => this.#answer(exchange, incoming, settled))
      .catch(error => this.#failed(exchange, incoming, error))
  }

  #answer(exchange: Exchange, { lease }: Incoming, answer: HttpAnswer): void {
    lease.release()
    exchange.respond(answer.status, this.#with(exchange, answer.headers), answer.body)
  }

  #failed(exchange: Exchange, { lease }: Incoming, error: unknown): void {
    lease.release()
    this.#refuse(exchange, toRefusal(error))
  }

  failed(exchange: Exchange, reason: BodyFailure): void {
    const incoming = exchange.notes as Incoming
    incoming.lease.release()
    this.#refuse(exchange, failureRefusal(reason, this.#settings.bodyBytesMax))
  }

  #refuse(exchange: Exchange, refusal: Refusal): void {
    this.#settings.refused(refusal)
    if (isGrpc(exchange)) {
      exchange.respond(200, grpcRefusal(refusal), noBody)
      return
    }
    const route = this.#settings.routes.get(exchange.path) ?? this.#anyRoute()
    const { type, body } = route.refusal(refusal, mediaType(exchange))
    const headers = ['content-type', type, ...refusal.headers]
    if (refusal.retryDelayMs !== undefined) headers.push('retry-after', retryAfterSeconds(refusal.retryDelayMs))
    exchange.respond(refusal.httpStatus, this.#with(exchange, headers), body)
  }

  /** Answers at unknown paths look like those at the known ones. */
  #anyRoute(): HttpRoute {
    const [route] = this.#settings.routes.values()
    if (route === undefined) throw new Error('a server without routes')
    return route
  }

  #with(exchange: Exchange, headers: HeaderList, withCors = true): HeaderList {
    const { responseHeaders, cors, keepsConnections } = this.#settings
    const origin = withCors && cors !== undefined ? corsHeaders(exchange, cors) : noHeaders
    const end = keepsConnections || exchange.protocol === 'h2' ? noHeaders : closeHeaders
    if (responseHeaders.length + origin.length + end.length === 0) return headers
    return [...headers, ...origin, ...responseHeaders, ...end]
  }
}

const noBody = new Uint8Array(0)

function isGrpc(exchange: Exchange): boolean {
  return exchange.protocol === 'h2' && mediaType(exchange).startsWith('application/grpc')
}

/** Trailers-Only: the one form in which a gRPC client shows its user the message. */
function grpcRefusal(refusal: Refusal): HeaderList {
  return ['content-type', 'application/grpc', ...grpcStatusTrailers(refusal.grpcStatus, refusal.message)]
}

const closeHeaders: HeaderList = Object.freeze(['connection', 'close'])

function mediaType(exchange: Exchange): string {
  const value = exchange.header('content-type')
  if (value === undefined) return ''
  const end = value.indexOf(';')
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase()
}
