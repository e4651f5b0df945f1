import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import type { ByteBudget } from '../transport/byte-budget.ts'
import { type GrpcFramingError, grpcPrefixBytes, grpcStatusTrailers, readUnaryMessage } from '../transport/grpc.ts'
import type { HeaderList } from '../transport/headers.ts'
import { type ContentEncoding, contentEncoding, defaultInflateLimits } from '../transport/inflate.ts'
import type { BodyFailure, Conversation, Exchange, Hearer, RequestHandler } from '../transport/server.ts'
import { inflatedBody } from './inflated-body.ts'
import {
  draining,
  malformed,
  noPipeline,
  notAdmitted,
  Refusal,
  tooLarge,
  tooSlow,
  toRefusal,
  unknownPath,
  wrongEncoding,
} from './refusal.ts'
import { type GuardSettings, isRefusal, letIn } from './request-guard.ts'
import { RequestLease } from './request-lease.ts'

/** A unary method. */
export interface GrpcMethod {
  /** False where nobody takes such calls now: UNIMPLEMENTED. */
  isServed(): boolean
  /** Gets the message; what comes of it is the answer's body, framed. Whatever it throws or rejects with becomes a status. */
  call(message: Uint8Array, metadata: ClientMetadata | undefined): Uint8Array | Promise<Uint8Array>
}

/** A method with messages in both directions: makes who hears one call of it. */
export type GrpcConversation = (open: (hearer: Hearer) => Conversation) => void

export interface GrpcMethodsSettings extends GuardSettings {
  /** By path: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>
  /** By path: methods with messages in both directions. */
  readonly conversations: ReadonlyMap<string, GrpcConversation>
  readonly messageBytesMax: number
  readonly admission: ByteBudget
  /** Told of every call that is answered with anything but OK. */
  readonly refused: (refusal: Refusal) => void
}

const grpcHeaders: HeaderList = Object.freeze(['content-type', 'application/grpc'])
const okTrailers: HeaderList = Object.freeze(['grpc-status', '0'])
const acceptedEncodings = ['identity', 'gzip', 'deflate', 'zstd', 'snappy']
const conversing = 'conversing'
const noBody = new Uint8Array(0)

/** What is known of a call while its message comes in. */
interface Call {
  readonly method: GrpcMethod
  readonly encoding: ContentEncoding
  readonly metadata: ClientMetadata | undefined
  readonly lease: RequestLease
}

/** Serves unary gRPC methods: framing, compression, limits, admission and statuses. */
export class GrpcMethods implements RequestHandler {
  readonly #settings: GrpcMethodsSettings
  isDraining = false

  constructor(settings: GrpcMethodsSettings) {
    this.#settings = settings
  }

  head(exchange: Exchange): number {
    if (exchange.method !== 'POST') return answerHttp(exchange, 405, ['allow', 'POST'])
    const contentType = exchange.header('content-type') ?? ''
    if (!/^application\/grpc(?:\+proto)?(?:$|;)/.test(contentType)) return answerHttp(exchange, 415, [])
    const call = this.#begin(exchange)
    if (call === conversing) return 0
    if (isRefusal(call)) {
      this.#refuse(exchange, call)
      return -1
    }
    exchange.notes = call
    return this.#settings.messageBytesMax + grpcPrefixBytes
  }

  #begin(exchange: Exchange): Call | Refusal | typeof conversing {
    const { methods, admission } = this.#settings
    if (this.isDraining) return draining()
    const metadata = letIn(exchange, this.#settings)
    if (isRefusal(metadata)) return metadata
    const method = methods.get(exchange.path)
    if (method === undefined) return this.#converse(exchange) ?? unknownPath(exchange.path)
    if (!method.isServed()) return noPipeline(exchange.path)
    const encodingName = exchange.header('grpc-encoding') ?? 'identity'
    const encoding = contentEncoding(encodingName)
    if (encoding === undefined) return wrongEncoding(encodingName, acceptedEncodings)
    return { method, encoding, metadata, lease: new RequestLease(admission) }
  }

