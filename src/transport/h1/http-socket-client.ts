import type { Timer } from '../../clock/clock.ts'
import { basicCredentials } from '../../config/url-credentials.ts'
import {
  type ClientRequest,
  type ClientResponse,
  type HttpClient,
  type HttpClientSettings,
  TransportError,
} from '../client.ts'
import type { AnswerSink, Http1ClientConnection } from './http1-client-connection.ts'
import { type ConnectionWaiter, Http1Pool } from './http1-pool.ts'
import { RequestEncoder } from './request-encoder.ts'
import type { ResponseHead } from './response-head.ts'

/** An HTTP/1.1 client on sockets of our own. */
export class HttpSocketClient implements HttpClient {
  readonly #settings: HttpClientSettings
  readonly #pool: Http1Pool
  readonly #encoder: RequestEncoder
  readonly #running = new Set<HttpCall>()
  #isShutDown = false

  constructor(settings: HttpClientSettings) {
    this.#settings = settings
    this.#pool = new Http1Pool(settings)
    this.#encoder = encoderOf(settings)
  }

  send(request: ClientRequest): Promise<ClientResponse> {
    if (this.#isShutDown) return Promise.reject(new TransportError('aborted', 'the client is shut down'))
    let pieces: Uint8Array[]
    try {
      pieces = this.#encoder.encode(request.path, request.headers, request.parts)
    } catch (error) {
      return Promise.reject(new TransportError('connect', (error as Error).message, error))
    }
    return new Promise((resolve, reject) => {
      const call = new HttpCall(request, pieces, this.#pool, (error, response) => {
        this.#running.delete(call)
        if (error !== undefined) reject(error)
        else resolve(response!)
      })
      this.#running.add(call)
      call.begin(this.#settings)
    })
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true
    for (const call of [...this.#running]) call.fail(new TransportError('aborted', 'the client is shutting down'))
    this.#pool.shutdown()
  }
}

function encoderOf({ endpoint, headers, proxyUrl }: HttpClientSettings): RequestEncoder {
  const host = endpoint.protocol === 'unix:' ? 'localhost' : endpoint.host
  if (proxyUrl === undefined || endpoint.protocol !== 'http:') return new RequestEncoder(host, '', headers)
  const proxy = new URL(proxyUrl)
  if (proxy.username === '') return new RequestEncoder(host, endpoint.origin, headers)
  return new RequestEncoder(host, endpoint.origin, [...headers, 'proxy-authorization', basicCredentials(proxy)])
}

type Done = (error: TransportError | undefined, response?: ClientResponse) => void

/** One request in progress: its deadline, the connection it is on, and the next one where it never left. */
class HttpCall implements AnswerSink, ConnectionWaiter {
  readonly #request: ClientRequest
  readonly #pieces: readonly Uint8Array[]
  readonly #pool: Http1Pool
  readonly #done: Done
  #connection: Http1ClientConnection | undefined
  #isReused = false
  #isRepeated = false
  #timer: Timer | undefined
  #isOver = false

  constructor(request: ClientRequest, pieces: readonly Uint8Array[], pool: Http1Pool, done: Done) {
    this.#request = request
    this.#pieces = pieces
    this.#pool = pool
    this.#done = done
  }

  begin({ clock }: HttpClientSettings): void {
    const { signal, timeoutMs } = this.#request
    if (signal?.aborted) {
      this.#onAbort()
      return
    }
    signal?.addEventListener('abort', this.#onAbort)
    if (timeoutMs > 0) {
      this.#timer = clock.after(timeoutMs, () => {
        this.fail(new TransportError('timeout', `no answer within ${timeoutMs} ms`))
      })
    }
    this.#pool.acquire(this)
  }

  readonly #onAbort = (): void => this.fail(new TransportError('aborted', 'the request was aborted'))

  connected(connection: Http1ClientConnection, isReused: boolean): void {
    this.#connection = connection
    this.#isReused = isReused
    connection.start(this.#pieces, this)
  }

  unconnected(error: TransportError): void {
    this.#finish(error)
  }

  answered(head: ResponseHead, body: Uint8Array, isSent: boolean): void {
    this.#connection = undefined
    // A connection that an earlier attempt was on may still have its bytes.
    this.#finish(undefined, new HttpResponse(head, body, isSent && !this.#isRepeated))
  }

  failed(error: TransportError, isUnsent: boolean): void {
    this.#connection = undefined
    // The server closed a connection that had been idle, and has less than the whole request: nothing was done twice.
    if (isUnsent && this.#isReused && !this.#isOver) {
      this.#isRepeated = true
      this.#pool.acquire(this)
    } else {
      this.#finish(error)
    }
  }

  fail(error: TransportError): void {
    if (this.#isOver) return
    const connection = this.#connection
    this.#connection = undefined
    this.#pool.giveUp(this)
    connection?.abandon()
    this.#finish(error)
  }

  #finish(error: TransportError | undefined, response?: ClientResponse): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
    this.#done(error, response)
  }
}

class HttpResponse implements ClientResponse {
  readonly #head: ResponseHead
  readonly body: Uint8Array
  readonly isRequestLetGo: boolean

  constructor(head: ResponseHead, body: Uint8Array, isRequestLetGo: boolean) {
    this.#head = head
    this.body = body
    this.isRequestLetGo = isRequestLetGo
  }

  get status(): number {
    return this.#head.status
  }

  header(name: string): string | undefined {
    return this.#head.header(name)
  }

  /** Trailers of a chunked answer are read over: OTLP has none. */
  trailer(): undefined {
    return undefined
  }
}
