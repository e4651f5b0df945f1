import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetricSource } from './metric-registry.ts'
import { type PrometheusSettings, prometheusContentType, renderPrometheus } from './prometheus-text.ts'

export interface MetricsServerSettings extends PrometheusSettings {
  readonly host: string
  readonly port: number
}

export interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

export interface AdminAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers paths under `/-/`; undefined where there is no such path. */
export type AnswerAdmin = (request: AdminRequest) => Promise<AdminAnswer | undefined>

/** Answers `GET /metrics` with everything in the source. */
export class MetricsServer {
  readonly #source: MetricSource
  readonly #settings: MetricsServerSettings
  readonly #answerAdmin: AnswerAdmin | undefined
  #server: Server | undefined

  constructor(source: MetricSource, settings: MetricsServerSettings, answerAdmin?: AnswerAdmin) {
    this.#source = source
    this.#settings = settings
    this.#answerAdmin = answerAdmin
  }

  /** Where it listens, with the port that the system chose for port 0. */
  get address(): AddressInfo | undefined {
    const address = this.#server?.address()
    return typeof address === 'object' && address !== null ? address : undefined
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) =>
      this.#answer(request, response),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#settings.port, this.#settings.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('clientError', (_error, socket) => socket.destroy())
    this.#server = server
  }

  async shutdown(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    await new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://agent')
    if (url.pathname.startsWith('/-/') && this.#answerAdmin !== undefined) {
      this.#admin(this.#answerAdmin, request, url, response)
    } else if (url.pathname !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('metrics are at /metrics\n')
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain' }).end('method not allowed\n')
    } else {
      this.#serve(request, response).catch(error => response.writeHead(500).end(`${error.message}\n`))
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = renderPrometheus(await this.#source.families(), this.#settings)
    response.writeHead(200, { 'content-type': prometheusContentType }).end(request.method === 'HEAD' ? '' : text)
  }

  #admin(answerAdmin: AnswerAdmin, request: IncomingMessage, url: URL, response: ServerResponse): void {
    if (!isFromThisMachine(request)) {
      response.writeHead(403, { 'content-type': 'text/plain' }).end('only from this machine, and not from a browser\n')
      return
    }
    const { pathname: path, searchParams: query } = url
    answerAdmin({ method: request.method ?? 'GET', path, query }).then(
      answer => {
        if (answer === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('no such path\n')
        else response.writeHead(answer.status, answer.headers).end(answer.body)
      },
      error => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error.message}\n`),
    )
  }
}

/**
 * A page in a browser on this machine can send requests here, also by a name that resolves to 127.0.0.1; both show in
 * the headers that a page cannot choose.
 */
function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  const isNamedLocally = ['localhost', '127.0.0.1', '[::1]'].includes(host)
  const peer = socket.remoteAddress ?? ''
  const isLoopback = peer === '::1' || /^(::ffff:)?127\./.test(peer)
  return isLoopback && isNamedLocally && headers.origin === undefined && headers['sec-fetch-site'] === undefined
}
