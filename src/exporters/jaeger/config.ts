import { byteSize, type ConfigOf, defineConfig, optional, string, uint } from '../../config/declare.ts'
import { queueShape, timeoutShape } from '../../config/sections/exporter-queue.ts'
import { grpcClientShape } from '../../config/sections/grpc.ts'
import { httpClientShape } from '../../config/sections/http.ts'

const thriftHttpConfig = defineConfig(httpClientShape({ timeout: '5s', compression: '', endpointRequired: true }))

const thriftCompactConfig = defineConfig({
  endpoint: string('endpoint', 'localhost:6831', 'Address of a Jaeger agent, host:port.'),
  maxPacketBytes: uint('max_packet_size', 65_000, 'Largest datagram in bytes; spans are spread over several.', {
    min: 1024,
    max: 65_507,
  }),
})

/** The keys of the Collector's former exporter, and the two thrift ways that it never had or had elsewhere. */
export const jaegerExporterConfig = defineConfig(
  {
    ...grpcClientShape({ endpointRequired: false }),
    thriftHttp: optional(
      'thrift_http',
      thriftHttpConfig,
      'Send thrift over HTTP instead, usually to :14268/api/traces.',
    ),
    thriftCompact: optional('thrift_compact', thriftCompactConfig, 'Send thrift over UDP instead, to an agent.'),
    ...timeoutShape('5s'),
    ...queueShape(),
    requestBytesMax: byteSize(
      'max_request_size',
      '4MiB',
      'Largest request, measured as OTLP: merged no further, and cut where one batch alone is larger; 0 means no limit.',
    ),
  },
  (config, problems) => {
    const ways = [config.endpoint !== '', config.thriftHttp !== undefined, config.thriftCompact !== undefined]
    if (ways.filter(Boolean).length !== 1) {
      problems.error(
        ['endpoint'],
        'exactly one of endpoint (gRPC), thrift_http and thrift_compact must be there',
        'write endpoint: host:14250; a current Jaeger takes OTLP: use otlp_grpc',
      )
    }
  },
)
export type JaegerExporterConfig = ConfigOf<typeof jaegerExporterConfig>
