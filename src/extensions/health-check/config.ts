import { any, type ConfigOf, defineConfig, optional, string } from '../../config/declare.ts'
import { httpServerShape } from '../../config/sections/http.ts'

const responseBodyConfig = defineConfig({
  healthy: string('healthy', '', 'Body of the answer while the agent is ready.'),
  unhealthy: string('unhealthy', '', 'Body of the answer while it is not.'),
})

const server = httpServerShape('localhost:13133')
const unused = (key: string, why: string) => any(key, undefined, 'Read for compatibility.', { noEffect: why })

/** The Collector's keys. Of those that every HTTP server has, the ones that a probe without a body can use. */
export const healthCheckConfig = defineConfig(
  {
    endpoint: server.endpoint,
    transport: server.transport,
    tls: server.tls,
    readHeaderTimeoutMs: server.readHeaderTimeoutMs,
    writeTimeoutMs: server.writeTimeoutMs,
    idleTimeoutMs: server.idleTimeoutMs,
    path: string('path', '/', "Path of the Collector's health answer.", {
      validate: (path: string) => (path.startsWith('/') ? undefined : `must start with /, found "${path}"`),
    }),
    responseBody: optional('response_body', responseBodyConfig, 'Fixed bodies instead of the JSON answer.'),
    checkCollectorPipeline: unused('check_collector_pipeline', 'readiness never depends on a backend'),
    auth: any('auth', undefined, 'Refused: probes cannot authenticate.'),
    cors: unused('cors', 'no browser calls a probe'),
    responseHeaders: unused('response_headers', 'the answers have fixed headers'),
    maxRequestBodyBytes: unused('max_request_body_size', 'requests have no body'),
    compressionAlgorithms: unused('compression_algorithms', 'requests have no body'),
    includeMetadata: unused('include_metadata', 'no telemetry passes here'),
    readTimeoutMs: unused('read_timeout', 'requests have no body'),
    keepAlivesEnabled: unused('keep_alives_enabled', 'idle_timeout bounds them'),
    middlewares: unused('middlewares', 'Sluice has no middlewares'),
  },
  (config, problems) => {
    if (config.auth === undefined) return
    problems.error(
      ['auth'],
      'health endpoints take no authentication',
      'remove it, and bind to an address that only probes reach',
    )
  },
)
export type HealthCheckConfig = ConfigOf<typeof healthCheckConfig>
