import { grpcStatus } from '../transport/grpc.ts'
import type { ConsumeError, RefusalKind } from './consumer.ts'

/**
 * The one place where refusals become statuses and statuses refusals.
 *
 * Sources: https://opentelemetry.io/docs/specs/otlp/#failures (gRPC), https://opentelemetry.io/docs/specs/otlp/#failures-1
 * (HTTP), https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling and #otlphttp-throttling
 */

/** gRPC codes after which a client may send the same again; RESOURCE_EXHAUSTED only with RetryInfo. */
const retryableGrpc: ReadonlySet<number> = new Set([
  grpcStatus.cancelled,
  grpcStatus.deadlineExceeded,
  grpcStatus.aborted,
  grpcStatus.outOfRange,
  grpcStatus.unavailable,
  grpcStatus.dataLoss,
])

const retryableHttp: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** What a gRPC answer means for the sender's bytes. `hasRetryInfo`: the status carries a RetryInfo. */
export function refusalOfGrpcStatus(code: number, hasRetryInfo: boolean): RefusalKind {
  if (code === grpcStatus.resourceExhausted) return hasRetryInfo ? 'overloaded' : 'permanent'
  if (code === grpcStatus.unavailable && hasRetryInfo) return 'overloaded'
  return retryableGrpc.has(code) ? 'retryable' : 'permanent'
}

/** What an HTTP answer means for the sender's bytes. 413 is permanent too: who can, splits. */
export function refusalOfHttpStatus(status: number): RefusalKind {
  if (status === 429 || status === 503) return 'overloaded'
  return retryableHttp.has(status) ? 'retryable' : 'permanent'
}

/** What a server says to a sender. */
export interface StatusAnswer {
  readonly grpcStatus: number
  readonly httpStatus: number
  /** Set exactly where the sender may come again: RetryInfo and Retry-After carry it. */
  readonly retryDelayMs: number | undefined
}

const defaultRetryDelayMs = 1000

/** A refusal of the pipeline as the answer to whoever sent the request. */
export function answerToRefusal(error: ConsumeError): StatusAnswer {
  if (error.kind !== 'permanent') {
    return {
      grpcStatus: grpcStatus.unavailable,
      // A backend's 429 is passed on: it is the same advice.
      httpStatus: error.httpStatus === 429 ? 429 : 503,
      retryDelayMs: error.retryDelayMs ?? defaultRetryDelayMs,
    }
  }
  if (error.grpcStatus !== undefined && isPermanentGrpc(error.grpcStatus)) {
    return {
      grpcStatus: error.grpcStatus,
      httpStatus: error.httpStatus ?? httpOfGrpc(error.grpcStatus),
      retryDelayMs: undefined,
    }
  }
  if (error.httpStatus !== undefined && refusalOfHttpStatus(error.httpStatus) === 'permanent') {
    return { grpcStatus: grpcOfHttp(error.httpStatus), httpStatus: error.httpStatus, retryDelayMs: undefined }
  }
  return { grpcStatus: grpcStatus.internal, httpStatus: 500, retryDelayMs: undefined }
}

function isPermanentGrpc(code: number): boolean {
  return code !== grpcStatus.ok && refusalOfGrpcStatus(code, false) === 'permanent'
}

/** As the Collector's receivers do, for permanent refusals: the sender must not take them for a reason to retry. */
function httpOfGrpc(code: number): number {
  switch (code) {
    case grpcStatus.invalidArgument:
      return 400
    case grpcStatus.unauthenticated:
      return 401
    case grpcStatus.permissionDenied:
      return 403
    case grpcStatus.unimplemented:
      return 404
    case grpcStatus.resourceExhausted:
      return 413
    default:
      return retryableGrpc.has(code) ? 503 : 500
  }
}

function grpcOfHttp(status: number): number {
  switch (status) {
    case 400:
      return grpcStatus.invalidArgument
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
      return grpcStatus.unimplemented
    case 413:
      return grpcStatus.resourceExhausted
    case 429:
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    default:
      return status >= 500 ? grpcStatus.internal : grpcStatus.unknown
  }
}
