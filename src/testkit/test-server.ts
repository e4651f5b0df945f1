import { systemClock } from '../clock/clock.ts'
import type { GrpcClient, HttpClient } from '../transport/client.ts'
import { frameMessage } from '../transport/grpc.ts'
import { createGrpcClient } from '../transport/grpc-client.ts'
import { createHttpClient } from '../transport/http-client.ts'
import { defaultKeepalive, defaultLimits, type TransportLimits } from '../transport/limits.ts'
import type { BodyFailure, CloseReason, Exchange, RequestHandler, Server, ServerSettings } from '../transport/server.ts'

/** Every implementation of a server, for tests that all of them must pass. */
export type ServerFactory = (settings: ServerSettings) => Server

/** A handler that remembers, and answers what it got. */
export class EchoHandler implements RequestHandler {
  readonly heads: string[] = []
  readonly failures: BodyFailure[] = []
  admittedBytes = 0
  roomBytes = Number.POSITIVE_INFINITY
  bodyBytesMax = 1024 * 1024
  /** Set to answer at once, before the body. */
  refusal: number | undefined
  /** Set to keep requests until the test answers them. */
  held: Exchange[] | undefined

  head(exchange: Exchange): number {
    this.heads.push(`${exchange.protocol} ${exchange.method} ${exchange.path}`)
    if (this.refusal === undefined) return this.bodyBytesMax
    exchange.respond(this.refusal, ['content-type', 'text/plain'], Buffer.from('refused'))
    return -1
  }

  admit(_exchange: Exchange, moreBytes: number): boolean {
    if (this.admittedBytes + moreBytes > this.roomBytes) return false
    this.admittedBytes += moreBytes
    return true
  }

  body(exchange: Exchange, bytes: Uint8Array): void {
    if (this.held !== undefined) this.held.push(exchange)
    else echo(exchange, bytes)
  }

  failed(exchange: Exchange, reason: BodyFailure): void {
    this.failures.push(reason)
    if (reason !== 'aborted') exchange.respond(reason === 'too_large' ? 413 : 400, [], Buffer.from(reason))
  }
}

export function echo(exchange: Exchange, bytes: Uint8Array): void {
  if (exchange.header('content-type') === 'application/grpc') {
    const body = exchange.header('grpc-encoding') === undefined ? bytes : frameMessage(Buffer.from('pong'))
    exchange.respond(200, ['content-type', 'application/grpc'], body, ['grpc-status', '0', 'x-trailer', 'last'])
  } else {
    exchange.respond(200, ['content-type', 'text/plain', 'x-query', exchange.query], bytes)
  }
}

export interface TestServer {
  readonly server: Server
  readonly handler: EchoHandler
  readonly closed: CloseReason[]
  readonly refused: CloseReason[]
  http(): HttpClient
  grpc(overrides?: Partial<Parameters<typeof createGrpcClient>[0]>): GrpcClient
  /** Resolves when as many connections as given have been closed. */
  closedCount(count: number): Promise<void>
}

/** Starts a server on a free port, and stops it with its clients when the test ends. */
export async function startServer(
  t: { teardown(action: () => Promise<void>): void },
  create: ServerFactory,
  overrides: Partial<Omit<ServerSettings, 'limits' | 'keepalive'>> & {
    limits?: Partial<TransportLimits>
    keepalive?: Partial<ServerSettings['keepalive']>
  } = {},
): Promise<TestServer> {
  const handler = new EchoHandler()
  const closed: CloseReason[] = []
  const refused: CloseReason[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const server = create({
    listen: { host: '127.0.0.1', port: 0 },
    http1: true,
    http2: true,
    handler,
    clock: systemClock,
    events: {
      connectionOpened() {},
      connectionClosed(reason) {
        closed.push(reason)
        for (const each of waiting) if (closed.length >= each.count) each.resolve()
      },
      requestRefused: reason => void refused.push(reason),
    },
    ...overrides,
    limits: { ...defaultLimits, ...overrides.limits },
    keepalive: { ...defaultKeepalive, ...overrides.keepalive },
  })
  await server.start()
  const clients: { shutdown(): Promise<void> }[] = []
  t.teardown(async () => {
    for (const client of clients) await client.shutdown()
    await server.shutdown((overrides.clock ?? systemClock).nowMs())
  })
  return {
    server,
    handler,
    closed,
    refused,
    http() {
      const client = createHttpClient({
        endpoint: new URL(`http://127.0.0.1:${server.port}`),
        headers: [],
        connectionsMax: 1,
        idleTimeoutMs: 60_000,
        connectTimeoutMs: 1000,
        responseBytesMax: 4 * 1024 * 1024,
        clock: systemClock,
      })
      clients.push(client)
      return client
    },
    grpc(settings = {}) {
      const client = createGrpcClient({
        target: `127.0.0.1:${server.port}`,
        headers: [],
        userAgent: 'test',
        compression: 'identity',
        pingIntervalMs: 0,
        pingTimeoutMs: 0,
        pingWithoutCalls: false,
        connectTimeoutMs: 1000,
        responseBytesMax: 4 * 1024 * 1024,
        clock: systemClock,
        ...settings,
      })
      clients.push(client)
      return client
    },
    closedCount(count) {
      return new Promise(resolve => {
        if (closed.length >= count) resolve()
        else waiting.push({ count, resolve })
      })
    },
  }
}
