import { Accepted } from './accepted.ts'
import { Listener } from './listener.ts'
import type { RequestHandler, Server, ServerChanges, ServerSettings } from './server.ts'

/** A server whose HTTP/1.1 and HTTP/2 are our own, on the sockets of a listener. */
export class SocketServer implements Server {
  readonly #listener: Listener
  #settings: ServerSettings
  handler: RequestHandler

  constructor(settings: ServerSettings) {
    this.#settings = settings
    this.handler = settings.handler
    this.#listener = new Listener({
      listen: settings.listen,
      tls: settings.tls,
      http1: settings.http1,
      http2: settings.http2,
      limits: settings.limits,
      clock: settings.clock,
      events: settings.events,
      accept: (socket, protocol, closed) =>
        new Accepted(socket, protocol, { settings: this.#settings, server: this, closed }),
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
    this.handler = handler
  }

  reconfigure(changes: ServerChanges): void {
    this.#settings = { ...this.#settings, ...changes }
    this.#listener.reconfigure(changes)
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#listener.shutdown(deadlineMs)
  }
}
