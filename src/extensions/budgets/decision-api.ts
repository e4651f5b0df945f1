import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type BudgetStatus, type Decision, statusJson } from './budget.ts'

export interface DecisionSource {
  /** Statuses that bear on a scope such as `checkout` or `payments/checkout`, percent-encoded as in a URL; empty without any. */
  statusesOf(scopePath: string): BudgetStatus[]
  allStatuses(): BudgetStatus[]
}

interface Answer {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

const severity: Readonly<Record<Decision, number>> = { allow: 0, warn: 1, deny: 2 }

/**
 * `GET /v1/budget/<scope value>` says allow, warn or deny, the strictest of the budgets that apply; `GET /v1/budgets`
 * lists them all. Whoever asks decides what to do: the telemetry never blocks a call.
 */
export class DecisionApi {
  readonly #source: DecisionSource
  readonly #host: string
  readonly #port: number
  #server: Server | undefined

  constructor(source: DecisionSource, host: string, port: number) {
    this.#source = source
    this.#host = host
    this.#port = port
  }

  /** The port it listens on, once started; 0 before. */
  get port(): number {
    const address = this.#server?.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** `host:port` once started, as configured and with the port that it got. */
  get address(): string {
    return `${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`
  }

  start(): Promise<void> {
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192 })
    server.maxConnections = 256
    server.on('request', (request, response) => this.#answer(request, response))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.#host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  }

  async shutdown(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    server.closeAllConnections()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { status, body, headers } = this.#answerTo(request.method ?? '', request.url ?? '')
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
    response.end(`${JSON.stringify(body)}\n`)
  }

  #answerTo(method: string, url: string): Answer {
    if (method !== 'GET' && method !== 'HEAD') {
      return { status: 405, body: { error: 'only GET is understood here' }, headers: { allow: 'GET, HEAD' } }
    }
    const [path = ''] = url.split('?')
    if (path === '/v1/budgets') return { status: 200, body: { budgets: this.#source.allStatuses().map(statusJson) } }
    if (path !== '/v1/budget' && !path.startsWith('/v1/budget/')) {
      return { status: 404, body: { error: 'ask for /v1/budget/<scope value> or /v1/budgets' } }
    }
    const scopePath = path.slice('/v1/budget/'.length)
    if (!isEncoded(scopePath)) {
      return { status: 400, body: { error: 'the scope value is not properly percent-encoded' } }
    }
    const statuses = this.#source.statusesOf(scopePath)
    if (statuses.length === 0) {
      return { status: 404, body: { error: 'no budget has such a scope', scope_value: decodeURIComponent(scopePath) } }
    }
    const strictest = statuses.reduce((a, b) => (severity[b.decision] > severity[a.decision] ? b : a))
    return { status: 200, body: { ...statusJson(strictest), budgets: statuses.map(statusJson) } }
  }
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch (error) {
    if (error instanceof URIError) return false
    throw error
  }
}
