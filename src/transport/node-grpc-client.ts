import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import type { Timer } from '../clock/clock.ts'
import {
  type ClientRequest,
  type GrpcClient,
  type GrpcClientSettings,
  type GrpcResponse,
  TransportError,
} from './client.ts'
import { compressMessage } from './compress.ts'
import { connectErrorText } from './connect-error.ts'
import { formatGrpcTimeout, grpcPrefix } from './grpc.ts'
import { readGrpcAnswer } from './grpc-answer.ts'
import { type GrpcTarget, parseGrpcTarget } from './grpc-target.ts'

/** A gRPC client over node:http2: one connection at a time, made when a call needs it. */
export class NodeGrpcClient implements GrpcClient {
  readonly #settings: GrpcClientSettings
  readonly #target: GrpcTarget
  #connection: Promise<http2.ClientHttp2Session> | undefined
  #session: http2.ClientHttp2Session | undefined
  readonly #running = new Set<Call>()
  #isShutDown = false

  constructor(settings: GrpcClientSettings) {
    this.#settings = settings
    this.#target = parseGrpcTarget(settings.target, settings.tls !== undefined)
  }

  async send(request: ClientRequest): Promise<GrpcResponse> {
    if (this.#isShutDown) throw new TransportError('aborted', 'the client is shut down')
    const { compression, compressionLevel } = this.#settings
    const call = new Call(request, this.#settings)
    this.#running.add(call)
    try {
      const parts = await compressMessage(compression, request.parts, compressionLevel)
      const session = await Promise.race([this.#connected(), call.failed])
      call.start(session, this.#headers(request), parts)
      return await call.response
    } finally {
      call.end()
      this.#running.delete(call)
    }
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true
    for (const call of this.#running) call.fail(new TransportError('aborted', 'the client is shutting down'))
    const connection = this.#connection
    this.#connection = undefined
    this.#session?.destroy()
    // A connection that is still being made ends as soon as it is there; its failure has been told to its calls.
    connection?.then(session => session.destroy()).catch(() => undefined)
  }

  #headers(request: ClientRequest): http2.OutgoingHttpHeaders {
    const { settings, target } = { settings: this.#settings, target: this.#target }
    const headers: http2.OutgoingHttpHeaders = {
      ':method': 'POST',
      ':scheme': settings.tls === undefined ? 'http' : 'https',
      ':authority': settings.authority ?? target.authority,
      ':path': request.path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': settings.userAgent,
      'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
    }
    if (settings.compression !== 'identity') headers['grpc-encoding'] = settings.compression
    if (request.timeoutMs > 0) headers['grpc-timeout'] = formatGrpcTimeout(request.timeoutMs)
    for (const list of [settings.headers, request.headers]) {
      for (let i = 0; i + 1 < list.length; i += 2) headers[list[i]!] = list[i + 1]
    }
    return headers
  }

  #connected(): Promise<http2.ClientHttp2Session> {
    const session = this.#session
    if (session !== undefined && !session.closed && !session.destroyed) return this.#connection!
    if (this.#connection !== undefined && session === undefined) return this.#connection
    this.#session = undefined
    const connection = this.#connect()
    this.#connection = connection
    connection.then(
      made => {
        if (this.#isShutDown) made.destroy()
        else if (this.#connection === connection) this.#session = made
      },
      () => {
        if (this.#connection === connection) this.#connection = undefined
      },
    )
    return connection
  }

  #connect(): Promise<http2.ClientHttp2Session> {
    const { connectTimeoutMs, clock } = this.#settings
    return new Promise((resolve, reject) => {
      const socket = this.#openSocket()
      const timer = clock.after(connectTimeoutMs, () =>
        socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`)),
      )
      socket.once(this.#settings.tls === undefined ? 'connect' : 'secureConnect', () => {
        timer.cancel()
        socket.off('error', refused)
        resolve(this.#openSession(socket))
      })
      socket.once('error', refused)
      function refused(error: Error) {
        timer.cancel()
        reject(new TransportError('connect', connectErrorText(error), error))
      }
    })
  }

  #openSocket(): net.Socket {
    const target = this.#target
    const settings = this.#settings.tls
    if (settings === undefined) {
      return target.path === undefined ? net.connect(target.port, target.host) : net.connect(target.path)
    }
    const serverName = settings.serverName ?? target.host
    return tls.connect({
      ...settings.current(),
      ...(target.path === undefined ? { host: target.host, port: target.port } : { path: target.path }),
      ...(net.isIP(serverName) === 0 ? { servername: serverName } : {}),
      rejectUnauthorized: !settings.skipsVerification,
      ALPNProtocols: ['h2'],
    })
  }

  #openSession(socket: net.Socket): http2.ClientHttp2Session {
    socket.setNoDelay(true)
    const session = http2.connect(`http://${this.#target.authority}`, {
      createConnection: () => socket,
      // In megabytes; node counts what waits to be sent, and calls have their own limits.
      maxSessionMemory: 1024,
    })
    session.on('error', () => session.destroy())
    session.once('close', () => {
      if (this.#session === session) {
        this.#session = undefined
        this.#connection = undefined
      }
    })
    this.#keepAlive(session)
    return session
  }

  #keepAlive(session: http2.ClientHttp2Session): void {
    const { clock, pingIntervalMs, pingTimeoutMs, pingWithoutCalls } = this.#settings
    if (pingIntervalMs <= 0) return
    let answer: Timer | undefined
    const timer = clock.every(pingIntervalMs, () => {
      if (session.destroyed || answer !== undefined || (this.#running.size === 0 && !pingWithoutCalls)) return
      answer = clock.after(pingTimeoutMs, () => session.destroy(new Error(`no PING answer within ${pingTimeoutMs} ms`)))
      session.ping(() => {
        answer?.cancel()
        answer = undefined
      })
    })
    session.once('close', () => {
      timer.cancel()
      answer?.cancel()
    })
  }
}

/** One call: its deadline, its stream and its answer. */
class Call {
  readonly #request: ClientRequest
  readonly #settings: GrpcClientSettings
  readonly #timer: Timer | undefined
  #stream: http2.ClientHttp2Stream | undefined
  #reject: (error: TransportError) => void = () => undefined
  /** Rejects when the call is over before its time; never resolves. */
  readonly failed: Promise<never>
  response: Promise<GrpcResponse>

  constructor(request: ClientRequest, settings: GrpcClientSettings) {
    this.#request = request
    this.#settings = settings
    this.failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => undefined)
    this.response = this.failed
    const { timeoutMs, signal } = request
    if (timeoutMs > 0) {
      this.#timer = settings.clock.after(timeoutMs, () =>
        this.fail(new TransportError('timeout', `no answer within ${timeoutMs} ms`)),
      )
    }
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.fail(new TransportError('aborted', 'the call was aborted'))

  fail(error: TransportError): void {
    this.#reject(error)
    this.#stream?.close(http2.constants.NGHTTP2_CANCEL)
  }

  end(): void {
    this.#timer?.cancel()
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }

  start(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, parts: readonly Uint8Array[]): void {
    let length = 0
    for (const part of parts) length += part.length
    const answer = new Promise<GrpcResponse>((resolve, reject) => {
      try {
        const stream = session.request(headers)
        this.#stream = stream
        this.#listen(stream, resolve, reject)
        stream.cork()
        stream.write(grpcPrefix(length, this.#settings.compression !== 'identity'))
        for (const part of parts) stream.write(part)
        stream.uncork()
        stream.end()
      } catch (error) {
        // The session closed between being handed out and being used: nothing was sent.
        reject(new TransportError('connect', connectErrorText(error as Error), error))
      }
    })
    this.response = Promise.race([answer, this.failed])
  }

  #listen(
    stream: http2.ClientHttp2Stream,
    resolve: (response: GrpcResponse) => void,
    reject: (error: TransportError) => void,
  ): void {
    const chunks: Uint8Array[] = []
    const { responseBytesMax } = this.#settings
    let headers: http2.IncomingHttpHeaders | undefined
    let trailers: http2.IncomingHttpHeaders = {}
    let bodyBytes = 0
    let cause: Error | undefined
    stream.on('response', received => {
      headers = received
    })
    stream.on('trailers', received => {
      trailers = received
    })
    stream.on('data', (chunk: Uint8Array) => {
      bodyBytes += chunk.length
      if (bodyBytes <= responseBytesMax + 5) return chunks.push(chunk)
      reject(new TransportError('response_too_large', `the answer is larger than ${responseBytesMax} bytes`))
      stream.close(http2.constants.NGHTTP2_CANCEL)
    })
    stream.on('error', error => {
      cause = error
    })
    stream.on('close', () => {
      const status = headers?.['grpc-status'] ?? trailers['grpc-status']
      if (headers !== undefined && (status !== undefined || stream.rstCode === http2.constants.NGHTTP2_NO_ERROR)) {
        const [head, tail] = [headers, trailers]
        const header = (name: string) => joined(head[name])
        const trailer = (name: string) => joined(tail[name]) ?? header(name)
        const httpStatus = Number(head[':status'] ?? 0)
        const body = Buffer.concat(chunks)
        readGrpcAnswer({ httpStatus, header, trailer, body }, responseBytesMax).then(resolve, reject)
      } else {
        const refused = stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM
        const message = cause?.message ?? 'the connection ended before the answer'
        reject(new TransportError(refused ? 'connect' : 'lost', message, cause))
      }
    })
  }
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
