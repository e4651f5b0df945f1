import type { GrpcClient, GrpcClientSettings } from './client.ts'
import { GrpcSocketClient } from './h2/grpc-socket-client.ts'

/** The one place that chooses an implementation. */
export function createGrpcClient(settings: GrpcClientSettings): GrpcClient {
  return new GrpcSocketClient(settings)
}
