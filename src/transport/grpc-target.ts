import { parseGrpcTargetParts } from '../config/grpc-target.ts'
import { TransportError } from './client.ts'

export interface GrpcTarget {
  readonly host: string
  readonly port: number
  readonly path: string | undefined
  readonly authority: string
}

/** Where a client connects to: gRPC's names, with the port of the scheme where none is written. */
export function parseGrpcTarget(target: string, isSecure: boolean): GrpcTarget {
  const parts = parseGrpcTargetParts(target)
  if (parts === undefined) throw new TransportError('connect', `"${target}" is not host:port`)
  if (parts.path !== undefined) return { host: 'localhost', port: 0, path: parts.path, authority: 'localhost' }
  const { host } = parts
  const port = parts.port ?? (isSecure ? 443 : 80)
  return { host, port, path: undefined, authority: `${host.includes(':') ? `[${host}]` : host}:${port}` }
}
