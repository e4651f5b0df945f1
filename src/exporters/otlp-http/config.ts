import { byteSize, type ConfigOf, defineConfig, oneOf, string } from '../../config/declare.ts'
import { queueShape } from '../../config/sections/exporter-queue.ts'
import { httpClientShape, httpUrlProblem } from '../../config/sections/http.ts'

const url = { validate: httpUrlProblem }

/** The Collector's keys and defaults, and `max_request_size`. */
export const otlpHttpConfig = defineConfig(
  {
    ...httpClientShape(),
    tracesEndpoint: string(
      'traces_endpoint',
      '',
      'URL for traces, used as it is; empty means endpoint + /v1/traces.',
      url,
    ),
    metricsEndpoint: string('metrics_endpoint', '', 'The same for metrics; empty means endpoint + /v1/metrics.', url),
    logsEndpoint: string('logs_endpoint', '', 'The same for logs; empty means endpoint + /v1/logs.', url),
    profilesEndpoint: string(
      'profiles_endpoint',
      '',
      'The same for profiles; empty means endpoint + /v1development/profiles.',
      url,
    ),
    encoding: oneOf('encoding', ['proto', 'json'], 'proto', 'Encoding of the request body.'),
    ...queueShape(),
    requestBytesMax: byteSize(
      'max_request_size',
      '16MiB',
      'Largest request before compression: merged no further, and cut where one batch alone is larger; 0 means no limit.',
    ),
  },
  (config, problems) => {
    const { endpoint, tracesEndpoint, metricsEndpoint, logsEndpoint, profilesEndpoint } = config
    if ([endpoint, tracesEndpoint, metricsEndpoint, logsEndpoint, profilesEndpoint].every(each => each === '')) {
      problems.error(
        ['endpoint'],
        'is empty, and so is every endpoint of a signal',
        'write endpoint: https://backend:4318',
      )
    }
  },
)
export type OtlpHttpConfig = ConfigOf<typeof otlpHttpConfig>
