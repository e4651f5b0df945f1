import type { ComponentSettings } from '../component/component.ts'
import { revealedHeaders } from '../config/revealed-headers.ts'
import type { HttpClientConfig } from '../config/sections/http.ts'
import { basicCredentials } from '../config/url-credentials.ts'
import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import type { ClientResponse, HttpClient } from '../transport/client.ts'
import { type CompressionName, compress } from '../transport/compress.ts'
import type { HeaderList } from '../transport/headers.ts'
import { createHttpClient } from '../transport/http-client.ts'
import { authHeaders } from './client-auth.ts'
import { type WatchedTls, watchClientTls } from './client-tls.ts'
import type { Attempt } from './export-request.ts'
import { proxyFromEnvironment } from './proxy-environment.ts'

/** OTLP's limit of an answer: a larger one is not read, and its request is not sent again. */
const responseBytesMax = 4 * 1024 * 1024
const connectTimeoutMs = 20_000

/** A proxy that asks for https, and a path with another slash: more is a circle. */
const redirectsMax = 3

const encodings: Record<Exclude<HttpClientConfig['compression'], ''>, readonly [CompressionName, header: string]> = {
  none: ['identity', ''],
  gzip: ['gzip', 'gzip'],
  zlib: ['deflate', 'zlib'],
  deflate: ['deflate', 'deflate'],
  zstd: ['zstd', 'zstd'],
  snappy: ['snappy', 'snappy'],
  'x-snappy-framed': ['x-snappy-framed', 'x-snappy-framed'],
  lz4: ['lz4', 'lz4'],
}

export interface HttpPost {
  readonly parts: readonly Uint8Array[]
  readonly headers: HeaderList
  readonly metadata: ClientMetadata | undefined
}

/** Sends bodies as the Collector's HTTP client keys say: compressed, with headers, TLS, proxy and authenticator. */
export class HttpSender {
  readonly #config: HttpClientConfig
  readonly #settings: ComponentSettings
  /** By origin: endpoints of the signals may differ. */
  readonly #clients = new Map<string, HttpClient>()
  readonly #headers: HeaderList
  #tls: WatchedTls | undefined

  constructor(config: HttpClientConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#headers = revealedHeaders(config.headers)
  }

  /** Reads certificates and finds the authenticator; throws what a user must mend. */
  start(urls: readonly URL[]): void {
    if (urls.some(url => url.protocol === 'https:')) this.#loadTls()
    authHeaders(this.#config.auth?.authenticator, this.#settings.host, undefined)
  }

  async post(url: URL, post: HttpPost, attempt: Attempt): Promise<ClientResponse> {
    const { compression, compressionParams, auth } = this.#config
    const [codec, encoding] = encodings[compression === '' ? 'none' : compression]
    const level = compressionParams.level === 0 ? undefined : compressionParams.level
    const parts = await compress(codec, post.parts, level)
    const headers = [...post.headers, ...authHeaders(auth?.authenticator, this.#settings.host, post.metadata)]
    if (url.username !== '' && auth === undefined && !this.#headers.includes('authorization')) {
      headers.push('authorization', basicCredentials(url))
    }
    if (encoding !== '') headers.push('content-encoding', encoding)
    const { timeoutMs, signal } = attempt
    let target = url
    let isLetGo = true
    for (let redirects = 0; ; redirects++) {
      const path = `${target.pathname}${target.search}`
      const response = await this.#clientOf(target).send({ path, headers, parts, timeoutMs, signal })
      const next = redirects < redirectsMax ? redirectOf(target, response) : undefined
      if (next === undefined) return isLetGo ? response : new HeldResponse(response)
      // A server may redirect before it has read the body: then that connection still holds it.
      isLetGo &&= response.isRequestLetGo === true
      target = next
    }
  }

  async shutdown(): Promise<void> {
    await Promise.all([...this.#clients.values()].map(client => client.shutdown()))
    this.#clients.clear()
    this.#tls?.stop()
    this.#tls = undefined
  }

  #clientOf(url: URL): HttpClient {
    let client = this.#clients.get(url.origin)
    if (client === undefined) {
      const config = this.#config
      client = createHttpClient({
        endpoint: url,
        tls: url.protocol === 'https:' ? this.#loadTls() : undefined,
        headers: this.#headers,
        connectionsMax: config.maxConnsPerHost,
        idleConnectionsMax: config.maxIdleConnsPerHost || config.maxIdleConns,
        idleTimeoutMs: config.disableKeepAlives ? 1 : config.idleConnTimeoutMs,
        connectTimeoutMs,
        responseBytesMax,
        proxyUrl: config.proxyUrl === '' ? proxyFromEnvironment(url, process.env) : config.proxyUrl,
        clock: this.#settings.clock,
      })
      this.#clients.set(url.origin, client)
    }
    return client
  }

  #loadTls(): WatchedTls {
    this.#tls ??= watchClientTls(this.#config.tls, this.#settings)
    return this.#tls
  }
}

/** The answer to a request of which an earlier connection may still hold something. */
class HeldResponse implements ClientResponse {
  readonly #response: ClientResponse
  readonly isRequestLetGo = false

  constructor(response: ClientResponse) {
    this.#response = response
  }

  get status(): number {
    return this.#response.status
  }

  get body(): Uint8Array {
    return this.#response.body
  }

  header(name: string): string | undefined {
    return this.#response.header(name)
  }

  trailer(name: string): string | undefined {
    return this.#response.trailer(name)
  }
}

/** Where 307 and 308 send the same request: only on the same host, as it carries credentials, and never from https to http. */
function redirectOf(url: URL, response: ClientResponse): URL | undefined {
  const { status } = response
  if (status !== 307 && status !== 308) return undefined
  const location = response.header('location')
  if (location === undefined || !URL.canParse(location, url.href)) return undefined
  const next = new URL(location, url.href)
  const isSafe = next.protocol === url.protocol || next.protocol === 'https:'
  return isSafe && next.hostname === url.hostname ? next : undefined
}
