import { any, type ConfigOf, defineConfig, listenAddress, optional, section, uint } from '../../config/declare.ts'
import { grpcServerShape } from '../../config/sections/grpc.ts'
import { httpServerShape } from '../../config/sections/http.ts'

const defaultMessageBytesMax = 16 * 1024 * 1024
const defaultBodyBytesMax = 20 * 1024 * 1024

const grpcConfig = defineConfig({
  ...grpcServerShape('localhost:14250'),
  maxRecvMsgSizeMib: uint(
    'max_recv_msg_size_mib',
    0,
    'Largest message in MiB, as sent and again after decompression; 0 means 16.',
    { max: 2047, changed: 'the Collector takes 4 MiB where the key is absent or 0' },
  ),
})

const thriftHttpConfig = defineConfig({
  ...httpServerShape('localhost:14268'),
  maxRequestBodyBytes: uint(
    'max_request_body_size',
    defaultBodyBytesMax,
    'Largest request body in bytes, on the wire and again after decompression; 0 means 20 MiB.',
  ),
})

const udpConfig = (endpoint: string) =>
  defineConfig({
    endpoint: listenAddress('endpoint', endpoint, 'Address to listen on, host:port.', { listens: 'udp' }),
    queueSize: uint(
      'queue_size',
      1000,
      'Most datagrams that wait to be taken by the pipelines; further ones are dropped.',
      {
        min: 1,
      },
    ),
    maxPacketBytes: uint('max_packet_size', 65_000, 'Largest datagram in bytes; longer ones are dropped.', { min: 1 }),
    workers: uint('workers', 10, 'Readers of the queue.', { noEffect: 'one event loop reads, in order' }),
    socketBufferBytes: uint(
      'socket_buffer_size',
      0,
      "The socket's receive buffer in bytes; 0 is 4 MiB or as much as the system allows.",
    ),
  })

/** Names and defaults follow the Collector's Jaeger receiver. */
export const jaegerReceiverConfig = defineConfig(
  {
    protocols: section(
      'protocols',
      defineConfig(
        {
          grpc: optional('grpc', grpcConfig, 'api_v2 over gRPC.'),
          thriftHttp: optional('thrift_http', thriftHttpConfig, 'Thrift (binary) over HTTP.'),
          thriftCompact: optional('thrift_compact', udpConfig('localhost:6831'), 'Thrift (compact) over UDP.'),
          thriftBinary: optional('thrift_binary', udpConfig('localhost:6832'), 'Thrift (binary) over UDP.'),
        },
        (config, problems) => {
          if (Object.values(config).every(protocol => protocol === undefined)) {
            problems.error([], 'must specify at least one protocol when using the Jaeger receiver', 'write grpc:')
          }
        },
      ),
      'What the receiver listens for; at least one.',
    ),
    remoteSampling: any('remote_sampling', undefined, 'Removed from the Collector; an error here.'),
  },
  (config, problems) => {
    if (config.remoteSampling !== undefined) {
      problems.error(['remote_sampling'], 'is not supported: the receiver takes spans only', 'remove the key')
    }
  },
)

export type JaegerReceiverConfig = ConfigOf<typeof jaegerReceiverConfig>
export type JaegerGrpcConfig = NonNullable<JaegerReceiverConfig['protocols']['grpc']>
export type JaegerThriftHttpConfig = NonNullable<JaegerReceiverConfig['protocols']['thriftHttp']>
export type JaegerUdpConfig = NonNullable<JaegerReceiverConfig['protocols']['thriftCompact']>

/** 0 means the default. */
export function grpcMessageBytesMax(config: JaegerGrpcConfig): number {
  return config.maxRecvMsgSizeMib === 0 ? defaultMessageBytesMax : config.maxRecvMsgSizeMib * 1024 * 1024
}

export function httpBodyBytesMax(config: JaegerThriftHttpConfig): number {
  return config.maxRequestBodyBytes === 0 ? defaultBodyBytesMax : config.maxRequestBodyBytes
}
