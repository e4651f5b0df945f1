import { KeyTable } from '../../wire/key-table.ts'

/** What a tag is, beside an attribute of the span. */
export const tagResource = 1
export const tagError = 2
export const tagStatusCode = 3
export const tagStatusDescription = 4
export const tagTraceState = 5
export const tagSpanKind = 6
export const tagScopeName = 7
export const tagScopeVersion = 8
export const tagServiceNameSource = 9
export const tagServiceName = 10
export const tagLibraryName = 11
export const tagLibraryVersion = 12
export const tagNumberMax = 12

/** Attributes of the resource by the semantic conventions: Zipkin has tags of spans only. */
const resourceKeys = `cloud.provider cloud.account.id cloud.region cloud.availability_zone cloud.platform
cloud.resource_id aws.ecs.container.arn aws.ecs.cluster.arn aws.ecs.launchtype aws.ecs.task.arn aws.ecs.task.family
aws.ecs.task.revision aws.eks.cluster.arn aws.log.group.names aws.log.group.arns aws.log.stream.names
aws.log.stream.arns container.name container.id container.runtime container.image.name container.image.tag
deployment.environment deployment.environment.name device.id device.model.identifier device.model.name
device.manufacturer faas.name faas.id faas.version faas.instance faas.max_memory host.id host.name host.type host.arch
host.image.name host.image.id host.image.version k8s.cluster.name k8s.node.name k8s.node.uid k8s.namespace.name
k8s.pod.uid k8s.pod.name k8s.container.name k8s.container.restart_count k8s.replicaset.uid k8s.replicaset.name
k8s.deployment.uid k8s.deployment.name k8s.statefulset.uid k8s.statefulset.name k8s.daemonset.uid k8s.daemonset.name
k8s.job.uid k8s.job.name k8s.cronjob.uid k8s.cronjob.name os.type os.description os.name os.version process.pid
process.executable.name process.executable.path process.command process.command_line process.command_args process.owner
process.runtime.name process.runtime.version process.runtime.description service.namespace service.instance.id
service.version telemetry.sdk.name telemetry.sdk.language telemetry.sdk.version telemetry.auto.version
telemetry.distro.name telemetry.distro.version webengine.name webengine.version webengine.description
opencensus.starttime opencensus.exporterversion opencensus.resourcetype`.split(/\s+/)

/** Tags with a meaning of their own. */
export const tagTable = new KeyTable([
  ...resourceKeys.map(key => [key, tagResource] as const),
  ['error', tagError],
  ['otel.status_code', tagStatusCode],
  ['otel.status_description', tagStatusDescription],
  ['w3c.tracestate', tagTraceState],
  ['span.kind', tagSpanKind],
  ['otel.scope.name', tagScopeName],
  ['otel.scope.version', tagScopeVersion],
  ['otel.library.name', tagLibraryName],
  ['otel.library.version', tagLibraryVersion],
  ['otlp.service.name.source', tagServiceNameSource],
  ['service.name', tagServiceName],
])
