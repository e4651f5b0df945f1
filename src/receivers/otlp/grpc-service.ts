import { acceptedAtOnce } from '../../component/consumer.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import { fullSuccessProtobuf } from '../../pdata/export-response.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { validatedBatch } from '../../pdata/validate.ts'
import { healthCheck, healthCheckPath } from '../../receiver-helper/grpc-health.ts'
import type { GrpcMethod } from '../../receiver-helper/grpc-methods.ts'
import type { Intake } from '../../receiver-helper/intake.ts'
import { frameMessage, grpcPrefixBytes } from '../../transport/grpc.ts'

/** Export methods by path; the health check of gRPC stands beside them. Source: opentelemetry/proto/collector/<signal>/<version>/<signal>_service.proto */
export const exportPaths: ReadonlyMap<string, Signal> = new Map([
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
  ['/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export', 'profiles'],
])

const success = frameMessage(fullSuccessProtobuf)

export function exportMethods(intake: Intake): ReadonlyMap<string, GrpcMethod> {
  const methods = new Map([...exportPaths].map(([path, signal]) => [path, exportMethod(signal, intake)]))
  return methods.set(healthCheckPath, healthCheck(exportPaths.keys()))
}

function exportMethod(signal: Signal, intake: Intake): GrpcMethod {
  return {
    isServed: () => intake.takes(signal),
    call(message, metadata) {
      const memory = BatchMemory.of(message, grpcPrefixBytes)
      const taken = intake.take(validatedBatch(signal, message, metadata, memory))
      return taken === acceptedAtOnce ? success : taken.then(() => success)
    },
  }
}
