import type { ComponentKindName } from './agent-config.ts'

/**
 * Names that the Collector knows or knew, and what to say where a file uses them and Sluice has no such component.
 * Facts: the Collector's change logs up to v0.159.
 */
export interface UpstreamNote {
  /** Why it is not there. */
  readonly reason: string
  readonly remedy: string
  /** The section is dropped with a warning rather than refused. */
  readonly isIgnored?: boolean
}

const asConnector = (type: string): UpstreamNote => ({
  reason: `the processor "${type}" became a connector`,
  remedy: `define it under connectors, as an exporter of one pipeline and a receiver of the other`,
})

const gone = (reason: string, remedy: string): UpstreamNote => ({ reason, remedy })

const notes: Readonly<Record<string, UpstreamNote>> = {
  'extension memory_ballast': {
    reason: 'the ballast was a trick for the garbage collector of Go and was removed',
    remedy: 'remove it; memory_limiter bounds memory',
    isIgnored: true,
  },
  'extension zpages': {
    reason: "zpages show the Collector's own insides",
    remedy: 'remove it, or leave it for the Collector; here /metrics and the log tell',
    isIgnored: true,
  },
  'extension pprof': {
    reason: 'pprof profiles Go programs',
    remedy: 'remove it, or leave it for the Collector; node --cpu-prof profiles the agent',
    isIgnored: true,
  },
  'processor spanmetrics': asConnector('spanmetrics'),
  'processor servicegraph': asConnector('servicegraph'),
  'processor routing': asConnector('routing'),
  'exporter jaeger': gone(
    'the jaeger exporter was removed in v0.86 of the Collector',
    'Jaeger takes OTLP since 1.35: use the otlp_grpc exporter and port 4317',
  ),
  'exporter jaeger_thrift': gone('it was removed in v0.86', 'Jaeger takes OTLP since 1.35: use the otlp_http exporter'),
  'exporter logging': gone('the logging exporter was removed', 'use debug, with verbosity instead of loglevel'),
  'exporter opencensus': gone('OpenCensus has ended', 'use the otlp_grpc exporter'),
  'receiver opencensus': gone('OpenCensus has ended', 'send OTLP, and use the otlp receiver'),
  'receiver sapm': gone('the SAPM protocol has ended', 'send OTLP, and use the otlp receiver'),
  'receiver signalfx': gone('it is going away', 'send OTLP, and use the otlp receiver'),
  'processor queued_retry': gone('it was removed', "use the exporter's sending_queue and retry_on_failure"),
}

export function upstreamNote(kind: ComponentKindName, type: string): UpstreamNote | undefined {
  return Object.hasOwn(notes, `${kind} ${type}`) ? notes[`${kind} ${type}`] : undefined
}

/** Types that were renamed upstream, old name first; a registry that has the one also answers to the other. */
export const renamedTypes: Readonly<Record<string, string>> = {
  otlp: 'otlp_grpc',
  otlphttp: 'otlp_http',
  filelog: 'file_log',
  hostmetrics: 'host_metrics',
  k8sattributes: 'k8s_attributes',
  resourcedetection: 'resource_detection',
  spanmetrics: 'span_metrics',
  cumulativetodelta: 'cumulative_to_delta',
  prometheusremotewrite: 'prometheus_remote_write',
  loadbalancing: 'load_balancing',
  kafkametrics: 'kafka_metrics',
  kubeletstats: 'kubelet_stats',
  fluentforward: 'fluent_forward',
  tcplog: 'tcp_log',
  udplog: 'udp_log',
  httpcheck: 'http_check',
  k8sobjects: 'k8s_objects',
  metricstransform: 'metrics_transform',
}

/** Keys that were removed upstream and are still written: the advice where the component does not know the key. */
export const removedKeys: Readonly<Record<string, string>> = {
  'exporter loglevel': 'write verbosity: detailed (was debug), normal (was info) or basic',
  'exporter batcher': 'move its keys to sending_queue: {batch: {...}}',
  'exporter ballast_size_mib': 'remove it',
  'receiver remote_sampling': 'the extension jaegerremotesampling took that over',
  'receiver ballast_size_mib': 'remove it',
  'processor ballast_size_mib': 'remove it: the ballast is gone',
}
