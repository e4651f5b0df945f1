import type { buildConnector, Dispatcher } from 'undici'
import {
  type ClientRequest,
  type ClientResponse,
  type HttpClient,
  type HttpClientSettings,
  TransportError,
} from './client.ts'
import { connectErrorText } from './connect-error.ts'

/** From here on a part is a piece of its own and is never copied. */
const partBytesMin = 32 * 1024
const pieceBytesMax = 256 * 1024

/** Loaded when the first client is made: an agent that sends no HTTP saves 13 MB of memory. */
type Undici = typeof import('undici').default

type Connector = ReturnType<typeof buildConnector>

/** An HTTP/1.1 client over undici. One pool of connections to one endpoint. */
export class UndiciClient implements HttpClient {
  readonly #settings: HttpClientSettings
  readonly #dispatcher: Promise<Dispatcher>
  readonly #running = new Set<Call>()
  readonly #origin: string
  #isShutDown = false

  constructor(settings: HttpClientSettings) {
    this.#settings = settings
    const { endpoint } = settings
    const isUnix = endpoint.protocol === 'unix:'
    this.#origin = isUnix ? 'http://localhost' : endpoint.origin
    // The default export: a bundler gives a CommonJS module no named ones.
    this.#dispatcher = import('undici').then(({ default: undici }) => createDispatcher(undici, settings, this.#origin))
  }

