import { byteSize, type ConfigOf, defineConfig, oneOf, string } from '../../config/declare.ts'
import { queueShape } from '../../config/sections/exporter-queue.ts'
import { httpClientShape } from '../../config/sections/http.ts'

/** The Collector's keys and defaults, and `max_request_size`. */
export const zipkinExporterConfig = defineConfig({
  ...httpClientShape({ timeout: '5s', compression: '', endpointRequired: true }),
  format: oneOf('format', ['json', 'proto'], 'json', 'Encoding of the spans, v2 in both.'),
  defaultServiceName: string(
    'default_service_name',
    '<missing service name>',
    'Service name of spans whose resource has no name at all.',
  ),
  ...queueShape(),
  requestBytesMax: byteSize(
    'max_request_size',
    '4MiB',
    'Largest request, measured as OTLP: merged no further, and cut where one batch alone is larger; 0 means no limit.',
  ),
})
export type ZipkinExporterConfig = ConfigOf<typeof zipkinExporterConfig>
