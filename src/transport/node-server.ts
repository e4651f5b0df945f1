import { Listener } from './listener.ts'
import { NodeHttp1 } from './node-http1.ts'
import { NodeHttp2 } from './node-http2.ts'
import type { RequestHandler, Server, ServerChanges, ServerSettings } from './server.ts'

/** A server over node:http and node:http2. */
export class NodeServer implements Server {
  readonly #listener: Listener
  readonly #http1: NodeHttp1
  readonly #http2: NodeHttp2

  constructor(settings: ServerSettings) {
    const http1 = new NodeHttp1(settings)
    const http2 = new NodeHttp2(settings)
    this.#http1 = http1
    this.#http2 = http2
    this.#listener = new Listener({
      listen: settings.listen,
      tls: settings.tls,
      http1: settings.http1,
      http2: settings.http2,
      limits: settings.limits,
      clock: settings.clock,
      events: settings.events,
      serve: (socket, protocol, closed) =>
        protocol === 'h2' ? http2.serve(socket, closed) : http1.serve(socket, closed),
    })
  }

  start(): Promise<void> {
    return this.#listener.start()
  }

  get address(): string {
    return this.#listener.address
  }

  get port(): number {
    return this.#listener.port
  }

  get connectionCount(): number {
    return this.#listener.connectionCount
  }

  setHandler(handler: RequestHandler): void {
    this.#http1.handler = handler
    this.#http2.handler = handler
  }

  reconfigure(changes: ServerChanges): void {
    this.#http1.reconfigure(changes)
    this.#http2.reconfigure(changes)
    this.#listener.reconfigure(changes)
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#listener.shutdown(deadlineMs)
  }
}
