import { TransportError } from './client.ts'

export interface GrpcTarget {
  readonly host: string
  readonly port: number
  readonly path: string | undefined
  readonly authority: string
}

/** Reads gRPC's names: `host:port`, `dns:///host:port`, `passthrough:///host:port`, `unix:/path`, `unix:///path`. */
export function parseGrpcTarget(target: string, isSecure: boolean): GrpcTarget {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(target)
  if (unix !== null) return { host: 'localhost', port: 0, path: unix[1]!, authority: 'localhost' }
  const rest = target.replace(/^(?:dns|passthrough|ipv4|ipv6):(?:\/\/[^/]*\/)?/, '').replace(/^https?:\/\//, '')
  const split = /^(?:\[([^\]]+)\]|([^:/]+)|([0-9a-fA-F:]*:[0-9a-fA-F:]*))(?::([0-9]+))?\/?$/.exec(rest)
  if (split === null) throw new TransportError('connect', `"${target}" is not host:port`)
  const host = split[1] ?? split[2] ?? split[3]!
  const port = split[4] === undefined ? (isSecure ? 443 : 80) : Number(split[4])
  return { host, port, path: undefined, authority: `${host.includes(':') ? `[${host}]` : host}:${port}` }
}
