// A server that takes requests and answers them, and does nothing else: one side of bench/transport/receive.ts.
//   node bench/transport/receiver.ts --kind sockets|node|otlp|grpc-js --port N
// `otlp` is the whole OTLP receiver on `sockets`, in front of a pipeline that drops everything.
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import grpc from '@grpc/grpc-js'
import { systemClock } from '../../src/clock/clock.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { otlpReceiverConfig } from '../../src/receivers/otlp/config.ts'
import { OtlpReceiver } from '../../src/receivers/otlp/otlp-receiver.ts'
import { componentSettings } from '../../src/testkit/component-settings.ts'
import { defaultKeepalive, defaultLimits } from '../../src/transport/limits.ts'
import { NodeServer } from '../../src/transport/node-server.ts'
import type { Exchange, RequestHandler, ServerSettings } from '../../src/transport/server.ts'
import { SocketServer } from '../../src/transport/socket-server.ts'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'sockets' },
    port: { type: 'string' },
    protocol: { type: 'string', default: 'grpc' },
  },
})
const port = Number(values.port)
// As the agent runs: bodies outside of V8's heap must not start a full collection every few dozen milliseconds.
if (process.env['DEFAULT_GC'] === undefined) setFlagsFromString('--external-memory-accounted-in-global-limit')

const grpcHeaders = Object.freeze(['content-type', 'application/grpc'])
const grpcOk = Object.freeze(['grpc-status', '0'])
const protobufHeaders = Object.freeze(['content-type', 'application/x-protobuf'])
const emptyMessage = new Uint8Array(5)
const noBytes = new Uint8Array(0)

const handler: RequestHandler = {
  head: () => 16 * 1024 * 1024,
  admit: () => true,
  body: exchange => void Promise.resolve(exchange).then(answer),
  failed: () => undefined,
}

/** In a later turn of the promise queue, as behind a pipeline. */
function answer(exchange: Exchange): void {
  if (exchange.protocol === 'h2') exchange.respond(200, grpcHeaders, emptyMessage, grpcOk)
  else exchange.respond(200, protobufHeaders, noBytes)
}

if (values.kind === 'otlp') {
  const endpoint = `{endpoint: "127.0.0.1:${port}"}`
  const yaml = values.protocol === 'http' ? `protocols: {http: ${endpoint}}` : `protocols: {grpc: ${endpoint}}`
  const receiver = new OtlpReceiver(
    parseConfig(otlpReceiverConfig, yaml),
    { ...componentSettings('otlp'), clock: systemClock },
    { get: () => ({ consume: async () => {} }) },
  )
  await receiver.start()
} else if (values.kind === 'grpc-js') {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1, 'grpc-node.flow_control_window': 8 << 20 })
  const identity = (bytes: Buffer) => bytes
  server.addService(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    { Export: (_call: unknown, done: (error: null, bytes: Buffer) => void) => done(null, Buffer.alloc(0)) },
  )
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), () => undefined)
} else {
  const settings: ServerSettings = {
    listen: { host: '127.0.0.1', port },
    http1: true,
    http2: true,
    limits: defaultLimits,
    keepalive: defaultKeepalive,
    handler,
    clock: systemClock,
    events: { connectionOpened() {}, connectionClosed() {}, requestRefused() {} },
  }
  await (values.kind === 'node' ? new NodeServer(settings) : new SocketServer(settings)).start()
}
process.on('SIGTERM', () => process.exit(0))
