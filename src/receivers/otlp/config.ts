import { type ConfigOf, defineConfig, optional, section, string, uint } from '../../config/declare.ts'
import { grpcServerShape } from '../../config/sections/grpc.ts'
import { httpServerShape } from '../../config/sections/http.ts'

const defaultMessageBytesMax = 16 * 1024 * 1024
const defaultBodyBytesMax = 20 * 1024 * 1024

const grpcConfig = defineConfig({
  ...grpcServerShape('localhost:4317'),
  maxRecvMsgSizeMib: uint(
    'max_recv_msg_size_mib',
    0,
    'Largest message in MiB, as sent and again after decompression; 0 means 16.',
    { max: 2047, changed: 'the Collector takes 4 MiB where the key is absent or 0' },
  ),
})

const httpConfig = defineConfig({
  ...httpServerShape('localhost:4318'),
  maxRequestBodyBytes: uint(
    'max_request_body_size',
    defaultBodyBytesMax,
    'Largest request body in bytes, on the wire and again after decompression; 0 means 20 MiB.',
  ),
  tracesUrlPath: string('traces_url_path', '/v1/traces', 'Path of traces.', { validate: pathProblem }),
  metricsUrlPath: string('metrics_url_path', '/v1/metrics', 'Path of metrics.', { validate: pathProblem }),
  logsUrlPath: string('logs_url_path', '/v1/logs', 'Path of logs.', { validate: pathProblem }),
})

/** What is wrong with the path of a URL; undefined where nothing is. */
function pathProblem(value: string): string | undefined {
  if (/^\/?[^\s?#:/]*(?:\/[^\s?#]*)?$/.test(value)) return undefined
  return `must be the path of a URL, such as /v1/traces, found "${value}"`
}

/** Names and defaults follow the Collector's OTLP receiver. */
export const otlpReceiverConfig = defineConfig({
  protocols: section(
    'protocols',
    defineConfig(
      {
        grpc: optional('grpc', grpcConfig, 'OTLP/gRPC.'),
        http: optional('http', httpConfig, 'OTLP/HTTP, protobuf and JSON.'),
      },
      (config, problems) => {
        if (config.grpc === undefined && config.http === undefined) {
          problems.error([], 'must specify at least one protocol when using the OTLP receiver', 'write grpc: or http:')
        }
      },
    ),
    'What the receiver listens for; at least one.',
  ),
})

export type OtlpReceiverConfig = ConfigOf<typeof otlpReceiverConfig>
export type OtlpGrpcConfig = NonNullable<OtlpReceiverConfig['protocols']['grpc']>
export type OtlpHttpConfig = NonNullable<OtlpReceiverConfig['protocols']['http']>

/** 0 means the default. */
export function grpcMessageBytesMax(config: OtlpGrpcConfig): number {
  return config.maxRecvMsgSizeMib === 0 ? defaultMessageBytesMax : config.maxRecvMsgSizeMib * 1024 * 1024
}

export function httpBodyBytesMax(config: OtlpHttpConfig): number {
  return config.maxRequestBodyBytes === 0 ? defaultBodyBytesMax : config.maxRequestBodyBytes
}
