import { encodeRpcStatus } from './rpc-status.ts'

/**
 * gRPC over HTTP/2, unary calls: framing, time-outs, status.
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md and doc/statuscodes.md
 */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const

/** Flag and length before every message. */
export const grpcPrefixBytes = 5

/** What a unary request's body holds: `bytes[start, end)` is the message. */
export interface GrpcMessage {
  readonly compressed: boolean
  readonly start: number
  readonly end: number
}

/** Why a body is not one message. */
export type GrpcFramingError = 'empty' | 'cut_off' | 'bad_flag' | 'too_large' | 'second_message'

/** Reads a unary body: exactly one message, nothing behind it. */
export function readUnaryMessage(body: Uint8Array, messageBytesMax: number): GrpcMessage | GrpcFramingError {
  if (body.length === 0) return 'empty'
  if (body.length < grpcPrefixBytes) return 'cut_off'
  const flag = body[0]!
  if (flag > 1) return 'bad_flag'
  const length = ((body[1]! << 24) | (body[2]! << 16) | (body[3]! << 8) | body[4]!) >>> 0
  if (length > messageBytesMax) return 'too_large'
  const end = grpcPrefixBytes + length
  if (end > body.length) return 'cut_off'
  if (end < body.length) return 'second_message'
  return { compressed: flag === 1, start: grpcPrefixBytes, end }
}

/** The prefix of a message that is `length` bytes as sent. */
export function grpcPrefix(length: number, compressed: boolean): Uint8Array {
  return Uint8Array.of(compressed ? 1 : 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255)
}

/** A whole body around one message. */
export function frameMessage(message: Uint8Array, compressed = false): Uint8Array {
  const body = new Uint8Array(grpcPrefixBytes + message.length)
  body.set(grpcPrefix(message.length, compressed))
  body.set(message, grpcPrefixBytes)
  return body
}

const timeoutUnits: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Milliseconds in a `grpc-timeout`; undefined where it is absent or malformed. */
export function parseGrpcTimeout(value: string | undefined): number | undefined {
  if (value === undefined || !/^[0-9]{1,8}[HMSmun]$/.test(value)) return undefined
  return Number(value.slice(0, -1)) * timeoutUnits[value.slice(-1)]!
}

/** At most eight digits and a unit; rounded up, so that the server never gives up before the client. */
export function formatGrpcTimeout(timeoutMs: number): string {
  const wholeMs = Math.max(1, Math.ceil(timeoutMs))
  if (wholeMs < 1e8) return `${wholeMs}m`
  const seconds = Math.ceil(wholeMs / 1000)
  return seconds < 1e8 ? `${seconds}S` : `${Math.min(99_999_999, Math.ceil(seconds / 3600))}H`
}

/** `grpc-message`: UTF-8, percent-encoded but for printable ASCII other than `%`. */
export function encodeGrpcMessage(message: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(message)) return message
  let out = ''
  for (const byte of Buffer.from(message, 'utf8')) {
    if (byte >= 0x20 && byte <= 0x7e && byte !== 0x25) out += String.fromCharCode(byte)
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

const messageCharactersMax = 1024

/** Reads any `grpc-message`: what is not valid stays as it is, control characters become spaces, 1 KiB at most. */
export function decodeGrpcMessage(value: string): string {
  const cut = value.slice(0, 3 * messageCharactersMax)
  const decoded = cut.replace(/(?:%[0-9A-Fa-f]{2})+/g, run => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what goes
  return decoded.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, messageCharactersMax)
}

/** Trailers of an answer. With a delay they carry RetryInfo, which says that the call may be repeated. */
export function grpcStatusTrailers(code: number, message: string, retryDelayMs?: number): string[] {
  const trailers = ['grpc-status', String(code)]
  if (message !== '') trailers.push('grpc-message', encodeGrpcMessage(message))
  if (retryDelayMs !== undefined) {
    const details = encodeRpcStatus({ code, message, retryDelayMs })
    trailers.push('grpc-status-details-bin', Buffer.from(details).toString('base64').replace(/=+$/, ''))
  }
  return trailers
}

/** What a client makes of an HTTP status that came without `grpc-status`. */
export function grpcStatusOfHttp(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return grpcStatus.internal
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
      return grpcStatus.unimplemented
    case 429:
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    default:
      return grpcStatus.unknown
  }
}
