import type { Timer } from '../../clock/clock.ts'
import {
  type ClientRequest,
  type GrpcClient,
  type GrpcClientSettings,
  type GrpcResponse,
  TransportError,
} from '../client.ts'
import { compressMessage } from '../compress.ts'
import { formatGrpcTimeout, grpcPrefix } from '../grpc.ts'
import { readGrpcAnswer } from '../grpc-answer.ts'
import { type GrpcTarget, parseGrpcTarget } from '../grpc-target.ts'
import { type HeaderList, headerIn } from '../headers.ts'
import type { CallFailure, ClientStream, Http2Answer } from './client-stream.ts'
import { GrpcChannel } from './grpc-channel.ts'
import type { HeaderBlock } from './hpack-decoder.ts'
import type { Http2ClientConnection } from './http2-client-connection.ts'

/** A call that a server has not begun with is sent again, elsewhere if possible; not for ever. */
const attemptsMax = 5

/** A gRPC client on sockets of our own. */
export class GrpcSocketClient implements GrpcClient {
  readonly #settings: GrpcClientSettings
  readonly #target: GrpcTarget
  readonly #channel: GrpcChannel
  readonly #running = new Set<GrpcCall>()
  /** Headers of each path, frozen, so that they are encoded once. */
  readonly #heads = new Map<string, HeaderList>()
  #isShutDown = false

  constructor(settings: GrpcClientSettings) {
    this.#settings = settings
    this.#target = parseGrpcTarget(settings.target, settings.tls !== undefined)
    this.#channel = new GrpcChannel(settings, this.#target)
  }

  async send(request: ClientRequest): Promise<GrpcResponse> {
    if (this.#isShutDown) throw new TransportError('aborted', 'the client is shut down')
    const { compression, compressionLevel } = this.#settings
    const call = new GrpcCall(request, this.#settings)
    this.#running.add(call)
    try {
      const isCompressed = compression !== 'identity'
      const message = isCompressed ? await compressMessage(compression, request.parts, compressionLevel) : request.parts
      let bytes = 0
      for (const part of message) bytes += part.length
      const parts = [grpcPrefix(bytes, isCompressed), ...message]
      for (let attempt = 1; ; attempt++) {
        const outcome = await this.#attempt(call, parts)
        if (!('isUnprocessed' in outcome)) {
          const response = await readAnswer(outcome, this.#settings.responseBytesMax)
          // A connection that an earlier attempt was on may still have its bytes.
          return isCompressed || (outcome.isSent && attempt === 1) ? { ...response, isRequestLetGo: true } : response
        }
        const again = outcome.isUnprocessed && attempt < attemptsMax && !call.isOver
        if (!again) throw toTransportError(outcome)
      }
    } finally {
      call.end()
      this.#running.delete(call)
      this.#channel.roomFreed()
    }
  }

  async #attempt(call: GrpcCall, parts: readonly Uint8Array[]): Promise<Http2Answer | CallFailure> {
    let connection = this.#channel.pick()
    while (connection === undefined) {
      const wanted = this.#channel.acquire()
      try {
        connection = await Promise.race([wanted.connection, call.failed])
      } catch (error) {
        wanted.giveUp()
        // Whoever lost the race has nobody to tell.
        wanted.connection.catch(() => undefined)
        throw error
      }
      // Between being handed out and being used it may have filled up, or gone.
      if (!connection.hasRoom) connection = this.#channel.pick()
    }
    return await call.start(connection, this.#headers(call.request), parts)
  }

  #headers(request: ClientRequest): HeaderList[] {
    const head = this.#head(request.path)
    const lists = [request.headers.length === 0 ? head : overridden(head, request.headers)]
    if (request.timeoutMs > 0) lists.push(['grpc-timeout', formatGrpcTimeout(request.timeoutMs)])
    return lists
  }

  #head(path: string): HeaderList {
    const known = this.#heads.get(path)
    if (known !== undefined) return known
    const { settings, target } = { settings: this.#settings, target: this.#target }
    const list = [':method', 'POST', ':scheme', settings.tls === undefined ? 'http' : 'https']
    list.push(':authority', settings.authority ?? target.authority, ':path', path)
    list.push('te', 'trailers', 'content-type', 'application/grpc', 'user-agent', settings.userAgent)
    list.push('grpc-accept-encoding', 'identity,gzip,deflate,zstd')
    if (settings.compression !== 'identity') list.push('grpc-encoding', settings.compression)
    const head = Object.freeze(overridden(list, settings.headers))
    if (this.#heads.size < 64) this.#heads.set(path, head)
    return head
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true
    for (const call of [...this.#running]) call.fail(new TransportError('aborted', 'the client is shutting down'))
    this.#channel.shutdown()
  }
}

/** The list with the fields of another in place of its own of the same names. */
function overridden(list: HeaderList, others: HeaderList): HeaderList {
  const merged: string[] = []
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (headerIn(others, list[i]!) === undefined) merged.push(list[i]!, list[i + 1]!)
  }
  return [...merged, ...others]
}

/** One call: its deadline, and the stream it is on. */
class GrpcCall {
  readonly request: ClientRequest
  /** Rejects when the call is over before its time; never resolves. */
  readonly failed: Promise<never>
  readonly #timer: Timer | undefined
  #reject: (error: TransportError) => void = () => undefined
  #connection: Http2ClientConnection | undefined
  #stream: ClientStream | undefined
  isOver = false

  constructor(request: ClientRequest, { clock }: GrpcClientSettings) {
    this.request = request
    this.failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => undefined)
    const { timeoutMs, signal } = request
    if (timeoutMs > 0) {
      this.#timer = clock.after(timeoutMs, () =>
        this.fail(new TransportError('timeout', `no answer within ${timeoutMs} ms`)),
      )
    }
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.fail(new TransportError('aborted', 'the call was aborted'))

  start(
    connection: Http2ClientConnection,
    headers: HeaderList[],
    parts: readonly Uint8Array[],
  ): Promise<Http2Answer | CallFailure> {
    const outcome = new Promise<Http2Answer | CallFailure>(resolve => {
      if (this.isOver) return
      this.#connection = connection
      this.#stream = connection.start(headers, parts, { answered: resolve, failed: resolve })
    })
    return Promise.race([outcome, this.failed])
  }

  fail(error: TransportError): void {
    this.isOver = true
    this.#reject(error)
    if (this.#stream === undefined) return
    if (error.kind === 'timeout') this.#connection?.timedOut(this.#stream)
    else this.#connection?.abandon(this.#stream)
  }

  end(): void {
    this.isOver = true
    this.#timer?.cancel()
    this.request.signal?.removeEventListener('abort', this.#onAbort)
  }
}

function toTransportError({ message, isTooLarge, isUnprocessed }: CallFailure): TransportError {
  if (isTooLarge) return new TransportError('response_too_large', message)
  return new TransportError(isUnprocessed ? 'connect' : 'lost', message)
}

function readAnswer({ head, trailers, body }: Http2Answer, bytesMax: number): Promise<GrpcResponse> {
  const header = (name: string) => fieldIn(head, name)
  const trailer = (name: string) => (trailers === undefined ? undefined : fieldIn(trailers, name)) ?? header(name)
  return readGrpcAnswer({ httpStatus: Number(fieldIn(head, ':status')), header, trailer, body }, bytesMax)
}

function fieldIn(block: HeaderBlock, name: string): string | undefined {
  let found: string | undefined
  for (const field of block.fields) {
    if (field.name === name) found = found === undefined ? field.value : `${found}, ${field.value}`
  }
  return found
}