  #converse(exchange: Exchange): typeof conversing | undefined {
    const conversation = this.#settings.conversations.get(exchange.path)
    if (conversation === undefined || exchange.converse === undefined) return undefined
    conversation(hearer => exchange.converse!(hearer))
    return conversing
  }

  admit(exchange: Exchange, moreBytes: number): boolean {
    return (exchange.notes as Call).lease.reserve(moreBytes)
  }

  body(exchange: Exchange, bytes: Uint8Array): void {
    const call = exchange.notes as Call
    const { method, metadata } = call
    try {
      const message = this.#message(call, bytes)
      const answer =
        message instanceof Promise
          ? message.then(inflated => method.call(inflated, metadata))
          : method.call(message, metadata)
      if (answer instanceof Promise) this.#answerLater(exchange, call, answer)
      else this.#answer(exchange, call, answer)
    } catch (error) {
      this.#failed(exchange, call, error)
    }
  }

  #message({ encoding, lease }: Call, body: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { messageBytesMax } = this.#settings
    const framed = readUnaryMessage(body, messageBytesMax)
    if (typeof framed === 'string') throw framingRefusal(framed, messageBytesMax)
    const message = body.subarray(framed.start, framed.end)
    if (!framed.compressed) return message
    if (encoding === 'identity') throw malformed('a compressed message without grpc-encoding')
    const limits = { ...defaultInflateLimits, bytesMax: messageBytesMax }
    return inflatedBody(encoding, message, limits, lease, grpcPrefixBytes)
  }

  #answerLater(exchange: Exchange, call: Call, answer: Promise<Uint8Array>): void {
    answer.then(settled => this.#answer(exchange, call, settled)).catch(error => this.#failed(exchange, call, error))
  }

  #answer(exchange: Exchange, { lease }: Call, answer: Uint8Array): void {
    lease.release()
    exchange.respond(200, grpcHeaders, answer, okTrailers)
  }

  #failed(exchange: Exchange, { lease }: Call, error: unknown): void {
    lease.release()
    this.#refuse(exchange, toRefusal(error))
  }

  failed(exchange: Exchange, reason: BodyFailure): void {
    const call = exchange.notes as Call
    call.lease.release()
    this.#refuse(exchange, failureRefusal(reason, this.#settings.messageBytesMax))
  }

  #refuse(exchange: Exchange, refusal: Refusal): void {
    this.#settings.refused(refusal)
    const { grpcStatus, message, retryDelayMs } = refusal
    const encodings = refusal.reason === 'wrong_encoding' ? ['grpc-accept-encoding', acceptedEncodings.join(',')] : []
    const status = grpcStatusTrailers(grpcStatus, message.slice(0, messageCharactersMax), retryDelayMs)
    exchange.respond(200, [...grpcHeaders, ...encodings, ...status], noBody)
  }
}

const messageCharactersMax = 1024

function answerHttp(exchange: Exchange, status: number, headers: HeaderList): number {
  exchange.respond(status, headers, noBody)
  return -1
}

function framingRefusal(error: GrpcFramingError, messageBytesMax: number): Refusal {
  switch (error) {
    case 'too_large':
      return tooLarge(`the message is larger than ${messageBytesMax} bytes`)
    case 'second_message':
      return malformed('more than one message in a unary call')
    case 'empty':
      return malformed('no message in a unary call')
    case 'bad_flag':
      return malformed('the compressed flag is neither 0 nor 1')
    case 'cut_off':
      return malformed('the message is cut off')
  }
}

/** Why a body never came, as the answer to its sender. */
export function failureRefusal(reason: BodyFailure, bytesMax: number): Refusal {
  switch (reason) {
    case 'too_large':
      return tooLarge(`the request is larger than ${bytesMax} bytes`)
    case 'not_admitted':
      return notAdmitted()
    case 'too_slow':
      return tooSlow()
    case 'malformed':
      return malformed('the body is not framed as HTTP says')
    case 'aborted':
      return new Refusal('aborted', 'the sender left', tooSlow())
  }
}
