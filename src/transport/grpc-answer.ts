import { type GrpcResponse, TransportError } from './client.ts'
import { decodeGrpcMessage, grpcStatus, grpcStatusOfHttp, readUnaryMessage } from './grpc.ts'
import { contentEncoding, inflate, type Reservation } from './inflate.ts'
import { InflateError } from './inflate-error.ts'
import { decodeRpcStatus } from './rpc-status.ts'

/** An answer as it came over HTTP/2. `trailer` falls back to the head, for answers that are trailers only. */
export interface RawGrpcAnswer {
  readonly httpStatus: number
  readonly header: (name: string) => string | undefined
  readonly trailer: (name: string) => string | undefined
  readonly body: Uint8Array
}

/** Reads status, message, retry hint and body. Rejects with `TransportError` where the answer breaks the protocol. */
export async function readGrpcAnswer(raw: RawGrpcAnswer, bytesMax: number): Promise<GrpcResponse> {
  const { httpStatus, header, trailer, body } = raw
  const text = trailer('grpc-status')
  const status = text !== undefined && /^[0-9]{1,3}$/.test(text) ? Number(text) : grpcStatusOfHttp(httpStatus)
  const details = trailer('grpc-status-details-bin')
  const retryDelayMs = details === undefined ? undefined : decodeRpcStatus(Buffer.from(details, 'base64'))?.retryDelayMs
  const fallback = text === undefined ? `HTTP status ${httpStatus} without a gRPC status` : ''
  const message = decodeGrpcMessage(trailer('grpc-message') ?? fallback)
  const answer = { status, message, retryDelayMs, header, trailer }
  if (status !== grpcStatus.ok) return { ...answer, body: new Uint8Array(0) }
  return { ...answer, body: await readMessage(body, header('grpc-encoding') ?? 'identity', bytesMax) }
}

/** Answers are small: their limit is all there is to heed. */
const anyRoom: Reservation = { reserve: () => true, reserveSoon: () => Promise.resolve(true) }

async function readMessage(body: Uint8Array, encodingName: string, bytesMax: number): Promise<Uint8Array> {
  const message = readUnaryMessage(body, bytesMax)
  if (message === 'too_large') throw new TransportError('response_too_large', `larger than ${bytesMax} bytes`)
  if (typeof message === 'string') throw broken(`the answer's framing: ${message}`)
  const bytes = body.subarray(message.start, message.end)
  const encoding = contentEncoding(encodingName)
  if (!message.compressed) return bytes
  if (encoding === undefined) throw broken(`the answer is encoded as ${encodingName}`)
  try {
    return await inflate(encoding, bytes, { bytesMax, ratioMax: 200, ratioFreeBytes: 65_536 }, anyRoom)
  } catch (error) {
    const { message } = error as Error
    const isTooLarge = error instanceof InflateError && error.kind === 'too_large'
    throw isTooLarge ? new TransportError('response_too_large', message, error) : broken(message, error)
  }
}

/** The status was OK, only the message cannot be read. */
function broken(message: string, cause?: unknown): TransportError {
  return new TransportError('protocol', message, cause, 200)
}
