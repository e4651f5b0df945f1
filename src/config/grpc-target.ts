/** A gRPC target taken apart: a socket's path, or a host with the port that was written, if any. */
export type GrpcTargetParts =
  | { readonly path: string; readonly host?: undefined; readonly port?: undefined }
  | { readonly path?: undefined; readonly host: string; readonly port: number | undefined }

const addressPattern = /^(?:\[([^\]]+)\]|([^:/]+)|([0-9a-fA-F:]*:[0-9a-fA-F:]*))(?::([0-9]+))?\/?$/

/**
 * Reads gRPC's names: `host:port`, `dns:///host:port`, `passthrough:///host:port`, `ipv4:host:port`, `unix:/path`,
 * `unix:///path`, and URLs of http and https. Undefined where the text is none of them.
 */
export function parseGrpcTargetParts(target: string): GrpcTargetParts | undefined {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(target)
  if (unix !== null) return { path: unix[1] ?? '' }
  const rest = target.replace(/^(?:dns|passthrough|ipv4|ipv6):(?:\/\/[^/]*\/)?/, '').replace(/^https?:\/\//, '')
  const match = addressPattern.exec(rest)
  if (match === null) return undefined
  const host = match[1] ?? match[2] ?? match[3] ?? ''
  if (match[4] === undefined) return { host, port: undefined }
  const port = Number(match[4])
  return port > 65_535 ? undefined : { host, port }
}

/** What is wrong with `target` as the address of a backend; undefined where nothing is. Only URLs may go without a port. */
export function grpcTargetProblem(target: string): string | undefined {
  if (target === '') return undefined
  const parts = parseGrpcTargetParts(target)
  if (parts === undefined) return `is not host:port: "${target}"`
  const needsPort = parts.path === undefined && parts.port === undefined && !/^https?:\/\//.test(target)
  return needsPort ? `has no port, found "${target}"; OTLP over gRPC is mostly on 4317` : undefined
}
