import {
  any,
  bool,
  type ConfigOf,
  componentRef,
  defineConfig,
  duration,
  headers,
  list,
  listenAddress,
  oneOf,
  optional,
  section,
  string,
  uint,
} from '../declare.ts'
import { compressionParamsConfig } from './compression-params.ts'
import { tlsClientConfig, tlsServerConfig } from './tls.ts'

const authShape = {
  authenticator: componentRef('authenticator', '', 'Id of the extension that authenticates.', { required: true }),
} as const

export const authConfig = defineConfig(authShape)

const serverAuthConfig = defineConfig({
  ...authShape,
  requestParams: list('request_params', string('', ''), [], 'Query parameters handed to the authenticator.'),
})

const corsConfig = defineConfig({
  allowedOrigins: list(
    'allowed_origins',
    string('', ''),
    [],
    'Origins allowed to call, `*` as wildcard; empty turns CORS off.',
  ),
  allowedHeaders: list('allowed_headers', string('', ''), [], 'Request headers allowed beside the harmless ones.'),
  exposedHeaders: list('exposed_headers', string('', ''), [], 'Response headers that scripts may read.'),
  maxAge: uint('max_age', 0, 'Seconds that a browser may keep the answer to a preflight request.'),
})

const httpCompressionAlgorithms = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'lz4', 'x-snappy-framed'] as const

/** Accepted and without effect: the Collector's own extension points. */
const middlewares = any('middlewares', undefined, 'Middleware extensions.', { noEffect: 'Sluice has no middlewares' })

/** The Collector reads it from the address's own section, for servers too. */
export const dialer = any('dialer', undefined, 'Settings of outgoing connections.', {
  noEffect: 'a server opens no connections',
})

/**
 * Keys of an HTTP server, to be spread into a shape:
 * `defineConfig({ ...httpServerShape('localhost:4318'), parseStringTags: bool(...) })`.
 */
export function httpServerShape<D extends string | undefined>(endpoint: D) {
  return {
    endpoint: listenAddress('endpoint', endpoint),
    transport: oneOf('transport', ['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp', 'Kind of socket.'),
    dialer,
    tls: optional('tls', tlsServerConfig, 'TLS of the server.'),
    cors: optional('cors', corsConfig, 'Calls from browsers of other origins.'),
    auth: optional('auth', serverAuthConfig, 'Authentication of callers.', { nullIsOff: true }),
    maxRequestBodyBytes: uint(
      'max_request_body_size',
      20 * 1024 * 1024,
      'Largest request body in bytes, on the wire and again after decompression; 0 means 20 MiB.',
    ),
    includeMetadata: bool('include_metadata', false, 'Keep request headers as metadata for the pipeline.'),
    responseHeaders: headers('response_headers', 'Headers added to every response.'),
    compressionAlgorithms: list(
      'compression_algorithms',
      oneOf('', httpCompressionAlgorithms, ''),
      httpCompressionAlgorithms,
      'Content encodings that are accepted; an empty list accepts none.',
    ),
    readTimeoutMs: duration('read_timeout', '0s', 'Longest time for reading a whole request; 0 means no limit.'),
    readHeaderTimeoutMs: duration('read_header_timeout', '1m', 'Longest time for reading the headers.'),
    writeTimeoutMs: duration('write_timeout', '30s', 'Longest time for writing a response.'),
    idleTimeoutMs: duration('idle_timeout', '1m', 'Longest time a kept connection may stay unused.'),
    keepAlivesEnabled: bool('keep_alives_enabled', true, 'Keep connections between requests.'),
    middlewares,
  } as const
}

export const httpServerConfig = defineConfig(httpServerShape('localhost:4318'))
export type HttpServerConfig = ConfigOf<typeof httpServerConfig>

/** Codecs of a request body, as an exporter names them. */
const httpClientCompressions = [
  'gzip',
  'zlib',
  'deflate',
  'snappy',
  'x-snappy-framed',
  'zstd',
  'lz4',
  'none',
  '',
] as const

const overHttp1 = 'requests go over HTTP/1.1'

const cookiesConfig = defineConfig({
  enabled: bool('enabled', false, 'Keep cookies between requests.', { noEffect: 'no cookie is kept' }),
})

/** What is wrong with `value` as the URL of a backend; undefined where nothing is. */
export function httpUrlProblem(value: string): string | undefined {
  if (value === '') return undefined
  if (!/^https?:\/\//i.test(value)) return `must start with http:// or https://, found "${value}"`
  return URL.canParse(value) ? undefined : `is not a URL: "${value}"`
}

export interface HttpClientDefaults {
  readonly timeout?: string
  readonly compression?: (typeof httpClientCompressions)[number]
  readonly endpointRequired?: boolean
}

/** Keys of an HTTP client, to be spread into a shape. */
export function httpClientShape(defaults: HttpClientDefaults = {}) {
  return {
    endpoint: string('endpoint', '', 'URL of the backend: https://host:port.', {
      required: defaults.endpointRequired ?? false,
      example: 'https://backend:4318',
      validate: httpUrlProblem,
    }),
    proxyUrl: string('proxy_url', '', 'Proxy; empty means HTTP_PROXY, HTTPS_PROXY and NO_PROXY decide.', {
      validate: httpUrlProblem,
    }),
    tls: section('tls', tlsClientConfig, 'TLS of the connection.'),
    timeoutMs: duration('timeout', defaults.timeout ?? '30s', 'Longest time for one attempt; 0 means no limit.'),
    headers: headers(),
    auth: optional('auth', authConfig, 'Authentication towards the backend.', { nullIsOff: true }),
    compression: oneOf(
      'compression',
      httpClientCompressions,
      defaults.compression ?? 'gzip',
      'Codec of the request body.',
    ),
    compressionParams: section('compression_params', compressionParamsConfig, 'Settings of the codec.'),
    readBufferBytes: uint('read_buffer_size', 0, 'Read buffer in bytes.', { noEffect: 'Node chooses its buffers' }),
    writeBufferBytes: uint('write_buffer_size', 0, 'Write buffer in bytes.', { noEffect: 'Node chooses its buffers' }),
    maxIdleConns: uint('max_idle_conns', 100, 'Most unused connections that are kept; 0 means no limit.'),
    maxIdleConnsPerHost: uint('max_idle_conns_per_host', 0, 'The same per host; 0 means no limit of its own.'),
    maxConnsPerHost: uint('max_conns_per_host', 0, 'Most connections per host; 0 means no limit.'),
    idleConnTimeoutMs: duration('idle_conn_timeout', '90s', 'How long an unused connection is kept.'),
    disableKeepAlives: bool('disable_keep_alives', false, 'Open a connection for each request.'),
    http2ReadIdleTimeoutMs: duration(
      'http2_read_idle_timeout',
      '0s',
      'Silence after which HTTP/2 pings; 0 means never.',
      { noEffect: overHttp1 },
    ),
    http2PingTimeoutMs: duration('http2_ping_timeout', '0s', 'How long to wait for the answer to a ping.', {
      noEffect: overHttp1,
    }),
    forceAttemptHttp2: bool('force_attempt_http2', true, 'Offer HTTP/2 over TLS.', { noEffect: overHttp1 }),
    cookies: optional('cookies', cookiesConfig, 'Cookies.'),
    middlewares,
  } as const
}

export const httpClientConfig = defineConfig(httpClientShape())
export type HttpClientConfig = ConfigOf<typeof httpClientConfig>
