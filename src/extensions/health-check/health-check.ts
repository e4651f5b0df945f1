import type { Component, ComponentSettings, Deadline } from '../../component/component.ts'
import { parseListenAddress } from '../../config/listen-address.ts'
import { createServer } from '../../transport/create-server.ts'
import { defaultKeepalive, defaultLimits } from '../../transport/limits.ts'
import type { Exchange, ListenAddress, RequestHandler, Server } from '../../transport/server.ts'
import { loadServerTls, type Stoppable } from '../../transport/tls-files.ts'
import type { HealthCheckConfig } from './config.ts'
import { healthAnswer } from './health-answer.ts'

const empty = new Uint8Array(0)

/** Tells orchestrators whether the agent lives, is ready, and has started. */
export class HealthCheck implements Component {
  #config: HealthCheckConfig
  readonly #settings: ComponentSettings
  #server: Server | undefined
  #tls: Stoppable | undefined

  constructor(config: HealthCheckConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
  }

  /** Undefined before `start`. */
  get address(): string | undefined {
    return this.#server?.address
  }

  listening(): readonly string[] {
    return this.#server === undefined ? [] : [`health ${this.#server.address}`]
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return
    const { clock, logger } = this.#settings
    const { tls, readHeaderTimeoutMs, idleTimeoutMs, writeTimeoutMs } = this.#config
    const files = tls === undefined ? undefined : loadServerTls(tls, clock, message => logger.warn(message))
    const server = createServer({
      listen: listenOn(this.#config),
      tls: files,
      http1: true,
      http2: false,
      limits: {
        ...defaultLimits,
        headersTimeoutMs: readHeaderTimeoutMs || defaultLimits.headersTimeoutMs,
        idleTimeoutMs: idleTimeoutMs || defaultLimits.idleTimeoutMs,
        writeTimeoutMs: writeTimeoutMs || defaultLimits.writeTimeoutMs,
      },
      keepalive: defaultKeepalive,
      handler: this.#handler(),
      clock,
      events: { connectionOpened() {}, connectionClosed() {}, requestRefused() {} },
    })
    try {
      await server.start()
    } catch (error) {
      files?.stop()
      throw error
    }
    this.#server = server
    this.#tls = files
  }

  /** Paths and bodies change in place; another address or other TLS needs a new listener. */
  async reconfigure(config: unknown): Promise<boolean> {
    const next = config as HealthCheckConfig
    const { path, responseBody } = next
    const isSame = JSON.stringify({ ...this.#config, path, responseBody }) === JSON.stringify(next)
    if (isSame) this.#config = next
    return isSame
  }

  async shutdown(deadline: Deadline): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#tls?.stop()
    this.#tls = undefined
    await server?.shutdown(deadline.atMs)
  }

  #handler(): RequestHandler {
    return {
      head: exchange => {
        this.#answer(exchange)
        return -1
      },
      admit: () => false,
      body() {},
      failed() {},
    }
  }

  #answer(exchange: Exchange): void {
    const { clock, host } = this.#settings
    const paths = { path: this.#config.path, bodies: this.#config.responseBody }
    const answer = healthAnswer(exchange.path, paths, host.state(), clock.wallMs())
    if (answer === undefined) {
      exchange.respond(
        404,
        ['content-type', 'text/plain'],
        Buffer.from('health is at /, /livez, /readyz and /startupz\n'),
      )
    } else if (exchange.method !== 'GET' && exchange.method !== 'HEAD') {
      exchange.respond(405, ['allow', 'GET, HEAD'], empty)
    } else {
      const type = answer.body.startsWith('{') ? 'application/json' : 'text/plain'
      const body = exchange.method === 'HEAD' ? empty : Buffer.from(answer.body)
      exchange.respond(answer.status, ['content-type', type, 'cache-control', 'no-store'], body)
    }
  }
}

function listenOn({ endpoint, transport }: HealthCheckConfig): ListenAddress {
  if (transport === 'unix') return { path: endpoint }
  const address = parseListenAddress(endpoint)
  if (address === undefined) throw new Error(`endpoint "${endpoint}" is not host:port`)
  return address
}