  send(request: ClientRequest): Promise<ClientResponse> {
    if (this.#isShutDown) return Promise.reject(new TransportError('aborted', 'the client is shut down'))
    return new Promise((resolve, reject) => {
      const call = new Call(request, this.#settings, (error, response) => {
        this.#running.delete(call)
        if (error !== undefined) reject(error)
        else resolve(response!)
      })
      this.#running.add(call)
      call.begin()
      this.#dispatcher.then(
        dispatcher => this.#dispatch(dispatcher, request, call),
        error => call.fail(new TransportError('connect', 'the HTTP client cannot be loaded', error)),
      )
    })
  }

  #dispatch(dispatcher: Dispatcher, request: ClientRequest, call: Call): void {
    if (call.isOver) return
    const options = {
      origin: this.#origin,
      path: request.path,
      method: 'POST',
      headers: headersOf(request, this.#settings),
      body: bodyOf(request.parts),
      // The call has its own deadline, which covers connecting and waiting for a connection as well.
      headersTimeout: 0,
      bodyTimeout: 0,
    } as const
    dispatcher.dispatch(options, call)
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true
    for (const call of [...this.#running]) call.fail(new TransportError('aborted', 'the client is shutting down'))
    const dispatcher = await this.#dispatcher
    await dispatcher.destroy()
  }
}

function createDispatcher(undici: Undici, settings: HttpClientSettings, origin: string): Dispatcher {
  const { endpoint, tls, idleTimeoutMs, connectTimeoutMs } = settings
  const common = {
    connections: settings.connectionsMax > 0 ? settings.connectionsMax : null,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: Math.max(1, idleTimeoutMs),
    keepAliveMaxTimeout: Math.max(1, idleTimeoutMs),
  }
  const tlsSettings = () =>
    tls === undefined
      ? {}
      : {
          ...tls.current(),
          rejectUnauthorized: !tls.skipsVerification,
          ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
        }
  if (settings.proxyUrl !== undefined) {
    return new undici.ProxyAgent({
      ...common,
      uri: settings.proxyUrl,
      requestTls: tlsSettings(),
      connectTimeout: connectTimeoutMs,
    })
  }
  const socketPath = endpoint.protocol === 'unix:' ? endpoint.pathname : undefined
  let connector: Connector | undefined
  let material: unknown
  const connect: Connector = (options, callback) => {
    // New connections take the certificates that are current now; the old ones live until they close.
    if (connector === undefined || material !== tls?.current()) {
      material = tls?.current()
      connector = undici.buildConnector({
        ...tlsSettings(),
        timeout: connectTimeoutMs,
        allowH2: false,
        ...(socketPath === undefined ? {} : { socketPath }),
      })
    }
    connector(options, callback)
  }
  return new undici.Pool(origin, { ...common, connect })
}

function headersOf(request: ClientRequest, settings: HttpClientSettings): string[] {
  const headers = [...request.headers]
  const own = new Set<string>()
  for (let i = 0; i < request.headers.length; i += 2) own.add(request.headers[i]!)
  for (let i = 0; i + 1 < settings.headers.length; i += 2) {
    if (!own.has(settings.headers[i]!)) headers.push(settings.headers[i]!, settings.headers[i + 1]!)
  }
  let length = 0
  for (const part of request.parts) length += part.length
  headers.push('content-length', String(length))
  return headers
}

/** One part goes out as it is; several as an iterable, which undici's types forgot. */
function bodyOf(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : ({ [Symbol.iterator]: () => gathered(parts) } as unknown as Uint8Array)
}

/** Parts in pieces worth a write: undici pays a write and a promise for each, far more than the copy of a small part. */
function* gathered(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (let i = 0; i < parts.length; ) {
    const first = i
    let length = 0
    while (i < parts.length && parts[i]!.length < partBytesMin && length + parts[i]!.length <= pieceBytesMax) {
      length += parts[i++]!.length
    }
    if (i === first) yield parts[i++]!
    else yield i === first + 1 ? parts[first]! : Buffer.concat(parts.slice(first, i), length)
  }
}

type Done = (error: TransportError | undefined, response?: ClientResponse) => void

/** One request in progress: undici's handler, the deadline and the cap of the answer. */
class Call implements Dispatcher.DispatchHandler {
  readonly #request: ClientRequest
  readonly #settings: HttpClientSettings
  readonly #done: Done
  #controller: Dispatcher.DispatchController | undefined
  #timer: { cancel(): void } | undefined
  #status = 0
  #headers: Record<string, string | string[] | undefined> = {}
  #chunks: Uint8Array[] = []
  #bodyBytes = 0
  #isConnected = false
  isOver = false

  constructor(request: ClientRequest, settings: HttpClientSettings, done: Done) {
    this.#request = request
    this.#settings = settings
    this.#done = done
  }

  begin(): void {
    const { signal, timeoutMs } = this.#request
    if (signal?.aborted) {
      this.#onAbort()
      return
    }
    signal?.addEventListener('abort', this.#onAbort)
    if (timeoutMs > 0) {
      this.#timer = this.#settings.clock.after(timeoutMs, () => {
        this.fail(new TransportError('timeout', `no answer within ${timeoutMs} ms`))
      })
    }
  }

  readonly #onAbort = (): void => this.fail(new TransportError('aborted', 'the request was aborted'))

  fail(error: TransportError): void {
    this.#finish(error)
    this.#controller?.abort(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#isConnected = true
    this.#controller = controller
    if (this.isOver) controller.abort(new TransportError('aborted', 'the request was given up before it began'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    if (Number(headers['content-length'] ?? 0) > this.#settings.responseBytesMax) this.#tooLarge(controller)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes > this.#settings.responseBytesMax) this.#tooLarge(controller)
    else this.#chunks.push(chunk)
  }

  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
    const headers = this.#headers
    this.#finish(undefined, {
      status: this.#status,
      header: name => joined(headers[name]),
      trailer: name => joined(trailers?.[name]),
      body: this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks),
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const kind = !this.#isConnected ? 'connect' : error.name === 'HTTPParserError' ? 'protocol' : 'lost'
    this.#finish(new TransportError(kind, connectErrorText(error), error))
  }

  #tooLarge(controller: Dispatcher.DispatchController): void {
    const error = new TransportError(
      'response_too_large',
      `the answer (status ${this.#status}) is larger than ${this.#settings.responseBytesMax} bytes`,
    )
    this.#finish(error)
    controller.abort(error)
  }

  #finish(error: TransportError | undefined, response?: ClientResponse): void {
    if (this.isOver) return
    this.isOver = true
    this.#timer?.cancel()
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
    this.#done(error, response)
  }
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
