import {
  any,
  bool,
  type ConfigOf,
  defineConfig,
  duration,
  headers,
  listenAddress,
  oneOf,
  optional,
  section,
  string,
  uint,
} from '../declare.ts'
import { grpcTargetProblem } from '../grpc-target.ts'
import { authConfig, dialer } from './http.ts'
import { tlsClientConfig, tlsServerConfig } from './tls.ts'

const middlewares = any('middlewares', undefined, 'Middleware extensions.', { noEffect: 'Sluice has no middlewares' })

const serverParametersConfig = defineConfig({
  maxConnectionIdleMs: duration('max_connection_idle', '0s', 'Close a connection unused for so long; 0 means never.'),
  maxConnectionAgeMs: duration('max_connection_age', '0s', 'Close a connection of that age; 0 means never.'),
  maxConnectionAgeGraceMs: duration(
    'max_connection_age_grace',
    '0s',
    'Time for open calls after that; 0 means no limit.',
  ),
  timeMs: duration('time', '2h', 'Ping a connection that is silent for so long.'),
  timeoutMs: duration('timeout', '20s', 'Close it where the ping is not answered in that time.'),
})

const enforcementPolicyConfig = defineConfig({
  minTimeMs: duration('min_time', '5m', "Shortest time allowed between a client's pings."),
  permitWithoutStream: bool('permit_without_stream', false, 'Allow pings while no call is open.'),
})

const grpcServerKeepaliveConfig = defineConfig({
  serverParameters: optional('server_parameters', serverParametersConfig, 'Age, idleness and pings of connections.'),
  enforcementPolicy: optional('enforcement_policy', enforcementPolicyConfig, 'What pings a client may send.'),
})

/** Keys of a gRPC server, to be spread into a shape. */
export function grpcServerShape<D extends string | undefined>(endpoint: D) {
  return {
    endpoint: listenAddress('endpoint', endpoint),
    transport: oneOf('transport', ['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp', 'Kind of socket.'),
    dialer,
    tls: optional('tls', tlsServerConfig, 'TLS of the server.'),
    maxRecvMsgSizeMib: uint('max_recv_msg_size_mib', 0, 'Largest message in MiB; 0 means 4.', { max: 2047 }),
    maxConcurrentStreams: uint(
      'max_concurrent_streams',
      0,
      'Most open calls per connection; 0 means no limit of its own.',
    ),
    readBufferBytes: uint('read_buffer_size', 524288, 'Read buffer in bytes.', {
      noEffect: 'Node chooses its buffers',
    }),
    writeBufferBytes: uint('write_buffer_size', 0, 'Write buffer in bytes.', { noEffect: 'Node chooses its buffers' }),
    keepalive: optional('keepalive', grpcServerKeepaliveConfig, 'Pings and age of connections.', { nullIsOff: true }),
    auth: optional('auth', authConfig, 'Authentication of callers.', { nullIsOff: true }),
    includeMetadata: bool('include_metadata', false, 'Keep call metadata for the pipeline.'),
    middlewares,
  } as const
}

export const grpcServerConfig = defineConfig(grpcServerShape('localhost:4317'))
export type GrpcServerConfig = ConfigOf<typeof grpcServerConfig>

const clientKeepaliveConfig = defineConfig({
  timeMs: duration('time', '10s', 'Ping a connection that is silent for so long.'),
  timeoutMs: duration('timeout', '10s', 'Close it where the ping is not answered in that time.'),
  permitWithoutStream: bool('permit_without_stream', false, 'Ping while no call is open too.'),
})

export interface GrpcClientDefaults {
  readonly compression?: 'gzip' | 'snappy' | 'zstd' | 'none'
  readonly endpointRequired?: boolean
}

/** Keys of a gRPC client, to be spread into a shape. */
export function grpcClientShape(defaults: GrpcClientDefaults = {}) {
  return {
    endpoint: string('endpoint', '', 'Address of the backend, host:port; https:// forces TLS, http:// plain text.', {
      required: defaults.endpointRequired ?? true,
      example: 'backend:4317',
      validate: grpcTargetProblem,
    }),
    compression: oneOf(
      'compression',
      ['gzip', 'snappy', 'zstd', 'none', ''],
      defaults.compression ?? 'gzip',
      'Codec of the messages.',
    ),
    tls: section('tls', tlsClientConfig, 'TLS of the connection; `insecure: true` for plain text.'),
    keepalive: optional('keepalive', clientKeepaliveConfig, 'Pings.', { nullIsOff: true }),
    readBufferBytes: uint('read_buffer_size', 0, 'Read buffer in bytes.', { noEffect: 'Node chooses its buffers' }),
    writeBufferBytes: uint('write_buffer_size', 524288, 'Write buffer in bytes.', {
      noEffect: 'Node chooses its buffers',
    }),
    waitForReady: bool('wait_for_ready', false, 'Wait for a connection rather than fail at once.'),
    headers: headers(),
    userAgent: string('user_agent', '', 'Name sent to the backend; empty means that of this agent.'),
    balancerName: oneOf(
      'balancer_name',
      ['round_robin', 'pick_first', ''],
      'round_robin',
      'How addresses of one name are used.',
    ),
    authority: string('authority', '', 'The :authority header; empty means the endpoint.'),
    auth: optional('auth', authConfig, 'Authentication towards the backend.', { nullIsOff: true }),
    middlewares,
  } as const
}

export const grpcClientConfig = defineConfig(grpcClientShape())
export type GrpcClientConfig = ConfigOf<typeof grpcClientConfig>
