// One configuration per kind of work, in the Collector's language, so that Sluice and a Collector run the very same file.

interface WorkDescription {
  /** YAML of the `processors` section, and the pipeline's list. */
  readonly processors: string
  readonly pipeline: readonly string[]
  /** Whether every span that goes in must come out. */
  readonly keepsAll: boolean
  /** Whether a Collector has no such component, so that it sits this work out. */
  readonly isOurs?: boolean
}

const batch = '  batch: {send_batch_size: 8192, timeout: 200ms}\n'

export const works = {
  'pass-through': { processors: batch, pipeline: ['batch'], keepsAll: true },
  'no-batch': { processors: '', pipeline: [], keepsAll: true },
  attributes: {
    processors: `${batch}  attributes:
    actions:
      - {key: deployment.environment.name, value: production, action: insert}
      - {key: http.method, from_attribute: http.request.method, action: insert}
      - {key: http.request.method, action: delete}
      - {key: server.port, action: delete}
`,
    pipeline: ['attributes', 'batch'],
    keepsAll: true,
  },
  transform: {
    processors: `${batch}  transform:
    trace_statements:
      - set(span.attributes["deployment.environment.name"], "production")
      - delete_key(span.attributes, "server.port")
      - replace_pattern(span.attributes["url.path"], "[0-9]+", "{id}") where span.kind == SPAN_KIND_SERVER
`,
    pipeline: ['transform', 'batch'],
    keepsAll: true,
  },
  sampling: {
    processors: `${batch}  probabilistic_sampler: {sampling_percentage: 10}\n`,
    pipeline: ['probabilistic_sampler', 'batch'],
    keepsAll: false,
  },
  filter: {
    processors: `${batch}  filter: {spans: {exclude: {match_type: strict, attributes: [{key: url.path, value: /healthz}]}}}\n`,
    pipeline: ['filter', 'batch'],
    keepsAll: false,
  },
  /** What people write one behind the other. */
  chain: {
    processors: `${batch}  memory_limiter: {check_interval: 1s, limit_mib: 2000}
  resource: {attributes: [{key: deployment.environment.name, value: production, action: upsert}]}
  attributes:
    actions:
      - {key: http.method, from_attribute: http.request.method, action: insert}
      - {key: http.request.method, action: delete}
  filter: {traces: {span: ['attributes["url.path"] == "/healthz"', 'IsMatch(name, "^internal")']}}
  probabilistic_sampler: {sampling_percentage: 50}
`,
    pipeline: ['memory_limiter', 'resource', 'attributes', 'filter', 'probabilistic_sampler', 'batch'],
    keepsAll: false,
  },
  redaction: {
    processors: `${batch}  redaction:
    allow_all_keys: true
    blocked_values:
      - "4[0-9]{12}(?:[0-9]{3})?"
      - "(5[1-5][0-9]{14})"
      - "[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\\\\.[a-zA-Z]{2,}"
      - "[0-9]{3}-[0-9]{2}-[0-9]{4}"
      - "(?:\\\\+1[ -]?)?[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}"
`,
    pipeline: ['redaction', 'batch'],
    keepsAll: true,
  },
  'redaction-standard': {
    processors: `${batch}  redaction: {profile: standard}\n`,
    pipeline: ['redaction', 'batch'],
    keepsAll: true,
    isOurs: true,
  },
  cost: { processors: `${batch}  cost: {}\n`, pipeline: ['cost', 'batch'], keepsAll: true, isOurs: true },
  'tail-sampling': {
    processors: `${batch}  tail_sampling:
    decision_wait: 2s
    num_traces: 1000000
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: tenth, type: probabilistic, probabilistic: {sampling_percentage: 10}}
`,
    pipeline: ['tail_sampling', 'batch'],
    keepsAll: false,
  },
} satisfies Record<string, WorkDescription>

export type Work = keyof typeof works

/** Whether a Collector can run the same file. */
export const runsOnCollector = (work: Work): boolean => !('isOurs' in works[work])

export interface WorkPorts {
  readonly input: number
  readonly output: number
  readonly metrics: number
  readonly protocol: 'grpc' | 'http'
}

/** Uncompressed both ways, TLS off: what costs is the agent. */
export function workConfig(work: Work, { input, output, metrics, protocol }: WorkPorts): string {
  const { processors, pipeline } = works[work]
  const exporter =
    protocol === 'grpc'
      ? `  otlp_grpc: {endpoint: "127.0.0.1:${output}", compression: none, tls: {insecure: true}}`
      : `  otlp_http: {endpoint: "http://127.0.0.1:${output}", compression: none}`
  return `receivers:
  otlp: {protocols: {${protocol}: {endpoint: "127.0.0.1:${input}"${protocol === 'grpc' ? ', max_recv_msg_size_mib: 64' : ''}}}}
processors:${processors === '' ? ' {}' : `\n${processors}`}
exporters:
${exporter}
service:
  telemetry: {logs: {level: warn}, metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [${pipeline.join(', ')}], exporters: [${protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http'}]}
# self-metrics stay off (port ${metrics} is free for whoever turns them on)
`
}
