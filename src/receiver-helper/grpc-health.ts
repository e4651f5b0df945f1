import { frameMessage, grpcStatus } from '../transport/grpc.ts'
import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import type { GrpcMethod } from './grpc-methods.ts'
import { Refusal } from './refusal.ts'

/**
 * gRPC's health protocol, for probes such as Kubernetes' `grpc:`. Whoever gets an answer is served; while the receiver
 * drains, calls are refused before they come here. `Watch` is left out, which the protocol allows (UNIMPLEMENTED).
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md; HealthCheckRequest{service = 1},
 * HealthCheckResponse{status = 1}, SERVING = 1
 */
export const healthCheckPath = '/grpc.health.v1.Health/Check'

const requestService = 1
const serving = frameMessage(Uint8Array.of(0x08, 1))

/** Knows the services of these paths, and the server as a whole by the empty name. */
export function healthCheck(paths: Iterable<string>): GrpcMethod {
  const services = new Set([''])
  for (const path of paths) services.add(path.slice(1, path.lastIndexOf('/')))
  return {
    isServed: () => true,
    async call(message) {
      const service = serviceIn(message)
      if (services.has(service)) return serving
      throw new Refusal('unknown_service', 'unknown service', {
        grpcStatus: grpcStatus.notFound,
        httpStatus: 404,
        retryDelayMs: undefined,
      })
    },
  }
}

/** Throws `WireError`. */
function serviceIn(message: Uint8Array): string {
  const cursor = new FieldCursor(message)
  let service = ''
  while (cursor.next()) {
    if (cursor.fieldNumber === requestService && cursor.wireType === wireBytes) {
      service = Buffer.from(cursor.slice()).toString('utf8')
    }
  }
  return service
}
