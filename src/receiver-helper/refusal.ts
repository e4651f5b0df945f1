import { asConsumeError } from '../component/consumer.ts'
import { answerToRefusal, type StatusAnswer } from '../component/status-table.ts'
import { grpcStatus } from '../transport/grpc.ts'
import { type HeaderList, noHeaders } from '../transport/headers.ts'
import { InflateError } from '../transport/inflate-error.ts'
import { ReadError } from '../wire/read-error.ts'

/** A request that a receiver answers with anything but success, whichever protocol it came by. */
export class Refusal extends Error implements StatusAnswer {
  override readonly name = 'Refusal'
  readonly grpcStatus: number
  readonly httpStatus: number
  readonly retryDelayMs: number | undefined
  /** The metric's label, from a small fixed set. */
  readonly reason: string
  /** Sent with the answer over HTTP. */
  readonly headers: HeaderList

  constructor(reason: string, message: string, answer: StatusAnswer, headers: HeaderList = noHeaders, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
    this.grpcStatus = answer.grpcStatus
    this.httpStatus = answer.httpStatus
    this.retryDelayMs = answer.retryDelayMs
    this.headers = headers
  }
}

const retryDelayMs = 1000
const unavailable = { grpcStatus: grpcStatus.unavailable, httpStatus: 503, retryDelayMs }
const permanent = (grpcCode: number, httpStatus: number) => ({
  grpcStatus: grpcCode,
  httpStatus,
  retryDelayMs: undefined,
})

/** Bytes that no retry will make readable. */
export function malformed(message: string, cause?: unknown): Refusal {
  return new Refusal('malformed', message, permanent(grpcStatus.invalidArgument, 400), noHeaders, cause)
}

export function tooLarge(message: string, cause?: unknown): Refusal {
  return new Refusal('too_large', message, permanent(grpcStatus.resourceExhausted, 413), noHeaders, cause)
}

export function notAdmitted(): Refusal {
  return new Refusal('admission', 'too many bytes in flight, come again', unavailable)
}

export function draining(): Refusal {
  return new Refusal('draining', 'shutting down, come again', unavailable)
}

export function tooSlow(): Refusal {
  return new Refusal('too_slow', 'the body did not arrive in time', permanent(grpcStatus.deadlineExceeded, 408))
}

export function unknownPath(path: string): Refusal {
  return new Refusal('unknown_path', `nothing is served at ${path}`, permanent(grpcStatus.unimplemented, 404))
}

/** A path that would be served if a pipeline took its signal: that is what the configuration lacks. */
export function noPipeline(path: string): Refusal {
  const message = `no pipeline takes what comes to ${path}`
  return new Refusal('unknown_path', message, permanent(grpcStatus.unimplemented, 404))
}

/** A gRPC call on a port for HTTP: the two ports of OTLP are easily mixed up. */
export function grpcOnHttpPort(): Refusal {
  const message = 'a gRPC call came to the port for OTLP/HTTP: gRPC has a port of its own, 4317 by default'
  return new Refusal('wrong_protocol', message, permanent(grpcStatus.unimplemented, 404))
}

export function wrongMethod(allowed: string): Refusal {
  return new Refusal(
    'wrong_method',
    `method not allowed, supported: [${allowed}]`,
    permanent(grpcStatus.unimplemented, 405),
    ['allow', allowed],
  )
}

export function wrongContentType(contentType: string, supported: readonly string[]): Refusal {
  const found = contentType === '' ? 'no content type' : `unsupported content type ${contentType}`
  const message = `${found}, supported: [${supported.join(', ')}]`
  return new Refusal('wrong_content_type', message, permanent(grpcStatus.invalidArgument, 415))
}

export function wrongEncoding(name: string, supported: readonly string[]): Refusal {
  const accepted = supported.filter(each => each !== '').join(', ')
  const message = `unsupported Content-Encoding: ${name}`
  return new Refusal('wrong_encoding', message, permanent(grpcStatus.unimplemented, 415), [
    'accept-encoding',
    accepted === '' ? 'identity' : accepted,
  ])
}

export function unauthenticated(message: string, challenge: string | undefined): Refusal {
  return new Refusal('unauthenticated', message, permanent(grpcStatus.unauthenticated, 401), [
    'www-authenticate',
    challenge ?? 'Bearer',
  ])
}

export function forbidden(message: string): Refusal {
  return new Refusal('forbidden', message, permanent(grpcStatus.permissionDenied, 403))
}

/** Whatever was thrown while a request was read or consumed. What nobody foresaw is our own bug: 500, INTERNAL. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ReadError) {
    return error.reason === 'budget' ? tooLarge(error.message, error) : malformed(error.message, error)
  }
  if (error instanceof InflateError) {
    if (error.kind === 'too_large') return tooLarge(error.message, error)
    return error.kind === 'not_admitted' ? notAdmitted() : malformed(error.message, error)
  }
  const refusal = asConsumeError(error)
  return new Refusal(refusal.reason, refusal.message, answerToRefusal(refusal), noHeaders, refusal)
}

/** `Retry-After` in whole seconds, at least one. */
export function retryAfterSeconds(delayMs: number): string {
  return String(Math.max(1, Math.ceil(delayMs / 1000)))
}
