import { byteSize, type ConfigOf, defineConfig } from '../../config/declare.ts'
import { queueShape, timeoutShape } from '../../config/sections/exporter-queue.ts'
import { grpcClientShape } from '../../config/sections/grpc.ts'

/** The Collector's keys and defaults, and `max_request_size`. */
export const otlpGrpcConfig = defineConfig({
  ...grpcClientShape(),
  ...timeoutShape('5s'),
  ...queueShape(),
  requestBytesMax: byteSize(
    'max_request_size',
    '4MiB',
    'Largest request before compression: merged no further, and cut where one batch alone is larger; 0 means no limit.',
  ),
})
export type OtlpGrpcConfig = ConfigOf<typeof otlpGrpcConfig>
