import { parseGrpcTarget } from '../transport/grpc-target.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy for `endpoint` by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in upper or lower case; undefined without one. */
export function proxyFromEnvironment(endpoint: URL, environment: Environment): string | undefined {
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined
  const proxy = endpoint.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY')
  if (proxy === undefined || isLocal(endpoint.hostname)) return undefined
  const port = endpoint.port || (endpoint.protocol === 'https:' ? '443' : '80')
  const exceptions = (read('NO_PROXY') ?? '').split(',').map(each => each.trim().toLowerCase())
  if (exceptions.some(each => matches(each, endpoint.hostname.toLowerCase(), port))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
}

function matches(exception: string, hostname: string, port: string): boolean {
  if (exception === '') return false
  if (exception === '*') return true
  const [, name = '', atPort] = /^(.*?)(?::([0-9]+))?$/.exec(exception) ?? []
  if (atPort !== undefined && atPort !== port) return false
  const suffix = name.replace(/^\*?\.?/, '.')
  return hostname === suffix.slice(1) || hostname.endsWith(suffix)
}

/**
 * The proxy for a gRPC target. As grpc-go does, HTTPS_PROXY counts whether or not the connection is TLS: the proxy is only
 * asked to hand bytes through.
 */
export function grpcProxyFromEnvironment(target: string, environment: Environment): string | undefined {
  const { authority, path } = parseGrpcTarget(target, true)
  return path === undefined ? proxyFromEnvironment(new URL(`https://${authority}`), environment) : undefined
}
