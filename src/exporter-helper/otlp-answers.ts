import { gunzipSync } from 'node:zlib'
import { ConsumeError } from '../component/consumer.ts'
import { refusalOfGrpcStatus, refusalOfHttpStatus } from '../component/status-table.ts'
import { decodeResponseJson, decodeResponseProtobuf, type PartialSuccess } from '../pdata/export-response.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { type ClientResponse, type GrpcResponse, TransportError } from '../transport/client.ts'
import { grpcStatus } from '../transport/grpc.ts'
import { decodeRpcStatus } from '../transport/rpc-status.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { parseRetryAfter } from './retry-after.ts'

/**
 * What a backend's answer means for the request, after OTLP's tables.
 *
 * Sources: https://opentelemetry.io/docs/specs/otlp/#failures, https://opentelemetry.io/docs/specs/otlp/#failures-1
 */

/** Of a body that is not OTLP's, such as a proxy's HTML, this much is shown. */
const shownCharsMax = 200

/** Decompressed. */
const answerBytesMax = 4 * 1024 * 1024

/**
 * Servers say "too large" with the code that also means "too busy". None of them has a machine-readable sign, so the
 * words of the gRPC libraries are looked at: without it the request would be lost, as OTLP wants no retry here.
 */
const tooLargeWords = /larger than|too large|exceeds? (the )?max|max(imum)? (message |request )?size/i

export function resultOfGrpc(response: GrpcResponse): ExportResult {
  const { status, message, retryDelayMs } = response
  if (status === grpcStatus.ok) {
    return letGo(
      resultOfSuccess(() => decodeResponseProtobuf(response.body)),
      response.isRequestLetGo,
    )
  }
  const name = grpcStatusName(status)
  const refusal = new ConsumeError(
    refusalOfGrpcStatus(status, retryDelayMs !== undefined),
    `the backend answered ${name}${message === '' ? '' : `: ${message}`}`,
    { reason: reasonOfGrpc(status), grpcStatus: status, ...(retryDelayMs === undefined ? {} : { retryDelayMs }) },
  )
  const isTooLarge =
    status === grpcStatus.resourceExhausted && retryDelayMs === undefined && tooLargeWords.test(message)
  return { kind: isTooLarge ? 'too_large' : 'refused', refusal }
}

export function resultOfHttp(signal: Signal, url: string, response: ClientResponse, wallMs: number): ExportResult {
  const { status } = response
  const body = plainBody(response)
  const isJson = /^application\/json\b/i.test(response.header('content-type') ?? '')
  if (status >= 200 && status < 300) {
    const result = resultOfSuccess(() => {
      if (body.length === 0) return undefined
      return isJson ? decodeResponseJson(signal, body) : decodeResponseProtobuf(body)
    })
    return letGo(result, response.isRequestLetGo)
  }
  const retryDelayMs = parseRetryAfter(response.header('retry-after'), wallMs)
  const text = statusText(body, isJson)
  const refusal = new ConsumeError(
    refusalOfHttpStatus(status),
    `${shownUrl(url)} answered ${status}${redirectText(url, response)}${text === '' ? '' : `: ${text}`}`,
    { reason: reasonOfHttp(status), httpStatus: status, ...(retryDelayMs === undefined ? {} : { retryDelayMs }) },
  )
  return { kind: status === 413 ? 'too_large' : 'refused', refusal }
}

/** Nobody asked for a compressed answer; one that is compressed all the same is read where it can be. */
function plainBody(response: ClientResponse): Uint8Array {
  const { body } = response
  if (body.length === 0 || !/^(?:x-)?gzip$/i.test(response.header('content-encoding') ?? '')) return body
  try {
    return gunzipSync(body, { maxOutputLength: answerBytesMax })
  } catch {
    return body // the status says what became of the request
  }
}

/**
 * No answer, or none that can be read: whether the backend has the data is unknown unless it could not be reached, or the
 * answer got as far as its status. That one counts then, as a second sending would arrive twice and be answered alike.
 */
export function resultOfTransportError(error: unknown): ExportResult {
  if (!(error instanceof TransportError)) throw error
  const { kind, message, status } = error
  const isStatusKnown = kind === 'protocol' && status !== undefined
  if (isStatusKnown && status >= 200 && status < 300) {
    return { kind: 'accepted', message: `the answer says success, but is broken: ${message}` }
  }
  const tooLarge = kind === 'response_too_large' ? 'permanent' : 'retryable'
  const refusal = new ConsumeError(isStatusKnown ? refusalOfHttpStatus(status) : tooLarge, message, {
    reason: `backend_${kind}`,
    cause: error,
    ...(isStatusKnown ? { httpStatus: status } : {}),
  })
  return { kind: isStatusKnown && status === 413 ? 'too_large' : 'refused', refusal }
}

/** OTLP: what is partly rejected must not be sent again, and a success that cannot be read is one all the same. */
function resultOfSuccess(decode: () => PartialSuccess | undefined): ExportResult {
  let partial: PartialSuccess | undefined
  try {
    partial = decode()
  } catch {
    return { kind: 'accepted', message: 'the answer says success, but its body is not an OTLP response' }
  }
  if (partial === undefined) return accepted
  return { kind: 'accepted', rejectedCount: partial.rejectedCount, message: partial.message }
}

function letGo(result: ExportResult, isLetGo: boolean | undefined): ExportResult {
  if (isLetGo !== true || result.kind !== 'accepted') return result
  return result === accepted ? acceptedAndLetGo : { ...result, isLetGo }
}

const acceptedAndLetGo: ExportResult = Object.freeze({ kind: 'accepted', isLetGo: true })

function reasonOfGrpc(status: number): string {
  switch (status) {
    case grpcStatus.unauthenticated:
    case grpcStatus.permissionDenied:
      return 'backend_auth'
    case grpcStatus.resourceExhausted:
    case grpcStatus.unavailable:
      return 'backend_overloaded'
    default:
      return 'backend_refused'
  }
}

function reasonOfHttp(status: number): string {
  if (status === 401 || status === 403) return 'backend_auth'
  return status === 429 || (status >= 502 && status <= 504) ? 'backend_overloaded' : 'backend_refused'
}

function grpcStatusName(status: number): string {
  const entry = Object.entries(grpcStatus).find(([, code]) => code === status)
  return entry === undefined ? `gRPC status ${status}` : entry[0].replace(/[A-Z]/g, '_$&').toUpperCase()
}

/** A URL without what may be a secret: user, password and query. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

function redirectText(url: string, response: ClientResponse): string {
  const isRedirect = response.status >= 300 && response.status < 400
  const location = isRedirect ? response.header('location') : undefined
  if (location === undefined || !URL.canParse(location, url)) return ''
  return `, to ${shownUrl(new URL(location, url).href)}; write that address in the configuration`
}

/** The message of a google.rpc.Status, else the start of whatever text it is, on one line. */
function statusText(body: Uint8Array, isJson: boolean): string {
  if (body.length === 0) return ''
  let text: string | undefined
  if (isJson) text = jsonMessage(body)
  else text = decodeRpcStatus(body)?.message || undefined
  text ??= Buffer.from(body.subarray(0, shownCharsMax * 4)).toString('utf8')
  const line = text.replace(/[\s\p{Cc}\ufffd]+/gu, ' ').trim()
  return line.length > shownCharsMax ? `${line.slice(0, shownCharsMax)}...` : line
}

function jsonMessage(body: Uint8Array): string | undefined {
  try {
    const status: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    const message = typeof status === 'object' && status !== null && 'message' in status ? status.message : undefined
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
