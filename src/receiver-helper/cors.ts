import type { HeaderList } from '../transport/headers.ts'
import type { Exchange } from '../transport/server.ts'

/**
 * Calls from web pages of other origins, as the Collector allows them.
 *
 * Source: https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export interface Cors {
  readonly origins: readonly RegExp[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAgeSeconds: number
}

export interface CorsConfig {
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAge: number
}

/** Undefined where no origin is allowed: CORS is off. */
export function compileCors(config: CorsConfig | undefined): Cors | undefined {
  if (config === undefined || config.allowedOrigins.length === 0) return undefined
  return {
    origins: config.allowedOrigins.map(originPattern),
    allowedHeaders: [
      'accept',
      'content-type',
      'x-requested-with',
      ...config.allowedHeaders.map(name => name.toLowerCase()),
    ],
    exposedHeaders: config.exposedHeaders,
    maxAgeSeconds: config.maxAge,
  }
}

/** `*` stands for any run of characters; everything else for itself. */
function originPattern(origin: string): RegExp {
  const escaped = origin.toLowerCase().replace(/[.+?^${}()|[\]\\/-]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*')}$`)
}

/** The answer to a preflight request; undefined where this is none. Without the headers the browser refuses by itself. */
export function preflightHeaders(exchange: Exchange, cors: Cors): HeaderList | undefined {
  const origin = exchange.header('origin')
  const method = exchange.header('access-control-request-method')
  if (exchange.method !== 'OPTIONS' || origin === undefined || method === undefined) return undefined
  const vary = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers']
  const asked = (exchange.header('access-control-request-headers') ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '')
  const { allowedHeaders, maxAgeSeconds } = cors
  const isAllowed =
    isOriginAllowed(origin, cors) &&
    (method === 'POST' || method === 'GET') &&
    asked.every(name => allowedHeaders.includes('*') || allowedHeaders.includes(name))
  if (!isAllowed) return vary
  const headers = [...vary, 'access-control-allow-origin', origin, 'access-control-allow-methods', method]
  if (asked.length > 0) headers.push('access-control-allow-headers', asked.join(', '))
  headers.push('access-control-allow-credentials', 'true')
  if (maxAgeSeconds > 0) headers.push('access-control-max-age', String(maxAgeSeconds))
  return headers
}

/** Headers of any other answer. */
export function corsHeaders(exchange: Exchange, cors: Cors): HeaderList {
  const origin = exchange.header('origin')
  if (origin === undefined || !isOriginAllowed(origin, cors)) return ['vary', 'Origin']
  const headers = ['vary', 'Origin', 'access-control-allow-origin', origin, 'access-control-allow-credentials', 'true']
  if (cors.exposedHeaders.length > 0) headers.push('access-control-expose-headers', cors.exposedHeaders.join(', '))
  return headers
}

function isOriginAllowed(origin: string, cors: Cors): boolean {
  const lower = origin.toLowerCase()
  // A CR or LF cannot get here, but an absurd length could make a pattern slow.
  return lower.length <= 512 && cors.origins.some(pattern => pattern.test(lower))
}
