import {
  any,
  bool,
  type ConfigOf,
  defineConfig,
  duration,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  uint,
} from '../declare.ts'
import { durabilityLevels } from '../durability.ts'

const samplingConfig = defineConfig({
  enabled: bool('enabled', true, 'Drop repeated log lines.'),
  tickMs: duration('tick', '10s', 'Window in which repetitions are counted.'),
  initial: uint('initial', 10, 'Equal lines per window that are always written.'),
  thereafter: uint('thereafter', 100, 'After these, each n-th one is written.'),
})

const telemetryLogsConfig = defineConfig({
  level: oneOf(
    'level',
    ['debug', 'info', 'warn', 'error', 'warning', 'dpanic', 'panic', 'fatal'],
    'info',
    'Lowest level that is written; warning is warn, and the last three are error.',
    { ignoreCase: true },
  ),
  encoding: oneOf('encoding', ['console', 'json'], 'console', 'Form of a line: for people or for machines.'),
  development: bool('development', false, 'Development mode.', { noEffect: 'it only changes stack traces of Go' }),
  disableCaller: bool('disable_caller', false, 'Leave the caller out.', { noEffect: 'no caller is written' }),
  disableStacktrace: bool('disable_stacktrace', false, 'Leave stack traces out.', { noEffect: 'none are written' }),
  sampling: section('sampling', samplingConfig, 'Limits on repeated lines.'),
  outputPaths: list('output_paths', string('', ''), ['stderr'], 'Where lines go: stderr, stdout or files.'),
  errorOutputPaths: list('error_output_paths', string('', ''), ['stderr'], 'Where errors of the logger itself go.'),
  initialFields: map('initial_fields', any(''), {}, 'Fields added to every line.'),
  processors: any('processors', undefined, 'Export of own logs.', { noEffect: 'own logs are written, not exported' }),
})

const prometheusPullConfig = defineConfig({
  host: string('host', 'localhost', 'Address to listen on.'),
  port: uint('port', 8888, 'Port to listen on.', { max: 65535 }),
  withoutScopeInfo: bool('without_scope_info', true, 'Leave scope labels out.'),
  withoutUnits: bool('without_units', true, 'Leave unit suffixes out of names.'),
  withoutTypeSuffix: bool('without_type_suffix', true, 'Leave _total and the like out of names.'),
  withResourceConstantLabels: any('with_resource_constant_labels', undefined, 'Resource attributes as labels.', {
    noEffect: 'resource attributes stand on target_info alone',
  }),
})

const pullExporterConfig = defineConfig({
  prometheus: optional('prometheus', prometheusPullConfig, 'Prometheus text over HTTP, at /metrics.'),
})

const pullConfig = defineConfig({
  exporter: section('exporter', pullExporterConfig, 'How the metrics are offered.'),
})

const readerConfig = defineConfig({
  pull: optional('pull', pullConfig, 'Metrics that somebody fetches.'),
  periodic: any('periodic', undefined, 'Metrics that are sent.', { noEffect: 'own metrics are offered, not sent' }),
})

const telemetryMetricsConfig = defineConfig({
  level: oneOf('level', ['none', 'basic', 'normal', 'detailed'], 'normal', 'How many own metrics there are.', {
    ignoreCase: true,
  }),
  address: string('address', '', 'Address to listen on, host:port.', {
    deprecated:
      'use readers: [{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}]; the Collector ignores address since v0.123',
    listens: 'tcp',
  }),
  readers: list(
    'readers',
    section('', readerConfig),
    [],
    'Who gets the metrics; empty means Prometheus on localhost:8888.',
  ),
  views: any('views', undefined, 'Views.', { noEffect: 'own metrics are not reshaped' }),
})

export const telemetryConfig = defineConfig(
  {
    logs: section('logs', telemetryLogsConfig, "The agent's own logs."),
    metrics: section('metrics', telemetryMetricsConfig, "The agent's own metrics."),
    traces: any('traces', undefined, "The agent's own traces.", { noEffect: 'the agent makes no traces of itself' }),
    resource: any('resource', undefined, 'Attributes of the own telemetry: a map, in which null removes one.'),
  },
  (config, problems) => {
    const { resource } = config
    if (resource === undefined || (typeof resource === 'object' && !Array.isArray(resource))) return
    problems.error(['resource'], 'takes a map of attributes', 'write one "name: value" per line')
  },
)
export type TelemetryConfig = ConfigOf<typeof telemetryConfig>

const pipelineConfig = defineConfig({
  receivers: list('receivers', string('', ''), [], 'Ids of receivers, or of connectors that begin here.'),
  processors: list('processors', string('', ''), [], 'Ids of processors, in the order in which they run.'),
  exporters: list('exporters', string('', ''), [], 'Ids of exporters, or of connectors that end here.'),
  durability: oneOf(
    'durability',
    durabilityLevels,
    '',
    'For exporters of this pipeline that have no durability of their own; one in several pipelines takes the strictest. Sluice only.',
  ),
})

export const serviceConfig = defineConfig({
  shards: uint(
    'shards',
    0,
    'Processes that share the listening ports, each with pipelines and queues of its own; 0 and 1 mean one process. A change takes a restart.',
    { max: 64 },
  ),
  telemetry: section('telemetry', telemetryConfig, "The agent's own logs and metrics."),
  extensions: list('extensions', string('', ''), [], 'Ids of extensions, in the order in which they start.'),
  pipelines: map(
    'pipelines',
    section('', pipelineConfig),
    {},
    'Pipelines by id: traces, metrics, logs or profiles, and an optional /name.',
  ),
})
export type ServiceConfig = ConfigOf<typeof serviceConfig>
