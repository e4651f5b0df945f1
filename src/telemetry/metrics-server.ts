import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetricRegistry } from './metric-registry.ts'
import { type PrometheusSettings, prometheusContentType, renderPrometheus } from './prometheus-text.ts'

export interface MetricsServerSettings extends PrometheusSettings {
  readonly host: string
  readonly port: number
}

/** Answers `GET /metrics` with everything in the registry. */
export class MetricsServer {
  readonly #registry: MetricRegistry
  #settings: MetricsServerSettings
  #server: Server | undefined

  constructor(registry: MetricRegistry, settings: MetricsServerSettings) {
    this.#registry = registry
    this.#settings = settings
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
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('metrics are at /metrics\n')
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain' }).end('method not allowed\n')
    } else {
      const text = renderPrometheus(this.#registry, this.#settings)
      response.writeHead(200, { 'content-type': prometheusContentType }).end(request.method === 'HEAD' ? '' : text)
    }
  }
}
