import { batchToProto, jaegerBatch } from '../../src/testkit/jaeger-oracle.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { encodeThrift, type ThriftValue } from '../../src/testkit/thrift-oracle.ts'
import { spansToProto, type ZipkinSpan } from '../../src/testkit/zipkin-oracle.ts'

// Requests of an HTTP server's spans, as Zipkin's and Jaeger's clients send them.

const microsecondsStart = 1_700_000_000_000_000

export function zipkinBodies(spanCount: number): { json: Buffer; proto: Uint8Array } {
  const random = new SeededRandom(5)
  const hex = (digits: number) => Array.from({ length: digits }, () => random.below(16).toString(16)).join('')
  const spans: ZipkinSpan[] = Array.from({ length: spanCount }, (_, i) => ({
    traceId: hex(32),
    parentId: `1${hex(15)}`,
    id: `1${hex(15)}`,
    kind: 'SERVER',
    name: 'get /api/orders/{id}',
    timestamp: microsecondsStart + i * 1000 + random.below(1000),
    duration: 1000 + random.below(100_000),
    localEndpoint: { serviceName: 'orders', ipv4: '10.0.0.7', port: 8080 },
    remoteEndpoint: { ipv4: '10.0.0.9', port: 40_000 + random.below(20_000) },
    tags: {
      'http.method': 'GET',
      'http.path': `/api/orders/${100_000 + random.below(900_000)}`,
      'http.status_code': '200',
      'http.route': '/api/orders/{id}',
      'net.host.name': 'orders.shop.example',
    },
  }))
  return { json: Buffer.from(JSON.stringify(spans)), proto: spansToProto(spans) }
}

export interface JaegerBodies {
  readonly binary: Buffer
  readonly compact: Buffer
  readonly proto: Uint8Array
}

export function jaegerBodies(spanCount: number): JaegerBodies {
  const random = new SeededRandom(6)
  const id = () => (BigInt(random.below(2 ** 31)) << 32n) | BigInt(random.below(2 ** 32))
  const text = (key: string, vStr: string) => ({ key, vType: 0, vStr })
  const spans: ThriftValue[] = Array.from({ length: spanCount }, (_, i) => ({
    traceIdLow: id(),
    traceIdHigh: id(),
    spanId: id(),
    parentSpanId: id(),
    operationName: 'GET /api/orders/{id}',
    flags: 1,
    startTime: BigInt(microsecondsStart + i * 1000),
    duration: BigInt(1000 + random.below(100_000)),
    tags: [
      text('span.kind', 'server'),
      text('http.method', 'GET'),
      text('http.url', `http://orders.shop.example/api/orders/${100_000 + random.below(900_000)}`),
      text('http.route', '/api/orders/{id}'),
      { key: 'http.status_code', vType: 3, vLong: 200n },
      text('component', 'http'),
      text('peer.ipv4', '10.0.0.9'),
      { key: 'peer.port', vType: 3, vLong: BigInt(40_000 + random.below(20_000)) },
    ],
  }))
  const batch = {
    process: { serviceName: 'orders', tags: [text('hostname', 'node-7'), text('jaeger.version', 'Go-2.30.0')] },
    spans,
  }
  return {
    binary: encodeThrift('binary', jaegerBatch, batch),
    compact: encodeThrift('compact', jaegerBatch, batch, 'emitBatch'),
    proto: batchToProto(batch),
  }
}
