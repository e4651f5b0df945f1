import t from 'tap'
import { components } from '../components.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblemsText } from '../config/problem-format.ts'
import { dryBuild } from './dry-build.ts'
import { runSample } from './sample-world.ts'

/** Files as people bring them from the Collector, written in its older and newer ways; each must run unchanged. */
const files: readonly { name: string; text: string; env?: Record<string, string>; warns: readonly string[] }[] = [
  {
    name: 'a local agent with zpages and a memory limiter',
    text: `
extensions:
  zpages:
    endpoint: localhost:55679
  health_check:
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:4317
      http:
        endpoint: localhost:4318
processors:
  memory_limiter:
    limit_mib: 1536
    spike_limit_mib: 512
    check_interval: 5s
  batch:
exporters:
  debug:
    verbosity: detailed
service:
  extensions: [zpages, health_check]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [debug]
    metrics:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [debug]
`,
    warns: ['SLC0315'],
  },
  {
    name: 'an old file: logging, loglevel, otlp, telemetry address, ballast',
    text: `
receivers:
  otlp:
    protocols:
      grpc:
      http:
exporters:
  logging:
    loglevel: debug
  otlp:
    endpoint: tempo:4317
    tls:
      insecure: true
    retry_on_failure: {enabled: true, initial_interval: 1s, max_interval: 10s, max_elapsed_time: 60s}
    sending_queue: {enabled: true, num_consumers: 4, queue_size: 100}
  otlphttp:
    endpoint: http://loki:3100/otlp
extensions:
  memory_ballast:
    size_mib: 512
service:
  extensions: [memory_ballast]
  telemetry:
    logs: {level: DEBUG}
    metrics: {level: detailed, address: "0.0.0.0:8888"}
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp, logging]}
    logs: {receivers: [otlp], exporters: [otlphttp, logging]}
`,
    warns: ['SLC0111', 'SLC0111', 'SLC0304', 'SLC0304', 'SLC0304', 'SLC0315'],
  },
  {
    name: 'loglevel as it was written before keys minded their case',
    text: `
receivers: {otlp: {protocols: {grpc: , http: }}}
exporters: {logging: {logLevel: debug}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [logging]}}}
`,
    warns: ['SLC0111', 'SLC0304'],
  },
  {
    name: 'what the Kubernetes operator passes, with variables in every place',
    text: `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: \${env:POD_IP}:4317
        max_recv_msg_size_mib: \${MAX_MIB}
processors:
  resource:
    attributes:
      - key: k8s.pod.name
        value: \${env:POD_NAME}
        action: upsert
exporters:
  otlp_http:
    endpoint: https://\${env:BACKEND}
    headers:
      - name: authorization
        value: "Bearer \${env:TOKEN}"
    tls: {insecure_skip_verify: "\${env:SKIP:-false}"}
service:
  telemetry:
    metrics:
      readers:
        - pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888}}}
  pipelines:
    traces:
      receivers: [otlp]
      processors: [resource]
      exporters: [otlp_http]
`,
    env: { POD_IP: '10.0.0.7', MAX_MIB: '16', POD_NAME: '0123', BACKEND: 'b:4318', TOKEN: 's3cret' },
    warns: [],
  },
  {
    name: 'anchors, merge keys and a routing connector in its older form',
    text: `
receivers:
  otlp:
    protocols:
      http: &server
        endpoint: localhost:4318
        cors: {allowed_origins: [https://*.example.com], max_age: 600}
      grpc:
exporters:
  otlp_grpc/a: &backend
    endpoint: a:4317
    compression: zstd
    tls: {insecure: true}
  otlp_grpc/b:
    <<: *backend
    endpoint: b:4317
connectors:
  routing:
    default_pipelines: [traces/b]
    table:
      - statement: route() where attributes["X-Tenant"] == "acme"
        pipelines: [traces/a]
  count/checked:
    spans:
      my.span.count:
        conditions:
          - IsMatch(resource.attributes["host.name"], "pod-s") == true
        attributes:
          - {key: env, default_value: none}
service:
  pipelines:
    traces/in:
      receivers: [otlp]
      exporters: [routing, count/checked]
    traces/a: {receivers: [routing], exporters: [otlp_grpc/a]}
    traces/b: {receivers: [routing], exporters: [otlp_grpc/b]}
    metrics: {receivers: [count/checked], exporters: [otlp_grpc/b]}
`,
    warns: [],
  },
]

for (const { name, text, env = {}, warns } of files) {
  t.test(`runs ${name}`, async t => {
    const request = { configs: ['env:OTEL_CONFIG'], registry: components.all, env: { ...env, OTEL_CONFIG: text } }
    const { resolved, problems } = await loadConfig(request)
    t.same(problems.map(problem => problem.code).sort(), warns, formatProblemsText(problems))
    t.same(resolved === undefined ? ['not loaded'] : await dryBuild(resolved, components), [])
    t.ok(problems.every(problem => problem.severity === 'warning' && problem.remedy !== undefined))
  })

  t.test(`lint finds nothing that is not supported in ${name}`, async t => {
    const { code, stdout } = await runSample(['lint', '-c', `yaml:${text}`], { components: components.all, env })
    t.equal(code, 0, stdout)
  })
}

t.test('print-config shows no secret of these', async t => {
  for (const { text, env = {} } of files) {
    const argv = ['print-config', '-c', `yaml:${text}`]
    t.notMatch((await runSample(argv, { components: components.all, env })).stdout, 's3cret')
  }
})
